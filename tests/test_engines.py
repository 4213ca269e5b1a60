"""What decodes now and what takes over later, in the real window: loading, rebuilding, cancelling, closing."""

import time

import numpy as np
import pytest

from explorer.analysis import metrics
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.spaces.card import GRID, read_card
from explorer.spaces.folder import open_space, sums
from tests.conftest import SHIPPED
from tests.screen import PATIENCE


def whole(folder) -> bool:
    """Whether a grid is there and entered in the card."""
    return (folder / GRID).exists() and read_card(folder)["files"] == sums(folder)


def test_the_live_decoder_takes_over_without_a_word(start, space, keras_decoder):
    """Hovering while Keras loads is answered by the grid, afterwards by Keras; the picture stays where it is."""
    program = start("ae.py")
    window = program.wait_for("window")
    x, y = window["map"][0] + 200, window["map"][1] + 200
    assert program.hover(x, y)["source"] == "grid"
    early = program.picture().astype(float)
    program.wait_for("live")
    assert program.hover(x + 1, y)["source"] == "live"
    hover = program.hover(x, y)
    late = program.picture().astype(float)
    assert np.abs(late - 255 * keras_decoder(np.array([hover["z"]], np.float32))[0]).max() <= 1
    assert metrics.psnr_db(early[None] / 255, late[None] / 255)[0] > 20
    assert program.layout()["picture"] == window["picture"]


@pytest.mark.parametrize("moment", [0.0, 1.0])
def test_closing_while_keras_loads_does_not_wait_for_it(start, tmp_path, moment):
    """Here, importing Keras takes longer than anybody would wait."""
    (tmp_path / "keras.py").write_text(f"import time\ntime.sleep({10 * PATIENCE})\n")
    program = start("ae.py", path=tmp_path)
    program.wait_for("window")
    time.sleep(moment)
    program.close()
    program.process.wait(PATIENCE)


@pytest.mark.slow
def test_a_missing_grid_is_computed_with_progress_and_saved(start, copy, keras_decoder):
    (copy / GRID).unlink()
    program = start("ae_precomp.py", "--weights", str(copy), "--resolution", "24")
    program.expected_stderr = "computing 24 × 24 places"
    window = program.wait_for("window")
    program.wait(lambda: whole(copy), "the grid")
    program.settle()
    x, y = window["map"][0] + 200, window["map"][1] + 200
    hover = program.hover(x, y)
    assert hover["source"] == "grid"
    lattice = grid.load(open_space(copy))
    assert lattice.shape == (24, 24)
    places = grid.nodes(lattice.extent, lattice.shape)
    assert np.abs(GridDecoder(lattice)(places) - keras_decoder(places)).max() <= 0.5 / 255 + 1e-4
    assert np.abs(program.picture() - 255 * GridDecoder(lattice)(np.array([hover["z"]]))[0]).max() <= 1


def test_computing_a_grid_can_be_cancelled(start, copy):
    before = (copy / GRID).read_bytes()
    program = start("ae_precomp.py", "--weights", str(copy), "--resolution", "512")
    program.expected_stderr = "computing 512 × 512 places"
    box = program.wait_for("window")["map"]

    def cancelled() -> bool:  # the key does something else as long as nothing is being computed
        program.screen.key("Escape")
        program.handled()
        return "cancelled" in program.stderr()

    program.wait(cancelled, "the cancel")
    assert program.hover(box[0] + 100, box[1] + 100)["source"] == "grid"  # the one that was there goes on
    program.close()
    program.process.wait(PATIENCE)
    assert (copy / GRID).read_bytes() == before
    assert sorted(path.name for path in copy.iterdir()) == sorted(path.name for path in SHIPPED.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncated", "another decoder's"])
def test_both_programs_rebuild_a_bad_grid(start, copy, damage):
    space = open_space(copy)
    lattice, path = grid.load(space), copy / GRID
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:100_000])
        program = start("ae.py", "--weights", str(copy))
    else:
        grid.keep(space, grid.Grid(255 - lattice.images, lattice.extent, "0" * 64))
        program = start("ae_precomp.py", "--weights", str(copy))
        program.expected_stderr = "made by another decoder: computing 128 × 128 places"
    stale = path.read_bytes()
    program.wait(lambda: path.read_bytes() != stale and whole(copy), "the new grid")
    program.settle()
    rebuilt = grid.load(open_space(copy))
    assert rebuilt.extent == pytest.approx(lattice.extent)
    assert np.abs(rebuilt.images.astype(int) - lattice.images).max() <= 1


def test_without_tensorflow_the_live_program_stays_on_the_grid_and_says_so(start):
    program = start("ae.py", tensorflow=False)
    program.expected_stderr = "the precomputed grid is used, because TensorFlow is not installed"
    box = program.wait_for("window")["map"]
    assert program.hover(box[0] + 100, box[1] + 100)["source"] == "grid"


@pytest.mark.slow
def test_a_read_only_folder_keeps_the_new_grid_in_memory(start, copy):
    (copy / GRID).unlink()
    copy.chmod(0o555)
    # without this capability, root too is refused by the folder's mode
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    program = start("ae_precomp.py", "--weights", str(copy), "--resolution", "16", prefix=prefix)
    program.expected_stderr = "the grid is kept in memory only"
    box = program.wait_for("window")["map"]
    program.wait(lambda: "kept in memory only" in program.stderr(), "the notice")
    assert program.hover(box[0] + 100, box[1] + 100)["source"] == "grid"
    assert GRID not in {path.name for path in copy.iterdir()}
    copy.chmod(0o755)


def test_nothing_of_tensorflow_is_loaded_by_the_precomputed_program(start):
    program = start("ae_precomp.py")
    box = program.wait_for("window")["map"]
    program.hover(box[0] + 100, box[1] + 100)
    program.settle()
    with open(f"/proc/{program.process.pid}/maps") as maps:
        loaded = maps.read()
    assert "tensorflow" not in loaded and "h5py" not in loaded
