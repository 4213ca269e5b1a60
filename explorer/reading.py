"""What the explorer says about one place: the decoded image and how near real images are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.decoders import Decoder
from explorer.files import LatentSpace
from explorer.neighbours import NearestDigits

TITLES = {"z": "coordinate z", "nearest": "nearest image", "distance": "distance to it"}


@dataclass(frozen=True)
class Decoding:
    """One place, decoded.

    Attributes:
        code: (d,) float32, what was decoded.
        image: (height, width[, 3]) float32 in [0, 1]; None as long as nothing can decode.
        source: "live" or "grid"; None with the image.
        outside: the code lies beyond the grid and was clamped to its edge.
    """

    code: np.ndarray
    image: np.ndarray | None = None
    source: str | None = None
    outside: bool = False


@dataclass(frozen=True)
class Whereabouts:
    """How near a place is to real images.

    Attributes:
        nearest: index of the nearest shown point; None where no point is shown, or not known yet.
        distance: to it, in data coordinates.
        on_map: the distance is one that points have among themselves.
    """

    nearest: int | None = None
    distance: float | None = None
    on_map: bool = False


class Reader:
    """Reads places of one space; decoder and neighbours may arrive, or be exchanged, later.

    Attributes:
        decoder: what decodes, None as long as nothing can.
        neighbours: of the shown points, None until they are known.
        usual_distance: up to where a place counts as on the map, in data coordinates.
    """

    def __init__(self, space: LatentSpace, decoder: Decoder | None) -> None:
        self.space = space
        self.decoder = decoder
        self.neighbours: NearestDigits | None = None
        self.usual_distance = 0.0
        spread = float(space.places.std()) or 1.0
        self._decimals = min(max(2 - int(math.log10(spread)), 0), 9)  # two, unless the space is tiny or huge

    def decode(self, place: tuple[float, float]) -> Decoding:
        """Decodes a place; the hot path."""
        codes = self.space.codes_at(np.array([place]))
        if self.decoder is None:
            return Decoding(codes[0])
        return Decoding(codes[0], self.decoder(codes)[0], self.decoder.source, bool(self.decoder.outside(codes)[0]))

    def locate(self, place: tuple[float, float]) -> Whereabouts:
        """Looks up the nearest shown point."""
        found = self.neighbours and self.neighbours.nearest(place)
        if not found:
            return Whereabouts()
        index, distance = found
        return Whereabouts(index, distance, distance <= self.usual_distance)

    def words(self, decoding: Decoding, whereabouts: Whereabouts) -> dict[str, str]:
        """Both as a person reads them: the values that `TITLES` names, a cue, and a note.

        The nearest image goes by its class, or by its data row where there are no classes.
        """
        words = {
            "z": f"({number(decoding.code[0], self._decimals)}, {number(decoding.code[1], self._decimals)})",
            "nearest": "–",
            "distance": "–",
            "cue": "",
            "note": "beyond the grid: its edge is shown" if decoding.outside else "",
        }
        if whereabouts.nearest is not None:
            names, index = self.space.class_names, whereabouts.nearest
            words["nearest"] = names[self.space.labels[index]] if names else f"#{self.space.rows[index]}"
            words["distance"] = number(whereabouts.distance, self._decimals)
            words["cue"] = "● on the map" if whereabouts.on_map else "○ off the map"
        return words


def shortened(text: str, room: float, measure: Callable[[str], float]) -> str:
    """The text, or as much of its beginning as fits with an ellipsis.

    Args:
        room: for the text.
        measure: a text to its width, in the same unit.
    """
    if measure(text) <= room:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if measure(f"{text[:middle].rstrip()}…") <= room:
            fits = middle
        else:
            too_long = middle
    return f"{text[:fits].rstrip()}…"


def number(value: float, decimals: int = 2) -> str:
    """A latent number for a person: so many decimals and a real minus sign."""
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}".replace("-", "−")  # + 0.0 makes −0 a 0
