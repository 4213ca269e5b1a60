"""Files from outside, of every kind and harmed in every way: one printable line that names the file, and no waiting."""

import gzip
import io
import json
import os
import shutil
import socket
import struct
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.decoding import grid
from explorer.errors import NotAllowed, UserError, printable
from explorer.files import untrusted
from explorer.files.arrays import read_arrays
from explorer.files.writing import write_arrays
from explorer.images import datasets, handwriting
from explorer.session import state, workspace
from explorer.space import following
from explorer.space.card import HISTORY, read_card, write_card
from explorer.space.folder import check_decoder, open_space, sums
from explorer.training import run as training_run
from tests.conftest import run
from tests.spaces import make_space

SHAPE, POINTS = (8, 8), 40


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A folder with a sound file of each kind."""
    folder = tmp_path_factory.mktemp("samples")
    space = make_space(folder / "space", SHAPE, tuple("ab"), n=POINTS, columns={"weight": np.arange(float(POINTS))})
    write_arrays(space.folder / HISTORY, epochs=np.arange(3), loss_rebuilt=np.array([3.0, 2, 1], np.float32))
    write_card(space.folder, space.card | {"files": sums(space.folder)})
    workspace.save(folder / "workspace.json", workspace.taken(state.MapState(space), state.SharedState()))
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save(folder / "picture.png")
    images = np.random.default_rng(0).integers(0, 256, (POINTS, *SHAPE), np.uint8)
    np.savez_compressed(folder / "data.npz", images=images, labels=np.arange(POINTS) % 3)
    (folder / "images-idx3-ubyte").write_bytes(idx(images))
    (folder / "out.partial").mkdir()
    settings = {"space": "pca", "source": "mnist", "seed": 0, "config": {}}
    progress = {"epoch": 1, "losses": {"rebuilt": [0.5]}, "seconds": 1.5, "fingerprint": "0" * 64}
    texts = {"settings": np.array(json.dumps(settings)), "progress": np.array(json.dumps(progress))}
    np.savez(folder / "out.partial" / training_run.CHECKPOINT, **texts, state_0=np.ones((8, 2), np.float32))
    return folder


@pytest.fixture
def folder(samples, tmp_path):
    """A copy of it, to be harmed."""
    return shutil.copytree(samples, tmp_path / "f")


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def read_history(path: Path) -> None:
    space = open_space(path.parent)
    read_arrays(path)
    assert following.completed(space) is not None


KINDS = {  # where each lies, and what reads it
    "card": ("space/card.json", lambda path: open_space(path.parent)),
    "codes": ("space/codes.npz", lambda path: open_space(path.parent)),
    "grid": ("space/grid.npz", lambda path: grid.load(open_space(path.parent))),
    "history": ("space/history.npz", read_history),
    "network": ("space/decoder.keras", lambda path: check_decoder(open_space(path.parent))),
    "workspace": ("workspace.json", workspace.read),
    "checkpoint": (
        f"out.partial/{training_run.CHECKPOINT}",
        lambda path: training_run.Folder(path.parent.with_name("out")).checkpoint(),
    ),
    "picture": ("picture.png", handwriting.read),
    "data set": ("data.npz", lambda path: datasets.load(str(path))),
    "idx": ("images-idx3-ubyte", lambda path: datasets.load(str(path))),
}
ARRAYS = ("codes", "grid", "history", "checkpoint", "data set")


def refused(kind: str, folder: Path, *words: str) -> str:
    """What is said about the file of a kind, which is one printable line that names it."""
    where, read = KINDS[kind]
    with pytest.raises(UserError) as caught:
        read(folder / where)
    said = str(caught.value)
    assert said == printable(said) and Path(where).name in said and len(said) < 500
    for word in words:
        assert word in said
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_are_sound(folder, kind):
    where, read = KINDS[kind]
    read(folder / where)


# ---- only regular files --------------------------------------------------------------------------


def put(path: Path, what: str) -> None:
    """Puts something that is no file in the place of one."""
    path.unlink()
    if what == "named pipe":
        os.mkfifo(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            home = os.getcwd()
            os.chdir(path.parent)  # names of sockets must be short
            made.bind(path.name)
            os.chdir(home)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "loop": path.name}[what])


@pytest.mark.parametrize("what", ["named pipe", "socket", "device", "folder", "loop"])
@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_opened(folder, kind, what):
    if what == "folder" and kind in ("data set", "idx"):
        pytest.skip("folders are data sets, too")
    put(folder / KINDS[kind][0], what)
    refused(kind, folder, "symbolic links" if what == "loop" else what)


@pytest.mark.parametrize("kind", ["card", "workspace", "picture", "data set"])
@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "\udcff\udc80", "a\x1b[31m\nb"])
def test_names_that_no_file_has(folder, kind, name):
    read = KINDS[kind][1]
    with pytest.raises(UserError) as caught:
        read(folder / name / "card.json" if kind == "card" else folder / name)
    assert str(caught.value) == printable(str(caught.value))


@pytest.mark.parametrize("kind", ["card", "workspace", "picture", "data set"])
def test_a_working_folder_that_is_gone(tmp_path, monkeypatch, kind):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError):
        KINDS[kind][1](Path("x", "card.json") if kind == "card" else Path("x"))


def test_files_are_not_read_beyond_their_limit(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(100))
    assert untrusted.read(path, 100) == bytes(100)
    with pytest.raises(UserError, match="too large: it has 100 bytes, at most 99 bytes"):
        untrusted.read(path, 99)
    with open(path, "wb") as file:  # takes no room on the disk
        file.truncate(10**12)
    for read in (workspace.read, handwriting.read):
        with pytest.raises(UserError, match="too large: it has 1,000 GB"):
            read(path)


# ---- damaged bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_may_be_cut_off(folder, kind):
    path = folder / KINDS[kind][0]
    whole = path.read_bytes()
    for share in (0, 0.1, 0.5, 0.5 if kind == "picture" else 0.99):  # a picture's last bytes say that it ends
        path.write_bytes(whole[: int(share * len(whole))])
        if path.parent.name == "space" and kind != "card":
            if kind == "network":
                refused(kind, folder, "SHA-256")
                continue
            vouch(path)
        refused(kind, folder)


def vouch(path: Path) -> None:
    """Enters the sums of a space's files in its card."""
    write_card(path.parent, read_card(path.parent) | {"files": sums(path.parent)})


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


# ---- what does not fit into memory ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["data set", "idx"])
def test_the_need_of_a_data_set_is_compared_with_what_is_free(folder, kind, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: types.SimpleNamespace(available=1000))
    refused(kind, folder, "does not fit into memory: it needs", "kB, 1.0 kB are free")


@pytest.mark.parametrize("sides", [(2**32 - 1,) * 3, (2**32 - 1, 1, 1), (10**9, 8, 8)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_headers_that_promise_too_much(folder, sides, pack):
    (folder / "images-idx3-ubyte").write_bytes(pack(b"\0\0\x08\x03" + struct.pack(">III", *sides) + bytes(999)))
    refused("idx", folder, "is damaged")


def test_a_gzip_bomb_is_read_as_far_as_its_header_promises(folder, monkeypatch):
    path = folder / "images-idx3-ubyte"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"\0\0\x08\x03" + struct.pack(">III", 20, 8, 8))
        for _ in range(50):
            file.write(bytes(10**7))
    refused("idx", folder, "more than 1,280 bytes")


def test_labels_of_dates_and_of_other_types_are_refused(tmp_path):
    images = np.zeros((6, 8, 8), np.uint8)
    labels = np.arange(3).astype("M8[D]"), np.arange(3).astype("m8[s]"), np.zeros(3, [("a", "i4")])
    for odd in labels:
        np.savez(tmp_path / "a.npz", x_train=images[:3], y_train=odd, x_test=images[3:], y_test=np.arange(3))
        with pytest.raises(UserError, match="a.npz"):
            datasets.load(str(tmp_path / "a.npz"))
        np.savez(tmp_path / "a.npz", images=images[:3], labels=odd)
        with pytest.raises(UserError, match="labels"):
            datasets.load(str(tmp_path / "a.npz"))


# ---- folders -------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures in two classes."""
    for number in range(6):
        path = tmp_path / "pictures" / f"class {number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 40 * number, np.uint8)).save(path)
    return tmp_path / "pictures"


@pytest.mark.parametrize("what", ["named pipe", "socket", "device", "loop"])
@pytest.mark.parametrize("where", ["class 1/1.png", "0.png"])
def test_what_is_no_picture_among_pictures(pictures, what, where):
    path = pictures / where
    path.touch()
    put(path, what)
    with pytest.raises(UserError, match=path.name):
        datasets.load(str(pictures))


def test_folders_that_are_too_deep_and_links_that_lead_back(pictures):
    (pictures / "class 1" / "up").symlink_to("..")
    assert len(datasets.load(str(pictures)).labels) == 6
    home = os.getcwd()
    os.chdir(pictures / "class 0")
    try:
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        with pytest.raises(UserError, match="pictures holds folders more than 64 deep"):
            datasets.load(str(pictures))
        for _ in range(1500):
            os.chdir("..")
            os.rmdir("d")
    finally:
        os.chdir(home)


def test_names_that_are_no_text(tmp_path):
    """They are shown as escapes: a card, a table or a menu could not hold them."""
    for number, name in enumerate((b"\xff\xfe", b"a\x1b[0m\n")):
        path = os.path.join(os.fsencode(tmp_path), b"p", name, b"%d\xff.png" % number)
        os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            Image.fromarray(np.full((8, 8), number, np.uint8)).save(file, "PNG")
    found = datasets.load(str(tmp_path / "p"))
    assert found.class_names == ("\\udcff\\udcfe", "a\\x1b[0m\\n")
    json.dumps([*found.class_names, *found.columns["file"].tolist()], ensure_ascii=False).encode()
    os.rename(tmp_path / "p", os.fsencode(tmp_path / "q") + b"\xff")
    with pytest.raises(UserError, match="not named in Unicode"):
        datasets.load(os.fsdecode(os.fsencode(tmp_path / "q") + b"\xff"))


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


# ---- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error, said",
    [
        (ValueError("first\nsecond"), "x is damaged (first): make it again"),
        (KeyError(), "x is damaged (KeyError): make it again"),
        (RecursionError("deep"), "x is damaged (it is nested too deep): make it again"),
        (MemoryError(), "x does not fit into memory: give a smaller one"),
        (OSError(5, "Input/output error"), "x cannot be read (Input/output error): make it again"),
        (ValueError("\x1b[31m\udcff\t"), "x is damaged (\\x1b[31m\\udcff): make it again"),
        (AssertionError("a" * 5000), None),
        (UserError("as it is"), "as it is"),
    ],
)
def test_what_a_parser_raises_becomes_one_line(error, said):
    with pytest.raises(UserError) as caught, untrusted.parsing("x", "make it again"):
        raise error
    assert str(caught.value) == said if said else len(str(caught.value)) < 250


def test_every_message_is_one_printable_line():
    assert str(UserError("a\nb\x07\udc80\u2028 ü –")) == "a\\nb\\x07\\udc80\\u2028 ü –"
    assert len(str(NotAllowed("x" * 10**6))) <= 4096


# ---- on the command line -------------------------------------------------------------------------


def on_the_command_line(*arguments) -> str:
    result = run(*arguments, timeout=120)
    assert result.returncode == 2 and result.stdout == "" and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["card", "codes", "workspace", "network", "data set", "picture", "checkpoint"])
def test_named_pipes_on_the_command_line(folder, tmp_path, pictures, kind):
    space, out = folder / "space", ("--snapshot", tmp_path / "out.png")
    source = {"data set": folder / "data.npz", "picture": pictures}.get(kind)
    if source is not None:
        card = read_card(space)
        write_card(space, card | {"data": card["data"] | {"source": str(source)}})
    put(pictures / "class 1" / "1.png" if kind == "picture" else folder / KINDS[kind][0], "named pipe")
    arguments = {
        "workspace": ("ae_precomp.py", "--workspace", folder / "workspace.json", *out),
        "network": ("ae.py", "--weights", space, *out),
        "checkpoint": ("model.py", "train", "--space", "pca", "--resume", "--out", folder / "out"),
        "data set": ("ae_precomp.py", "--weights", space, "--colour", "split", *out),
        "picture": ("ae_precomp.py", "--weights", space, "--colour", "split", *out),
    }.get(kind, ("ae_precomp.py", "--weights", space, *out))
    assert "is a named pipe, not a file" in on_the_command_line(*arguments)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.slow
def test_a_picture_that_cannot_be_written_is_not_drawn(folder, tmp_path):
    for target in ("/proc/out.png", tmp_path / ("n" * 300 + ".png"), "/out.png/x.png"):
        on_the_command_line("ae_precomp.py", "--weights", folder / "space", "--snapshot", target)
