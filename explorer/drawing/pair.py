"""What two decoders make of one image: three pictures in a row, and their three differences in another, as pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import ImageColor

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import Decoding, SpaceProbe, Whereabouts
from explorer.drawing import picture
from explorer.drawing.pin_card import coloured, difference
from explorer.images import datasets
from explorer.session.comparison import LEFT, RIGHT, Counterpart

COLUMNS = 3
COMPARED = ("left and real", "left and right", "real and right")  # the two images of each difference
ERRORS = ("error", "difference between the two", "error")  # what the number below each difference is called
ENDS = ("difference 0", "1, black against white")  # of the differences' colour scale
GAP = 8  # screen pixels between pictures


@dataclass(frozen=True)
class Pictures:
    """A real image between two decoded ones, (height, width[, 3]) each.

    Attributes:
        first, second: float32 in [0, 1]; None where there is no code or no decoder.
        original: uint8; None where it is unknown.
    """

    first: np.ndarray | None
    original: np.ndarray | None
    second: np.ndarray | None

    def pairs(self) -> list[tuple[np.ndarray, np.ndarray] | None]:
        """The two images of each difference, float32 in [0, 1]: first and original, first and second, original and
        second. None where one of them is unknown."""
        original = None if self.original is None else datasets.as_float(self.original)
        compared = (self.first, original), (self.first, self.second), (original, self.second)
        return [None if a is None or b is None else (a, b) for a, b in compared]

    def levels(self) -> list[np.ndarray | None]:
        """The three images from left to right, (height, width[, 3]) uint8 each."""
        first, second = (None if each is None else picture.to_bytes(each) for each in (self.first, self.second))
        return [first, self.original, second]

    def differences(self) -> list[np.ndarray | None]:
        """The difference of each pair in the colours of `pin_card.coloured`, (height, width, 3) uint8 each."""
        return [None if pair is None else coloured(difference(*pair)) for pair in self.pairs()]

    def errors(self) -> list[float | None]:
        """The mean squared difference of each pair over its pixels, 0..1."""
        return [None if pair is None else float(np.square(pair[0] - pair[1]).mean()) for pair in self.pairs()]


def pictures_of(here: SpaceProbe, decoding: Decoding, found: Counterpart, first: bool = True) -> Pictures:
    """The pictures of the place under a cursor and of the nearest real image.

    Args:
        here: reads the map whose cursor leads.
        decoding: of the place under it.
        found: the nearest real image on the other map.
        first: whether `here` is the first map.
    """
    images = here.result(ORIGINALS)
    original = None if images is None or found.row is None else images.images(np.array([found.row]))[0]
    other = None if found.decoding is None else found.decoding.image
    return Pictures(decoding.image, original, other) if first else Pictures(other, original, decoding.image)


@dataclass(frozen=True)
class Caption:
    """The text above a picture: a name and a line below it. A real image also has its class, None without one."""

    name: str
    below: str
    label: int | None = None


def captions(
    here: SpaceProbe,
    there: SpaceProbe,
    decoding: Decoding,
    whereabouts: Whereabouts,
    found: Counterpart,
    *,
    first: bool = True,
) -> tuple[Caption, Caption, Caption]:
    """The captions of the three pictures, from left to right. The headings of the maps name the spaces.

    Args:
        here: reads the map whose cursor leads.
        there: reads the other map.
        decoding, whereabouts: of the place under the leading cursor.
        found: the nearest real image on the other map.
        first: whether `here` is the first map.
    """
    space, images = here.space, here.result(ORIGINALS)
    label = None
    if whereabouts.nearest is not None and space.class_names:
        label = int(space.labels[whereabouts.nearest])
    real = "real image" if label is None else space.class_names[label]
    which = other = ""
    if found.row is not None:
        which, other = datasets.name_of(found.row, images and len(images.x_train)), "not on this map"
    if found.decoding is not None:
        other = _place(there, found.decoding.code)
    codes = _place(here, decoding.code), other
    left, right = codes if first else codes[::-1]
    return Caption(LEFT, left), Caption(real, which, label), Caption(RIGHT, right)


@dataclass(frozen=True)
class Sheet:
    """Three pictures in a row.

    Attributes:
        shape: of the images.
        side: each is fitted into side × side screen pixels.
        ground: colour between the pictures, #rrggbb.
        empty: colour in place of a picture that is unknown, #rrggbb.
        pitch: screen pixels from one picture to the next, at least: the words above narrow pictures need room.
        gap: screen pixels between two pictures, at least.
    """

    shape: tuple[int, ...]
    side: int
    ground: str
    empty: str
    pitch: int = 0
    gap: int = GAP

    @property
    def factor(self) -> int:
        """How many screen pixels a pixel of `levels` becomes: a whole number, so that all of them are alike."""
        return picture.zoom_factor(self.shape, self.side) or 1

    @property
    def step(self) -> int:
        """From one picture to the next, in pixels of `levels`."""
        return max(self.each[0] + max(round(self.gap / self.factor), 1), -(-self.pitch // self.factor))

    @property
    def each(self) -> tuple[int, int]:
        """Width and height of a picture in pixels of `levels`."""
        width, height = picture.shown_size(self.shape, self.side)
        return width // self.factor, height // self.factor

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of `levels`, in its own pixels."""
        width, height = self.each
        return width + (COLUMNS - 1) * self.step, height

    def levels(self, images: Sequence[np.ndarray | None]) -> np.ndarray:
        """Three images, (height, width[, 3]) uint8 each, as one of (height, width, 3) uint8; None is left empty."""
        (across, down), (width, height) = self.size, self.each
        made = np.full((down, across, 3), ImageColor.getrgb(self.ground), np.uint8)
        for number, image in enumerate(images):
            part = made[:, number * self.step : number * self.step + width]
            if image is None:
                part[:] = ImageColor.getrgb(self.empty)
                continue
            if image.shape[:2] != (height, width):
                image = np.asarray(picture.scaled(image, self.side))
            part[:] = image if image.ndim == 3 else image[..., None]
        return made


def _place(probe: SpaceProbe, code: np.ndarray) -> str:
    """A code, (d,), in words; on a plane, its place."""
    return f"{'z' if probe.space.projection is None else 'at'} {probe.code_in_words(code)}"
