"""Small trained spaces of any shape, made without training: for `ae_precomp.py`, which answers from their grid."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.files.arrays import sha256_of
from explorer.files.writing import write_arrays
from explorer.images import datasets
from explorer.session.open_map import OpenSpace
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from explorer.spaces.card import CARD, CODES, DECODER, GRID, HISTORY, read_card, write_card
from explorer.spaces.folder import COLUMN, open_space, sums
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.projection import Moments, principal
from explorer.window.pane.context import MapContext

RESOLUTION = 24
RUN = {"images": 900}  # of a run: each epoch shows the codes of some of them
EPOCH = (DECODER, CODES, GRID, CARD)  # what an epoch leaves, in this order


def decode(places: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
    """What stands for a decoder: codes (n, d) to waves (n, *image_shape) float32 in [0, 1] that turn and narrow."""
    height, width = image_shape[:2]
    v, u = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    places = np.asarray(places, np.float64)
    places = np.stack([places[:, ::2].sum(axis=1), places[:, 1::2].sum(axis=1)], axis=1)  # even and odd numbers
    phases = places[:, 0, None, None] * u + places[:, 1, None, None] * v  # (n, height, width)
    if len(image_shape) == 3:
        phases = phases[..., None] + np.arange(image_shape[2])
    return (0.5 + 0.5 * np.sin(phases)).astype(np.float32)


class Waves:
    """Stands for a live decoder: see `decode`."""

    source = "live"

    def __init__(self, image_shape: tuple[int, ...]) -> None:
        self._shape = image_shape

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        return decode(codes, self._shape)

    def outside(self, codes: np.ndarray) -> np.ndarray:
        return np.zeros(len(codes), bool)


def _images(path: Path, n: int, image_shape: tuple[int, ...]) -> tuple[str, str]:
    """Writes a data set of n images, in their order, nine tenths to train with. Returns its source and fingerprint;
    images too thin for a data set get a source that is gone."""
    if min(image_shape[:2]) < datasets.SMALLEST_SIDE:
        return str(path), ""
    if path.exists():
        return str(path), datasets.load(str(path)).fingerprint
    images = np.random.default_rng(1).integers(0, 256, (n, *image_shape), np.uint8)
    cut = n - max(n // 10, 1)
    write_arrays(path, x_train=images[:cut], x_test=images[cut:])
    return str(path), datasets.load(str(path)).fingerprint


def make_space(
    folder: Path,
    image_shape: tuple[int, ...] = (28, 28),
    classes: Sequence[str] = tuple("0123456789"),
    n: int = 2000,
    columns: dict[str, np.ndarray] | None = None,
    title: str = "Autoencoder",
    data_title: str = "test images",
    network: bytes = b"no network",
    scale: float = 1.0,
    images: int | None = None,
    prior: str = "",
    more: dict | None = None,
    dimensions: int = 2,
) -> LatentSpace:
    """Writes a space's folder, and opens it.

    Each class is a cloud; they lie on a spiral. `decoder.keras` holds no network, but the card vouches for it.

    Args:
        image_shape: of the decoded images.
        classes: their names; none for images without labels.
        n: points, by turns of all classes.
        columns: (n,) values, by name.
        network: what stands for one in `decoder.keras`.
        scale: of the codes.
        images: of the data set, which then is one for all spaces beside this one; n of its own by default.
        prior: "normal" for codes that are standard normal, whatever their class.
        more: members of the card.
        dimensions: numbers of a code, 1 or more; those after the second are ever smaller noise.
    """
    folder.mkdir(parents=True)
    columns = columns or {}
    labels = np.arange(n) % max(len(classes), 1)
    angles, radii = 2.4 * labels, 2 * np.sqrt(labels)
    middles = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=-1)
    codes = (scale * (middles + np.random.default_rng(0).normal(scale=0.8, size=(n, 2)))).astype(np.float32)
    if prior:
        codes = np.random.default_rng(0).standard_normal((n, 2), np.float32)
    noise = np.random.default_rng(2).standard_normal((n, max(dimensions - 2, 0)), np.float32)
    noise *= np.float32(scale) / np.arange(2, 2 + noise.shape[1], dtype=np.float32)
    codes = np.concatenate([codes[:, :dimensions], noise], axis=1)
    members = {COLUMN + name: values for name, values in columns.items()}
    write_arrays(folder / CODES, codes=codes, labels=labels, rows=np.arange(n, dtype=np.int32), **members)
    (folder / DECODER).write_bytes(network)
    plane = None if dimensions == 2 else principal(Moments.of(codes))
    grid.save(
        folder,
        grid.compute(
            lambda codes: decode(codes, image_shape),
            grid.extent_for(view.default_limits(codes if plane is None else plane.places_of(codes))),
            RESOLUTION,
            sha256_of(folder / DECODER),
            plane=plane,
        ),
    )
    owner = folder.name if images is None else "-".join(map(str, image_shape))
    source, fingerprint = _images(folder.with_name(f"{owner}.npz"), images or n, image_shape)
    of_data = {"source": source, "fingerprint": fingerprint, "title": data_title}
    of_data |= {"image_shape": image_shape, "classes": list(classes)}
    if columns:
        of_data["columns"] = list(columns)
    card = {"kind": "test", "title": title, "data": of_data, "files": sums(folder)}
    write_card(folder, card | {"prior": prior} | (more or {}))
    return open_space(folder)


def make_epoch(folder: Path, epoch: int, epochs: int = 5, names: Sequence[str] = EPOCH, **of_space) -> None:
    """Replaces the files of a run's folder one by one, as training does after an epoch; the codes grow with it.

    Args:
        names: of the files that are replaced; fewer than all of them are what a reader meets who comes in between.
        of_space: see `make_space`.
    """
    scratch = folder.with_name(f"{folder.name}-{epoch}")
    losses = {"mse": [1 / (1 + number) for number in range(epoch)]}
    card = {"run": {"epoch": epoch, "epochs": epochs, "losses": losses}}
    make_space(scratch, network=b"epoch %d" % epoch, scale=1.0 + epoch, more=card, **RUN | {"n": 300} | of_space)
    folder.mkdir(exist_ok=True)
    for name in names:
        (scratch / name).replace(folder / name)
    shutil.rmtree(scratch)


def complete_run(partial: Path, out: Path, epochs: int = 5, **of_space) -> None:
    """Makes the complete space of a run's folder and renames it to `out`, as training does at its end."""
    shutil.rmtree(partial)
    make_space(partial, network=b"epoch %d" % epochs, scale=1.0 + epochs, **RUN | {"n": 900} | of_space)
    losses = np.array([1 / (1 + number) for number in range(epochs)], np.float32)
    write_arrays(partial / HISTORY, epochs=np.arange(epochs + 1), loss_mse=losses)
    write_card(partial, read_card(partial) | {"files": sums(partial)})
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)


def context_of(probe: SpaceProbe, workers: object) -> MapContext:
    """The context of a map that shows a space as a probe reads it, and whose engine never prepares anything."""
    engine = SimpleNamespace(decoder=probe.decoder, encoder_unavailable="", notices=[], run=None)
    context = MapContext(OpenSpace(engine, probe), MapState(probe.space), SharedState(), workers)
    context.marks = SimpleNamespace(show=lambda group, marks=(): None)
    return context
