"""Two maps in the window of a program, and what must be seen of them."""

import numpy as np

from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import picture
from explorer.drawing.pin_card import coloured, difference
from explorer.drawing.themes import THEMES, class_colour
from explorer.images import datasets
from tests.handling import Plane

NEAR = 15  # pixels: a pin's number stands so far from its image, up and right


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def decoder_of(space):
    return GridDecoder(grid.load(space))


def compared(program, act):
    """The name of the space that is shown beside the first one after something was done, or None."""
    before = len(program.events("compare"))
    act()
    event = program.wait(lambda: program.events("compare")[before:], "the comparison, or its end")[0]
    program.settle()
    assert ("second" in program.layout()) == ("pictures" in program.layout()) == (event["name"] is not None)
    return event["name"]


def six_pictures(program):
    """What is seen of them, row by row, (28, 28, 3) uint8 each; every block of screen pixels is of one colour."""
    found = []
    for box in program.layout()["pictures"]:
        pixels = program.screen.grab(box)
        size = len(pixels) // 28
        assert pixels.shape == (28 * size, 28 * size, 3) and size > 0
        blocks = pixels.reshape(28, size, 28, size, 3)
        assert (blocks == blocks[:, :1, :, :1]).all()
        found.append(blocks[:, 0, :, 0])
    return found


def expected_pictures(first, original, second):
    """The six pictures of decodings, float32 in [0, 1] or None, and an image, uint8."""
    real = datasets.as_float(original)
    pairs = (first, real), (first, second), (real, second)
    made = [None if image is None else picture.to_bytes(image) for image in (first, original, second)]
    made[1] = original
    empty = np.broadcast_to(np.uint8(rgb(THEMES["light"].lines)), (28, 28, 3))
    made = [empty if image is None else np.repeat(image[..., None], 3, axis=2) for image in made]
    return made + [empty if a is None or b is None else coloured(difference(a, b)) for a, b in pairs]


class Two:
    """Two maps in the window of a program, and what must be seen of them.

    Args:
        program: that has been told to compare.
        first, second: the spaces.
        decoders: of both, codes (n, 2) to images (n, 28, 28).
        tolerance: of levels of decoded pictures; of their differences it is six times as much.
    """

    def __init__(self, program, first, second, decoders=None, tolerance=0):
        self.program, self.spaces, self.tolerance = program, (first, second), tolerance
        self.decoders = decoders or (decoder_of(first), decoder_of(second))
        self.images = datasets.load(first.card["data"]["source"])
        self.look_again()
        empty = rgb(THEMES["light"].lines)
        program.wait(lambda: (six_pictures(program)[1] != empty).any(), "the images")

    @property
    def boxes(self):
        layout = self.program.layout()
        return layout["map"], layout["second"]

    def limits(self):
        return [plane.limits(box) for plane, box in zip(self.planes, self.boxes, strict=True)]

    def look_again(self):
        """After a view has changed. What is said over a map lies at its top."""
        self.planes = [Plane(self.program, [x, y + 150, width, height - 150]) for x, y, width, height in self.boxes]

    def pixel_of(self, index, place):
        """The screen pixel of a place on one of the maps."""
        plane = self.planes[index]
        scale = np.diff(plane.pixels, axis=0) / np.diff(plane.codes, axis=0)
        return (plane.pixels[0] + (np.asarray(place) - plane.codes[0]) * scale[0]).round().astype(int).tolist()

    def at_random(self, index, count, seed=0):
        """Screen pixels well inside one of the maps."""
        x, y, width, height = self.boxes[index]
        rng = np.random.default_rng(seed)
        return rng.uniform((x + 50, y + 50), (x + width - 50, y + height - 50), (count, 2)).astype(int).tolist()

    def nearest(self, index, code, hidden=()):
        """The data row of the shown image that is nearest on one of the maps."""
        space = self.spaces[index]
        distances = np.linalg.norm(space.codes.astype(np.float64) - code, axis=1)
        distances[np.isin(space.labels, hidden)] = np.inf
        return int(space.rows[distances.argmin()])

    def code(self, index, row):
        """Of an image in one of the spaces, (2,); None where that has not got it."""
        at = np.flatnonzero(self.spaces[index].rows == row)
        return self.spaces[index].codes[at[0]] if len(at) else None

    def check(self, index, pixel, hidden=()):
        """Hovers over a map: what is told, what is decoded, and where the other cursor is. Returns the row."""
        hover = self.program.hover(*pixel)
        assert hover["map"] == ("first", "second")[index]
        here = np.float32(hover["z"])
        assert hover["row"] == self.nearest(index, hover["z"], hidden)
        there = self.code(1 - index, hover["row"])
        assert hover["there"] == (None if there is None else there.tolist())
        codes = (here, there) if index == 0 else (there, here)
        images = [
            None if code is None else decoder(code[None])[0] for decoder, code in zip(self.decoders, codes, strict=True)
        ]
        original = self.images.images(np.array([hover["row"]]))[0]
        wanted = expected_pictures(images[0], original, images[1])
        for number, (image, seen) in enumerate(zip(wanted, six_pictures(self.program), strict=True)):
            most = self.tolerance * (1 if number < 3 else 6)
            assert np.abs(image.astype(int) - seen).max() <= most, f"picture {number}"
        self.check_crosshair(1 - index, there)
        return hover["row"]

    def check_crosshair(self, index, place):
        """It lies around this place of a map, or is not to be seen."""
        x, y, width, height = box = self.boxes[index]
        found = (self.program.screen.grab(box) == rgb(THEMES["light"].crosshair)).all(axis=2)
        rows, columns = np.flatnonzero(found.sum(axis=1) > 40), np.flatnonzero(found.sum(axis=0) > 40)  # two arms each
        at = None if place is None else np.subtract(self.pixel_of(index, place), (x, y))
        if at is None or not ((at > 40) & (at < (width - 40, height - 40))).all():
            assert at is not None or not (len(rows) or len(columns)), "a cursor that leads nowhere"
            return
        left, top = np.maximum(np.rint(at).astype(int) - 40, 0)  # what is said over the map has the same colour
        found = found[top : top + 80, left : left + 80]
        rows, columns = np.flatnonzero(found.sum(axis=1) > 30), np.flatnonzero(found.sum(axis=0) > 30)
        assert len(rows) and len(columns), "no crosshair"
        assert np.abs((left + columns.mean(), top + rows.mean()) - at).max() <= 2

    def has_pin(self, index, row, without):
        """Whether an image's number has appeared on a map, beside pixels of the whole screen as they were."""
        x, y = self.pixel_of(index, self.code(index, row))
        part = slice(y - 2 * NEAR, y + NEAR), slice(x - NEAR, x + 2 * NEAR)
        return bool((self.program.screen.grab()[part] != without[part]).any())

    def dots(self, label):
        """How many pixels each map has of a class's colour."""
        return [
            int((self.program.screen.grab(box) == rgb(class_colour(label))).all(axis=2).sum()) for box in self.boxes
        ]


def check_alone(program, space):
    """One map, which shows what is under the mouse as if there had never been another one."""
    assert "second" not in program.layout() and "pictures" not in program.layout()
    x, y, width, height = program.layout()["map"]
    for share in (0.3, 0.6):
        hover = program.hover(int(x + share * width), int(y + share * height))
        assert not {"map", "row", "there"} & set(hover)
        image = decoder_of(space)(np.float32([hover["z"]]))[0]
        assert (program.picture() == picture.to_bytes(image)).all()
