"""What is said about a place."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.probe import SpaceProbe, number, shortened
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.spaces.point_index import PointIndex
from tests.spaces import make_space


def test_a_digit_lies_on_the_map_and_the_desert_does_not(space):
    probe = SpaceProbe(space, GridDecoder(grid.load(space)))
    probe.neighbours = PointIndex(space.places)
    probe.usual_distance = probe.neighbours.usual_distance()
    home = tuple(space.places[1234])
    decoding, whereabouts = probe.decode(home), probe.locate(home)
    assert whereabouts.on_map and whereabouts.distance < 1e-3 and not decoding.outside
    assert decoding.image.shape == (28, 28) and decoding.source == "grid"
    assert (space.places[whereabouts.nearest] == space.places[1234]).all()
    words = probe.words(decoding, whereabouts)
    assert words["nearest"] == str(space.labels[whereabouts.nearest])
    assert words["cue"] == "● on the map" and not words["note"]

    decoding, whereabouts = probe.decode((1e4, -1e4)), probe.locate((1e4, -1e4))
    assert decoding.outside and not whereabouts.on_map
    words = probe.words(decoding, whereabouts)
    assert words["cue"] == "○ off the map" and "edge" in words["note"] and words["z"] == "(10000.00, −10000.00)"


def test_most_digits_count_as_on_the_map(space):
    nearest = PointIndex(space.places)
    distances, _ = nearest._tree.query(space.places[::70], k=2)
    assert 0.98 <= (distances[:, 1] <= nearest.usual_distance()).mean() <= 1


def test_reading_without_decoder_or_neighbours(space):
    probe = SpaceProbe(space, None)
    decoding, whereabouts = probe.decode((0.0, 0.0)), probe.locate((0.0, 0.0))
    assert decoding.image is None and decoding.source is None and whereabouts.nearest is None
    assert probe.words(decoding, whereabouts)["nearest"] == "–"
    probe.neighbours = PointIndex(space.places, np.zeros(len(space.places), bool))
    assert probe.locate((0.0, 0.0)).nearest is None


def test_the_nearest_image_goes_by_its_class_or_by_its_row(tmp_path):
    labelled = make_space(tmp_path / "labelled", classes=["Ankle boot", "Übergröße"], n=100)
    plain = make_space(tmp_path / "plain", classes=[], n=100)
    for space, wanted in ((labelled, "Übergröße"), (plain, "#31")):
        probe = SpaceProbe(space, GridDecoder(grid.load(space)))
        probe.neighbours = PointIndex(space.places)
        place = tuple(space.places[31])
        assert probe.words(probe.decode(place), probe.locate(place))["nearest"] == wanted


@pytest.mark.parametrize("scale, z", [(1e-4, "(0.000052, −0.000002)"), (1, "(0.52, −0.02)"), (1e5, "(51989, −1999)")])
def test_numbers_have_as_many_decimals_as_the_map_asks_for(tmp_path, scale, z):
    space = make_space(tmp_path / "space", classes=["one"], n=300)
    codes = (space.codes / space.codes.std(axis=0).max() * 0.99 * scale).astype(np.float32)
    probe = SpaceProbe(dataclasses.replace(space, codes=codes), None)
    place = 0.519888 * scale, -0.0199888 * scale
    assert probe.words(probe.decode(place), probe.locate(place))["z"] == z


def test_a_distance_is_compared_with_those_between_the_dots(space):
    probe = SpaceProbe(space, None)
    probe.know_points(PointIndex(space.places))
    own = np.sort(probe.all_points._tree.query(space.places, k=2)[0][:, 1])
    for place in np.random.default_rng(5).uniform(-12, 12, (60, 2)):
        whereabouts = probe.locate(tuple(place))
        words = probe.words(probe.decode(tuple(place)), whereabouts)
        percent = 100 * (own < whereabouts.distance).mean()
        said = words["odds"]
        if percent == 0:
            assert said == "typical distance: closer than all dots are to each other"
        elif percent > 99:
            dots = "all" if percent == 100 else "over 99 % of the"
            assert said == f"unusual distance: farther than {dots} dots are from each other"
        elif percent < 1:
            assert said == "typical distance: closer than over 99 % of the dots are to each other"
        else:
            number = re.fullmatch("typical distance: closer than (.*) % of the dots are to each other", said)[1]
            assert abs(100 - int(number) - percent) <= 0.51
        assert (words["cue"] == "● on the map") == (percent <= 99) or 98.9 < percent < 99.1


def test_odds_with_hidden_classes_and_few_points(space):
    """Hidden images are not near, but still tell how near images are to each other."""
    probe = SpaceProbe(space, None)
    probe.know_points(PointIndex(space.places))
    place = tuple(space.places[0])
    assert probe.words(probe.decode(place), probe.locate(place))["odds"].endswith(
        "closer than all dots are to each other"
    )
    probe.neighbours = PointIndex(space.places, space.labels == (space.labels[0] + 1) % 10)
    words = probe.words(probe.decode(place), probe.locate(place))
    assert words["odds"].startswith("unusual distance: farther than")
    probe.know_points(PointIndex(space.places[:1]))
    assert probe.words(probe.decode(place), probe.locate(place))["odds"] == ""


def test_the_way_back(space):
    """Without an encoder nothing is said about it."""
    probe = SpaceProbe(space, GridDecoder(grid.load(space)))
    decoding = probe.decode((1.0, 2.0))
    assert probe.comes_back(decoding) is None
    assert probe.words(decoding, probe.locate((1.0, 2.0)))["back"] == ""
    pictures = []

    def encoder(images):
        pictures.append(images)
        return np.array([[4.0, 6.0]], np.float32)

    probe.encoder = encoder
    back = probe.comes_back(decoding)
    assert back.tolist() == [4.0, 6.0] and (pictures[0] == decoding.image[None]).all()
    assert probe.words(decoding, probe.locate((1.0, 2.0)), back)["back"] == "round trip lands 5.00 away"
    probe.decoder = None
    assert probe.comes_back(probe.decode((1.0, 2.0))) is None


@given(st.text(st.characters(exclude_categories=("Z", "C")), max_size=60), st.integers(0, 80))
def test_shortened_texts_fit_and_are_as_long_as_they_can_be(text, room):
    """With letters of one and two units of width."""
    measure = lambda part: sum(1 + (letter > "n") for letter in part)  # noqa: E731
    short = shortened(text, room, measure)
    if measure(text) <= room:
        assert short == text
        return
    kept = short.removesuffix("…")
    assert short.endswith("…") and text.startswith(kept) and len(kept) < len(text)
    assert measure(short) <= room or kept == ""
    assert len(kept) + 1 == len(text) or measure(text[: len(kept) + 1] + "…") > room


def test_numbers_have_a_real_minus():
    assert number(0.00123, 4) == "0.0012" and number(-1234.5, 0) == "−1234"
    assert number(-4.078) == "−4.08" and number(12.3) == "12.30" and number(-0.001) == "0.00"
