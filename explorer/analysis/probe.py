"""A space as it is read: what is decoded at a place, how near real images are, and what has been worked out so far."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from explorer.decoding.decoders import Decoder, Encoder
from explorer.errors import UserError
from explorer.progress import Asked, Report, never, unheard
from explorer.space import view
from explorer.space.latent_space import LatentSpace
from explorer.space.point_index import PointIndex

MOST_DECIMALS, HUGE = 9, 1e9  # longer numbers find no room
MOST_DIGITS = 6  # after the first one: float32 has no more
TITLES = {"z": "coordinate z", "nearest": "nearest image", "distance": "distance to it"}

T = TypeVar("T")
Of = Literal["images", "codes", "places"]


@dataclass(frozen=True)
class Decoding:
    """One place, decoded.

    Attributes:
        code: (d,) float32, what was decoded.
        image: (height, width[, 3]) float32 in [0, 1]; None as long as nothing can decode.
        source: "live" or "grid"; None with the image.
        outside: the code lies beyond the grid, or the place beyond the prior's quantiles; it was clamped to their edge.
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


@dataclass(frozen=True)
class Analysis(Generic[T]):
    """Something that is worked out about a space when it is needed, because it takes longer than a frame.

    Attributes:
        name: short, for programmers.
        doing: what a person reads meanwhile.
        compute: is given the probe, a function that takes the finished share, 0..1, and one that tells whether to
            stop. It raises UserError where the result is unavailable, `Cancelled` where it was stopped.
        needs: the analyses whose results it reads.
        of: what the result depends on. Images are the same in every space of the same images, codes are the same in
            any coordinates, and places are those of one map.
        of_pair: whether the result depends on the space that is compared with this one, too.
        no_decoder: why it is unavailable as long as nothing can decode, one line; empty where it needs no decoder.
        no_encoder: the same of an encoder.
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
        """The result, which takes a while; the probe must know what is needed. Raises UserError where it is
        unavailable, `Cancelled` where it was stopped."""
        if why := probe.unavailable(self):
            raise UserError(why)
        return self.compute(probe, report, cancelled)


What = Analysis[Any] | Literal["decoder", "encoder", "points", "beside"]  # of which an open map tells that it is ready


def lasting(before: LatentSpace, space: LatentSpace) -> tuple[Of, ...]:
    """What the results of one space may depend on to hold for another space as well."""
    if before.images != space.images:
        return ()
    same_codes = before.codes is space.codes and before.coordinates != space.coordinates
    return ("images", "codes") if same_codes else ("images",)


class SpaceProbe:
    """Reads places of one space; decoder and neighbours may arrive, or be exchanged, later.

    Attributes:
        decoder: what decodes, None as long as nothing can.
        encoder: what encodes, None as long as nothing can; a grid has none.
        encoder_unavailable: why nothing will be encoded, one line; empty as long as an encoder may come.
        all_points: all points, None until they are known.
        neighbours: of the shown points, None until they are known.
        usual_distance: up to where a place counts as on the map, in data coordinates.
        beside: the space that this one is compared with, None as long as there is none.
        results: of the analyses that have been worked out; `result` and `known` read them with their types.
        failures: why an analysis failed, one line.
    """

    def __init__(self, space: LatentSpace, decoder: Decoder | None) -> None:
        self.space = space
        self.decoder = decoder
        self.encoder: Encoder | None = None
        self.encoder_unavailable = ""
        self.all_points: PointIndex | None = None
        self.neighbours: PointIndex | None = None
        self.usual_distance = 0.0
        self.beside: LatentSpace | None = None
        self.results: dict[Analysis[Any], Any] = {}
        self.failures: dict[Analysis[Any], str] = {}
        usual = view.inside(space.codes[:, :2], view.default_limits(space.codes[:, :2]))  # no outliers
        spread = float(space.codes[usual].std(axis=0, dtype=np.float64).max()) or 1.0
        self._decimals = 2 - int(math.log10(spread))  # two, unless the space is tiny or huge
        self._decimals_apart = 3 if space.has_prior else self._decimals  # of distances: images lie close in a prior

    # ---- what is worked out ----------------------------------------------------------------------

    def result(self, analysis: Analysis[T]) -> T | None:
        """What was worked out; None as long as it is not."""
        return self.results.get(analysis)

    def known(self, analysis: Analysis[T]) -> T:
        """What was worked out. Raises KeyError as long as it is not."""
        result: T = self.results[analysis]
        return result

    def missing(self, analysis: Analysis[Any]) -> list[Analysis[Any]]:
        """The analyses that have to be worked out for one, itself last; empty where it is known."""
        if analysis in self.results:
            return []
        return list(dict.fromkeys([each for need in analysis.needs for each in self.missing(need)] + [analysis]))

    def unavailable(self, analysis: Analysis[Any]) -> str:
        """Why an analysis cannot be worked out now, one line; empty if nothing is known against it."""
        if analysis in self.results:
            return ""
        return (
            (analysis.no_decoder if self.decoder is None else "")
            or (analysis.no_encoder if self.encoder is None else "")
            or self.failures.get(analysis, "")
            or next(filter(None, map(self.unavailable, analysis.needs)), "")
        )

    def awaits_network(self, analysis: Analysis[Any]) -> bool:
        """Whether an analysis is unavailable only until a decoder or an encoder comes, which may still happen."""
        if analysis in self.results or analysis in self.failures:
            return False
        if analysis.no_encoder and self.encoder is None:
            return not self.encoder_unavailable
        return bool(analysis.no_decoder and self.decoder is None) or any(map(self.awaits_network, analysis.needs))

    def inherit(self, before: SpaceProbe) -> None:
        """Takes over from the probe of another space what holds for this one too, and what both are compared with."""
        self.compare_with(before.beside)
        lasts = lasting(before.space, self.space)
        self.results |= {analysis: result for analysis, result in before.results.items() if analysis.of in lasts}

    def through(self, space: LatentSpace) -> SpaceProbe:
        """The probe of the same codes in other coordinates. Networks stay, and so does why an analysis of images or
        codes failed; the points are not known yet."""
        probe = SpaceProbe(space, self.decoder)
        probe.encoder, probe.encoder_unavailable = self.encoder, self.encoder_unavailable
        probe.failures = {analysis: why for analysis, why in self.failures.items() if analysis.of != "places"}
        probe.inherit(self)
        return probe

    def know_points(self, all_points: PointIndex) -> None:
        """Takes in the tree of all points, which are all shown until `neighbours` is set."""
        self.all_points = self.neighbours = all_points
        self.usual_distance = all_points.usual_distance()

    def compare_with(self, space: LatentSpace | None) -> None:
        """Takes another space to compare this one with, or none; what was found by comparing is forgotten."""
        before, self.beside = self.beside, space
        if before is None or space is None or before.codes is not space.codes:  # not the same one in other coordinates
            for known in (self.results, self.failures):
                for analysis in [analysis for analysis in known if analysis.of_pair]:
                    del known[analysis]

    # ---- places ----------------------------------------------------------------------------------

    def decode(self, place: tuple[float, float]) -> Decoding:
        """Decodes a place; the hot path."""
        places = np.array([place])
        return self.decode_code(self.space.codes_at(places)[0], bool(self.space.beyond(places)[0]))

    def decode_code(self, code: np.ndarray, beyond: bool = False) -> Decoding:
        """Decodes a code, (d,) float32.

        Args:
            beyond: it belongs to a place where no code lies.
        """
        if self.decoder is None:
            return Decoding(code)
        codes = code[None]
        outside = beyond or bool(self.decoder.outside(codes)[0])
        return Decoding(code, self.decoder(codes)[0], self.decoder.source, outside)

    def locate(self, place: tuple[float, float]) -> Whereabouts:
        """Looks up the nearest shown point."""
        found = self.neighbours and self.neighbours.nearest(place)
        if not found:
            return Whereabouts()
        index, distance = found
        return Whereabouts(index, distance, distance <= self.usual_distance)

    def comes_back(self, decoding: Decoding) -> np.ndarray | None:
        """The code, (d,), that the encoder makes of the decoded picture of a place: that of the place again, unless the
        decoder made up what the encoder does not know. None without an encoder or a picture."""
        if self.encoder is None or decoding.image is None:
            return None
        return np.asarray(self.encoder(decoding.image[None])[0])

    def words(self, decoding: Decoding, whereabouts: Whereabouts, back: np.ndarray | None = None) -> dict[str, str]:
        """All of it as a person reads it: the values that `TITLES` names, a cue, a distance percentile, the way
        back, and a note.

        The nearest image goes by its class, or by its data row where there are no classes.

        Args:
            back: what `comes_back` gives.
        """
        words = {"z": self.code_in_words(decoding.code), "nearest": "–", "distance": "–"}
        words |= dict.fromkeys(("cue", "odds", "back", "note"), "")
        if decoding.outside:
            words["note"] = f"beyond the {'grid' if decoding.source == 'grid' else 'prior'}: its edge is shown"
        if whereabouts.nearest is not None and whereabouts.distance is not None:
            names, index = self.space.class_names, whereabouts.nearest
            words["nearest"] = names[self.space.labels[index]] if names else f"#{self.space.rows[index]}"
            words["distance"] = self.distance_in_words(whereabouts.distance)
            words["cue"] = "● on the map" if whereabouts.on_map else "○ off the map"
            words["odds"] = self._distance_percentile(whereabouts.distance)
        if back is not None:
            words["back"] = f"comes back {number(math.dist(decoding.code, back), self._decimals)} away"
        return words

    def distance_in_words(self, distance: float) -> str:
        """A distance on the map, in data coordinates, as a person reads it."""
        return number(distance, self._decimals_apart)

    def code_in_words(self, code: np.ndarray) -> str:
        """The first two numbers of a code, (d,), as a person reads them."""
        return f"({number(code[0], self._decimals)}, {number(code[1], self._decimals)})"

    def _distance_percentile(self, distance: float) -> str:
        """How usual such a distance is among the points: how many of them have a neighbour nearer than that."""
        if self.all_points is None or not len(self.all_points.spacing):
            return ""
        spacing = self.all_points.spacing
        nearer = int(np.searchsorted(spacing, distance))
        share = 100 * nearer / len(spacing)
        if nearer in (0, len(spacing)):
            return f"{'every' if nearer else 'no'} image has a nearer neighbour"
        percent = "under 1" if share < 1 else "over 99" if share > 99 else f"{share:.0f}"
        return f"{percent} % of images have a nearer neighbour"


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
        decimals: so many, unless the number would be long: then it gets a power of ten. Less than 0 stands for digits
            before the point that do not matter.
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
