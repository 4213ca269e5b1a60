"""What is said about a place."""

import numpy as np

from explorer import grid
from explorer.decoders import GridDecoder
from explorer.neighbours import NearestDigits
from explorer.reading import Reader, number


def test_a_digit_lies_on_the_map_and_the_desert_does_not(space):
    reader = Reader(space, GridDecoder(grid.load(space)))
    reader.neighbours = NearestDigits(space.places)
    reader.usual_distance = reader.neighbours.usual_distance()
    at_home = reader.read(tuple(space.places[1234]))
    assert at_home.on_map and at_home.distance < 1e-3 and not at_home.outside
    assert (space.places[at_home.nearest] == space.places[1234]).all()
    words = reader.words(at_home)
    assert (
        words["nearest"] == str(space.labels[at_home.nearest]) and words["cue"] == "● on the map" and not words["note"]
    )

    far = reader.read((1e4, -1e4))
    assert far.outside and not far.on_map
    words = reader.words(far)
    assert words["cue"] == "○ off the map" and "edge" in words["note"] and words["z"] == "(10000.00, −10000.00)"


def test_most_digits_count_as_on_the_map(space):
    nearest = NearestDigits(space.places)
    distances, _ = nearest._tree.query(space.places[::70], k=2)
    assert 0.98 <= (distances[:, 1] <= nearest.usual_distance()).mean() <= 1


def test_reading_without_decoder_or_neighbours(space):
    reader = Reader(space, None)
    reading = reader.read((0.0, 0.0))
    assert reading.image is None and reading.source is None and reading.nearest is None
    assert reader.words(reading)["nearest"] == "–"
    reader.neighbours = NearestDigits(space.places, np.zeros(len(space.places), bool))
    assert reader.read((0.0, 0.0)).nearest is None


def test_numbers_have_a_real_minus():
    assert number(-4.078) == "−4.08" and number(12.3) == "12.30"
