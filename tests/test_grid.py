"""The grid: computed, stored, refused where it is not the decoder's, looked up."""

import math

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from explorer.analysis import metrics
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.errors import Cancelled, NotAllowed, UserError
from explorer.files.arrays import sha256_of
from explorer.spaces import view
from explorer.spaces.card import GRID
from explorer.spaces.folder import open_space

EXTENT = (-2.0, 3.0, 10.0, 12.0)


def smooth(places: np.ndarray) -> np.ndarray:
    """A decoder for tests: (n, 2) to (n, 3, 5) in [0, 1], different in every pixel."""
    phase = np.arange(15).reshape(3, 5)
    return (0.5 + 0.5 * np.sin(places[:, 0, None, None] + phase * places[:, 1, None, None])).astype(np.float32)


@pytest.fixture
def lattice() -> grid.Grid:
    return grid.compute(smooth, EXTENT, 40, "abc")


def test_nodes_are_exact_up_to_rounding(lattice):
    places = grid.nodes(EXTENT, lattice.shape)
    assert np.abs(GridDecoder(lattice)(places) - smooth(places)).max() <= 0.5 / 255 + 1e-5


def test_node_order_is_row_by_row_from_the_lowest_b():
    np.testing.assert_allclose(grid.nodes((0, 2, 5, 6), (2, 3)), [[0, 5], [1, 5], [2, 5], [0, 6], [1, 6], [2, 6]])


def test_lookup_equals_scipy_and_clamps_at_the_edge(lattice):
    rng = np.random.default_rng(1)
    places = rng.uniform((-4, 9), (5, 13), (500, 2)).astype(np.float32)
    a, b = np.linspace(*EXTENT[:2], 40), np.linspace(*EXTENT[2:], 40)
    oracle = RegularGridInterpolator((b, a), lattice.images / 255.0)
    clamped = np.clip(places.astype(np.float64), (-2, 10), (3, 12))
    decoder = GridDecoder(lattice)
    np.testing.assert_allclose(decoder(places), oracle(clamped[:, ::-1]), atol=1e-5)
    assert (decoder.outside(places) == (places != clamped.astype(np.float32)).any(axis=1)).all()
    one = decoder(places[:1])
    assert one.dtype == np.float32 and one.shape == (1, 3, 5)


def test_colour_images_keep_their_channels():
    lattice = grid.compute(lambda places: np.ones((len(places), 4, 6, 3), np.float32), EXTENT, 3, "abc")
    assert GridDecoder(lattice)(np.zeros((2, 2), np.float32)).shape == (2, 4, 6, 3)


@pytest.mark.parametrize(
    "image_shape, resolution",
    [((28, 28), 128), ((8, 8), 128), ((20, 60), 96), ((32, 32, 3), 64), ((64, 64, 3), 32), ((512, 512, 3), 16)],
)
def test_the_usual_grid_is_no_larger_than_that_of_mnist(image_shape, resolution):
    assert grid.resolution_for(image_shape) == resolution
    assert resolution**2 * math.prod(image_shape) <= 128**2 * 28**2 or resolution == 16
    assert resolution <= grid.largest_resolution(image_shape) <= 512


def test_large_images_are_decoded_a_few_at_a_time():
    sizes = []

    def decode(places):
        sizes.append(len(places))
        return np.zeros((len(places), 256, 256, 3), np.float32)

    assert grid.compute(decode, EXTENT, 5, "abc").images.shape == (5, 5, 256, 256, 3)
    assert max(sizes) * 256 * 256 * 3 <= 2048 * 28 * 28


def test_progress_is_reported_and_a_cancel_heeded():
    shares = []
    grid.compute(smooth, EXTENT, 100, "abc", shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) == 5
    with pytest.raises(Cancelled):
        grid.compute(smooth, EXTENT, 100, "abc", shares.append, lambda: True)


def test_the_shipped_grid_agrees_with_keras(space, keras_decoder):
    lattice = grid.load(space)
    assert (space.folder / GRID).stat().st_size <= 6.5e6
    decoder = GridDecoder(lattice)
    places = grid.nodes(lattice.extent, lattice.shape)[::7]
    assert np.abs(decoder(places) - keras_decoder(places)).max() <= 0.5 / 255 + 1e-4
    test_codes = space.codes[space.rows >= 60_000]
    psnr = metrics.psnr_db(keras_decoder(test_codes), decoder(test_codes))
    assert len(test_codes) == 10_000 and psnr.mean() >= 35 and np.percentile(psnr, 1) >= 18


def test_the_shipped_grid_covers_the_default_view(space):
    a0, a1, b0, b1 = view.default_limits(space.places)
    extent = grid.load(space).extent
    assert extent[0] < a0 and a1 < extent[1] and extent[2] < b0 and b1 < extent[3]


def test_saved_and_loaded_again(copy):
    space = open_space(copy)
    lattice = grid.load(space)
    fresh = grid.Grid(lattice.images[::2, ::2].copy(), lattice.extent, lattice.fingerprint)
    grid.keep(space, fresh)
    again = grid.load(open_space(copy))
    assert again.shape == fresh.shape and again.extent == pytest.approx(fresh.extent)
    assert (again.images == fresh.images).all()


@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped", "another decoder's", "other shape", "pickled"])
def test_a_grid_that_is_not_the_decoders_is_refused(copy, damage):
    space, path = open_space(copy), copy / GRID
    lattice, content = grid.load(space), path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    elif damage == "another decoder's":
        grid.keep(space, grid.Grid(lattice.images, lattice.extent, "0" * 64))
    elif damage == "other shape":
        grid.keep(space, grid.Grid(lattice.images[:, :, :14], lattice.extent, lattice.fingerprint))
    else:
        np.savez(path, images=np.array([None], object), extent=[0, 1, 0, 1], fingerprint="")
        space.card["files"][GRID] = sha256_of(path)
    with pytest.raises(UserError, match=str(path)):
        grid.load(space)


def test_a_full_disk_leaves_the_old_grid(copy, monkeypatch):
    space = open_space(copy)
    before = sorted((path.name, path.read_bytes()) for path in copy.iterdir())

    def full(*arguments, **arrays):
        arguments[0].write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(NotAllowed, match="No space left on device"):
        grid.keep(space, grid.load(space))
    assert sorted((path.name, path.read_bytes()) for path in copy.iterdir()) == before
