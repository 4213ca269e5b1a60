"""A sound file of every kind that comes from outside, what reads it, and what must be said of a harmed one."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.decoding import grid
from explorer.errors import UserError, printable
from explorer.files.arrays import read_arrays
from explorer.files.writing import write_arrays
from explorer.images import datasets, handwriting
from explorer.session import state, workspace
from explorer.spaces import following
from explorer.spaces.card import HISTORY, read_card, write_card
from explorer.spaces.folder import check_decoder, open_space, sums
from explorer.training import run as training_run
from tests.spaces import make_space

SHAPE, POINTS = (8, 8), 40


def write(folder: Path) -> None:
    """Writes a sound file of each kind into a folder."""
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


def vouch(path: Path) -> None:
    """Enters the sums of a space's files in its card."""
    write_card(path.parent, read_card(path.parent) | {"files": sums(path.parent)})
