"""Archives of arrays, damaged in every way, and sound ones that hold something else."""

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.files import untrusted
from explorer.files.arrays import read_arrays
from explorer.spaces import following
from explorer.spaces.folder import open_space
from tests.sound_files import ARRAYS, KINDS, POINTS, SHAPE, refused, vouch
from tests.spaces import make_space


def repack(path: Path, change, compression: int = zipfile.ZIP_DEFLATED) -> None:
    """Changes the members of an `.npz`, a list of names and contents; the card vouches for it."""
    with zipfile.ZipFile(path) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    members = change(members)
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    if path.parent.name == "space":
        vouch(path)


def with_header(
    descr: str, shape: str, values: bytes = b"", version: bytes = b"\1\0", claims: int | None = None
) -> bytes:
    """A member whose header is written as it is."""
    said = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(said) if claims is None else claims)
    return b"\x93NUMPY" + version + length + said + values


def of_objects() -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([{}, None], object), allow_pickle=True)
    return content.getvalue()


MEMBERS = {
    "no array": b"text",
    "nothing": b"",
    "begins only": b"\x93NUMPY\1\0",
    "2^40": with_header("'|u1'", f"({2**40},)", bytes(99)),
    "2^70": with_header("'|u1'", f"({2**70},)"),
    "2^35 squared": with_header("'<f4'", f"({2**35}, {2**35})"),
    "0 of 2^70": with_header("'<f4'", f"(0, {2**70})"),
    "negative": with_header("'<f4'", "(-1,)"),
    "no shape": with_header("'<f4'", "'many'"),
    "open": with_header("'<f4'", "(1,"),
    "nested": with_header("'<f4'", "(" * 4000),
    "long": with_header("'<f4'", "(1,)" + " " * 60_000),
    "claims 4 GB": with_header("'<f4'", "(1,)", version=b"\2\0", claims=2**32 - 1),
    "version 9": with_header("'<f4'", "(1,)", bytes(4), version=b"\x09\0"),
    "objects": of_objects(),
    "fields": with_header("[('a', '|O')]", "(1,)"),
    "letters of 2 GB": with_header("'<U999999999'", "(1,)"),
    "no letters": with_header("'<U0'", f"({2**60},)"),
    "half letters": with_header("'<U1'", "(2,)", b"\x00\xd8\x00\x00\xff\xff\xff\x7f"),
    "too short": with_header("'<f4'", "(40,)", bytes(99)),
    "too long": with_header("'<f4'", "(2,)", bytes(99)),
}


@pytest.mark.parametrize("content", MEMBERS.values(), ids=MEMBERS)
@pytest.mark.parametrize("kind", ARRAYS)
def test_members_that_are_no_sound_arrays(folder, kind, content):
    """In the place of each array that is needed."""
    path = folder / KINDS[kind][0]
    with zipfile.ZipFile(path) as file:
        names = [name for name in file.namelist() if name not in ("labels.npy", "weight.npy")]
    whole = path.read_bytes()
    for name in names:
        path.write_bytes(whole)
        repack(path, lambda members, name=name: [(each, content if each == name else old) for each, old in members])
        refused(kind, folder)


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_numpy_does_not_use(folder, kind, compression):
    repack(folder / KINDS[kind][0], lambda members: members, compression)
    refused(kind, folder, "compressed by an unknown method")


def patched(path: Path, offset: int, value: bytes) -> None:
    """Changes a field of every entry of the archive's directory."""
    content = bytearray(path.read_bytes())
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + offset : at + offset + len(value)] = value
    path.write_bytes(content)
    if path.parent.name == "space":
        vouch(path)


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize(
    "offset, value",
    [
        (8, b"\1\0"),  # encrypted
        (10, b"\x63\0"),  # an unknown compression
        (20, b"\xff\xff\xff\x7f"),  # compressed bytes
        (24, b"\xff\xff\xff\x7f"),  # bytes
        (24, b"\0\0\0\0"),
        (42, b"\xff\xff\xff\x7f"),  # where it begins
        (16, b"\0\0\0\0"),  # checksum
    ],
)
def test_directories_that_lie(folder, kind, offset, value):
    patched(folder / KINDS[kind][0], offset, value)
    refused(kind, folder)


@pytest.mark.parametrize("kind", ARRAYS)
def test_archives_of_too_many_members_or_of_one_twice(folder, kind, recwarn):
    path = folder / KINDS[kind][0]
    whole = path.read_bytes()
    repack(path, lambda members: [*members, members[0]])
    refused(kind, folder, "same name")
    path.write_bytes(whole)
    repack(path, lambda members: members + [(f"{number}.npy", b"") for number in range(untrusted.MEMBERS)])
    refused(kind, folder, "members")


@pytest.mark.slow
def test_arrays_of_a_space_claim_at_most_a_gigabyte(folder):
    path = folder / "space" / "codes.npz"
    content = with_header("'|u1'", f"({2 * 10**9},)")
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("codes.npy", "w") as member,
    ):
        member.write(content)
        for _ in range(20):
            member.write(bytes(10**8))
    vouch(path)
    with pytest.raises(UserError, match="claims 2.0 GB, at most 1.0 GB"):
        read_arrays(path)


# ---- codes, grids and histories of another kind --------------------------------------------------


def rewrite(path: Path, **changes: np.ndarray) -> None:
    with np.load(path) as old:
        arrays = {name: old[name] for name in old} | changes
    np.savez(path, **arrays)
    vouch(path)


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"rows": np.arange(POINTS) - 1}, "rows reach from -1 to"),
        ({"rows": np.arange(POINTS) + 2**31}, "rows reach"),
        ({"rows": np.full(POINTS, 2**63, np.uint64)}, "rows reach"),
        ({"rows": np.array(["1"] * POINTS)}, "rows are <U1"),
        ({"labels": np.full(POINTS, -1)}, "labels reach from -1"),
        ({"labels": np.full(POINTS, 2)}, "labels reach"),
        ({"labels": np.zeros(POINTS, bool)}, "labels are bool"),
        ({"codes": np.array([["0", "1"]] * POINTS)}, "codes are <U1"),
        ({"column_weight": np.zeros(POINTS, "M8[s]")}, "column 'weight'"),
    ],
)
def test_codes_of_another_kind(folder, changes, word):
    rewrite(folder / "space" / "codes.npz", **changes)
    refused("codes", folder, word)


@pytest.mark.parametrize(
    "extent",
    [
        np.array(["0", "1", "0", "1"]),
        np.array([0, np.nan, 0, 1]),
        np.array([0, np.inf, 0, 1]),
        np.array([1, 0, 0, 1]),
        np.array([False, True, False, True]),
        np.zeros((2, 2)),
        np.array([0, 1, 0, 1], complex),
        np.float64(0),
    ],
    ids=str,
)
def test_grids_with_no_usable_extent(folder, extent):
    rewrite(folder / "space" / "grid.npz", extent=extent)
    refused("grid", folder, "no usable extent")


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": np.array(["3"])},
        {"epochs": np.array(3)},
        {"epochs": np.array([], int)},
        {"epochs": np.array([-3])},
        {"epochs": np.array([np.nan])},
    ],
)
def test_a_history_with_odd_epochs_is_none(folder, changes):
    rewrite(folder / "space" / "history.npz", **changes)
    assert following.completed(open_space(folder / "space")) is None


@pytest.mark.parametrize("losses", [["1"], [[1.0]], 1.0, [np.nan], [np.inf], [1e300], []], ids=str)
def test_odd_losses_of_a_history_are_left_out(folder, losses):
    rewrite(folder / "space" / "history.npz", loss_odd=np.array(losses))
    found = following.completed(open_space(folder / "space"))
    assert found.losses == {"rebuilt": [3, 2, 1]} and found.epochs == 2


def test_rows_beyond_the_data_are_noticed_with_the_images(tmp_path):
    from explorer.analysis import analyses
    from explorer.analysis.probe import SpaceProbe

    space = make_space(tmp_path / "space", SHAPE, n=POINTS)
    rewrite(space.folder / "codes.npz", rows=np.arange(POINTS) + 1)
    reader = SpaceProbe(open_space(space.folder), None)
    with pytest.raises(UserError, match=f"data row {POINTS}, but there are only {POINTS} images"):
        analyses.originals(reader, lambda share: None, lambda: False)


def test_a_checkpoint_of_something_else(folder):
    path = folder / KINDS["checkpoint"][0]
    with np.load(path) as old:
        sound = {name: old[name] for name in old}
    settings, progress = (json.loads(str(sound[name])) for name in ("settings", "progress"))
    for change in (
        {"settings": settings | {"seed": "0"}},
        {"settings": {"space": "pca"}},
        {"settings": []},
        {"progress": progress | {"epoch": -1}},
        {"progress": progress | {"losses": {"rebuilt": "0.5"}}},
        {"progress": progress | {"seconds": None}},
        {"progress": "none"},
    ):
        np.savez(path, **sound | {name: np.array(json.dumps(value)) for name, value in change.items()})
        refused("checkpoint", folder, "start anew without --resume")
    np.savez(path, **{name: value for name, value in sound.items() if name != "progress"})
    refused("checkpoint", folder, "start anew without --resume")
