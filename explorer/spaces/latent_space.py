"""The latent space that a map shows: codes, labels, rows, and how they lie on the map."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from explorer.errors import printable
from explorer.spaces import projection as planes
from explorer.spaces.card import DECODERS, MODELS, file_of, images_of
from explorer.spaces.projection import Moments, Projection

LONGEST_TITLE = 80  # letters of a name that are shown; longer ones lose their middle
# Latent units: limits for codes and for their extent. Beyond them, zooming fails.
LARGEST_CODE, SMALLEST_REACH = 1e30, 1e-30
EDGE = 1e-12  # quantiles keep this distance from 0 and 1: codes within 7 standard deviations
NO_IMAGES = (28, 28)  # the shape of the empty frame where a space has no images

Coordinates = Literal["plain", "quantiles"]


@dataclass(frozen=True)
class LatentSpace:
    """A latent space: codes, labels, and where they came from.

    Attributes:
        name: the folder's name, printable.
        folder: the absolute path of the folder.
        card: the parsed `card.json`.
        codes: (n, d) float32, one per point, in latent units.
        labels: (n,) integers, indices into `class_names`; all 0 without classes.
        rows: (n,) integers, the data row of each point.
        columns: further data about each point, numbers or strings, (n,) each, by name.
        coordinates: of the map: "plain" are the codes; "quantiles" replace each number by the share of the prior below
            it, so that a normal prior fills the unit square evenly.
        projection: the plane of the map; None if codes have two numbers, which are their places.
        moments: of the codes, from which other planes are made; None with the projection.
    """

    name: str
    folder: Path
    card: dict[str, Any]
    codes: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    coordinates: Coordinates = "plain"
    projection: Projection | None = None
    moments: Moments | None = None

    @property
    def title(self) -> str:
        return printable(self.card["title"], LONGEST_TITLE)

    @property
    def data_title(self) -> str:
        return printable(self.card["data"]["title"], LONGEST_TITLE)

    @functools.cached_property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, one printable line each; empty if the images have no labels."""
        return tuple(map(printable, self.card["data"]["classes"]))

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(height, width), or (height, width, 3) for colours; that of an empty frame for codes without images."""
        return tuple(self.card["data"]["image_shape"]) or NO_IMAGES

    @property
    def has_pictures(self) -> bool:
        """Whether there are images or a decoder; False for codes alone."""
        return bool(self.card["data"]["image_shape"])

    @property
    def has_decoder(self) -> bool:
        """Whether places can be decoded, by a decoder or by a grid."""
        return self.has_pictures and bool(self.card.get("decodes", True))

    @property
    def has_own_models(self) -> bool:
        """Whether the models in its folder are somebody else's, not of our trainer."""
        return MODELS in self.card

    @property
    def decoder_file(self) -> str:
        """The name of the decoder's file; empty if there is only a grid, or no decoder at all."""
        return file_of(self.card, DECODERS)

    @property
    def dimensions(self) -> int:
        """How many numbers a code has, d."""
        return int(self.codes.shape[1])

    @property
    def image_noun(self) -> str:
        """What people call the images: "digits" if the classes are the ten digits, else "images"."""
        return "digits" if self.class_names == tuple("0123456789") else "images"

    @property
    def images(self) -> str:
        """What identifies the images; the same in every space of the same images."""
        return images_of(self.card)

    @property
    def about(self) -> str:
        """What it is and what to look at, in one paragraph; empty if the card does not say."""
        return " ".join(self.card.get("about", "").split())

    @property
    def paper(self) -> str:
        """Where its kind was published, or how somebody's models are called; empty if unknown."""
        return " ".join(self.card.get("paper", "").split())

    @property
    def has_prior(self) -> bool:
        """Whether codes are meant to be standard normal, so that new ones can be drawn."""
        return self.card.get("prior") == "normal"

    @property
    def all_coordinates(self) -> tuple[Coordinates, ...]:
        """The coordinates in which it can be shown, "plain" first."""
        return ("plain", "quantiles") if self.has_prior else ("plain",)

    def in_coordinates(self, coordinates: Coordinates) -> LatentSpace:
        """The same space in other coordinates; in plain ones if it does not have these."""
        coordinates = coordinates if coordinates in self.all_coordinates else "plain"
        return self if coordinates == self.coordinates else dataclasses.replace(self, coordinates=coordinates)

    def on_plane(self, projection: Projection | None) -> LatentSpace:
        """The same space on another plane. On a parallel plane, the points keep their places."""
        if projection is self.projection:
            return self
        space = dataclasses.replace(self, projection=projection)
        if projection is not None and self.projection is not None and projection.is_parallel(self.projection):
            vars(space).update({name: value for name, value in vars(self).items() if name not in _FIELDS})
        return space

    def plane(self, kind: planes.Kind, chosen: Sequence[int]) -> Projection | None:
        """A plane through its codes: see `Projection`. None if there is no such plane, or if codes have two numbers."""
        if self.moments is not None and kind == "turned":
            return planes.turned(self.moments, *chosen) if planes.can_turn(self.dimensions, chosen) else None
        if self.moments is None or len(chosen) != (3 if kind == "through" else 2) or len(set(chosen)) < len(chosen):
            return None
        if kind == "through":
            points = [point for row in chosen if (point := self.index_of(row)) is not None]
            return None if len(points) < 3 else planes.through(self.moments, self.codes[points], chosen)
        if not all(0 <= each < self.dimensions for each in chosen):
            return None
        return (planes.principal if kind == "principal" else planes.axes)(self.moments, *chosen)

    def seen_like(self, other: LatentSpace) -> LatentSpace:
        """The same space in the coordinates and on the kind of plane in which another one is shown."""
        seen, before = self.in_coordinates(other.coordinates), other.projection
        if before is None or self.dimensions != other.dimensions:
            return seen
        plane = self.plane(before.kind, before.chosen)
        if plane is None:
            return seen
        return seen.on_plane(plane.through_code(before.base) if before.kind == "axes" else plane)

    @functools.cached_property
    def places(self) -> np.ndarray:
        """The points' places on the map, (n, 2) float32, or float64 in the prior's quantiles."""
        return self.places_of(self.codes)

    def index_of(self, row: int) -> int | None:
        """The index of the point of a data row; None if the space does not have the image."""
        if row < len(self.rows) and self.rows[row] == row:  # the usual case: a space of all images
            return row
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else None

    def indices_of(self, rows: np.ndarray) -> np.ndarray:
        """The indices of the points of data rows (m,), (k,) intp, ascending; rows that are not there are left out."""
        return np.flatnonzero(np.isin(self.rows, rows))

    def codes_at(self, places: np.ndarray) -> np.ndarray:
        """Codes, (n, d) float32, of places on the map, (n, 2). With d = 2, a place in plain coordinates is its code.
        Places beyond the quantiles are clamped to their edge."""
        if self.coordinates == "quantiles":
            places = deviates(places) - self._middle_in_prior
        return np.asarray(places, np.float32) if self.projection is None else self.projection.codes_at(places)

    def places_of(self, codes: np.ndarray) -> np.ndarray:
        """Places on the map, (n, 2), of codes, (n, d): the inverse of `codes_at` for codes on the map's plane."""
        places = codes if self.projection is None else self.projection.places_of(codes)
        if self.coordinates == "plain":
            return places
        return quantiles(places.astype(np.float64) + self._middle_in_prior)

    @functools.cached_property
    def _middle_in_prior(self) -> np.ndarray:
        """The place (0, 0) of the plane in the coordinates of the prior, (2,): it is normal along any direction."""
        if self.projection is None:
            return np.zeros(2)
        along = self.projection.plane @ self.projection.origin
        return np.pad(along, (0, 2 - len(along)))

    def place_of(self, code: np.ndarray) -> tuple[float, float]:
        """The place on the map of one code, (d,)."""
        a, b = self.places_of(code[None])[0].tolist()
        return a, b

    def beyond(self, places: np.ndarray) -> np.ndarray:
        """Which places, (n, 2), lie beyond the quantiles, where `codes_at` clamps them, (n,) bool."""
        if self.coordinates == "plain":
            return np.zeros(len(places), bool)
        places = np.asarray(places)
        return np.asarray(((places <= 0) | (places >= 1)).any(axis=1))


def quantiles(numbers: np.ndarray) -> np.ndarray:
    """The shares of a standard normal distribution below some numbers, of the same shape, float64."""
    from scipy.special import ndtr  # slow to import (0.1 s)

    return np.asarray(ndtr(numbers))


def deviates(shares: np.ndarray) -> np.ndarray:
    """The inverse of `quantiles`, but for shares closer to 0 or 1 than `EDGE`."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(np.asarray(shares, np.float64), EDGE, 1 - EDGE)))


_FIELDS = {each.name for each in dataclasses.fields(LatentSpace)}
R = TypeVar("R")


def once_per_space(function: Callable[[LatentSpace], R]) -> Callable[[LatentSpace], R]:
    """Makes a function of a space keep its result in the space, as a cached property does, so that a worker can compute
    it ahead."""
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def kept(space: LatentSpace) -> R:
        if name not in vars(space):
            vars(space)[name] = function(space)
        found: R = vars(space)[name]
        return found

    return kept
