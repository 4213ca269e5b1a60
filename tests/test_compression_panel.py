"""The choice Compress of the tab Space: alone with the mouse, and in both programs."""

import dataclasses

import numpy as np
import pytest

from explorer.analysis.analyses import ORIGINALS
from explorer.decoding import keras_runtime
from explorer.drawing import picture
from explorer.session import finding
from explorer.spaces.card import DECODER, GRID, write_card
from explorer.spaces.folder import WEIGHTS, open_space
from explorer.uses.compression import COMPONENTS, METHODS, QUALITIES, Quantiser, as_levels, file_of
from explorer.window.inspector.panels.compression import CODE, CompressionPanel
from tests.screen import settle
from tests.spaces import Waves, make_space
from tests.test_panels import probe_of, show_space, shown

METHOD_ROWS = [
    *(
        {"space": "mine", "method": "code", "bits": bits, "bytes": bits / 4, "psnr_db": 9.0 + bits}
        for bits in range(1, 17)
    ),
    *({"space": "", "method": "PCA", "bits": 8, "bytes": size, "psnr_db": 10.0 + size / 9} for size in (2, 8, 32)),
    {"space": "", "method": "WebP", "bytes": 95.0, "psnr_db": 22.6},
    {"space": "", "method": "WebP", "bytes": "many", "psnr_db": 22.6},  # a card can have anything
    {"space": "", "method": "WebP", "bytes": 0.0, "psnr_db": 22.6},
    {"space": "", "method": "magic", "bytes": 1.0, "psnr_db": 99.0},
]


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("spaces") / "mine", n=300)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The same, with numbers in its card."""
    found = make_space(tmp_path_factory.mktemp("spaces") / "mine", n=300)
    write_card(found.folder, found.card | {"uses": {"compression": {"rows": METHOD_ROWS}}})
    return open_space(found.folder)


def panel_of(root, space):
    """The panel alone in a window, with the images and their components."""
    root.geometry("430x560+40+30")
    probe = probe_of(space)
    probe.results[COMPONENTS] = COMPONENTS.work_out(probe)
    return shown(root, CompressionPanel, space, probe)


def told(panel) -> dict:
    settle(panel)
    return [members for event, members in panel.context.trace.events if event == "compressed"][-1]


def texts(panel, method) -> list[str]:
    return panel._cells[method][1].cget("text").split("\n")


def drag(screen, root, panel, first: int, last: int) -> None:
    """Takes the slider from one number of bits to another, in a few steps."""
    left, top, width, height = told(panel)["slider"]
    knob = 18  # pixels, of which half lies beyond each end
    at = lambda bits: (left + round(knob / 2 + (bits - 1) / 15 * (width - knob)), top + height // 2)  # noqa: E731
    screen.move(*at(first))
    settle(root)
    screen.press()
    for bits in np.linspace(first, last, 4):
        screen.move(*at(bits))
        settle(root)
    screen.release()
    settle(root)


def check(screen, panel, row: int, bits: int) -> None:
    """All that is shown of an image, by other means."""
    said, probe = told(panel), panel.context.probe
    assert (said["row"], said["bits"]) == (row, bits)
    levels = probe.known(ORIGINALS).images(np.array([row]))[0]
    rounded = Quantiser.of(probe.space.codes, bits).rounded(probe.space.codes[[row]])
    wanted = {"original": levels, "code": as_levels(probe.decoder(rounded)[0])}
    size = -(-2 * bits // 8)
    wanted["PCA"] = as_levels(probe.known(COMPONENTS).images(levels[None], size)[0])
    for method in METHODS:
        files = [file_of(levels, method, quality) for quality in QUALITIES]
        small = min(file.bytes for file in files)
        assert said[method][4] == small  # no file is as small as the code
        wanted[method] = [file.image for file in files if file.bytes == small][-1]
    assert [said[method][4] for method in ("original", "code", "PCA")] == [784, size, size]
    for method, image in wanted.items():
        x, y, width, height, _, _, psnr = said[method]
        assert np.array_equal(screen.grab([x, y, width, height]), pixels(image, width))
        error = np.mean((levels / 255 - image / 255) ** 2)
        assert psnr == pytest.approx(-10 * np.log10(max(error, 1e-10)), abs=1e-3)
        if method != "original":
            assert texts(panel, method)[3] == f"{psnr:.1f} dB"
    assert texts(panel, "code")[:3] == ["code", f"{size} byte{'s' * (size > 1)}", "–"]
    assert texts(panel, "JPEG")[2] == f"{said['JPEG'][5]} bytes" and said["JPEG"][5] < said["JPEG"][4]


def pixels(image, width) -> np.ndarray:
    """An image as it is on the screen, in colour."""
    found = np.asarray(picture.scaled(image, width).convert("RGB"))
    assert found.shape == (width, width, 3) and width >= 2 * 28
    return found


def test_the_slider_sets_the_bits_of_the_image_nearest_to_the_cursor_or_of_the_last_pin(screen, root, measured):
    panel = panel_of(root, measured)
    state, shared = panel.context.state, panel.context.shared
    check(screen, panel, finding.nearest(measured, shared, state.cursor), 8)
    state.move_cursor(tuple(measured.places[11].tolist()))
    check(screen, panel, 11, 8)
    assert panel._name.cget("text") == "train 11, nearest to the cursor"
    assert panel._amount.cget("text") == "2 × 8 bits"
    drag(screen, root, panel, 8, 3)
    check(screen, panel, 11, 3)
    assert panel._amount.cget("text") == "2 × 3 bits"
    drag(screen, root, panel, 3, 16)
    check(screen, panel, 11, 16)
    for row in (20, 40):
        shared.pin(row)
    check(screen, panel, 40, 16)
    assert panel._name.cget("text") == "train 40, pinned last"
    state.move_cursor(tuple(measured.places[12].tolist()))
    check(screen, panel, 40, 16)
    shared.unpin_all()
    check(screen, panel, 12, 16)
    for label in range(10):
        shared.toggle_class(label)
    settle(root)
    assert not panel.canvas.winfo_ismapped() and "Every class is hidden" in panel._note.cget("text")
    shared.show_all_classes()
    check(screen, panel, 12, 16)
    size = (measured.folder / GRID).stat().st_size
    assert panel._note.cget("text").startswith(f"Needed once for all images: the grid, {size / 1000:,.1f} kB; for PCA")


def test_the_marker_is_on_the_curve_of_all_test_images_at_these_bits(screen, root, measured):
    panel = panel_of(root, measured)
    assert panel._all.cget("text") == "All test digits" and panel._curves.winfo_ismapped()
    assert [curve.name for curve in panel._curves.plot._curves] == ["code", "PCA", "WebP"]
    assert panel._curves.plot._curves[2].x == [95.0]
    for last in (8, 5):
        if last != 8:
            drag(screen, root, panel, 8, last)
        ring = np.array(panel._curves.widget.coords(panel._curves._ring)).reshape(2, 2).mean(axis=0)
        assert ring == pytest.approx(panel._curves.pixel_at(last / 4, 9.0 + last), abs=1)


def test_without_numbers_it_says_how_to_measure(root, space, measured):
    panel = panel_of(root, space)
    assert panel._all.cget("text") == "Not measured yet: python model.py apply compression --space mine --keep"
    assert not panel._curves.winfo_ismapped()
    show_space(panel, measured)
    assert panel._curves.winfo_ismapped()


def test_it_waits_for_what_it_needs_and_says_so(root, space):
    panel = shown(root, CompressionPanel, space)  # without components
    probe = panel.context.probe
    assert panel._note.cget("text") == "the images are being read …" and not panel.canvas.winfo_ismapped()
    probe.failures[COMPONENTS] = "they are gone"
    panel.context.tell(COMPONENTS)
    settle(root)
    assert panel._note.cget("text") == "No image to compress: they are gone."
    del probe.failures[COMPONENTS]
    decoder, probe.decoder = probe.decoder, None
    probe.results[COMPONENTS] = COMPONENTS.work_out(probe)
    panel.context.tell(COMPONENTS)
    settle(root)
    assert panel._note.cget("text") == "the images are being read …"
    probe.decoder = decoder
    panel.context.tell("decoder")
    settle(root)
    assert panel.canvas.winfo_ismapped()


def test_colours_and_codes_of_many_numbers(screen, root, tmp_path):
    space = make_space(tmp_path / "colours", (12, 16, 3), classes=(), n=40, dimensions=20)
    panel = panel_of(root, space)
    assert told(panel)["PCA"][4] == 20
    assert texts(panel, CODE) == [CODE, "–", "–", "–"] and "not decoded here" in panel._note.cget("text")
    panel.context.probe.decoder = Waves((12, 16, 3))
    panel.context.tell("decoder")
    said = told(panel)
    assert said["code"][4] == said["PCA"][4] == 20 and said["original"][4] == 12 * 16 * 3
    assert panel._note.cget("text").startswith("Needed once for all images: the decoder")
    x, y, width, height = said["original"][:4]
    levels = panel.context.probe.known(ORIGINALS).images(np.array([said["row"]]))[0]
    assert np.array_equal(screen.grab([x, y, width, height]), np.asarray(picture.scaled(levels, width)))
    drag(screen, root, panel, 8, 16)
    assert told(panel)["code"][4] == told(panel)["PCA"][4] + 5 == 40  # 36 training images have 35 components


def test_a_burst_of_moves_shows_the_last_one(root, space):
    panel = panel_of(root, space)
    for point in range(100):
        panel.context.state.move_cursor(tuple(space.places[point].tolist()))
        panel._bits.set(1 + point % 16)
        root.update()
    said = told(panel)
    assert (said["row"], said["bits"]) == (99, 1 + 99 % 16)
    assert len(panel.context.trace.events) < 100


def test_the_plot_does_not_take_the_keyboard(root, measured):
    """A tab scrolls to what has the keyboard."""
    root.focus_force()
    settle(root)
    panel_of(root, measured)
    assert root.focus_get() is root


def test_it_suits_spaces_that_decode(space):
    assert CompressionPanel.suits(space)
    assert not CompressionPanel.suits(dataclasses.replace(space, card=space.card | {"decodes": False}))


@pytest.mark.slow
@pytest.mark.parametrize("script", ["ae.py", "ae_precomp.py"])
def test_in_the_program(screen, start, script):
    """The choice clicked, the map hovered, the slider dragged: the picture is what the decoder makes of the code."""
    space = open_space(WEIGHTS / "autoencoder-32")
    program = start(script, "--weights", str(space.folder), "--size", "1280x900", tensorflow=script == "ae.py")
    program.wait_for("window" if script == "ae_precomp.py" else "live")
    program.settle()
    left, top, *_ = program.layout()["tabs"]
    screen.click(left + 115, top + 88)  # Compress
    program.wait_for("compressed")
    x, y, width, height = program.layout()["map"]
    for share in (0.4, 0.5, 0.6):
        program.hover(x + round(share * width), y + height // 2)
    program.settle()
    first = program.events("compressed")[-1]
    assert first["bits"] == 8 and len({event["row"] for event in program.events("compressed")}) > 1
    left, top, width, height = first["slider"]
    screen.move(left + width // 2, top + height // 2)
    screen.press()
    screen.move(left + width // 4, top + height // 2)
    screen.release()
    program.settle()
    said = program.events("compressed")[-1]
    assert said["row"] == first["row"] and said["bits"] < 7
    if script == "ae_precomp.py":
        assert len(said["code"]) == 4, "the grid has only the plane"
        return
    decode = keras_runtime.load_decoder(space.folder / DECODER, (28, 28), dimensions=32)
    code = space.codes[[space.index_of(said["row"])]]
    wanted = as_levels(decode(Quantiser.of(space.codes, said["bits"]).rounded(code))[0])
    x, y, width, height = said["code"][:4]
    shown = screen.grab([x, y, width, height])[1 :: width // 28, 1 :: width // 28, 0]
    assert np.abs(shown.astype(int) - wanted).max() <= 1
    assert said["code"][4] == 4 * said["bits"] and said["JPEG"][4] > 150
