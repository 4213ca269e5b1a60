"""Bytes and PSNR of images as codes, beside PCA, JPEG and WebP: the rate-distortion curves of the test images."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

import numpy as np

from explorer.analysis.metrics import psnr_of
from explorer.spaces.card import DECODER
from explorer.training.applying.bench import Bench
from explorer.training.loop import encode
from explorer.uses import compression
from explorer.uses.compression import METHODS, QUALITIES, Components, Quantiser, mean_mse
from explorer.uses.measured import Row

COLUMNS = {
    "quality": ("quality", "{:.0f}"),
    "bits": ("bits", "{:.0f}"),
    "bytes": ("bytes", "{:.1f}"),
    "payload_bytes": ("payload", "{:.1f}"),
    "psnr_db": ("PSNR dB", "{:.2f}"),
    "decoder_bytes": ("decoder", "{:,.0f}"),
}
COMPONENTS = (2, 4, 8, 16, 32, 64, 96)  # of PCA, a byte each
SAMPLE = 10_000  # training images whose components are found


def measure(bench: Bench) -> Iterator[Row]:
    """The rows: of each space, by its bits; of PCA, by its components; of JPEG and WebP, by their quality.

    A row has the `method`; the `bits` per number, or the `quality`; the mean `bytes` of an image as a whole file, and
    its `payload_bytes` without a container (see `compression.payload_of`; codes have none); `psnr_db`, of the mean
    squared error over all images; and `decoder_bytes`, the size of what decodes codes or components.
    """
    x = bench.x_test
    for name in bench.folders:
        opened = bench.open(name)
        codes = encode(opened.encoder_network, x)
        size = os.path.getsize(opened.space.folder / DECODER)
        for bits in compression.BITS:
            quantiser = Quantiser.of(opened.space.codes, bits)
            mse = mean_mse(x, quantiser.rounded(codes), opened.decoder)
            yield _row(name, "code", quantiser.bytes, mse) | {"bits": bits, "decoder_bytes": size}
    sample = np.sort(np.random.default_rng(bench.seed).permutation(len(bench.dataset.x_train))[:SAMPLE])
    linear = Components.of(np.asarray(bench.dataset.x_train[sample]), max(COMPONENTS))
    for k in (k for k in COMPONENTS if k <= len(linear.directions)):
        mse = mean_mse(x, x, functools.partial(linear.images, k=k))
        yield _row("", "PCA", k, mse) | {"bits": compression.USUAL_BITS, "decoder_bytes": linear.decoder_bytes(k)}
    for method in METHODS:
        for quality in QUALITIES:
            files = [compression.file_of(image, method, quality) for image in x]
            mse = mean_mse(x, np.stack([file.image for file in files]), lambda images: images)
            whole, payload = (
                float(np.mean([getattr(file, of) for file in files])) for of in ("bytes", "payload_bytes")
            )
            yield _row("", method, whole, mse) | {"payload_bytes": payload, "quality": quality}


def _row(space: str, method: str, size: float, mse: float) -> Row:
    return {"space": space, "method": method, "bytes": size, "payload_bytes": size, "psnr_db": psnr_of(mse)}
