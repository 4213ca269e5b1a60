"""Bytes and PSNR of images as codes, beside PCA, JPEG and WebP: the rate-distortion curves of the test images."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator

import numpy as np

from explorer.progress import at_once, batches
from explorer.spaces.card import DECODER
from explorer.training.applying.bench import Bench
from explorer.uses.compression import METHODS, QUALITIES, USUAL_BITS, Components, Quantiser, file_of, mse_of, psnr_of
from explorer.uses.measured import Row

COLUMNS = {
    "quality": ("quality", "{:.0f}"),
    "bits": ("bits", "{:.0f}"),
    "bytes": ("bytes", "{:.1f}"),
    "payload_bytes": ("payload", "{:.1f}"),
    "psnr_db": ("PSNR dB", "{:.2f}"),
    "decoder_bytes": ("decoder", "{:,.0f}"),
}
BITS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)  # per number of a code
COMPONENTS = (2, 4, 8, 16, 32, 64, 96)  # of PCA, a byte each
BATCH, SAMPLE = 1000, 10_000  # images at once; training images whose components are found


def measure(bench: Bench) -> Iterator[Row]:
    """The rows: of each space, by its bits; of PCA, by its components; of JPEG and WebP, by their quality.

    A row has the `method`; the `bits` per number, or the `quality`; the mean `bytes` of an image as a whole file, and
    its `payload_bytes` without a container (see `compression.payload_of`; codes have none); `psnr_db`, of the mean
    squared error over all images; and `decoder_bytes`, the size of what decodes codes or components.
    """
    x = bench.x_test
    for name in bench.folders:
        opened, codes = bench.open(name), bench.test_codes(name)
        size = os.path.getsize(opened.space.folder / DECODER)
        for bits in BITS:
            quantiser = Quantiser.of(opened.space.codes, bits)
            psnr = _psnr(x, quantiser.rounded(codes), opened.decoder)
            yield _row(name, "codes", quantiser.bytes, psnr) | {"bits": bits, "decoder_bytes": size}
    sample = np.sort(np.random.default_rng(bench.seed).permutation(len(bench.dataset.x_train))[:SAMPLE])
    linear = Components.of(np.asarray(bench.dataset.x_train[sample]), max(COMPONENTS))
    for k in (k for k in COMPONENTS if k <= len(linear.directions)):
        psnr = _psnr(x, x, functools.partial(linear.images, k=k))
        yield _row("", "PCA", k, psnr) | {"bits": USUAL_BITS, "decoder_bytes": linear.decoder_bytes(k)}
    for method in METHODS:
        for quality in QUALITIES:
            files = [file_of(image, method, quality) for image in x]
            psnr = _psnr(x, np.stack([file.image for file in files]), lambda images: images)
            whole, payload = (
                float(np.mean([getattr(file, of) for file in files])) for of in ("bytes", "payload_bytes")
            )
            yield _row("", method, whole, psnr) | {"payload_bytes": payload, "quality": quality}


def _psnr(levels: np.ndarray, stored: np.ndarray, decode: Callable[[np.ndarray], np.ndarray]) -> float:
    """The PSNR of all images (n, height, width[, 3]) uint8 against what is decoded of what was stored, n of these."""
    parts = batches(len(levels), at_once(levels.shape[1:], BATCH))
    return psnr_of(float(np.concatenate([mse_of(levels[some], decode(stored[some])) for some in parts]).mean()))


def _row(space: str, method: str, size: float, psnr: float) -> Row:
    return {"space": space, "method": method, "bytes": size, "payload_bytes": size, "psnr_db": psnr}
