"""Images as few bytes: codes with few bits per number, beside PCA, JPEG and WebP.

A number is stored as one of 2**bits levels: the range of the codes is cut into equal steps, and the middle of a step
stands for all of it. PSNR is always that of the mean squared error over all images. The mean of the images' own PSNRs
would be higher, because it hides the images that are lost.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.metrics import mse_of_each, psnr_of
from explorer.analysis.probe import Analysis, SpaceProbe
from explorer.images.datasets import as_float
from explorer.progress import Asked, Report, at_once, batches

BITS = range(1, 17)  # per number
USUAL_BITS = 8  # per number of PCA, and of codes unless somebody chooses
BATCH = 1000  # images decoded at once

SAMPLE, SAMPLE_VALUES = 4000, 2**23  # images whose components are found for the window, and their values
MOST_COMPONENTS = 128

Method = Literal["JPEG", "WebP"]
METHODS: tuple[Method, ...] = ("JPEG", "WebP")
SMALLEST: dict[str, dict[str, Any]] = {
    "JPEG": {"optimize": True},
    "WebP": {"method": 6},
}  # the options of Pillow that make small files
QUALITIES = (0, 2, 5, 10, 20, 40, 60, 80)  # of JPEG and WebP


def mse_of(levels: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The mean squared error of each image, (n,) float64, 0..1.

    Args:
        levels: the originals, (n, height, width[, 3]) uint8.
        images: of the same shape, float32 in [0, 1], or uint8.
    """
    found = as_float(images) if images.dtype == np.uint8 else images
    return mse_of_each(as_float(levels), found)


def mean_mse(levels: np.ndarray, stored: np.ndarray, decode: Callable[[np.ndarray], np.ndarray]) -> float:
    """The mean squared error of all images, uint8, against those that are decoded of what was stored, n of these."""
    parts = batches(len(levels), at_once(levels.shape[1:], BATCH))
    return float(np.concatenate([mse_of(levels[some], decode(stored[some])) for some in parts]).mean())


@dataclass(frozen=True)
class Stored:
    """An image as a method stores it.

    Attributes:
        image: what comes back, (height, width[, 3]) uint8.
        bytes: of the whole file.
        payload_bytes: without its container: see `payload_of`. Codes and components have none.
    """

    image: np.ndarray
    bytes: int
    payload_bytes: int

    def psnr_db(self, levels: np.ndarray) -> float:
        """The PSNR against the original, uint8."""
        return psnr_of(float(mse_of(levels[None], self.image[None])[0]))


def as_levels(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as levels 0..255, uint8 of the same shape."""
    return np.asarray(np.rint(images * 255).astype(np.uint8))


# ---- few bits per number -------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantiser:
    """Stores codes with `bits` per number. Numbers beyond the range become its nearest step.

    Attributes:
        low, high: (d,) float32, the range of each number.
        bits: per number, one of `BITS`.
    """

    low: np.ndarray
    high: np.ndarray
    bits: int

    @classmethod
    def of(cls, codes: np.ndarray, bits: int) -> Quantiser:
        """The quantiser whose range is that of some codes, (n, d)."""
        return cls(codes.min(axis=0).astype(np.float32), codes.max(axis=0).astype(np.float32), bits)

    @property
    def step(self) -> np.ndarray:
        """The width of a step, (d,) float64, in latent units. A number within the range moves by half of it at most."""
        return np.asarray((self.high.astype(np.float64) - self.low) / 2**self.bits)

    @property
    def bytes(self) -> int:
        """Bytes of one code: its bits, rounded up to whole bytes."""
        return math.ceil(len(self.low) * self.bits / 8)

    def packed(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, d) as bytes, (n, bytes) uint8. The bits of a code lie one after the other, the highest first."""
        step = np.where(self.step > 0, self.step, 1.0)
        levels = np.clip(np.floor((codes - self.low.astype(np.float64)) / step), 0, 2**self.bits - 1)
        two = levels.astype(">u2").view(np.uint8).reshape(*codes.shape, 2)
        return np.packbits(np.unpackbits(two, axis=-1)[..., -self.bits :].reshape(len(codes), -1), axis=1)

    def unpacked(self, packed: np.ndarray) -> np.ndarray:
        """The inverse of `packed`: codes (n, d) float32, each number in the middle of its step."""
        d = len(self.low)
        bits = np.unpackbits(packed, axis=1, count=d * self.bits).reshape(len(packed), d, self.bits)
        two = np.packbits(np.pad(bits, ((0, 0), (0, 0), (BITS[-1] - self.bits, 0))), axis=-1)
        levels = two.view(">u2")[..., 0].astype(np.float64)
        return np.asarray(self.low + (levels + 0.5) * self.step, np.float32)

    def rounded(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, d) float32 as they come back."""
        return self.unpacked(self.packed(codes))


# ---- PCA -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Components:
    """The mean image and the principal components of some images: the linear way to few numbers.

    Attributes:
        mean: (pixels,) float32.
        directions: (k, pixels) float32, orthonormal, by falling variance.
        low, high: (k,) float32, the range of the images along each direction.
    """

    mean: np.ndarray
    directions: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, levels: np.ndarray, most: int) -> Components:
        """The first components, `most` or as many as there are, of images (n, height, width[, 3]) uint8."""
        flat = as_float(levels).reshape(len(levels), -1)
        mean = flat.mean(axis=0)
        flat -= mean
        wide = flat.shape[1] > len(flat)  # then the images' products are fewer than the pixels'
        values, vectors = np.linalg.eigh(flat @ flat.T if wide else flat.T @ flat)
        kept = np.flatnonzero(values > values[-1] * 1e-6)[::-1][:most]
        directions = (vectors[:, kept].T @ flat) if wide else vectors[:, kept].T
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        along = flat @ directions.T
        return cls(mean, np.ascontiguousarray(directions), along.min(axis=0), along.max(axis=0))

    def decoder_bytes(self, k: int) -> int:
        """Bytes of the mean and of k directions, in float32."""
        return (k + 1) * self.mean.nbytes

    def images(self, levels: np.ndarray, k: int) -> np.ndarray:
        """Images (n, height, width[, 3]) uint8 as they come back from k numbers of a byte, float32 in [0, 1]."""
        return self.projected(as_float(levels), k, Quantiser(self.low[:k], self.high[:k], USUAL_BITS).rounded)

    def projected(self, x: np.ndarray, k: int, stored: Callable[[np.ndarray], np.ndarray] = np.asarray) -> np.ndarray:
        """Images (n, height, width[, 3]) float32 in [0, 1] as they come back from k numbers, which are `stored`."""
        directions = self.directions[:k]
        codes = stored((x.reshape(len(x), -1) - self.mean) @ directions.T)
        return np.asarray(np.clip(codes @ directions + self.mean, 0, 1).reshape(x.shape))


def _components(probe: SpaceProbe, report: Report, cancelled: Asked) -> Components:
    """The components of a sample of the training images of a space."""
    dataset = probe.known(ORIGINALS)
    n = min(SAMPLE, max(SAMPLE_VALUES // math.prod(dataset.image_shape), 2))
    rows = np.sort(np.random.default_rng(0).permutation(len(dataset.x_train))[:n])
    return Components.of(dataset.images(rows), MOST_COMPONENTS)


COMPONENTS = Analysis("components", "finding the components of the {images}", _components, (ORIGINALS,), of="images")


# ---- JPEG and WebP -------------------------------------------------------------------------------


def file_of(levels: np.ndarray, method: Method, quality: int) -> Stored:
    """An image, (height, width[, 3]) uint8, as Pillow's smallest file of a quality, 0 to 100."""
    picture, buffer = Image.fromarray(levels), io.BytesIO()
    picture.save(buffer, method, quality=quality, **SMALLEST[method])
    file = buffer.getvalue()
    with Image.open(buffer) as back:
        shown = np.asarray(back.convert(picture.mode))  # WebP is always in colour
    return Stored(shown, len(file), payload_of(file))


def payload_of(file: bytes) -> int:
    """The bytes of a JPEG or WebP file that are about this image.

    JPEG: the scan, which are the bytes between the header of its only scan and the end marker. What is taken off: the
    markers, the quantisation and Huffman tables, the frame's and the scan's header. The Huffman tables were made for
    this image, so that this count is too small, in favour of JPEG. WebP: what the VP8 chunk holds. What is taken off:
    the header of the RIFF file and of the chunk, and a byte that fills it up, 20 or 21 bytes.
    """
    if file[:4] == b"RIFF":
        assert file[12:16] == b"VP8 "
        return int.from_bytes(file[16:20], "little")
    at = 2
    while file[at + 1] != 0xDA:  # start of scan; each segment before it says how long it is
        at += 2 + int.from_bytes(file[at + 2 : at + 4], "big")
    return len(file) - (at + 2 + int.from_bytes(file[at + 2 : at + 4], "big")) - 2


def others(levels: np.ndarray, size: int, linear: Components) -> dict[str, Stored]:
    """An image, uint8, with about so many bytes: by PCA, a byte for each component; and as JPEG and WebP, each the file
    whose size is nearest."""
    k = min(size, len(linear.directions))
    found = {"PCA": Stored(as_levels(linear.images(levels[None], k)[0]), k, k)}
    for method in METHODS:
        found[method] = file_of(levels, method, QUALITIES[0])
        for quality in QUALITIES[1:]:
            file = file_of(levels, method, quality)
            if abs(file.bytes - size) > abs(found[method].bytes - size):
                break  # the next ones are larger still
            found[method] = file
    return found
