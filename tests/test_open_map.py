"""The headless core: what the window, the snapshot and the Python API do with a space without any of them."""

import dataclasses
import threading

import numpy as np
import pytest

from explorer.analysis.analyses import DISPLACEMENTS, ERRORS, NOVELTY, ORIGINALS, SPLIT, SPREAD
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.engines import Engine, GridEngine, Notice, Progress, Update
from explorer.decoding.keras_runtime import LiveEncoder
from explorer.errors import UserError
from explorer.session.open_map import OpenMap, OpenSpace, Unfit, open_space
from explorer.spaces import following
from explorer.spaces.point_index import PointIndex
from tests.spaces import context_of, make_space


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    home = tmp_path_factory.mktemp("open_map")
    return {
        "a": make_space(home / "a", (6, 6), n=120, images=120, prior="normal"),
        "b": make_space(home / "b", (6, 6), n=100, images=120, scale=2),
        "other": make_space(home / "other", (4, 4), n=60),
    }


class Encoder(LiveEncoder):
    """Gives every image the code 0, 0."""

    def __init__(self):
        pass

    def __call__(self, images):
        return np.zeros((len(images), 2), np.float32)


class Told:
    """What a map tells, to one who subscribes once."""

    def __init__(self, open_map):
        self.ready = []
        open_map.ready.connect(self.on_ready)

    def on_ready(self, open_map, what):
        self.ready.append((open_map.probe.space.name, what))


class Workers:
    """In place of a window's: runs work in a thread of its own, and waits for it."""

    def start(self, slot, work, done, failed, heard=None, poll_ms=0):
        said = []

        def run():
            try:
                said.append((done, work(lambda message: None, lambda: False)))
            except Exception as error:
                said.append((failed, error))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        callback, result = said[0]
        callback(result)

    def cancel(self, slot):
        return False


class Silent:
    def done(self):
        """Nothing is shown."""


def opened(space) -> OpenMap:
    return OpenMap(open_space(space.folder, GridEngine))


def blind(space) -> OpenMap:
    """A map for which nothing can decode or encode yet, but may later."""
    engine = Engine(space)
    return OpenMap(OpenSpace(engine, SpaceProbe(space, None)))


def windowed(space):
    """The same as a window has it, whose workers work things out."""
    context = context_of(SpaceProbe(space, GridDecoder(grid.load(space))), Workers())
    context.message = Silent()
    return context


@pytest.mark.parametrize("analysis", [ERRORS, SPREAD, SPLIT, BACKGROUNDS["density"], BACKGROUNDS["error"]])
def test_a_snapshot_and_a_window_work_out_the_same(spaces, analysis):
    open_map, context = opened(spaces["a"]), windowed(spaces["a"])
    result = open_map.work_out(analysis)
    context.need(analysis)
    found = context.probe.known(analysis)
    assert open_map.probe.results.keys() == context.probe.results.keys()
    for one, other in ((result, found), (open_map.probe.result(analysis), result)):
        np.testing.assert_array_equal(getattr(one, "values", one), getattr(other, "values", other))


def test_who_subscribes_once_hears_of_every_space(spaces):
    open_map = opened(spaces["a"])
    told = Told(open_map)
    open_map.work_out(SPREAD)
    open_map.show(open_space(spaces["b"].folder, GridEngine))
    assert open_map.state.space is open_map.probe.space and open_map.probe.result(SPREAD) is None
    open_map.work_out(SPREAD)
    open_map.know_points(PointIndex(spaces["b"].places))
    assert told.ready == [("a", SPREAD), ("b", SPREAD), ("b", "points")]


def test_images_stay_and_other_results_go_with_another_space_of_the_same_images(spaces):
    open_map = opened(spaces["a"])
    open_map.work_out(ERRORS)
    open_map.show(open_space(spaces["b"].folder, GridEngine))
    assert open_map.probe.results.keys() == {ORIGINALS}
    open_map.show(open_space(spaces["other"].folder, GridEngine))
    assert not open_map.probe.results


def test_a_space_is_seen_in_the_coordinates_of_the_state(spaces):
    open_map = opened(spaces["a"])
    open_map.work_out(ERRORS)
    open_map.work_out(SPREAD)
    open_map.fail(SPLIT, "no reason")
    open_map.state.use_coordinates("quantiles")
    changes = []
    hear = lambda open_map, probe: changes.append((open_map.probe is probe, probe.space.coordinates))  # noqa: E731
    open_map.probe_changing.connect(hear)
    open_map.follow_coordinates()
    assert changes == [(False, "quantiles")] and open_map.probe.space is open_map.state.space
    assert open_map.probe.results.keys() == {ORIGINALS, ERRORS} and open_map.probe.unavailable(SPLIT) == "no reason"
    again = OpenMap(open_space(spaces["a"].folder, GridEngine), open_map.state)
    assert again.probe.space is open_map.state.space and again.probe.decoder is again.engine.decoder


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_messages_in_every_order(spaces, order):
    """Decoder, encoder, and a notice that no encoder will come: what is there counts more."""
    open_map = blind(spaces["a"])
    told, decoder, encoder = Told(open_map), GridDecoder(grid.load(spaces["a"])), Encoder()
    messages = [decoder, encoder, Notice("the encoder is damaged")]
    for number in order:
        if number == 2:
            open_map.engine.encoder_unavailable = "the encoder is damaged"
        open_map.hear(Progress("loading"))
        open_map.hear(messages[number])
    assert open_map.probe.decoder is decoder and open_map.probe.encoder is encoder
    assert not open_map.probe.encoder_unavailable
    assert [what for _, what in told.ready].count("decoder") == 1 and ("a", "encoder") in told.ready
    assert open_map.work_out(BACKGROUNDS["drift"]).values.shape


def test_an_epoch_replaces_points_and_decoder_together(spaces):
    open_map = opened(spaces["a"])
    told, space = Told(open_map), dataclasses.replace(spaces["a"], codes=2 * spaces["a"].codes)
    decoder, points = GridDecoder(grid.load(spaces["a"])), PointIndex(space.places)
    seen = []
    hear = lambda open_map: seen.append((open_map.state.space, open_map.probe.decoder))  # noqa: E731
    open_map.probe_changed.connect(hear)
    update = Update(space, following.Run(1, 5, {}), points, decoder)
    open_map.hear(update)
    assert seen == [(space, decoder)] and open_map.probe.all_points is points and told.ready == [("a", "points")]
    open_map.state.use_coordinates("quantiles")
    open_map.follow_coordinates()
    open_map.hear(update)
    assert open_map.probe.space.coordinates == "quantiles" and open_map.probe.all_points is None, "the tree is of codes"


def test_why_something_is_unavailable(spaces):
    open_map = blind(spaces["a"])
    probe, drift = open_map.probe, BACKGROUNDS["drift"]
    assert not probe.unavailable(SPREAD) and not probe.awaits_network(SPREAD)
    for analysis, why in ((ERRORS, "no decoder is loaded yet"), (NOVELTY, "no decoder is loaded yet")):
        assert probe.unavailable(analysis) == why and probe.awaits_network(analysis)
        with pytest.raises(UserError, match=why):
            open_map.work_out(analysis)
    assert probe.unavailable(drift) == "drift needs a decoder, and none is loaded yet"
    open_map.hear(GridDecoder(grid.load(spaces["a"])))
    assert not probe.unavailable(ERRORS) and "drift needs the encoder" in probe.unavailable(drift)
    assert probe.awaits_network(drift)
    open_map.engine.encoder_unavailable = "there is none"
    open_map.hear(Notice("there is none"))
    assert probe.encoder_unavailable == "there is none" and not probe.awaits_network(drift)
    open_map.fail(ORIGINALS, "the images are gone")
    assert {probe.unavailable(each) for each in (ORIGINALS, ERRORS, BACKGROUNDS["error"])} == {"the images are gone"}
    with pytest.raises(UserError, match="no second space is open"):
        open_map.work_out(DISPLACEMENTS)


def test_a_failure_of_what_is_needed_is_told_once(spaces):
    context = windowed(spaces["a"])
    context.probe.space.card["data"]["source"], source = "gone.npz", context.probe.space.card["data"]["source"]
    told = Told(context)
    try:
        context.need(ERRORS)
        context.need(ERRORS)
    finally:
        context.probe.space.card["data"]["source"] = source
    assert told.ready == [("a", ORIGINALS), ("a", ERRORS)]
    assert "gone.npz" in context.probe.unavailable(ERRORS)


def test_two_maps_share_their_images(spaces):
    one, two = opened(spaces["a"]), opened(spaces["b"])
    one.work_out(ORIGINALS)
    one.share_images(two)
    assert two.probe.known(ORIGINALS) is one.probe.known(ORIGINALS)
    third = open_space(spaces["other"].folder, GridEngine)
    two.show(third)
    one.probe.results.clear()
    one.work_out(ORIGINALS)
    assert ORIGINALS not in two.probe.results, "they are of other images"
    two.show(open_space(spaces["b"].folder, GridEngine))
    assert two.probe.known(ORIGINALS) is one.probe.known(ORIGINALS)
    for each in (one, two):
        each.probe.results.clear()
    told = Told(two)
    one.work_out(ERRORS)
    assert told.ready == [("b", ORIGINALS)] and ERRORS not in two.probe.results
    one.stop_sharing()
    for each in (one, two):
        each.probe.results.clear()
    two.work_out(ORIGINALS)
    assert ORIGINALS not in one.probe.results


def test_a_space_of_other_images_is_not_opened_beside_one(spaces):
    with pytest.raises(Unfit, match="'other' is made of other images"):
        open_space(spaces["other"].folder, GridEngine, beside=spaces["a"])
    assert open_space(spaces["b"].folder, GridEngine, beside=spaces["a"]).probe.space.name == "b"


def test_a_damaged_decoder_is_an_error_unless_it_is_not_asked_for(tmp_path):
    space = make_space(tmp_path / "space", (4, 4), n=40)
    (space.folder / "decoder.keras").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"decoder\.keras is damaged"):
        open_space(space.folder, GridEngine)
    assert open_space(space.folder, GridEngine, check=False).probe.decoder.source == "grid"


def test_preparing_computes_a_grid_and_tells_of_it(tmp_path, monkeypatch):
    space = make_space(tmp_path / "space", (4, 4), n=40)
    open_map, told = blind(space), []
    decoder = GridDecoder(grid.load(space))
    monkeypatch.setattr(open_map.engine, "prepare", lambda tell, cancelled: [tell(Progress("…")), tell(decoder)])
    open_map.prepare(told.append)
    assert told == [Progress("…"), decoder] and open_map.probe.decoder is decoder and open_map.opened.prepared
