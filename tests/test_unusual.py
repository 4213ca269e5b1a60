"""The list of unusual images: scores, threshold, rings on the map, ROC curve, and the export of lists."""

import csv
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.analysis.analyses import NOVELTY, NOVELTY_PARTS, ORIGINALS, PIXEL_INDEX
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import picture
from explorer.images import datasets
from explorer.uses import anomaly
from explorer.window.base.workers import Workers
from explorer.window.inspector.tabs import unusual
from explorer.window.inspector.tabs.find import FindTab
from explorer.window.map.marks import Mark
from tests.handling import type_path
from tests.spaces import context_of, make_space

TESTS = 40


def rows(*kinds: str) -> dict:
    """The entry of a card with a straight curve for each kind of odd images: at the score t, a share of -t / 10."""
    curve = [dict(zip(anomaly.POINT, (t, max(-t, 0) / 10, (5 - t) / 15), strict=True)) for t in range(-10, 6)]
    points = [{"space": "s", "odd": kind} | point for kind in kinds for point in curve]
    others = {"space": "s", "method": "error", "odd": "x", "auroc": 0.5}, {"threshold": "?", "found": None}
    return {"anomaly": {"rows": [*others, *points]}}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    uses = {"uses": rows("Fashion-MNIST", "inverted")}
    return make_space(tmp_path_factory.mktemp("unusual") / "space", n=10 * TESTS, more=uses)


@pytest.fixture(scope="module")
def known(small):
    """A probe with the parts of the score, and all that they need."""
    probe = SpaceProbe(small, GridDecoder(grid.load(small)))
    for analysis in (ORIGINALS, PIXEL_INDEX, NOVELTY, NOVELTY_PARTS):
        assert probe.missing(NOVELTY_PARTS)[0] == analysis
        probe.results[analysis] = analysis.work_out(probe)
    return probe


def test_every_test_image_has_the_score_of_the_gauge(known, small):
    parts, dataset = known.known(NOVELTY_PARTS), known.known(ORIGINALS)
    assert np.isnan(parts[: 9 * TESTS]).all() and np.isfinite(parts[9 * TESTS :]).all()
    for point in range(9 * TESTS, 10 * TESTS):
        image = datasets.as_float(dataset.images(small.rows[[point]]))[0]
        read = known.known(NOVELTY).read(image, known.decoder(small.codes[[point]])[0])
        assert parts[point].sum() == pytest.approx(read.score, abs=1e-3)


def test_errors_are_red_where_they_are():
    image, rebuilt = np.zeros((2, 4, 4), np.float32)
    image[1], rebuilt[1, :2] = 1, 1
    shown = picture.failing(image, rebuilt)
    np.testing.assert_allclose(shown[1, 3], (1, 0, 0))
    np.testing.assert_allclose(shown[1, 0], [picture.FAINT] * 3)
    assert (shown[0] == 0).all()
    colour = picture.failing(np.repeat(image[..., None], 3, 2), np.repeat(rebuilt[..., None], 3, 2))
    np.testing.assert_allclose(colour, shown, rtol=1e-6)


@pytest.fixture
def tab(root, known):
    shown = {}
    root.geometry("420x700")
    probe = SpaceProbe(known.space, known.decoder)
    probe.results |= known.results
    context = context_of(probe, Workers(root))
    context.marks = SimpleNamespace(of=lambda group: shown.get(group, ()), show=shown.__setitem__)
    context.need = lambda analysis: None
    tab = FindTab(root, context)
    tab.pack(fill="both", expand=True)
    tab.context = context
    tab.choose_listing("Unusual")
    tab.update()
    return tab


def listed(tab) -> list[int]:
    return [int(row) for row in tab._table.get_children()]


def put(tab, threshold: float) -> str:
    """Moves the slider; returns what the panel says."""
    tab._panel._scale.set(threshold)
    tab.update()
    return tab._panel._words.cget("text").replace("\n", " ")


def rings(tab) -> list[Mark]:
    return list(tab.context.marks.of(unusual.MARK))


def test_what_is_beyond_the_threshold_is_listed_and_ringed(tab, known, small):
    scores = known.known(NOVELTY_PARTS).sum(axis=1)
    order = [int(point) for point in np.argsort(-scores) if scores[point] == scores[point]]
    for count in (1, 7, TESTS // 2):
        words = put(tab, float(scores[order[count - 1]]) - 1e-6)
        assert words.startswith(f"{count} of {TESTS} test digits beyond ")
        assert listed(tab) == order[:count]
        assert rings(tab) == [Mark(tuple(small.places[point].tolist())) for point in order[:count]]
    label = int(small.labels[order[0]])
    tab.context.shared.toggle_class(label)
    tab.update()
    shown = [point for point in order[: TESTS // 2] if small.labels[point] != label]
    assert listed(tab) == shown and len(rings(tab)) == len(shown) < TESTS // 2
    tab.choose_listing("Large errors")
    tab.update()
    assert rings(tab) == [] and not tab._panel.winfo_ismapped() and not tab._panel.curve.winfo_ismapped()
    tab.context.shared.show_all_classes()
    tab.choose_listing("Unusual")
    tab.update()
    assert rings(tab)
    tab.pack_forget()
    tab.update()
    assert rings(tab) == [], "they are there only while the list is seen"


def test_many_are_beyond_but_only_some_are_ringed(tab, monkeypatch):
    monkeypatch.setattr(unusual, "MOST_RINGS", 5)
    words = put(tab, -100)
    assert ", 5 ringed. " in words and len(rings(tab)) == 5 < len(listed(tab))


def test_the_marker_on_the_curve_moves_with_the_threshold(tab, known):
    scores = known.known(NOVELTY_PARTS).sum(axis=1)
    middle = float(np.nanmedian(scores))
    words = put(tab, middle)
    share = (5 - middle) / 15
    assert f"Found: {100 * share:.0f} % Fashion-MNIST, {100 * share:.0f} % inverted" in words
    assert tab._panel.curve._marked == pytest.approx((np.nanmean(scores[-TESTS:] >= middle), share))
    put(tab, middle + 1)
    assert tab._panel.curve._marked[1] < share
    tab.context.use_probe(tab.context.probe)
    tab.update()
    assert tab._panel._scale.get() == middle + 1, "it stays on another plane of the same space"


def test_without_a_curve_the_command_is_said(tab, known, small):
    card = {name: value for name, value in small.card.items() if name != "uses"}
    probe = SpaceProbe(dataclasses.replace(small, card=card), known.decoder)
    probe.results |= known.results
    tab.context.state.show_space(probe.space, same_images=True)
    tab.context.use_probe(probe)
    tab.update()
    assert "apply anomaly --space space --keep" in tab._panel._words.cget("text")
    assert not tab._panel.curve.winfo_ismapped()


def test_a_step_shows_where_the_reconstruction_fails(tab):
    assert not tab._panel._picture.winfo_ismapped()
    tab.step(1)
    tab.update()
    assert tab._panel._picture.winfo_ismapped() and tab.context.shared.pins == (listed(tab)[0],)


def test_a_space_without_test_images_says_why_there_is_no_list(tab, known, small):
    some = dataclasses.replace(small, codes=small.codes[:50], labels=small.labels[:50], rows=small.rows[:50])
    probe = SpaceProbe(some, known.decoder)
    probe.failures[NOVELTY] = "this space has no test images to compare with"
    tab.context.state.show_space(some, same_images=True)
    tab.context.use_probe(probe)
    tab.update()
    assert tab._status.cget("text") == "this space has no test images to compare with"
    assert not tab._panel.winfo_ismapped() and rings(tab) == [] and listed(tab) == []


def test_the_plot_leaves_the_keyboard_where_it_was(tab):
    assert not str(tab.focus_get() or "").startswith(str(tab._panel.curve))


# ---- the window ------------------------------------------------------------------------------------------------------


def test_the_slider_rings_and_the_list_is_exported(start, tmp_path):
    columns = {"file": np.array([f"{number}.png" for number in range(600)])}
    make_space(tmp_path / "space", n=600, columns=columns, more={"uses": rows("Fashion-MNIST")})
    program = start("ae_precomp.py", "--weights", str(tmp_path / "space"), "--size", "1280x800", tensorflow=False)
    program.wait_for("window")
    program.settle()
    left, top, *_ = program.layout()["tabs"]
    for x, y in ((172, 24), (303, 95)):  # the tab, the list
        program.screen.click(left + x, top + y)
        program.settle()
    first = program.events("unusual")[-1]
    box = program.layout()["map"]
    few = program.screen.grab(box)
    program.screen.click(left + 40, top + 123)  # the slider
    program.settle()
    more = program.events("unusual")[-1]
    assert 0 < first["count"] < more["count"] <= 60 and more["threshold"] < first["threshold"]
    assert (program.screen.grab(box) != few).any(), "more rings are on the map"
    program.screen.click(left + 353, top + 65)
    type_path(program, tmp_path / "unusual.csv")
    program.wait(lambda: [said for said in program.events("said") if said["text"].startswith("Wrote")], "the file")
    with open(tmp_path / "unusual.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["row", "name", "label", "value", "reason", "column_file"]
    values = [float(line["value"]) for line in table]
    assert len(table) == more["count"] and values == sorted(values, reverse=True)
    assert min(values) >= more["threshold"] and {line["reason"] for line in table} <= {
        "large error",
        "unlike all others",
    }
    assert all(line["name"].startswith("test ") and line["column_file"] == f"{line['row']}.png" for line in table)
