"""Finds out what somebody's models want and give: shapes, channels, ranges of pixels, which output holds the codes.

What a model tells is taken: its shapes, its last activation. The rest is tried on a few images; the smallest
reconstruction error decides. Each guess leaves a line in the notes, and an option overrides it.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.decoding import guesses
from explorer.decoding.adapters import Conventions, ModelDecoder, ModelEncoder, Scale, unheard
from explorer.decoding.callables import ModelFunction, function_of
from explorer.decoding.guesses import RANGES, Range
from explorer.decoding.layout import Channels, Layout, layouts_of, shown
from explorer.decoding.trials import CLOSE, Trial, called, check_finite, error_of, first_that_works, same, smallest
from explorer.errors import UserError

SAMPLE = 16  # images, or codes, that the models are tried on
MOST_DIMENSIONS = 512
SLOW = 30  # ms for a single code, above which a decoder is called slow
BEST = "so the reconstruction error is smallest"


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

    image_shape: Sequence[int] | None = None
    channels: Channels | None = None
    encoder_range: Range | None = None
    decoder_range: Range | None = None
    code_output: str | int | None = None
    latent_dim: int | None = None


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
        encoder, decoder: Keras models, ONNX models, fitted scikit-learn transformers, or functions of arrays.
        images: (n, height, width[, 3]), float in [0, 1] or uint8.
        codes: (n, d), if they are known; of the images, if there are images. Without images and codes, the decoder is
            tried on a standard normal.
        overrides: see `Overrides`.

    Raises:
        UserError: a model raises, returns no finite numbers, or does not fit the images or the other model.
    """
    if encoder is None and decoder is None:
        raise UserError("there is neither an encoder nor a decoder: give at least one")
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # models may warn of wrong guesses
        warnings.simplefilter("ignore")
        return _Fitting(encoder, decoder, images, codes, Overrides(**overrides)).result()


class _Fitting:
    """One call of `fit`."""

    def __init__(self, encoder: Any, decoder: Any, images: Any, codes: Any, given: Overrides) -> None:
        self.given, self.notes = given, list[str]()
        self.encoder = None if encoder is None else function_of(encoder, "encode")
        self.decoder = None if decoder is None else function_of(decoder, "decode")
        self.images = None if images is None else _few_images(images)
        self.codes = None if codes is None else _few(np.asarray(codes, np.float32).reshape(len(codes), -1))
        self.image_shape = _checked(given) if self.images is None else self.images.shape[1:]
        if images is not None and codes is not None and len(images) != len(codes):
            raise UserError(f"there are {len(images)} images, but {len(codes)} codes: give one code for each image")

    def result(self) -> Fitted:
        encode = decode = None
        if self.decoder is not None and (self.encoder is None or self.images is None):
            decode = ModelDecoder(self.decoder, self._decoder_alone(self.decoder))
        if self.encoder is not None:
            trials = self._trials(self.encoder, decode)
            if self.decoder is None:
                how = trials[0].how
            else:
                how, how_decoder = self._together(self.decoder, trials, decode)
                decode = decode or ModelDecoder(self.decoder, how_decoder)
            encode = ModelEncoder(self.encoder, how)
            self._note_encoder(encode, trials)
        for adapter in (encode, decode):
            if adapter is not None:
                self._note_calls(adapter)
        either = encode or decode
        assert either is not None
        dim, image_shape = either.conventions.dim, either.conventions.layout.image_shape
        if dim > MOST_DIMENSIONS:
            raise UserError(f"codes have {dim} numbers, and at most {MOST_DIMENSIONS} can be shown")
        return Fitted(encode, decode, dim, image_shape, self.notes)

    # The decoder

    def _decoder_alone(self, decoder: ModelFunction) -> Conventions:
        codes = self.codes if self.codes is not None else self._drawn(decoder)
        trials = self._decodings(decoder, codes, (codes.shape[1],))
        if self.images is not None and self.codes is not None and len(self.images) == len(codes):
            best = smallest((error_of(trial, self.images), trial.how) for trial in trials)
            self._note_range(decoder, best.layout, BEST if len(trials) > 1 else "")
            return best
        fitting = [trial for trial in trials if _range(trial.how) == guesses.range_of(trial.outputs[0])]
        how = (fitting or trials)[0].how
        self._note_range(decoder, how.layout, "as its outputs suggest" if len(trials) > 1 else "")
        return how

    def _drawn(self, decoder: ModelFunction) -> np.ndarray:
        """A few codes of a standard normal, the first of them 0."""
        shape = decoder.input_shape
        dim = _size(shape) or self.given.latent_dim
        if not dim:
            raise UserError("the decoder does not tell how many numbers a code has: give --latent-dim D")
        drawn = np.random.default_rng(0).standard_normal((SAMPLE, dim)).astype(np.float32)
        drawn[0] = 0
        return drawn

    def _decodings(self, decoder: ModelFunction, codes: np.ndarray, map_shape: tuple[int, ...]) -> list[Trial]:
        """The ways in which a decoder's outputs may be pictures; the likeliest first. Their pixels are not scaled.

        Args:
            codes: (n, d).
            map_shape: of one code, as the encoder gives it.
        """
        wanted, dim = _size(decoder.input_shape), codes.shape[1]
        if wanted not in (None, dim):
            raise self._unlike(dim, wanted or 0)
        shape = decoder.input_shape if wanted else None
        shapes = dict.fromkeys([shape] if shape is not None else [map_shape, (dim,)])
        tried = first_that_works(decoder, [(each, codes.reshape(-1, *each)) for each in shapes])
        (code_shape, outputs, one_by_one) = tried[0]
        self.image_shape = self.image_shape or self._pictures_of(outputs[0].shape[1:])
        for which, output in enumerate(outputs):
            if layouts := self._layouts(output.shape[1:]):
                check_finite(decoder, output)
                conventions = (
                    Conventions(dataclasses.replace(layout, low=low, high=high), code_shape, which, one_by_one)
                    for low, high in self._decoder_ranges(decoder)
                    for layout in layouts
                )
                return [Trial(how, [output]) for how in conventions]
        raise self._misfit("the decoder gives", outputs[0].shape[1:])

    def _decoder_ranges(self, decoder: ModelFunction) -> Sequence[Range]:
        known = guesses.last_activation(decoder.network)
        return [self.given.decoder_range] if self.given.decoder_range else [known[1]] if known else RANGES

    def _pictures_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of pictures, from what the decoder gives."""
        asked = self.encoder.input_shape if self.encoder is not None else None
        if len(shape) == 1 and asked and len(asked) > 1 and _size(asked) == shape[0]:
            shape = tuple(side for side in asked if side is not None)
        found = guesses.image_shape_of(shape, self.given.channels)
        if found is None:
            raise UserError(f"the decoder gives {shown(shape)} numbers, which is no square: give --image-shape HxW")
        if len(shape) == 1:
            self._note(f"the decoder's {shape[0]} numbers are taken as pictures of {shown(found)}", "image-shape HxW")
        return found

    # The encoder

    def _trials(self, encoder: ModelFunction, decode: ModelDecoder | None) -> list[Trial]:
        """The layouts in which an encoder takes images; the likeliest first."""
        self.image_shape = self.image_shape or self._images_of(encoder.input_shape)
        images = self._images_to_try(decode)
        known = None if self.decoder is not None else guesses.range_of_inputs(encoder.model)
        given = self.given.encoder_range
        ranges = [given] if given else [known[1]] if known else RANGES if self.decoder is not None else RANGES[:1]
        layouts = self._layouts(encoder.input_shape)
        if not layouts:
            raise self._misfit("the encoder takes", encoder.input_shape or ())
        ranged = [dataclasses.replace(each, low=low, high=high) for each in layouts for low, high in ranges]
        tried = first_that_works(encoder, [(each, each.to_model(images)) for each in ranged])
        layout, outputs, one_by_one = tried[0]
        which, variance = self._code_output(encoder, outputs, layout.to_model(images), one_by_one)
        code_shape = outputs[which].shape[1:]
        check_finite(encoder, *(outputs[which] for _, outputs, _ in tried[:1]))
        return [
            Trial(Conventions(layout, code_shape, which, one_by_one, variance), outputs)
            for layout, outputs, _ in tried
            if outputs[which].shape[1:] == code_shape
        ]

    def _images_of(self, shape: tuple[int | None, ...] | None) -> tuple[int, ...]:
        """The shape of images, from what the encoder takes."""
        found = guesses.image_shape_of(shape, self.given.channels) if shape and _size(shape) else None  # type: ignore[arg-type]
        if found is None:
            raise UserError("the encoder does not tell which images it takes: give --image-shape HxW, or images")
        return found

    def _images_to_try(self, decode: ModelDecoder | None) -> np.ndarray:
        """Those that were given; else what the decoder gives, or noise."""
        if self.images is not None:
            return self.images
        rng = np.random.default_rng(0)
        if decode is None:
            return rng.random((SAMPLE, *self.image_shape), np.float32)
        return decode(rng.standard_normal((SAMPLE, decode.conventions.dim)).astype(np.float32))

    def _code_output(
        self, encoder: ModelFunction, outputs: list[np.ndarray], rows: np.ndarray, one_by_one: bool
    ) -> tuple[int, tuple[int, Scale] | None]:
        """Which of an encoder's outputs holds the codes; and which one their spread, with its scale."""
        asked, names = self.given.code_output, encoder.names
        numbered = list(range(len(outputs)))
        if asked is not None:
            which = names.index(str(asked)) if str(asked) in names else int(asked) if str(asked).isdigit() else -1
            if which not in numbered:
                has = ", ".join(_named(encoder, i) for i in numbered)
                raise UserError(f"the encoder has no output '{asked}' for --code-output: it has {has}")
        else:
            dim = _size(self.decoder.input_shape) if self.decoder is not None else None
            dim = dim or self.given.latent_dim or (self.codes.shape[1] if self.codes is not None else None)
            possible = [i for i in numbered if outputs[i].ndim and len(outputs[i]) == len(rows)]
            possible = [i for i in possible if dim in (None, _size(outputs[i].shape[1:]))] or possible
            which = next((i for i in possible if guesses.is_mean(names[i])), possible[0])
        if len(outputs) == 1:
            return which, None
        again = called(encoder, rows, one_by_one)
        fixed = [i for i in numbered if same(outputs[i], again[i]) and outputs[i].shape == outputs[which].shape]
        if asked is None and not guesses.is_mean(names[which]) and fixed and which not in fixed:
            which = fixed[0]  # a sample is random, its mean is not
        others = [i for i in fixed if i != which]
        variance = next(((i, scale) for i in others if (scale := guesses.scale_of(names[i]))), None)
        if variance is None and (after := [i for i in others if i > which]):
            variance = (after[0], "log variance")
        return which, variance

    # Both

    def _together(
        self, decoder: ModelFunction, trials: list[Trial], decode: ModelDecoder | None
    ) -> tuple[Conventions, Conventions]:
        """The layouts with the smallest reconstruction error."""
        images = self._images_to_try(decode)
        found: list[tuple[float, tuple[Conventions, Conventions]]] = []
        failed: UserError | None = None
        for trial in trials:
            codes = trial.outputs[trial.how.output].reshape(len(images), -1)
            if decode is not None:
                if decode.conventions.dim != codes.shape[1]:
                    raise self._unlike(codes.shape[1], decode.conventions.dim)
                error = float(np.mean(np.square(decode(codes) - images)))
                found.append((error, (trial.how, decode.conventions)))
                continue
            try:
                decodings = self._decodings(decoder, codes, trial.how.code_shape)
            except UserError as error:
                failed = failed or error
                continue
            for each in decodings:
                likely = _range(each.how) == _range(trial.how)  # mostly, both have the same range
                found.append((error_of(each, images) * (1 if likely else CLOSE), (trial.how, each.how)))
        if not found and failed is not None:
            raise failed
        how, how_decoder = smallest(found)
        if decode is None:
            self._note_range(decoder, how_decoder.layout, BEST if len(self._decoder_ranges(decoder)) > 1 else "")
        return how, how_decoder

    def _layouts(self, shape: tuple[int | None, ...] | None) -> list[Layout]:
        asked = self.given.channels
        found = layouts_of(self.image_shape, shape)
        return [layout for layout in found if asked is None or layout.channels in ("none", asked)]

    def _unlike(self, dim: int, wanted: int) -> UserError:
        who = "the encoder gives" if self.encoder is not None and self.images is not None else "there are"
        return UserError(f"{who} codes of {dim} numbers, but the decoder takes {wanted}: give two that fit")

    def _misfit(self, who: str, shape: tuple[int | None, ...]) -> UserError:
        line = f"the images are {shown(self.image_shape)}, but {who} {shown(shape) or 'one number'}"
        size = guesses.image_shape_of(shape) if _size(shape) else None  # type: ignore[arg-type]
        if self.images is None:
            return UserError(f"{line}: give another --image-shape")
        if size is None or size[:2] == self.image_shape[:2]:
            return UserError(f"{line}: give images of that shape")
        return UserError(f"{line}: give --resize {size[0]}x{size[1]}")

    # What is said

    def _note(self, line: str, option: str = "") -> None:
        self.notes.append(f"{line}: --{option} changes it" if option else line)

    def _note_range(self, model: ModelFunction, layout: Layout, why: str) -> None:
        is_encoder = model is self.encoder
        option, verb = ("encoder-range", "takes") if is_encoder else ("decoder-range", "gives")
        if not (self.given.encoder_range if is_encoder else self.given.decoder_range):
            known = None if is_encoder else guesses.last_activation(model.network)
            why = f"its last activation is {known[0]}" if known else why
            because = f" ({why})" if why else ""
            self._note(
                f"{model.name} {verb} pixels from {layout.low:g} to {layout.high:g}{because}", f"{option} LOW,HIGH"
            )

    def _note_encoder(self, encode: ModelEncoder, trials: list[Trial]) -> None:
        function, how = encode.function, encode.conventions
        known = None if self.decoder is not None else guesses.range_of_inputs(function.model)
        why = BEST if len(trials) > 1 else known[0] if known else "nothing tells otherwise"
        self._note_range(function, how.layout, why)
        if len(how.code_shape) > 1:
            self._note(
                f"{function.name} gives maps of {shown(how.code_shape)}: codes are their {how.dim} numbers in a row"
            )
        if len(function.names) > 1 and self.given.code_output is None:
            names = [_named(function, i) for i in range(len(function.names))]
            self._note(
                f"the codes are {names[how.output]} of the encoder's outputs {', '.join(names)}", "code-output NAME"
            )
        if how.variance is not None:
            self._note(
                f"the encoder's output {_named(function, how.variance[0])} is taken as the codes' {how.variance[1]}"
            )

    def _note_calls(self, adapter: ModelEncoder | ModelDecoder) -> None:
        """Calls a model as it will be called, and says what is unusual about it."""
        how, name = adapter.conventions, adapter.function.name
        is_decoder = isinstance(adapter, ModelDecoder)
        shape = (how.dim,) if is_decoder else how.layout.image_shape
        rows = np.random.default_rng(0).random((2, *shape), np.float32)
        adapter.tell = self.notes.append
        if not same(adapter(rows), adapter(rows)):
            self._note(f"{name} is random: it gives another result each time")
        if how.one_by_one:
            self._note(f"{name} takes only one row at a time: many take longer")
        layout = how.layout
        if layout.depth != (3 if len(layout.image_shape) > 2 else 1):
            self._note(
                f"{name} has {'colours, and grey' if layout.depth == 3 else 'grey, and coloured'} images are converted"
            )
        if len(layout.shape) == 1 and layout.channels != "none" and self.given.channels is None:
            self._note(
                f"{name} has the colours {layout.channels} in its {layout.shape[0]} numbers", "channels first|last"
            )
        adapter.measure(rows[:1])
        adapter.tell = unheard
        if is_decoder and adapter.ms > SLOW:
            self._note(f"the decoder is slow: {adapter.ms:.0f} ms for a picture")


def _few(array: np.ndarray) -> np.ndarray:
    """A few rows from all over an array."""
    some: np.ndarray = array[np.linspace(0, len(array) - 1, max(min(SAMPLE, len(array)), 2)).astype(int)]
    return some


def _few_images(images: Any) -> np.ndarray:
    few = _few(np.asarray(images))
    few = few.astype(np.float32) / np.float32(255 if few.dtype == np.uint8 else 1)
    if few.ndim == 4 and few.shape[-1] == 1:
        return few[..., 0]
    if not (few.ndim == 3 or (few.ndim == 4 and few.shape[-1] == 3)):
        raise UserError(f"the images are {shown(few.shape[1:])}: give height × width, and 3 for colours")
    return few


def _checked(given: Overrides) -> tuple[int, ...]:
    """The shape of images that was given, () for none. Raises UserError if it or a range cannot be used."""
    for name, pair in (("encoder-range", given.encoder_range), ("decoder-range", given.decoder_range)):
        if pair is not None and not (len(pair) == 2 and math.isfinite(pair[0] - pair[1]) and pair[0] != pair[1]):
            raise UserError(f"--{name} {','.join(map(str, pair))} is no range: give the values of black and white")
    shape = tuple(given.image_shape or ())
    shape = shape[:2] if shape[2:] == (1,) else shape
    if shape and not (len(shape) >= 2 and min(shape) > 0 and shape[2:] in ((), (3,))):
        raise UserError(f"--image-shape {'x'.join(map(str, shape))} is no shape: give HxW, or HxWx3 for colours")
    return shape


def _range(how: Conventions) -> Range:
    return how.layout.low, how.layout.high


def _size(shape: tuple[int | None, ...] | None) -> int | None:
    """How many numbers an array has; None if a side is not known."""
    if shape is None or None in shape:
        return None
    return math.prod(side for side in shape if side is not None)


def _named(function: ModelFunction, output: int) -> str:
    """An output's name, or its number."""
    return function.names[output] or str(output)
