"""The schemas of cards and workspaces: strict JSON, with types and bounds of every member that is read."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

NESTING = 32  # nested lists and objects
MOST_LISTS, MOST_VALUES = 500_000, 8_000_000  # of one document; each takes some 60 bytes
LONGEST_TEXT = 1000  # characters of a name or a title
MOST_EPOCHS = 10**6  # most losses of a run
LARGEST_LOSS = 1e39  # larger than any float32

_NO_CONTROLS = "[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"  # line ends and tabs are allowed
Text = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern=f"^{_NO_CONTROLS}*$")]
LongText = Annotated[str, Meta(max_length=5000, pattern=f"^{_NO_CONTROLS}*$")]
Line = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern="^[^\x00-\x1f\x7f-\x9f]*$")]
Path = Annotated[str, Meta(max_length=5000)]
Count = Annotated[int, Meta(ge=0, lt=2**31)]
Number = Annotated[float, Meta(ge=-1e300, le=1e300)]
Loss = Annotated[float, Meta(ge=-LARGEST_LOSS, le=LARGEST_LOSS)]
Side = Annotated[int, Meta(ge=1, le=2**16)]
Resized = Annotated[int, Meta(ge=4, le=4096)]  # a side of images that are made smaller or larger

Losses = dict[Line, Annotated[list[Loss], Meta(max_length=MOST_EPOCHS)]]

Schema = TypeVar("Schema")


@dataclasses.dataclass(frozen=True)
class Reading:
    """How images are read, where it is not as they lie in their source.

    Attributes:
        resize: (height, width) that each is fitted into.
        transpose: whether rows and columns of each are exchanged; the size above is that after it.
        skip_damaged: whether pictures that cannot be read are left out.
    """

    resize: tuple[Resized, Resized] | None = None
    transpose: bool = False
    skip_damaged: bool = False

    @property
    def choices(self) -> dict[str, Any]:
        """What differs from the default, in JSON's types."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value}


AS_STORED = Reading()


class Images(msgspec.Struct):
    """The images in a card: `image_shape` is (height, width) or (height, width, 3), and empty for codes alone."""

    title: Text
    source: Path
    classes: Annotated[list[Text], Meta(max_length=10_000)]
    image_shape: Annotated[list[Side], Meta(max_length=3)]
    fingerprint: Text | None = None
    reading: Reading = AS_STORED
    columns: Annotated[list[Line], Meta(max_length=10_000)] = []


class Run(msgspec.Struct):
    """How far a training run has come."""

    epoch: Count
    epochs: Count
    losses: Losses


class Use(msgspec.Struct):
    """What an application measured: on how many test images, with which random seed, and the rows of its table."""

    rows: Annotated[list[dict[Line, Number | Line | bool | None]], Meta(max_length=2000)]
    images: Count = 0
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 0


class Card(msgspec.Struct):
    """A card of format 1. Members that are not named here are kept as they are."""

    title: Text
    data: Images
    files: dict[Text, Text]
    kind: Line = ""
    about: LongText = ""
    paper: LongText = ""
    prior: Text = ""
    decodes: bool = True
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 0
    config: dict[Text, Any] = {}
    metrics: dict[Text, Number | Text | bool | None] | None = None
    uses: dict[Line, Use] = {}
    run: Run | msgspec.UnsetType = msgspec.UNSET


class Progress(msgspec.Struct):
    """How far a training run had come at a checkpoint: losses by name, one for each epoch; seconds of training; the
    fingerprint of its images."""

    epoch: Count
    losses: Losses
    seconds: Annotated[float, Meta(ge=0, le=1e12)]
    fingerprint: Text


def decoded(content: bytes) -> Any:
    """The value of a JSON document in UTF-8. NaN and infinities, which JSON does not have, are read as null.

    Raises:
        ValueError: it is no JSON document, has a member twice, contains values that cannot be written again, is nested
            deeper than `NESTING`, or is too large.
    """
    if content.count(b"[") + content.count(b"{") > MOST_LISTS or content.count(b",") > MOST_VALUES:
        raise ValueError("it holds too many values")
    value = json.loads(content.decode("utf-8"), object_pairs_hook=_members, parse_constant=lambda name: None)
    _check_nesting(value, NESTING)
    encoded(value, None)  # a lone surrogate, or a number beyond all floats
    return value


def encoded(value: Any, indent: int | None = 2) -> bytes:
    """A JSON document of one value, as `decoded` reads it. Raises ValueError if the value cannot be written."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def checked(value: Any, schema: type[Schema]) -> Schema:
    """The value as an object of a schema. Raises ValueError that names the first member that does not fit."""
    try:
        return msgspec.convert(value, schema)
    except msgspec.ValidationError as error:
        raise ValueError(_plainly(str(error))) from None


def finite(value: Any) -> Any:
    """The value with None for each float that is NaN or infinite, which JSON does not have."""
    if isinstance(value, dict):
        return {name: finite(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [finite(member) for member in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("it names a member twice")
    return members


def _check_nesting(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if levels == 0:
            raise ValueError("it is nested too deep")
        for member in value.values() if isinstance(value, dict) else value:
            _check_nesting(member, levels - 1)


def _plainly(message: str) -> str:
    """A message of msgspec, rewritten as "'data.title': expected text of length <= 1000"."""
    message, _, place = message.partition(" - at ")
    message = re.sub(r"`str` matching regex .*", "text without control characters", message)
    for theirs, ours in {"str": "text", "int": "whole number", "float": "number", "array": "list"}.items():
        message = message.replace(f"`{theirs}`", ours)
    message = message[:1].lower() + message[1:].replace("`", "'")
    place = place.strip("`").removeprefix("$").removeprefix(".")
    return f"'{place}': {message}" if place else message
