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
    home = tuple(space.places[1234])
    decoding, whereabouts = reader.decode(home), reader.locate(home)
    assert whereabouts.on_map and whereabouts.distance < 1e-3 and not decoding.outside
    assert decoding.image.shape == (28, 28) and decoding.source == "grid"
    assert (space.places[whereabouts.nearest] == space.places[1234]).all()
    words = reader.words(decoding, whereabouts)
    assert words["nearest"] == str(space.labels[whereabouts.nearest])
    assert words["cue"] == "● on the map" and not words["note"]

    decoding, whereabouts = reader.decode((1e4, -1e4)), reader.locate((1e4, -1e4))
    assert decoding.outside and not whereabouts.on_map
    words = reader.words(decoding, whereabouts)
    assert words["cue"] == "○ off the map" and "edge" in words["note"] and words["z"] == "(10000.00, −10000.00)"


def test_most_digits_count_as_on_the_map(space):
    nearest = NearestDigits(space.places)
    distances, _ = nearest._tree.query(space.places[::70], k=2)
    assert 0.98 <= (distances[:, 1] <= nearest.usual_distance()).mean() <= 1


def test_reading_without_decoder_or_neighbours(space):
    reader = Reader(space, None)
    decoding, whereabouts = reader.decode((0.0, 0.0)), reader.locate((0.0, 0.0))
    assert decoding.image is None and decoding.source is None and whereabouts.nearest is None
    assert reader.words(decoding, whereabouts)["nearest"] == "–"
    reader.neighbours = NearestDigits(space.places, np.zeros(len(space.places), bool))
    assert reader.locate((0.0, 0.0)).nearest is None


def test_numbers_have_a_real_minus():
    assert number(-4.078) == "−4.08" and number(12.3) == "12.30"
