"""What two decoders make of one image: three pictures in a row, and their differences below, as pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import ImageColor

from explorer.analysis.analyses import ORIGINALS
from explorer.analysis.probe import Decoding, SpaceProbe, Whereabouts
from explorer.drawing import picture
from explorer.drawing.pin_card import coloured, difference
from explorer.images import datasets
from explorer.session import finding
from explorer.session.comparison import Counterpart

COLUMNS, ROWS = 3, 2
ERRORS = ("error", "apart", "error")  # what the difference in each column is called
GAP = 8  # screen pixels between pictures


@dataclass(frozen=True)
class Pictures:
    """A real image between two decoded ones, (height, width[, 3]) each.

    Attributes:
        first, second: float32 in [0, 1]; None where there is nothing to decode, or nothing that decodes.
        original: uint8; None where it is not known.
    """

    first: np.ndarray | None
    original: np.ndarray | None
    second: np.ndarray | None

    def pairs(self) -> list[tuple[np.ndarray, np.ndarray] | None]:
        """What is compared in each column, float32 in [0, 1]: the first with the original, the first with the second,
        the original with the second; None where one of them is not known."""
        original = None if self.original is None else datasets.as_float(self.original)
        compared = (self.first, original), (self.first, self.second), (original, self.second)
        return [None if a is None or b is None else (a, b) for a, b in compared]

    def errors(self) -> list[float | None]:
        """How different the two images of each column are: the mean squared difference over their pixels, 0..1."""
        return [None if pair is None else float(np.square(pair[0] - pair[1]).mean()) for pair in self.pairs()]


def pictures_of(here: SpaceProbe, decoding: Decoding, found: Counterpart, first: bool = True) -> Pictures:
    """What both decoders make of the real image that is nearest to a cursor.

    Args:
        here: reads the map whose cursor leads; the others are of the place under it, and of that image.
        first: whether that is the first map.
    """
    images = here.result(ORIGINALS)
    original = None if images is None or found.row is None else images.images(np.array([found.row]))[0]
    other = None if found.decoding is None else found.decoding.image
    return Pictures(decoding.image, original, other) if first else Pictures(other, original, decoding.image)


@dataclass(frozen=True)
class Caption:
    """What stands above a picture: a name and a word below it; of the real image the class too, None without one."""

    name: str
    below: str
    label: int | None = None


def captions(
    here: SpaceProbe, there: SpaceProbe, decoding: Decoding, whereabouts: Whereabouts, found: Counterpart
) -> tuple[Caption, Caption, Caption]:
    """Of the picture under the cursor, of the real image nearest to it, and of what the other map shows of that.

    Args:
        here: reads the map whose cursor leads; the others are of the place under it, and of that image.
        there: reads the other map.
    """
    space, images = here.space, here.result(ORIGINALS)
    label = None
    if whereabouts.nearest is not None and space.class_names:
        label = int(space.labels[whereabouts.nearest])
    real = "real image" if label is None else space.class_names[label]
    which = other = ""
    if found.row is not None:
        which, other = finding.name_of(found.row, images and len(images.x_train)), "not on this map"
    if found.decoding is not None:
        other = f"z {there.code_in_words(found.decoding.code)}"
    code = f"z {here.code_in_words(decoding.code)}"
    return Caption(space.title, code), Caption(real, which, label), Caption(there.space.title, other)


@dataclass(frozen=True)
class Sheet:
    """How the pictures are laid out.

    Attributes:
        shape: of the images.
        side: each is fitted into side × side screen pixels.
        ground: colour between the pictures, #rrggbb.
        empty: colour in place of a picture that is not known, #rrggbb.
        pitch: screen pixels from one picture to the next in a row, at least: words beside narrow pictures need room.
    """

    shape: tuple[int, ...]
    side: int
    ground: str
    empty: str
    pitch: int = 0

    @property
    def factor(self) -> int:
        """How many screen pixels a pixel of `levels` becomes: a whole number, so that all of them are alike."""
        return picture.zoom_factor(self.shape, self.side) or 1

    @property
    def gap(self) -> int:
        """Between two pictures above each other, in pixels of `levels`."""
        return max(round(GAP / self.factor), 1)

    @property
    def step(self) -> int:
        """From one picture to the next in a row, in pixels of `levels`."""
        return max(self.each[0] + self.gap, -(-self.pitch // self.factor))

    @property
    def each(self) -> tuple[int, int]:
        """Width and height of a picture in pixels of `levels`."""
        width, height = picture.shown_size(self.shape, self.side)
        return width // self.factor, height // self.factor

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of `levels`, in its own pixels."""
        width, height = self.each
        return width + (COLUMNS - 1) * self.step, ROWS * height + (ROWS - 1) * self.gap

    def corners(self) -> list[tuple[int, int]]:
        """Left and top of each picture in pixels of `levels`, row by row."""
        height = self.each[1]
        return [(column * self.step, row * (height + self.gap)) for row in range(ROWS) for column in range(COLUMNS)]

    def levels(self, shown: Pictures) -> np.ndarray:
        """The pictures and, below each pair, their differences, (height, width, 3) uint8."""
        width, height = self.size
        made = np.full((height, width, 3), ImageColor.getrgb(self.ground), np.uint8)
        first, second = (None if each is None else picture.to_bytes(each) for each in (shown.first, shown.second))
        below = [None if pair is None else coloured(difference(*pair)) for pair in shown.pairs()]
        width, height = self.each
        for (left, top), image in zip(self.corners(), [first, shown.original, second, *below], strict=True):
            part = made[top : top + height, left : left + width]
            if image is None:
                part[:] = ImageColor.getrgb(self.empty)
                continue
            if image.shape[:2] != (height, width):
                image = np.asarray(picture.scaled(image, self.side))
            part[:] = image if image.ndim == 3 else image[..., None]
        return made
