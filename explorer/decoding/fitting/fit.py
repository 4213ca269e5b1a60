"""Finds out what somebody's models want and give: shapes, channels, ranges of pixels, which output holds the codes.

What a model tells is taken: its shapes, its last activation. The rest is tried on a few images; the smallest
reconstruction error decides. Each guess leaves a line in the notes, and an option overrides it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from explorer.decoding.fitting import guesses
from explorer.decoding.fitting.adapters import Conventions, ModelDecoder, ModelEncoder, Scale
from explorer.decoding.fitting.callables import ModelFunction
from explorer.decoding.fitting.guesses import RANGES, Range
from explorer.decoding.fitting.layout import Channels, Layout, layouts_of
from explorer.decoding.fitting.trials import CLOSE, called, check_finite, error_of, first_that_works, same, smallest
from explorer.decoding.shapes import Shape, shown, size
from explorer.errors import UserError
from explorer.files import schema
from explorer.spaces.projection import MOST_DIMENSIONS

SAMPLE = 16  # images, or codes, that the models are tried on
SLOW = 30  # ms for a single code, above which a decoder is called slow


@dataclass(frozen=True)
class Overrides:
    """What the user says about the models; None for what is to be found out. Options of the command line have the same
    names.

    Attributes:
        image_shape: (height, width[, 3]) of the pictures, for a decoder whose outputs are flat.
        channels: "first" or "last", where the models have the axis of colours.
        encoder_range, decoder_range: the values of black and white that the encoder takes and the decoder gives.
        code_output: the name, or the number from 0, of the encoder's output that holds the codes.
        latent_dim: how many numbers a code has.
    """

    image_shape: list[int] | None = None
    channels: Channels | None = None
    encoder_range: Range | None = None
    decoder_range: Range | None = None
    code_output: str | int | None = None
    latent_dim: Annotated[int, Meta(ge=1)] | None = None


@dataclass(frozen=True)
class Fitted:
    """Models that fit our arrays, and each other.

    Attributes:
        encode: images to codes; None without an encoder. `encode.log_variance` needs `encode.conventions.variance`.
        decode: codes to images; None without a decoder. `decode.ms` is the time of a single code.
        dim: how many numbers a code has.
        image_shape: (height, width[, 3]).
        notes: one line for each thing that was guessed.
    """

    encode: ModelEncoder | None
    decode: ModelDecoder | None
    dim: int
    image_shape: tuple[int, ...]
    notes: list[str] = field(default_factory=list)


def fit(
    encoder: Any = None,
    decoder: Any = None,
    images: np.ndarray | None = None,
    codes: np.ndarray | None = None,
    **overrides: Any,
) -> Fitted:
    """Makes an encoder, a decoder or both fit our arrays.

    Args:
        encoder, decoder: one at least: Keras models, ONNX models, fitted scikit-learn transformers, or functions
            of arrays.
        images: a few, (n, height, width[, 3]) float32 in [0, 1], if there are any.
        codes: a few, (n, d) float32, if they are known; of the images, if there are images. Without images and codes,
            the decoder is tried on a standard normal.
        overrides: see `Overrides`.

    Raises:
        UserError: a model raises, returns no finite numbers, or does not fit the images or the other model.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # models may warn of wrong guesses
        warnings.simplefilter("ignore")
        return _Fitting(encoder, decoder, images, codes, _checked(Overrides(**overrides))).result()


class _Fitting:
    """One call of `fit`."""

    def __init__(self, encoder: Any, decoder: Any, images: Any, codes: Any, given: Overrides) -> None:
        self.given, self.notes = given, list[str]()
        self.encoder = None if encoder is None else ModelFunction(encoder, "encode")
        self.decoder = None if decoder is None else ModelFunction(decoder, "decode")
        self.images, self.codes = images, codes
        asked = tuple(given.image_shape or ())
        asked = asked[:2] if asked[2:] == (1,) else asked
        self.image_shape = asked if self.images is None else self.images.shape[1:]
        self.dim = (size(self.decoder.input_shape) if self.decoder else None) or given.latent_dim
        self.dim = self.dim or (None if self.codes is None else self.codes.shape[1])
        self.activation = guesses.last_activation(self.decoder.network) if self.decoder else None
        self.hint = guesses.range_of_inputs(encoder) if decoder is None else None
        self.decoder_ranges = _likely(given.decoder_range, self.activation, RANGES)
        self.encoder_ranges = _likely(given.encoder_range, self.hint, RANGES if self.decoder else RANGES[:1])

    def result(self) -> Fitted:
        encode = decode = None
        if self.decoder is not None and (self.encoder is None or self.images is None):
            decode = ModelDecoder(self.decoder, self._decoder_alone(self.decoder))
            self.decoder_ranges = [_range(decode.conventions)]
        if self.encoder is not None:
            how, how_decoder = self._encoder(self.encoder, decode)
            encode = ModelEncoder(self.encoder, how)
            if self.decoder is not None and how_decoder is not None:
                decode = decode or ModelDecoder(self.decoder, how_decoder)
        either = encode or decode
        assert either is not None
        dim, image_shape = either.conventions.dim, either.conventions.layout.image_shape
        if not 1 <= dim <= MOST_DIMENSIONS:
            raise UserError(f"codes have {dim} numbers, and at most {MOST_DIMENSIONS} can be shown")
        if (asked := self.given.latent_dim) not in (None, dim):
            raise UserError(f"the models have codes of {dim} numbers, not {asked}: leave out --latent-dim")
        least = "with the smallest reconstruction error"
        if decode is not None:
            tried = self.images is not None and (self.encoder is not None or self.codes is not None)
            why = f"its last activation is {self.activation[0]}" if self.activation else ""
            self._note_model(decode, why or (least if tried else "as it seems"))
        if encode is not None:
            why = self.hint[0] if self.hint else "nothing tells otherwise"
            self._note_model(encode, least if decode is not None else why)
            self._note_codes(encode)
        return Fitted(encode, decode, dim, image_shape, self.notes)

    # The decoder

    def _decoder_alone(self, decoder: ModelFunction) -> Conventions:
        """How it is called, from codes that are known or drawn."""
        codes = self.codes if self.codes is not None else self._drawn()
        ways, outputs = self._decodings(decoder, codes, codes.shape[1:])
        if self.images is not None and self.codes is not None:
            return smallest((error_of(how.layout.from_model(outputs, clip=False), self.images), how) for how in ways)
        likely = guesses.range_of(outputs)
        return next((how for how in ways if _range(how) == likely), ways[0])

    def _drawn(self) -> np.ndarray:
        """A few codes of a standard normal, the first of them 0."""
        if not self.dim:
            raise UserError("the decoder does not tell how many numbers a code has: give --latent-dim D")
        drawn = np.random.default_rng(0).standard_normal((SAMPLE, self.dim)).astype(np.float32)
        drawn[0] = 0
        return drawn

    def _decodings(
        self, decoder: ModelFunction, codes: np.ndarray, map_shape: tuple[int, ...]
    ) -> tuple[list[Conventions], np.ndarray]:
        """The ways in which a decoder's output may be pictures, the likeliest first; and that output.

        Args:
            codes: (n, d).
            map_shape: of one code, as the encoder gives it.
        """
        dim, shape = codes.shape[1], decoder.input_shape
        if self.dim not in (None, dim):
            who = "the encoder gives" if self.encoder is not None else "there are"
            raise UserError(f"{who} codes of {dim} numbers, but the decoder takes {self.dim}: give two that fit")
        shapes = [map_shape, (dim,)] if shape is None or size(shape) is None else [shape]
        tries = [(each, codes.reshape(-1, *each)) for each in dict.fromkeys(shapes)]
        one_by_one, worked = first_that_works(decoder, tries)
        code_shape, outputs = worked[0]
        self.image_shape = self.image_shape or self._pictures_of(outputs[0].shape[1:])
        for which, output in enumerate(outputs):
            if layouts := self._layouts(output.shape[1:], self.decoder_ranges):
                check_finite(decoder, output)
                return [Conventions(layout, code_shape, which, one_by_one) for layout in layouts], output
        raise self._misfit("the decoder gives", outputs[0].shape[1:])

    def _pictures_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of pictures, from what the decoder gives."""
        asked = self.encoder.input_shape if self.encoder is not None else None
        if len(shape) == 1 and asked and len(asked) > 1 and size(asked) == shape[0]:
            shape = tuple(side for side in asked if side is not None)
        found = guesses.image_shape_of(shape, self.given.channels)
        if found is None:
            raise UserError(f"the decoder gives {shown(shape)} numbers, which is no square: give --image-shape HxW")
        if len(shape) == 1:
            line = f"the decoder's {shape[0]} numbers are taken as pictures of {shown(found)}"
            self._note(line, "image-shape HxW")
        return found

    # The encoder, with the decoder if there is one

    def _encoder(self, encoder: ModelFunction, decode: ModelDecoder | None) -> tuple[Conventions, Conventions | None]:
        """How encoder and decoder are called: with the smallest reconstruction error."""
        self.image_shape = self.image_shape or self._images_of(encoder.input_shape)
        if self.images is not None:
            images = self.images
        elif decode is not None:
            images = decode(self._drawn())
        else:
            images = np.random.default_rng(0).random((SAMPLE, *self.image_shape), np.float32)
        layouts = self._layouts(encoder.input_shape, self.encoder_ranges)
        if not layouts:
            raise self._misfit("the encoder takes", encoder.input_shape or ())
        one_by_one, worked = first_that_works(encoder, [(each, each.to_model(images)) for each in layouts])
        layout, outputs = worked[0]
        which, variance = self._code_output(encoder, outputs, called(encoder, layout.to_model(images), one_by_one))
        code_shape = outputs[which].shape[1:]
        check_finite(encoder, outputs[which])
        hows = [Conventions(layout, code_shape, which, one_by_one, variance) for layout, _ in worked]
        if self.decoder is None:
            return hows[0], None
        found: list[tuple[float, tuple[Conventions, Conventions]]] = []
        failed: list[UserError] = []
        for how, (_, outputs) in zip(hows, worked, strict=True):
            try:
                ways, pictures = self._decodings(self.decoder, outputs[which].reshape(len(images), -1), code_shape)
            except UserError as error:
                failed.append(error)
                continue
            for way in ways:
                error_here = error_of(way.layout.from_model(pictures, clip=False), images)
                likelier = _range(way) == _range(how)
                found.append((error_here * (1 if likelier else CLOSE), (how, way)))
        if not found:
            raise failed[0]
        return smallest(found)

    def _images_of(self, shape: Shape | None) -> tuple[int, ...]:
        """The shape of images, from what the encoder takes."""
        found = guesses.image_shape_of(shape, self.given.channels) if shape and size(shape) else None  # type: ignore[arg-type]
        if found is None:
            raise UserError("the encoder does not tell which images it takes: give --image-shape HxW, or images")
        return found

    def _code_output(
        self, encoder: ModelFunction, outputs: list[np.ndarray], again: list[np.ndarray]
    ) -> tuple[int, tuple[int, Scale] | None]:
        """Which of an encoder's outputs holds the codes; and which one their spread, with its scale.

        Args:
            again: the outputs for the same images once more: a sample is random, its mean is not.
        """
        names, asked = encoder.names, self.given.code_output
        fixed = [i for i, (one, other) in enumerate(zip(outputs, again, strict=True)) if same(one, other)]
        if asked is not None:
            which = names.index(str(asked)) if str(asked) in names else int(asked) if str(asked).isdigit() else -1
            if not 0 <= which < len(names):
                raise UserError(f"the encoder has no output '{asked}' for --code-output: it has {_named(encoder)}")
        else:
            rows = max(map(len, outputs))
            which = min(
                range(len(outputs)),
                key=lambda i: (
                    len(outputs[i]) != rows,
                    self.dim not in (None, outputs[i][0].size),
                    not guesses.is_mean(names[i]),
                    i not in fixed,
                ),
            )
        others = [i for i in fixed if i != which and outputs[i].shape == outputs[which].shape]
        told = [(i, scale) for i in others if (scale := guesses.scale_of(names[i]))]
        unnamed: list[tuple[int, Scale]] = [(i, "log variance") for i in others if i > which]
        return which, next(iter(told + unnamed), None)

    def _layouts(self, shape: Shape | None, ranges: Sequence[Range]) -> list[Layout]:
        """The layouts of images with a shape and with some ranges; the likeliest first."""
        asked = self.given.channels
        found = [layout for low_high in ranges for layout in layouts_of(self.image_shape, shape, *low_high)]
        return [layout for layout in found if asked is None or layout.channels in ("none", asked)]

    def _misfit(self, who: str, shape: Shape) -> UserError:
        found = guesses.image_shape_of(shape) if size(shape) else None  # type: ignore[arg-type]
        remedy = "another --image-shape"
        if self.images is not None:
            is_other = found is not None and found[:2] != self.image_shape[:2]
            remedy = "--resize {}x{}".format(*found or ()) if is_other else "images of that shape"
        return UserError(
            f"the images are {shown(self.image_shape)}, but {who} {shown(shape) or 'a number'}: give {remedy}"
        )

    # The notes

    def _note(self, line: str, option: str = "") -> None:
        """Notes a line, with the option that changes what it says."""
        self.notes.append(f"{line}: --{option} changes it" if option else line)

    def _note_model(self, adapter: ModelEncoder | ModelDecoder, why: str) -> None:
        """Calls a model as it will be called, and notes what it is like; `why` it has that range of pixels."""
        how, layout, name = adapter.conventions, adapter.conventions.layout, adapter.function.name
        is_decoder = isinstance(adapter, ModelDecoder)
        if (self.given.decoder_range if is_decoder else self.given.encoder_range) is None:
            option, verb = ("decoder-range", "gives") if is_decoder else ("encoder-range", "takes")
            self._note(f"{name} {verb} pixels from {layout.low:g} to {layout.high:g} ({why})", f"{option} LOW,HIGH")
        if layout.depth == 1 and len(layout.image_shape) == 3:
            self._note(f"{name} has grey pictures, so colours are converted")
        if layout.depth == 3 and len(layout.image_shape) == 2:
            self._note(f"{name} has colours, so grey pictures are converted")
        if len(layout.shape) == 1 and layout.channels != "none" and self.given.channels is None:
            line = f"{name} has the colours {layout.channels} in its {layout.shape[0]} numbers"
            self._note(line, "channels first|last")
        if how.one_by_one:
            self._note(f"{name} takes only one row at a time: many take longer")
        rows = np.random.default_rng(0).random((2, *((how.dim,) if is_decoder else layout.image_shape)), np.float32)
        usual, adapter.tell = adapter.tell, self._note
        if not same(adapter(rows), adapter(rows)):
            self._note(f"{name} is random: it gives another result each time")
        adapter.measure(rows[:1])
        adapter.tell = usual
        if is_decoder and adapter.ms > SLOW:
            self._note(f"the decoder is slow: {adapter.ms:.0f} ms for a picture")

    def _note_codes(self, encode: ModelEncoder) -> None:
        """Notes where the codes come from."""
        function, how = encode.function, encode.conventions
        if len(how.code_shape) > 1:
            self._note(f"the encoder gives maps of {shown(how.code_shape)}: codes are their {how.dim} numbers in a row")
        if len(function.names) > 1 and self.given.code_output is None:
            which = f"{_named(function, how.output)} of the encoder's outputs {_named(function)}"
            self._note(f"the codes are {which}", "code-output NAME")
        if how.variance is not None:
            output, scale = how.variance
            self._note(f"the encoder's output {_named(function, output)} is taken as the codes' {scale}")


def _named(function: ModelFunction, *outputs: int) -> str:
    """The names or numbers of outputs, of all by default."""
    return ", ".join(function.names[i] or str(i) for i in outputs or range(len(function.names)))


def _likely(given: Range | None, told: tuple[str, Range] | None, likely: Sequence[Range]) -> Sequence[Range]:
    """The ranges of pixels to try: the one that is given, the one that the model tells, or the likely ones."""
    return [given] if given else [told[1]] if told else likely


def _checked(given: Overrides) -> Overrides:
    """The same in plain types; shapes and codes may come as NumPy's. Raises UserError if something cannot be used."""
    try:
        given = schema.checked({name: np.asarray(value).tolist() for name, value in vars(given).items()}, Overrides)
    except ValueError as error:
        raise UserError(f"what is given of the models cannot be used: {error}") from None
    for name, pair in (("encoder-range", given.encoder_range), ("decoder-range", given.decoder_range)):
        if pair is not None and not (math.isfinite(pair[0] - pair[1]) and pair[0] != pair[1]):
            raise UserError(
                f"--{name} {pair[0]:g},{pair[1]:g} is no range: give two different numbers, for black and white"
            )
    shape = given.image_shape
    if shape is not None and not (len(shape) >= 2 and min(shape) > 0 and shape[2:] in ([], [1], [3])):
        raise UserError(f"--image-shape {'x'.join(map(str, shape))} is no shape: give HxW, or HxWx3 for colours")
    return given


def _range(how: Conventions) -> Range:
    return how.layout.low, how.layout.high
