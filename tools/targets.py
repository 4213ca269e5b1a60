"""The kinds of files that `tools.fuzz` damages: a valid sample of each, how to read it, and how to damage it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explorer import errors
from explorer.analysis.metrics import in_words
from explorer.decoding import grid
from explorer.files.writing import write_arrays
from explorer.images import handwriting
from explorer.session import state, workspace
from explorer.spaces import following
from explorer.spaces.card import CARD, CODES, GRID, HISTORY, read_card, write_card
from explorer.spaces.catalogue import Catalogue
from explorer.spaces.folder import check_decoder, open_space, sums
from explorer.spaces.latent_space import LatentSpace
from explorer.uses import archive
from explorer.uses.compression import Quantiser
from tests.spaces import make_space
from tools import harm, harm_archives

POINTS, SHAPE = 60, (8, 8)
ONNX = "model.onnx"


@dataclass(frozen=True)
class Target:
    """A kind of file.

    Attributes:
        make: writes a valid sample into an empty folder; returns the file or folder to damage.
        read: reads it like the program.
        harms: ways to damage it, see `tools.harm`.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], object]
    harms: tuple[harm.Harm, ...]


# ---- samples -------------------------------------------------------------------------------------


def _space(folder: Path) -> LatentSpace:
    columns = {"weight": np.arange(float(POINTS)), "place": np.array(["here", "there"] * (POINTS // 2))}
    run = {"run": {"epoch": 2, "epochs": 5, "losses": {"rebuilt": [0.5, 0.25]}}, "metrics": {"mse": 0.1}}
    return make_space(folder / "space", SHAPE, tuple("abcd"), n=POINTS, columns=columns, more=run)


def _card(folder: Path) -> Path:
    return _space(folder).folder / CARD


def _codes(folder: Path) -> Path:
    return _space(folder).folder / CODES


def _grid(folder: Path) -> Path:
    return _space(folder).folder / GRID


def _history(folder: Path) -> Path:
    path = _space(folder).folder / HISTORY
    losses = {"loss_rebuilt": np.linspace(1, 0.5, 5, dtype=np.float32)}
    write_arrays(path, epochs=np.arange(5, dtype=np.int32), codes=np.zeros((5, 9, 2), np.float16), **losses)
    _vouch(path)
    return path


def _workspace(folder: Path) -> Path:
    space = _space(folder)
    shared = state.SharedState()
    shared.pin(3)
    shared.select(np.arange(5))
    workspace.save(folder / "workspace.json", workspace.taken(state.MapState(space), shared))
    return folder / "workspace.json"


def _checkpoint(folder: Path) -> Path:
    path = folder / "out.partial" / "checkpoint.npz"
    path.parent.mkdir()
    settings = {"space": "pca", "source": "mnist", "seed": 0, "config": {"latent_dim": 2, "grid_resolution": 24}}
    progress = {"epoch": 1, "losses": {"rebuilt": [0.5]}, "seconds": 1.5, "fingerprint": "0" * 64}
    texts = {"settings": np.array(json.dumps(settings)), "progress": np.array(json.dumps(progress))}
    np.savez(path, **texts, state_0=np.ones((8, 2), np.float32), state_1=np.zeros(2, np.float32))
    return path


def _images() -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(0).integers(0, 256, (20, *SHAPE), np.uint8), np.arange(20, dtype=np.uint8) % 3


def _npz(folder: Path) -> Path:
    images, labels = _images()
    names = {"class_names": np.array(["ant", "bee", "cat"]), "weight": np.arange(20.0)}
    np.savez_compressed(folder / "data.npz", images=images, labels=labels, **names)
    return folder / "data.npz"


def _idx(folder: Path, gzipped: bool = False) -> Path:
    for kind, array in zip(("images-idx3", "labels-idx1"), _images(), strict=True):
        content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
        path = folder / f"train-{kind}-ubyte"
        path.write_bytes(gzip.compress(content) if gzipped else content)
    return folder / "train-images-idx3-ubyte"


def _gzipped_idx(folder: Path) -> Path:
    return _idx(folder, gzipped=True)


def _picture(end: str, mode: str = "L") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        ink = np.zeros((40, 50), np.uint8)
        ink[10:30, 20:28] = 255
        picture = Image.fromarray(ink.astype(np.uint16) * 257 if mode == "I;16" else ink)
        picture.convert(mode).save(folder / f"picture.{end}")
        return folder / f"picture.{end}"

    return make


def _pictures(folder: Path) -> Path:
    for number, (image, label) in enumerate(zip(*_images(), strict=True)):
        path = folder / "pictures" / f"class {label}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder / "pictures"


def _folder(folder: Path) -> Path:
    return _space(folder).folder


def _onnx(folder: Path) -> Path:
    from tests import hostile_models

    hostile_models.beside(folder / ONNX)
    hostile_models.elsewhere("weights.bin")(folder / ONNX)
    return folder / ONNX


def _onnx_of_layers(folder: Path) -> Path:
    from tests.test_onnx_runtime import two_layers

    (folder / ONNX).write_bytes(two_layers().SerializeToString())
    return folder / ONNX


def _h5(folder: Path) -> Path:
    from tests import hostile_models

    return hostile_models.whole(folder / "model.h5")


def _archive(folder: Path) -> Path:
    codes = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    quantiser, names = Quantiser.of(codes, 5), tuple(f"{number % 3}/{number}.png" for number in range(20))
    archive.Archive("5a" * 32, quantiser, names, quantiser.packed(codes)).write(folder / "images.codes")
    return folder / "images.codes"


# ---- reading -------------------------------------------------------------------------------------


def _vouch(path: Path) -> None:
    """Writes the checksums of a space's files into its card, so that their content is read."""
    card = read_card(path.parent)
    write_card(path.parent, card | {"files": sums(path.parent)})


def _read_card(path: Path) -> None:
    _list(path.parent)
    card = read_card(path.parent)
    following.run_of(card)
    in_words(card["metrics"])
    write_card(path.parent, card)
    open_space(path.parent)


def _read_onnx(path: Path) -> None:
    from explorer.decoding.model_files import onnx_runtime

    onnx_runtime.load(path)(np.zeros((3, 2), np.float32))


def _read_h5(path: Path) -> None:
    from explorer.decoding import keras_runtime

    keras_runtime.process_is_ours = True
    keras_runtime.load_decoder(path, (28, 28))


def _list(folder: Path) -> None:
    """Lists the spaces beside another one, like the menu. This must never fail."""
    other = folder.parent / "other"
    if not other.exists():
        make_space(other, SHAPE, n=POINTS)
    try:
        catalogue = Catalogue(other, makes_grids=False)
        catalogue.check()
        entries = catalogue.entries()
    except errors.UserError as error:
        raise AssertionError(f"the menu cannot be shown: {error}") from error
    if not any(entry.folder.name == "other" and not entry.wrong for entry in entries):
        raise AssertionError("a sound space beside a harmed one cannot be chosen")
    for entry in entries:
        (entry.label + entry.note).encode()


def _read_codes(path: Path) -> None:
    _vouch_or_not(path)
    space = open_space(path.parent)
    for row in (0, 7, -1):
        space.index_of(row)
    [str(value).encode() for values in space.columns.values() for value in values.tolist()]


def _read_grid(path: Path) -> None:
    _vouch_or_not(path)
    grid.load(open_space(path.parent))


def _read_history(path: Path) -> None:
    _vouch_or_not(path)
    following.completed(open_space(path.parent))


def _vouch_or_not(path: Path) -> None:
    if zlib.crc32(path.read_bytes()) % 10:  # else the checksum stays wrong, which is damage, too
        _vouch(path)


def _read_archive(path: Path) -> None:
    content = path.read_bytes()
    if content[-1:] > b"\x10":  # else the checksum stays wrong
        path.write_bytes(content[:-4] + zlib.crc32(content[:-4]).to_bytes(4, "little"))
    found = archive.read(path)
    assert np.isfinite(found.quantiser.unpacked(found.packed)).all()
    assert all((path.parent / "out" / name).resolve().is_relative_to(path.parent / "out") for name in found.names)


def _read_workspace(path: Path) -> None:
    kept = workspace.read(path)
    space = open_space(path.parent / "space")
    kept, notes = workspace.fitted(kept, space)
    workspace.apply(kept, state.MapState(space), state.SharedState())


def _read_checkpoint(path: Path) -> None:
    from explorer.training import run

    run.Folder(path.parent.with_name("out")).checkpoint()


def _load(path: Path) -> None:
    from explorer.images import datasets

    found = datasets.load(str(path))
    json.dumps([found.title, found.source, found.class_names], ensure_ascii=False).encode()


def _load_folder(path: Path) -> None:
    _load(path.parent if path.is_file() else path)


def _read_space(folder: Path) -> None:
    _list(folder)
    space = open_space(folder)
    check_decoder(space)
    grid.load(space)


NPZ = (*harm.BYTES, *harm_archives.ZIP, *harm_archives.NPZ)
JSON = (*harm.BYTES, *harm.JSON)
TARGETS: dict[str, Target] = {
    "card": Target(_card, _read_card, (*JSON, *harm.PLACES)),
    "workspace": Target(_workspace, _read_workspace, (*JSON, *harm.PLACES)),
    "codes": Target(_codes, _read_codes, NPZ),
    "grid": Target(_grid, _read_grid, NPZ),
    "history": Target(_history, _read_history, NPZ),
    "checkpoint": Target(_checkpoint, _read_checkpoint, (*NPZ, *harm_archives.TEXTS, *harm.PLACES)),
    "data npz": Target(_npz, _load, (*NPZ, *harm.PLACES)),
    "idx": Target(_idx, _load_folder, (*harm.BYTES, *harm.IDX, *harm.PLACES)),
    "idx gzipped": Target(_gzipped_idx, _load_folder, (*harm.BYTES, *harm.GZIP, *harm.PLACES)),
    "png": Target(_picture("png", "RGBA"), handwriting.read, (*harm.BYTES, *harm.PLACES)),
    "palette": Target(_picture("png", "P"), handwriting.read, harm.BYTES),
    "16 bits": Target(_picture("png", "I;16"), handwriting.read, harm.BYTES),
    "jpeg": Target(_picture("jpg"), handwriting.read, harm.BYTES),
    "gif": Target(_picture("gif"), handwriting.read, harm.BYTES),
    "tiff": Target(_picture("tif"), handwriting.read, harm.BYTES),
    "webp": Target(_picture("webp"), handwriting.read, harm.BYTES),
    "bmp": Target(_picture("bmp"), handwriting.read, harm.BYTES),
    "pgm": Target(_picture("pgm"), handwriting.read, harm.BYTES),
    "pictures": Target(_pictures, _load, harm.FOLDER),
    "space": Target(_folder, _read_space, harm.FOLDER),
    "archive": Target(_archive, _read_archive, harm.BYTES),
    "onnx": Target(_onnx, _read_onnx, (*harm.BYTES, *harm.PLACES)),
    "onnx layers": Target(_onnx_of_layers, _read_onnx, harm.BYTES),
    "h5": Target(_h5, _read_h5, (*harm.BYTES, *harm.PLACES)),
}
