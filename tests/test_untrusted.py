"""Files from outside, of every kind and harmed in every way: one printable line that names the file, and no waiting."""

import gzip
import json
import os
import socket
import struct
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import NotAllowed, UserError, printable
from explorer.files import untrusted
from explorer.images import datasets, handwriting
from explorer.session import workspace
from explorer.spaces.card import read_card, write_card
from tests.conftest import run
from tests.sound_files import KINDS, refused, vouch


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
