"""The real window on a space of 16 dimensions: with a small Keras decoder, and with the grid of one plane."""

import numpy as np
import pytest

from explorer.spaces.folder import open_space
from tests.screen import Program
from tests.spaces import make_space

D, N, SHAPE = 16, 300, (8, 8)


@pytest.fixture(scope="module")
def weights():
    random = np.random.default_rng(5)
    return random.normal(scale=0.4, size=(D, 64)).astype("f4"), random.normal(scale=0.2, size=64).astype("f4")


@pytest.fixture(scope="module")
def space(tmp_path_factory, weights):
    import keras

    folder = tmp_path_factory.mktemp("live")
    network = keras.Sequential([keras.Input((D,)), keras.layers.Dense(64, "sigmoid"), keras.layers.Reshape(SHAPE)])
    network.layers[0].set_weights(list(weights))
    network.save(folder / "decoder.keras")
    content = (folder / "decoder.keras").read_bytes()
    return make_space(folder / "space", SHAPE, n=N, dimensions=D, network=content)


def click(program: Program, box: list[int], share: float = 0.5) -> None:
    program.screen.click(box[0] + round(share * box[2]), box[1] + box[3] // 2)
    program.settle()


def plane_of(program: Program) -> dict:
    program.settle()
    return program.events("plane")[-1]


@pytest.mark.slow
def test_every_picture_is_the_decoders_own_whatever_the_plane(start, space, weights):
    def check_picture() -> np.ndarray:
        code = np.array(program.events("hover")[-1]["z"])
        wanted = 255 / (1 + np.exp(-(code @ weights[0] + weights[1]).reshape(SHAPE)))
        assert np.abs(program.picture(SHAPE).astype(float) - wanted).max() <= 1
        return code

    program = start("ae.py", "--weights", str(space.folder), "--size", "1280x1400")
    program.expected_stderr = "encoder.keras is missing"
    program.wait_for("live")
    program.settle()
    (x, y, w, h), plane = program.layout()["map"], space.projection
    program.hover(x + w // 3, y + h // 2)
    before = check_picture()
    assert plane.rest_of(before) == pytest.approx(0, abs=1e-4)

    shown = plane_of(program)
    click(program, shown["sliders"]["PC 4"], 0.8)
    shown = plane_of(program)
    assert shown["rest"][1] > 0.1 and np.count_nonzero(shown["rest"]) == 1
    program.hover(x + w // 3, y + h // 2)  # where the mouse was before
    assert check_picture() == pytest.approx(before + shown["rest"][1] * plane.basis[3], abs=1e-3)

    click(program, shown["kinds"]["axes"], 0.1)
    shown = plane_of(program)
    assert shown["kind"] == "axes"
    code = check_picture()
    for u, v in ((0.4, 0.5), (0.6, 0.3)):
        program.hover(x + round(u * w), y + round(v * h))
        off = np.delete(check_picture() - code, shown["chosen"])
        assert off == pytest.approx(0, abs=1e-3)

    for u in (0.35, 0.5, 0.65):
        program.screen.click(x + round(u * w), y + round(0.5 * h))
        program.settle()
    pins = program.events("pins")[-1]["rows"]
    assert len(pins) == 3
    left, top, *_ = program.layout()["tabs"]
    program.screen.click(left + 40, top + 20)  # a pin has shown the tab Pins
    click(program, plane_of(program)["kinds"]["through"], 0.1)
    shown = plane_of(program)
    assert shown["kind"] == "through" and shown["chosen"] == pins and program.events("pins")[-1]["rows"] == pins
    assert np.abs(shown["rest"]).max() < 1e-4
    assert check_picture() == pytest.approx(space.codes[space.index_of(pins[-1])], abs=1e-4)


def test_the_grid_holds_one_plane(start, space):
    program = start("ae_precomp.py", "--weights", str(space.folder), "--size", "1280x800", tensorflow=False)
    program.wait_for("window")
    program.settle()
    (x, y, w, h) = program.layout()["map"]
    event = program.hover(x + w // 2, y + h // 2)
    assert not event["outside"] and space.projection.rest_of(np.array(event["z"])) == pytest.approx(0, abs=1e-4)
    assert plane_of(program)["sliders"] == {}
    program.screen.click(x + w // 2, y + h // 2)  # a pin, whose card goes to its place on the grid's plane
    program.settle()
    program.screen.key("n")
    program.settle()
    assert plane_of(program)["rest"] == [0.0] * (D - 2)
    assert open_space(space.folder).projection.is_parallel(space.projection)
