"""Reads a space: what a place decodes to, how near real images are, and which analyses are ready."""

from __future__ import annotations

import bisect
import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from explorer.decoding.decoders import Decoder, Encoder
from explorer.errors import UserError
from explorer.progress import Asked, Report, never, unheard
from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex

MOST_DECIMALS, HUGE = 9, 1e9  # longer numbers do not fit
MOST_COLUMNS, LONGEST_VALUE = 8, 200  # of a point that are shown, and letters of each
MOST_DIGITS = 6  # after the first one: float32 has no more
TITLES = {"z": "coordinate z", "nearest": "nearest image", "distance": "distance to it"}
ON_PLANE = {"z": "place on plane", "distance": "distance on map"}  # if codes do not have two numbers

T = TypeVar("T")
Of = Literal["images", "codes", "places", "plane"]


@dataclass(frozen=True)
class Decoding:
    """A decoded place.

    Attributes:
        code: (d,) float32, what was decoded.
        image: (height, width[, 3]) float32 in [0, 1]; None as long as there is no decoder.
        source: "live" or "grid"; None with the image.
        outside: the code lies beyond the grid, or the place beyond the prior's quantiles; it was clamped to their edge.
        failed: why a decoder that somebody brought gave no image, one line; the image is then black.
    """

    code: np.ndarray
    image: np.ndarray | None = None
    source: str | None = None
    outside: bool = False
    failed: str = ""


@dataclass(frozen=True)
class Whereabouts:
    """How near a place is to real images.

    Attributes:
        nearest: index of the nearest shown point; None if no point is shown, or before the points are known.
        distance: to it, in data coordinates.
        on_map: whether the place is as near to a point as points are to each other.
    """

    nearest: int | None = None
    distance: float | None = None
    on_map: bool = False


@dataclass(frozen=True)
class Analysis(Generic[T]):
    """A result about a space that takes longer than a frame, and is computed when it is needed.

    Attributes:
        name: short, for programmers.
        doing: what the status says meanwhile; `{images}` stands for what the images are called.
        compute: takes the probe, a function for the finished share, 0..1, and one that returns whether to stop.
            Raises UserError if the result is unavailable, `Cancelled` if it was stopped.
        needs: the analyses whose results it reads.
        of: what the result depends on: the images, which other spaces share; the codes, which do not depend on the
            coordinates; the places of the points on this map; or the codes that its places stand for.
        of_pair: whether the result also depends on the space that this one is compared with.
        no_decoder: why it is unavailable without a decoder, one line; empty if it needs none.
        no_encoder: why it is unavailable without an encoder, one line; empty if it needs none.
    """

    name: str
    doing: str
    compute: Callable[[SpaceProbe, Report, Asked], T]
    needs: tuple[Analysis[Any], ...] = ()
    of: Of = "places"
    of_pair: bool = False
    no_decoder: str = ""
    no_encoder: str = ""

    def work_out(self, probe: SpaceProbe, report: Report = unheard, cancelled: Asked = never) -> T:
        """Computes the result; the probe must have the results that it needs. Raises UserError if it is unavailable,
        `Cancelled` if it was stopped."""
        if why := probe.unavailable(self):
            raise UserError(why)
        return self.compute(probe, report, cancelled)

    def doing_for(self, space: LatentSpace) -> str:
        """What the status says while it is computed for a space."""
        return self.doing.format(images=space.image_noun)


What = Analysis[Any] | Literal["decoder", "encoder", "points", "beside"]  # an open map sends this when it is ready


def lasting(before: LatentSpace, space: LatentSpace) -> tuple[Of, ...]:
    """On what a result of the first space may depend to be valid for the second one."""
    if before.images != space.images:
        return ()
    seen_otherwise = before.coordinates != space.coordinates or before.projection is not space.projection
    if before.codes is not space.codes or not seen_otherwise:
        return ("images",)
    return ("images", "codes", "places") if before.places is space.places else ("images", "codes")


class SpaceProbe:
    """Reads places of one space. Decoder, encoder and neighbours may come, or be replaced, later.

    Attributes:
        decoder: None until there is one.
        encoder: None until there is one; `ae_precomp.py` never has one.
        encoder_unavailable: why there will be no encoder, one line; empty as long as one may come.
        decoder_unavailable: why there will be no decoder, one line; empty as long as one may come.
        stopgap: a fast decoder, the grid, that was replaced by a better one; else None.
        decode_late: gives the picture of a code, (d,), that a slow decoder draws, or what stands for it; else None.
        all_points: index of all points, None until it is built.
        neighbours: index of the shown points, None until it is built.
        usual_distance: a place this near to a point, or nearer, is on the map; in data coordinates.
        beside: the space that this one is compared with, or None.
        results: of the analyses that are ready; `result` and `known` return them with their types.
        failures: why an analysis failed, one line.
    """

    def __init__(self, space: LatentSpace, decoder: Decoder | None) -> None:
        self.space = space
        self.decoder = decoder
        self.encoder: Encoder | None = None
        self.encoder_unavailable = ""
        self.decoder_unavailable = "" if space.has_decoder else "this space has no decoder"
        self.stopgap: Decoder | None = None
        self.decode_late: Callable[[np.ndarray], np.ndarray | None] | None = None
        self.all_points: PointIndex | None = None
        self.neighbours: PointIndex | None = None
        self.usual_distance = 0.0
        self.beside: LatentSpace | None = None
        self.results: dict[Analysis[Any], Any] = {}
        self.failures: dict[Analysis[Any], str] = {}
        plain = space.in_coordinates("plain")
        usual = view.inside(plain.places, view.home(plain))  # no outliers
        spread = float(space.codes[usual].std(axis=0, dtype=np.float64).max()) or 1.0
        self._decimals = 2 - int(math.log10(spread))  # two, unless the space is tiny or huge
        self._decimals_apart = (
            3 if space.has_prior else self._decimals
        )  # of distances: with a prior, images lie close together

    # ---- analyses --------------------------------------------------------------------------------

    def result(self, analysis: Analysis[T]) -> T | None:
        """The result of an analysis; None until it is ready."""
        return self.results.get(analysis)

    def known(self, analysis: Analysis[T]) -> T:
        """The result of an analysis. Raises KeyError until it is ready."""
        result: T = self.results[analysis]
        return result

    def missing(self, analysis: Analysis[Any]) -> list[Analysis[Any]]:
        """The analyses to compute for one, itself last; empty if it is ready."""
        if analysis in self.results:
            return []
        return list(dict.fromkeys([each for need in analysis.needs for each in self.missing(need)] + [analysis]))

    def unavailable(self, analysis: Analysis[Any]) -> str:
        """Why an analysis cannot be computed now, one line; empty if it probably can."""
        if analysis in self.results:
            return ""
        return (
            ((analysis.no_decoder and self.decoder_unavailable) or analysis.no_decoder if self.decoder is None else "")
            or (analysis.no_encoder if self.encoder is None else "")
            or self.failures.get(analysis, "")
            or next(filter(None, map(self.unavailable, analysis.needs)), "")
        )

    def awaits_network(self, analysis: Analysis[Any]) -> bool:
        """Whether an analysis only waits for a decoder or an encoder that may still come."""
        if analysis in self.results or analysis in self.failures:
            return False
        if analysis.no_encoder and self.encoder is None:
            return not self.encoder_unavailable
        if analysis.no_decoder and self.decoder is None:
            return not self.decoder_unavailable
        return any(map(self.awaits_network, analysis.needs))

    def inherit(self, before: SpaceProbe) -> None:
        """Takes over the results of another space that are valid for this one, and the space they are compared with."""
        self.compare_with(before.beside)
        lasts = lasting(before.space, self.space)
        self.results |= {analysis: result for analysis, result in before.results.items() if analysis.of in lasts}

    def through(self, space: LatentSpace) -> SpaceProbe:
        """The probe of the same codes in other coordinates or on another plane. It keeps the networks, and the
        failures of analyses of images or codes; its points are not indexed yet, unless they stay where they are."""
        probe = SpaceProbe(space, self.decoder)
        probe.encoder, probe.encoder_unavailable = self.encoder, self.encoder_unavailable
        probe.stopgap, probe.decode_late = self.stopgap, self.decode_late
        lasts = lasting(self.space, space)
        probe.failures = {analysis: why for analysis, why in self.failures.items() if analysis.of in lasts}
        probe.inherit(self)
        if space.places is self.space.places:
            probe.all_points, probe.neighbours = self.all_points, self.neighbours
            probe.usual_distance = self.usual_distance
        return probe

    def on_parallel_plane(self, space: LatentSpace) -> SpaceProbe:
        """The same probe for the same points on a parallel plane; both have the same results, also those about the
        plane, until `forget_plane`."""
        probe = copy.copy(self)
        probe.space = space
        return probe

    def forget_plane(self) -> None:
        """Drops the results about the codes that the map's places stand for."""
        for known in (self.results, self.failures):
            for analysis in [analysis for analysis in known if analysis.of == "plane"]:
                del known[analysis]

    def know_points(self, all_points: PointIndex) -> None:
        """Sets the index of all points; all of them count as shown until `neighbours` is set."""
        self.all_points = self.neighbours = all_points
        self.usual_distance = all_points.usual_distance()

    def compare_with(self, space: LatentSpace | None) -> None:
        """Sets the space to compare this one with, or None, and drops results that depend on the one before."""
        before, self.beside = self.beside, space
        if (
            before is None or space is None or before.codes is not space.codes
        ):  # another one, not the same in other coordinates
            for known in (self.results, self.failures):
                for analysis in [analysis for analysis in known if analysis.of_pair]:
                    del known[analysis]

    # ---- places ----------------------------------------------------------------------------------

    @property
    def titles(self) -> dict[str, str]:
        """The titles of the texts about a place: see `words`."""
        titles = TITLES if self.space.has_pictures else TITLES | {"nearest": "nearest point"}
        return titles if self.space.projection is None else titles | ON_PLANE

    def decode(self, place: tuple[float, float]) -> Decoding:
        """Decodes a place; the hot path. A slow decoder gives its picture later: see `decode_late`."""
        places = np.array([place])
        return self.decode_soon(self.space.codes_at(places)[0], bool(self.space.beyond(places)[0]))

    def decode_soon(self, code: np.ndarray, beyond: bool = False) -> Decoding:
        """Decodes a code as `decode_code` does; a slow decoder gives its picture later."""
        if self.decode_late is None or self.decoder is None:
            return self.decode_code(code, beyond)
        return Decoding(code, self.decode_late(code), self.decoder.source, beyond)

    def decode_code(self, code: np.ndarray, beyond: bool = False) -> Decoding:
        """Decodes a code, (d,) float32.

        Args:
            beyond: whether its place lies beyond the prior's quantiles.
        """
        if self.decoder is None:
            return Decoding(code)
        codes = code[None]
        outside = beyond or bool(self.decoder.outside(codes)[0])
        try:
            return Decoding(code, self.decoder(codes)[0], self.decoder.source, outside)
        except UserError as error:
            black = np.zeros(self.space.image_shape, np.float32)
            return Decoding(code, black, self.decoder.source, outside, str(error))

    def locate(self, place: tuple[float, float]) -> Whereabouts:
        """Looks up the nearest shown point."""
        found = self.neighbours and self.neighbours.nearest(place)
        if not found:
            return Whereabouts()
        index, distance = found
        return Whereabouts(index, distance, distance <= self.usual_distance)

    def comes_back(self, decoding: Decoding) -> np.ndarray | None:
        """Where the round trip lands: the code, (d,), that the encoder gives the decoded image. None without an encoder
        or an image."""
        if self.encoder is None or decoding.image is None:
            return None
        try:
            return np.asarray(self.encoder(decoding.image[None])[0])
        except UserError:  # an encoder that somebody brought
            return None

    def words(self, decoding: Decoding, whereabouts: Whereabouts, back: np.ndarray | None = None) -> dict[str, str]:
        """The texts about a place: the values that `TITLES` names, "cue" (on or off the map), "odds" (how typical the
        distance is), "back" (the round trip) and "note" (whether the code was clamped).

        The nearest image is named by its class, or by its data row without classes.

        Args:
            back: what `comes_back` gives.
        """
        words = {"z": self.code_in_words(decoding.code), "nearest": "–", "distance": "–"}
        words |= dict.fromkeys(("cue", "odds", "back", "note"), "")
        if decoding.outside and decoding.source == "grid" and self.space.projection is not None:
            words["note"] = "not on the grid: its nearest place is shown"
        elif decoding.outside:
            words["note"] = f"beyond the {'grid' if decoding.source == 'grid' else 'prior'}: its edge is shown"
        words["note"] = decoding.failed or words["note"]
        if whereabouts.nearest is not None and whereabouts.distance is not None:
            names, index = self.space.class_names, whereabouts.nearest
            words["nearest"] = names[self.space.labels[index]] if names else f"#{self.space.rows[index]}"
            words["distance"] = self.distance_in_words(whereabouts.distance)
            words["cue"] = "● on the map" if whereabouts.on_map else "○ off the map"
            words["odds"] = self._distance_percentile(whereabouts.distance)
        if back is not None:
            words["back"] = f"round trip lands {number(math.dist(decoding.code, back), self._decimals)} away"
        return words

    def number_in_words(self, value: float) -> str:
        """One number of a code as a person reads it."""
        return number(value, self._decimals)

    def distance_in_words(self, distance: float) -> str:
        """A distance on the map, in data coordinates, as a person reads it."""
        return number(distance, self._decimals_apart)

    def code_in_words(self, code: np.ndarray) -> str:
        """A code, (d,), as a person reads it; of one with more than two numbers, its place on the map's plane."""
        if self.space.projection is not None and len(code) > 2:
            code = self.space.projection.places_of(code[None])[0]
        return f"({', '.join(number(each, self._decimals) for each in code)})"

    def _distance_percentile(self, distance: float) -> str:
        """How typical a distance is: compared with the distance of each point to its own nearest neighbour."""
        if self.all_points is None or not len(self.all_points.spacing):
            return ""
        spacing = self.all_points.spacing
        nearer = int(np.searchsorted(spacing, distance))
        share = 100 * nearer / len(spacing)
        if nearer == 0:
            return "typical distance: closer than all dots are to each other"
        if share > 99:
            dots = "all" if nearer == len(spacing) else "over 99 % of the"
            return f"unusual distance: farther than {dots} dots are from each other"
        percent = "over 99" if share < 1 else f"{100 - share:.0f}"
        return f"typical distance: closer than {percent} % of the dots are to each other"


def columns_in_words(space: LatentSpace, point: int | None) -> str:
    """The columns of a point, one line of text each; its data row if it has none, and nothing without a point."""
    if point is None:
        return ""
    lines = [f"{name}: {str(values[point])[:LONGEST_VALUE]}" for name, values in space.columns.items()]
    return "\n".join(lines[:MOST_COLUMNS]) or f"row {space.rows[point]}"


def shortened(text: str, room: float, measure: Callable[[str], float]) -> str:
    """The text, or as much of its beginning as fits with an ellipsis.

    Args:
        room: for the text.
        measure: a text to its width, in the same unit.
    """
    if measure(text) <= room:
        return text

    def beginning(length: int) -> str:
        return f"{text[:length].rstrip()}…"

    return beginning(bisect.bisect_right(range(1, len(text)), room, key=lambda length: measure(beginning(length))))


def number(value: float, decimals: int = 2) -> str:
    """A latent number for a person, with a real minus sign.

    Args:
        decimals: how many. A number that would be too long gets a power of ten instead; so do numbers whose last
            digits do not matter, for which `decimals` is below 0.
    """
    value = float(value) + 0.0  # which makes −0 a 0
    if not math.isfinite(value) or (value == 0 and decimals > MOST_DECIMALS):
        text = f"{value:g}"
    elif decimals > MOST_DECIMALS or abs(value) >= HUGE:
        digits = min(max(decimals + math.floor(math.log10(abs(value))), 2), MOST_DIGITS)
        text = f"{value:.{digits}e}".replace("e+", "e")
    else:
        decimals = max(decimals, 0)
        text = f"{round(value, decimals) + 0.0:.{decimals}f}"
    return text.replace("-", "−")
