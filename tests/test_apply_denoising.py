"""`apply denoising` on a few images, recomputed."""

import numpy as np
import pytest

from explorer.images import datasets, noise
from explorer.spaces.folder import WEIGHTS
from explorer.training.applying import denoising as applied
from explorer.training.applying.bench import Bench
from explorer.uses import denoising

pytestmark = pytest.mark.slow
FEW, FITTED, TUNED = 40, 600, 50


@pytest.fixture(scope="module")
def measured():
    """The bench, and the rows of a weak and a strong noise of each kind, by method or space, kind and strength."""
    bench = Bench(datasets.load("mnist"), {"denoising": WEIGHTS / "denoising"}, seed=3, images=FEW)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"STRENGTHS": (0.2, 0.7), "FITTED_TO": FITTED, "TUNED_ON": TUNED}.items():
            patch.setattr(applied, name, value)
        rows = list(applied.measure(bench))
    return bench, {(row["space"] or row["method"], row["noise"], row["strength"]): row for row in rows}


def db(clean, images):
    return -10 * np.log10(np.square(clean.astype(np.float64) - images).mean())


def test_every_number_is_that_of_a_second_computation(measured):
    bench, rows = measured
    methods = ["noisy", "Gaussian filter", "median filter", "PCA", "denoising"]
    assert sorted(rows) == sorted(
        (each, kind, strength) for each in methods for kind in noise.KINDS for strength in (0.2, 0.7)
    )
    clean = datasets.as_float(bench.dataset.x_test[:FEW])
    train = datasets.as_float(bench.dataset.x_train[:FITTED]).reshape(FITTED, -1)
    mean = train.mean(axis=0)
    axes = np.linalg.svd(train - mean, full_matrices=False)[2]
    opened = bench.open("denoising")
    for kind, made in noise.KINDS.items():
        for strength in (0.2, 0.7):
            noisy = made.add(clean, strength, 3)
            chosen = lambda method, kind=kind, strength=strength: rows[method, kind, strength]["chosen"]  # noqa: E731
            first = axes[: chosen("PCA")].astype(np.float64)
            flat = noisy.reshape(FEW, -1) - mean
            wanted = {
                "noisy": noisy,
                "Gaussian filter": denoising.gaussian(noisy, chosen("Gaussian filter")),
                "median filter": denoising.median(noisy, chosen("median filter")),
                "PCA": np.clip(flat @ first.T @ first + mean, 0, 1).reshape(clean.shape),
                "denoising": opened.decoder(opened.encoder(noisy)),
            }
            for method, images in wanted.items():
                assert rows[method, kind, strength]["psnr_db"] == pytest.approx(db(clean, images), abs=0.02), method


def test_the_filters_are_tuned_on_training_images_and_the_autoencoder_wins_where_noise_is_strong(measured):
    bench, rows = measured
    train = datasets.as_float(bench.dataset.x_train[:TUNED])
    seen = noise.noisy(train, 0.7, 4)
    errors = [np.square(denoising.median(seen, size) - train).mean() for size in denoising.SIZES]
    assert rows["median filter", "Gaussian", 0.7]["chosen"] == denoising.SIZES[int(np.argmin(errors))]
    for kind in ("Gaussian", "Salt and pepper"):
        psnr = {
            name: row["psnr_db"] for (name, noise_, strength), row in rows.items() if (noise_, strength) == (kind, 0.7)
        }
        assert max(psnr, key=psnr.get) == "denoising", psnr
