"""What only some spaces have to play with: new images from a prior, clouds of pins, noise; alone and in the window."""

import collections
import dataclasses
import math
import shutil
import tkinter as tk
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from explorer.analysis import metrics
from explorer.analysis.analyses import ORIGINALS, PIXEL_INDEX
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import picture
from explorer.errors import UserError
from explorer.images import datasets, noise
from explorer.session import finding
from explorer.session.state import MapState, SharedState
from explorer.spaces import prior
from explorer.spaces.card import read_card, write_card
from explorer.spaces.folder import open_space
from explorer.uses import generation
from explorer.window.base.workers import Workers
from explorer.window.inspector.panels.noise import NoisePanel
from explorer.window.inspector.panels.prior import COLDEST, COUNT, HOTTEST, SEED, PriorPanel
from explorer.window.inspector.tabs.pins import PinsTab
from explorer.window.inspector.tabs.space import BELOW, SpaceTab
from explorer.window.map.marks import show_pins
from tests.conftest import SHIPPED
from tests.screen import settle
from tests.spaces import context_of, make_epoch, make_space

N = 300


class Marked:
    """Stands for the marks over a map: those shown now, by group."""

    def __init__(self):
        self.groups = collections.defaultdict(tuple)

    def show(self, group, marks=()):
        self.groups[group] = marks


class Written:
    """Stands for the trace."""

    def __init__(self):
        self.events = []

    def write(self, event, **members):
        self.events.append((event, members))


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """By name: one with a prior and clouds, one with a prior of colour images, one of three images that takes noise
    away, and one with nothing of it."""
    folder = tmp_path_factory.mktemp("spaces")
    sigma = np.random.default_rng(4).uniform(0.1, 0.4, (2, N)).astype(np.float16)
    columns = dict(zip(prior.columns(2), sigma, strict=True))
    takes_noise = {"config": {"noise": 1.0}}
    return {
        "normal": make_space(folder / "normal", n=N, prior="normal", columns=columns),
        "colour": make_space(folder / "colour", (9, 12, 3), classes=(), n=N, prior="normal"),
        "noise": make_space(folder / "noise", n=N, more=takes_noise),
        "three": make_space(folder / "three", (12, 12, 3), classes=(), n=3, more=takes_noise),
        "plain": make_space(folder / "plain", n=N, images=N),
    }


@pytest.fixture
def root(root):
    root.geometry("420x620+40+30")
    return root


def probe_of(space) -> SpaceProbe:
    probe = SpaceProbe(space, GridDecoder(grid.load(space)))
    probe.results[ORIGINALS] = datasets.load(space.card["data"]["source"])
    return probe


def shown(root, kind, space, probe=None):
    """A panel, or a tab, alone in a window."""
    context = context_of(probe or probe_of(space), Workers(root))
    context.marks, context.trace = Marked(), Written()
    context.need = lambda name: None
    panel = kind(root, context)
    panel.pack(fill="both", expand=True)
    root.update()
    panel.context = context
    if hasattr(panel, "attend"):
        panel.attend(True)
    settle(root)
    return panel


def show_space(panel, space):
    """Replaces the space as the window does."""
    panel.context.show(dataclasses.replace(panel.context.opened, probe=probe_of(space)))
    settle(panel)


# ---- new images ------------------------------------------------------------------------------------------------------


def codes_of(panel) -> np.ndarray:
    settle(panel)
    return np.array([event for event in panel.context.trace.events if event[0] == "drawn"][-1][1]["z"], np.float32)


def seen_on_screen(screen, panel, index: int) -> np.ndarray:
    """The pixels of a new image on the screen, without those that its frame may cover."""
    (x, y), (width, height) = panel._middles()[index], panel._layout.thumbnail
    return screen.grab([x - width // 2, y - height // 2, width, height])[2:-2, 2:-2]


def as_shown(panel, image: np.ndarray) -> np.ndarray:
    """The same pixels, from a decoded image."""
    shown = picture.scaled(picture.to_bytes(image), panel._layout.side).convert("RGB")
    return np.asarray(shown)[2:-2, 2:-2]


def press(screen, root, widget) -> None:
    screen.click(widget.winfo_rootx() + 8, widget.winfo_rooty() + widget.winfo_height() // 2)
    settle(root)
    screen.move(5, 5)
    settle(root)


def child(panel, text: str) -> tk.Misc:
    """The button or label with a text."""
    found = list(panel.winfo_children())
    for widget in found:
        found += widget.winfo_children()
    return next(each for each in found if "text" in each.keys() and each.cget("text") == text)  # noqa: SIM118, of Tk


def test_each_press_draws_others_and_the_same_ones_the_next_time(root, spaces):
    drawn = []
    for _ in range(2):
        panel = shown(root, PriorPanel, spaces["normal"])
        for _ in range(2):
            panel.draw()
            drawn.append(codes_of(panel))
            assert [mark.place for mark in panel.context.marks.groups["drawn"]] == [tuple(code) for code in drawn[-1]]
        panel.destroy()
    assert drawn[0].shape == (COUNT, 2) and not np.isclose(drawn[0], drawn[1]).any()
    assert (drawn[0] == drawn[2]).all() and (drawn[1] == drawn[3]).all()
    many = prior.drawn(np.random.default_rng(1), 4000, 2)
    assert stats.kstest(many.ravel(), "norm").pvalue > 0.01


@pytest.mark.parametrize("name", ["normal", "colour"])
def test_a_click_on_a_new_image_goes_to_its_place(screen, root, spaces, name):
    """In either chart; what the sheet shows is what its codes decode to."""
    space = spaces[name]
    panel = shown(root, PriorPanel, space)
    panel.draw()
    codes, state = codes_of(panel), panel.context.state
    wanted = panel.context.probe.decoder(codes)
    for chart, index in (("plain", 3), ("quantiles", 20), ("plain", 23)):
        through = space.in_coordinates(chart)
        state.use_coordinates(chart)
        panel.context.use_probe(probe_of(through))
        settle(root)
        x, y = panel._middles()[index]
        screen.move(x, y)
        settle(root)
        screen.click(x, y)
        settle(root)
        place = tuple(stats.norm.cdf(codes[index])) if chart == "quantiles" else tuple(codes[index].tolist())
        assert state.cursor == pytest.approx(place, abs=1e-6)
        (mark,) = panel.context.marks.groups["pointed at"]
        assert mark.place == pytest.approx(place, abs=1e-6)
        assert [mark.place for mark in panel.context.marks.groups["drawn"]][index] == pytest.approx(place, abs=1e-6)
        assert (seen_on_screen(screen, panel, index) == as_shown(panel, wanted[index])).all()
    screen.move(5, 5)
    settle(root)
    assert not panel.context.marks.groups["pointed at"]
    panel.clear()
    settle(root)
    assert not panel.context.marks.groups["drawn"]
    screen.click(*panel._middles()[0])
    settle(root)
    assert state.cursor == pytest.approx(place, abs=1e-6)


def test_new_images_wait_for_a_decoder_and_go_along_to_another_prior(root, spaces):
    probe = probe_of(spaces["normal"])
    decoder, probe.decoder = probe.decoder, None
    panel = shown(root, PriorPanel, spaces["normal"], probe)
    panel.draw()
    codes = codes_of(panel)
    assert panel._new.levels is None and len(panel.context.marks.groups["drawn"]) == COUNT
    panel._point_at(3)
    assert not panel.context.marks.groups["pointed at"]
    probe.decoder = decoder
    panel.context.tell("decoder")
    settle(root)
    assert panel._new.levels.shape == (COUNT, 28, 28)
    show_space(panel, spaces["colour"])
    assert panel._new.levels.shape == (COUNT, 9, 12, 3) and (codes_of(panel) == codes).all()
    assert panel._draw_button.cget("text") == "Draw new images"
    show_space(panel, spaces["plain"])  # from the density of its codes
    assert (codes_of(panel) != codes).all() and panel.context.trace.events[-1][1]["source"] == "density"
    show_space(panel, spaces["normal"])
    assert (codes_of(panel) == codes).all() and len(panel.context.marks.groups["drawn"]) == COUNT
    assert panel._draw_button.cget("text") == "Draw new digits"
    show_space(panel, dataclasses.replace(spaces["normal"], card=spaces["normal"].card | {"decodes": False}))
    assert not panel.context.marks.groups["drawn"] and not PriorPanel.suits(panel.context.probe.space)


def test_source_and_temperature_change_what_is_drawn_at_once(screen, root, spaces):
    """The noise stays, and is as many times as wide as the slider says."""
    space = spaces["normal"]
    panel = shown(root, PriorPanel, space)
    panel.draw()
    settle(root)

    def check(source: str) -> None:
        """What is told, marked and on the screen is what the draw gives."""
        settle(root)
        told = panel.context.trace.events[-1][1]
        middles, drawn_noise = generation.drawn(source, space.codes, COUNT, np.random.default_rng([SEED, 1]))
        codes = middles + np.float32(panel._temperature.get()) * drawn_noise
        assert told["source"] == source and told["temperature"] == round(panel._temperature.get(), 3)
        assert np.array(told["z"], np.float32) == pytest.approx(codes)
        places = [mark.place for mark in panel.context.marks.groups["drawn"]]
        assert np.array(places) == pytest.approx(codes)
        images = panel.context.probe.decoder(codes)
        for index in (0, COUNT - 1):
            assert (seen_on_screen(screen, panel, index) == as_shown(panel, images[index])).all()

    check("prior")
    press(screen, root, child(panel, "the density of codes"))
    check("density")
    left, top, width, height = panel.context.trace.events[-1][1]["slider"]
    at = lambda heat: left + round((heat - COLDEST) / (HOTTEST - COLDEST) * width)  # noqa: E731
    screen.move(at(1.0), top + height // 2)
    settle(root)
    screen.press()
    for heat in (1.2, 1.4, 1.7):
        screen.move(at(heat), top + height // 2)  # several moves may meet one draw: the last one counts
    screen.release()
    check("density")
    assert panel._temperature.get() == pytest.approx(1.7, abs=0.1)
    assert panel._degrees.cget("text") == f"{panel._temperature.get():.1f}"
    press(screen, root, child(panel, "the prior"))
    check("prior")
    press(screen, root, child(panel, "Clear"))
    assert not panel.context.marks.groups["drawn"] and panel.canvas.winfo_height() == 1
    panel._temperature.set(0.5)
    settle(root)
    assert not panel.context.marks.groups["drawn"]


@pytest.mark.parametrize("name", ["plain", "colour"])
def test_the_nearest_training_image_is_beside_each(screen, root, spaces, name):
    """As brute force finds it, once the images are compared."""
    space, probe = spaces[name], probe_of(spaces[name])
    panel = shown(root, PriorPanel, space, probe)
    panel.draw()
    codes, images = codes_of(panel), probe.results[ORIGINALS]
    asked = []
    panel.context.need = asked.append
    press(screen, root, child(panel, "Nearest training image beside each"))
    assert asked == [PIXEL_INDEX] and "being compared" in panel._note.cget("text")
    probe.results[PIXEL_INDEX] = PIXEL_INDEX.work_out(probe, lambda share: None, lambda: False)
    panel.context.tell(PIXEL_INDEX)
    assert (codes_of(panel) == codes).all() and not panel._note.winfo_manager()
    levels = picture.to_bytes(probe.decoder(codes))
    flat = np.float64(images.x_train).reshape(len(images.x_train), -1)
    for index, row in enumerate(panel.context.trace.events[-1][1]["rows"]):
        apart = np.linalg.norm(flat - levels[index].ravel(), axis=1)
        assert apart[row] <= 1.05 * apart.min(), "among those with the lowest bounds"
        if index in (0, COUNT - 1):
            pixels = seen_on_screen(screen, panel, index)
            pair = np.concatenate([levels[index], np.full_like(levels[index][:, :1], 128), images.x_train[row]], axis=1)
            assert (pixels == np.asarray(picture.scaled(pair, panel._layout.side).convert("RGB"))[2:-2, 2:-2]).all()
    panel._point_at(2)
    assert f"train {panel._new.rows[2]}" in panel._tip()
    probe.failures[PIXEL_INDEX] = "they are gone"
    del probe.results[PIXEL_INDEX]
    panel.context.tell(PIXEL_INDEX)
    settle(root)
    assert panel._note.cget("text") == "No training images: they are gone." and panel._new.beside is None


def test_measures_are_those_of_the_card(screen, root, spaces):
    """Of the chosen source, beside those of real images; nothing is shown that was not measured."""
    row = {"frechet": 12.34, "precision": 0.9, "recall": 0.8, "density": 1.234, "coverage": 0.7, "rarest": 0.05}
    rows = [
        row | {"space": "", "source": "real images", "frechet": 0.72, "near_copies": 0.02},
        row | {"space": "normal", "source": "prior", "near_copies": 0.01},
        row | {"space": "normal", "source": "density", "frechet": 5.0},
    ]
    card = spaces["normal"].card | {"uses": {"generation": {"seed": 0, "images": 10, "rows": rows}}}
    panel = shown(root, PriorPanel, dataclasses.replace(spaces["normal"], card=card))
    texts = lambda: {name: label.cget("text") for name, label in panel._values.items()}  # noqa: E731
    assert texts()["frechet"] == "12.3 (0.7)" and texts()["near_copies"] == "1.0 % (2.0 %)"
    assert panel._table.winfo_ismapped()
    press(screen, root, child(panel, "the density of codes"))
    assert texts()["frechet"] == "5.0 (0.7)" and texts()["near_copies"] == "–", "that was not measured"
    show_space(panel, spaces["plain"])
    assert not panel._table.winfo_ismapped()


def test_codes_of_many_numbers_and_a_decoder_that_fails(root, tmp_path):
    """On the plane of a grid each code has its nearest picture, and the panel says so."""
    space = make_space(tmp_path / "deep", n=N, dimensions=5)
    panel = shown(root, PriorPanel, space)
    panel.draw()
    codes = codes_of(panel)
    assert codes.shape == (COUNT, 5)
    assert (panel._new.levels == picture.to_bytes(panel.context.probe.decoder(codes))).all()
    places = [mark.place for mark in panel.context.marks.groups["drawn"]]
    assert np.array(places) == pytest.approx(space.places_of(codes))

    def fail(codes):
        raise UserError("the model failed")

    said = []
    panel.context.say = said.append
    panel.context.probe.decoder = fail
    panel.draw()
    settle(root)
    assert said == ["the model failed"] and not panel.context.marks.groups["drawn"]


def test_the_box_is_ticked_where_the_map_is_seen_through_the_quantiles(root, spaces):
    panel = shown(root, PriorPanel, spaces["normal"])
    state = panel.context.state
    assert not panel._through.get()
    state.use_coordinates("quantiles")
    assert panel._through.get()
    panel._through.set(False)
    panel._choose()
    assert state.space.coordinates == "plain" and not panel._through.get()


# ---- clouds ----------------------------------------------------------------------------------------------------------


def test_a_pin_has_its_cloud_on_the_map_and_in_words(root, spaces):
    space = spaces["normal"]
    tab = shown(root, PinsTab, space)
    context = tab.context
    context.shared.pin(7)
    settle(root)
    show_pins(context.marks, context.probe, context.shared)
    (cloud,), (pin,) = tab.context.marks.groups["clouds"], tab.context.marks.groups["pins"]
    assert np.array(cloud.around) == pytest.approx(prior.outline(space, 7)) and pin.beside and pin.text == "1"
    along = [float(space.columns[name][7]) for name in prior.columns(2)]
    canvas = next(child for child in tab.winfo_children() if isinstance(child, tk.Canvas))
    texts = [canvas.itemcget(item, "text") for item in canvas.find_all() if canvas.type(item) == "text"]
    assert any(text.endswith(f"its cloud: σ {along[0]:.2f} × {along[1]:.2f}") for text in texts)
    through = space.in_coordinates("quantiles")
    tab.context.state.use_coordinates("quantiles")
    tab.context.use_probe(probe_of(through))
    settle(root)
    show_pins(context.marks, context.probe, context.shared)
    (cloud,) = tab.context.marks.groups["clouds"]
    assert np.array(cloud.around) == pytest.approx(prior.outline(through, 7))
    show_space(tab, spaces["plain"])
    show_pins(context.marks, context.probe, context.shared)
    assert not tab.context.marks.groups["clouds"] and not tab.context.marks.groups["pins"][0].beside


# ---- noise -----------------------------------------------------------------------------------------------------------


def encoder(images: np.ndarray) -> np.ndarray:
    """Two numbers of each image."""
    flat = images.reshape(len(images), -1)
    return np.stack([4 * flat.mean(axis=1) - 2, 8 * flat.std(axis=1)], axis=-1).astype(np.float32)


def noise_now(panel) -> dict:
    settle(panel)
    return [members for event, members in panel.context.trace.events if event == "noise"][-1]


def drag(screen, root, panel, *shares: float, held: bool = True) -> None:
    """Takes the slider through these places, or clicks at the last one."""
    now = noise_now(panel)
    left, top, width, height = now["slider"]
    at = lambda share: (left + round(share * width), top + height // 2)  # noqa: E731
    screen.move(*at(now["strength"] if held else shares[-1]))
    settle(root)
    screen.press()
    for share in shares if held else ():
        settle(root)
        screen.move(*at(share))
    settle(root)
    screen.release()
    assert noise_now(panel)["strength"] == pytest.approx(shares[-1], abs=0.04)


def test_the_slider_sets_the_noise_of_the_image_nearest_to_the_cursor_or_of_the_last_pin(screen, root, spaces):
    space, probe = spaces["noise"], probe_of(spaces["noise"])
    probe.encoder = encoder
    panel = shown(root, NoisePanel, space, probe)
    state, shared, dataset = panel.context.state, panel.context.shared, probe.results[ORIGINALS]

    def check(row: int, strength: float) -> None:
        said = noise_now(panel)
        assert said["row"] == row and said["strength"] == pytest.approx(strength, abs=0.04)
        original = datasets.as_float(dataset.images(np.array([row])))
        noisy = noise.noisy(original[0], said["strength"], seed=row)[None]
        assert said["noisy"] == pytest.approx(metrics.psnr_db(original, noisy)[0], abs=1e-3)
        code = encoder(noisy)
        assert said["z"] == pytest.approx(code[0].tolist(), abs=1e-5)
        rebuilt = probe.decoder(code)
        assert said["rebuilt"] == pytest.approx(metrics.psnr_db(original, rebuilt)[0], abs=1e-3)
        (mark,) = panel.context.marks.groups["noise"]
        assert mark.place == tuple(space.places[row].tolist()) and mark.to == pytest.approx(tuple(code[0].tolist()))
        texts = [cell.cget("text") for cell in panel._cells]
        assert f"noisy {said['noisy']:.1f} dB" in texts and f"output {said['rebuilt']:.1f} dB" in texts

    check(finding.nearest(space, shared, state.cursor), noise.USUAL)
    state.move_cursor(tuple(space.places[11].tolist()))
    check(11, noise.USUAL)
    drag(screen, root, panel, 0.6, 0.75, 0.9)
    check(11, 0.9)
    drag(screen, root, panel, 0.25, held=False)  # a click beside the slider
    check(11, 0.25)
    drag(screen, root, panel, 0.9)
    check(11, 0.9)
    for row in (20, 40):
        shared.pin(row)
    check(40, 0.9)
    state.move_cursor(tuple(space.places[12].tolist()))
    check(40, 0.9)
    shared.unpin_all()
    check(12, 0.9)
    shared.toggle_class(int(space.labels[12]))
    check(finding.nearest(space, shared, state.cursor), 0.9)
    assert finding.nearest(space, shared, state.cursor) != 12
    for label in range(10):
        if label not in shared.hidden:
            shared.toggle_class(label)
    settle(root)
    assert not panel.context.marks.groups["noise"] and "hidden" in panel._why_not.cget("text")
    panel._strength.set(0)
    shared.show_all_classes()
    settle(root)
    assert panel._cells[0].cget("text") == "no noise"
    panel.attend(False)
    assert not panel.context.marks.groups["noise"]
    panel.attend(True)
    settle(root)
    assert panel.context.marks.groups["noise"]


def measured_rows(space: str) -> list[dict]:
    """What `apply denoising` might have measured."""
    lines = {("", "noisy"): 9.0, ("", "PCA"): 12.0, (space, ""): 14.0}
    return [
        {"space": name, "method": method, "noise": kind, "strength": strength, "psnr_db": level - 4 * strength - number}
        for number, kind in enumerate(noise.KINDS)
        for strength in (0.1, 0.5, 1.0)
        for (name, method), level in lines.items()
    ]


def test_the_kinds_of_noise_and_the_curve_over_the_test_images(screen, root, spaces):
    space = spaces["noise"]
    odd = [{"noise": "Gaussian"}, {"noise": "Gaussian", "method": "PCA", "strength": 2.0, "psnr_db": None}, {}]
    card = space.card | {"uses": {"denoising": {"rows": [*odd, *measured_rows(space.name)]}}}
    space = dataclasses.replace(space, card=card)
    root.geometry("420x520+40+30")
    panel = shown(root, NoisePanel, space)
    row = noise_now(panel)["row"]
    original = datasets.as_float(panel.context.probe.results[ORIGINALS].images(np.array([row])))
    for number, (name, kind) in enumerate(noise.KINDS.items()):
        left, top, width, height = noise_now(panel)["kinds"][name]
        screen.click(left + width // 2, top + height // 2)
        settle(root)
        now = noise_now(panel)
        assert now["kind"] == name
        assert now["noisy"] == pytest.approx(metrics.psnr_db(original, kind.add(original, 0.5, row))[0], abs=1e-3)
        assert panel._amount.cget("text") == f"{kind.symbol} 0.50"
        plot = panel._curves.plot
        lines = {
            text.get_text(): line
            for text, line in zip(plot.axes.get_legend().get_texts(), plot.axes.lines, strict=True)
        }
        assert list(lines) == ["this space", "noisy", "PCA"]
        np.testing.assert_allclose(
            lines["PCA"].get_data(), [(0.1, 0.5, 1.0), 12 - 4 * np.array([0.1, 0.5, 1]) - number]
        )
        assert panel._curves._marked == pytest.approx((0.5, 12 - number))
    drag(screen, root, panel, 0.6, 0.9)
    strength = noise_now(panel)["strength"]
    assert panel._curves._marked == pytest.approx((strength, 14 - 4 * strength - number))
    drag(screen, root, panel, 0.02)  # weaker than what was measured
    assert panel._curves._marked == pytest.approx((0.1, 14 - 0.4 - number))
    assert panel._curves.winfo_ismapped() and not panel._unmeasured.winfo_ismapped()
    show_space(panel, spaces["noise"])
    assert not panel._curves.winfo_ismapped() and panel._unmeasured.winfo_ismapped()
    assert panel._unmeasured.cget("text").endswith("model.py apply denoising --space noise --keep")


def test_three_colour_images_and_no_encoder(root, spaces):
    space = spaces["three"]
    panel = shown(root, NoisePanel, space)
    assert "loading" in panel._why_not.cget("text") and "rebuilt" not in noise_now(panel)
    assert not panel.context.marks.groups["noise"]
    probe = panel.context.probe
    probe.encoder_unavailable = "there is none"
    panel.context.tell("encoder")
    settle(root)
    assert panel._why_not.cget("text") == "Needs the encoder: there is none."
    probe.encoder_unavailable = ""
    probe.encoder = encoder
    panel.context.tell("encoder")
    settle(root)
    assert noise_now(panel)["rebuilt"] > 0 and panel._why_not.cget("text") == ""
    show_space(panel, spaces["plain"])
    assert not panel.context.marks.groups["noise"] and not NoisePanel.suits(spaces["plain"])
    for card in ({}, {"config": None}, {"config": ["noise"]}):
        assert not NoisePanel.suits(dataclasses.replace(space, card=space.card | {"config": None} | card))


def test_images_that_are_gone_are_told_of(root, spaces):
    probe = probe_of(spaces["noise"])
    del probe.results[ORIGINALS]
    panel = shown(root, NoisePanel, spaces["noise"], probe)
    assert "being read" in panel._why_not.cget("text")
    probe.failures[ORIGINALS] = "they are gone"
    panel.context.tell(ORIGINALS)
    settle(root)
    assert panel._why_not.cget("text") == "No image to add noise to: they are gone."


# ---- the window ------------------------------------------------------------------------------------------------------


def test_the_chart_new_images_and_a_cloud_in_the_window(start, spaces):
    """The trace's z is the code under the mouse, whatever the chart, and the picture is what it decodes to."""
    space, decoder = spaces["normal"], GridDecoder(grid.load(spaces["normal"]))
    program = start("ae_precomp.py", "--weights", str(space.folder), "--size", "1280x800", tensorflow=False)
    program.wait_for("window")
    program.settle()
    screen, (x, y, w, h) = program.screen, program.layout()["map"]
    before = program.hover(x + w // 3, y + h // 2)["z"]
    screen.key("q")
    assert program.wait_for("chart")["name"] == "quantiles"
    program.settle()
    screen.key("Right", "Shift_L")  # steps from where the cursor was left by the chart: at its code
    program.settle()
    stepped = program.events("hover")[-1]["z"]
    side = max(1.1, 1.1 * w / h)
    assert stats.norm.cdf(stepped[0]) == pytest.approx(stats.norm.cdf(before[0]) + 0.1 * side, abs=1e-3)
    assert stepped[1] == pytest.approx(before[1], abs=1e-3)
    for u, v in ((0.5, 0.5), (0.4, 0.7), (0.6, 0.2)):
        event = program.hover(x + int(u * w), y + int(v * h))
        px = np.array([int(u * w) / w - 0.5, 0.5 - int(v * h) / h])
        place = 0.5 + px * (1.1 * w / h, 1.1)
        assert stats.norm.cdf(event["z"]) == pytest.approx(place, abs=2e-3) and not event["outside"]
        wanted = np.rint(255 * decoder(np.array([event["z"]], np.float32))[0]).astype(int)
        assert np.abs(program.picture().astype(int) - wanted).max() <= 1
    assert program.hover(x + w - 5, y + h // 2)["outside"]

    screen.key("g")
    first = program.wait_for("drawn")
    screen.key("g")
    drawn = program.wait(lambda: program.events("drawn")[1:], "others")[0]
    assert first["z"] != drawn["z"]
    program.settle()
    screen.click(*drawn["at"][4])
    program.settle()
    assert program.events("hover")[-1]["z"] == pytest.approx(drawn["z"][4], abs=1e-4)

    screen.key("q")
    program.wait(lambda: program.events("chart")[1:], "the plain chart")
    program.catch_up()
    place = np.abs(space.codes).sum(axis=1).argmin()  # an image near the middle of the map
    view_of = MapState(space).limits
    scale = max((view_of[1] - view_of[0]) / w, (view_of[3] - view_of[2]) / h)
    middle = np.array([(view_of[0] + view_of[1]) / 2, (view_of[2] + view_of[3]) / 2])
    px = (space.codes[place] - middle) / scale * (1, -1) + (x + w / 2, y + h / 2)
    screen.click(*np.rint(px).astype(int))
    assert program.wait_for("pins")["rows"] == [int(space.rows[place])]
    program.catch_up()
    shot = screen.grab([x, y, w, h]).astype(int)
    dark = (shot < 0x60).all(axis=2)
    along = prior.WIDTH * np.array(prior.deviations(space, int(place))) / scale
    for angle in np.linspace(0, 2 * math.pi, 16, endpoint=False):
        u, v = np.rint(px - (x, y) + along * (math.cos(angle), math.sin(angle))).astype(int)
        assert dark[v - 2 : v + 3, u - 2 : u + 3].any(), f"no line at {angle:.1f}"


def test_a_space_without_prior_cannot_be_flattened_but_draws_new_images(start, spaces):
    program = start("ae_precomp.py", "--weights", str(spaces["noise"].folder), "--size", "1280x800", tensorflow=False)
    program.wait_for("window")
    program.settle()
    for key in "qg":
        program.screen.key(key)
    program.settle()
    said = [event["text"] for event in program.events("said")]
    assert len(said) == 1 and "has no prior" in said[0]
    drawn = program.wait_for("drawn")
    assert not program.events("chart") and drawn["source"] == "density" and drawn["temperature"] == 1
    (said,) = {event["row"] for event in program.events("noise")}
    assert said == finding.nearest(spaces["noise"], SharedState(), MapState(spaces["noise"]).cursor)


@pytest.mark.slow
def test_noise_in_the_window_with_the_live_encoder(start, tmp_path):
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "space"))
    card = read_card(folder)
    write_card(folder, card | {"config": card["config"] | {"noise": 1.0}})
    program = start("ae.py", "--weights", str(folder), "--size", "1280x800")
    program.wait_for("window")
    program.wait(lambda: [event for event in program.events("noise") if "z" in event], "an encoded image")
    program.settle()
    said = program.events("noise")[-1]
    assert said["strength"] == noise.USUAL
    left, top, width, height = said["slider"]
    program.screen.move(left + width // 2, top + height // 2)
    program.screen.press()
    for share in np.linspace(0.5, 0.05, 12):
        program.screen.move(left + round(share * width), top + height // 2)
        program.handled()
    program.screen.release()
    program.settle()
    now = program.events("noise")[-1]
    assert now["row"] == said["row"] and now["strength"] < 0.12 and now["noisy"] > said["noisy"] + 6
    assert math.dist(now["z"], said["z"]) > 0.01


def test_a_run_is_followed_through_the_chart(start, tmp_path):
    """Each epoch comes with places and neighbours of its own."""
    folder = tmp_path / "run.partial"
    make_epoch(folder, 1, prior="normal")
    program = start("ae_precomp.py", "--weights", str(folder), "--size", "1280x800", tensorflow=False)
    program.wait_for("window")
    program.settle()
    program.screen.key("q")
    program.wait_for("chart")
    make_epoch(folder, 2, prior="normal")
    program.wait(lambda: [event for event in program.events("epoch") if event["epoch"] == 2], "the next epoch")
    program.settle()
    x, y, w, h = program.layout()["map"]
    event = program.hover(x + w // 3, y + h // 3)
    px = np.array([w // 3 / w - 0.5, 0.5 - h // 3 / h])
    assert stats.norm.cdf(event["z"]) == pytest.approx(0.5 + px * (1.1 * w / h, 1.1), abs=2e-3)
    program.screen.click(x + w // 3, y + h // 3)
    space = open_space(folder).in_coordinates("quantiles")
    place = stats.norm.cdf(event["z"])
    nearest = np.linalg.norm(space.places - place, axis=1).argmin()
    assert program.wait_for("pins")["rows"] == [int(space.rows[nearest])]
    program.settle()
    assert program.events("strip")[-1]["rows"][0] == int(space.rows[nearest])


@pytest.mark.parametrize("title", BELOW)
def test_a_panel_below_the_sentences_is_scrolled_to(root, spaces, title):
    """As a stop of the tour does that tells of it."""
    root.geometry("430x230")
    tab = shown(root, SpaceTab, spaces["noise"])
    tab.choose("Compress")
    settle(root)
    tab.choose(title)
    settle(root)
    top = tab._panels[BELOW[title]].winfo_rooty() - tab.winfo_rooty()
    assert -1 <= top <= 120, "of 230 pixels"
