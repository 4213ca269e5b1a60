"""A trained space: its points, their images, and its networks."""

from __future__ import annotations

import copy
import dataclasses
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from explorer.api.given import (
    SIZE,
    THEMES,
    NameOrFolder,
    checked_size,
    folder_of,
    one_of,
    place_of,
    position_of,
    read_only,
)
from explorer.errors import UserError
from explorer.files import untrusted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from explorer.images.datasets import Dataset
    from explorer.session.open_map import OpenMap, OpenSpace
    from explorer.spaces.latent_space import LatentSpace
    from explorer.spaces.point_index import PointIndex

SLACK = 1e-3  # floats of images may exceed [0, 1] by this much


def open(space: NameOrFolder, *, live: bool | None = None, trust: bool | NameOrFolder = False) -> Space:  # noqa: A001
    """Opens a trained space.

    Args:
        space: the name of a bundled space or of your own, such as "autoencoder", or the path of a space's folder. If a
            text is both a name and a path in the working folder, it is taken as the name.
        live: which decoder to use. True: Keras, or a UserError if TensorFlow is missing; False: the grid, without
            TensorFlow; None: Keras if TensorFlow is installed, otherwise the grid.
        trust: whether networks may contain code (Lambda layers), or the Python file that defines their own classes.
            Only for files of people whom you trust.

    Raises:
        UserError: there is no such space, or it cannot be opened.
    """
    from explorer.decoding import keras_runtime
    from explorer.decoding.engines import GridEngine, LiveEngine
    from explorer.decoding.model_files import own_classes
    from explorer.session.open_map import open_space

    if live and not keras_runtime.available():
        raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}, or open the grid with live=False")
    trusted = trust if isinstance(trust, bool) else untrusted.absolute(os.fspath(trust))
    own_classes.check(trusted)
    engine_for = functools.partial(GridEngine if live is False else LiveEngine, trust=trusted)
    return Space(open_space(folder_of(space), engine_for), engine_for, trusted)


class Space:
    """A trained space: its points, their images, and its networks. `open` and `train` return one.

    Arrays are read-only, and have one entry for each of the n points, in the same order. Positions on the map are in
    latent units: the position of a point is its code, or its place on a plane if codes have more than two numbers.

    A space that is still being trained is opened at its latest epoch. Open it again for a later one.
    """

    def __init__(
        self,
        opened: OpenSpace,
        engine_for: Callable[[LatentSpace], Any],
        trust: bool | Path,
        notes: Sequence[str] = (),
    ) -> None:
        from explorer.session.open_map import OpenMap

        self._map: OpenMap = OpenMap(opened)
        self._engine_for, self._trust, self._notes = engine_for, trust, tuple(notes)
        if opened.engine.run is not None:  # otherwise the networks would be of a later epoch than the codes
            self._prepare()
        self._space: LatentSpace = self._map.probe.space

    def __repr__(self) -> str:
        return f"<Space {self.name!r}: {len(self):,} points of {self._space.data_title}, {self.decoder} decoder>"

    def __len__(self) -> int:
        """The number of points, n."""
        return len(self._space.codes)

    # ---- description ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the folder, such as "autoencoder"."""
        return self._space.name

    @property
    def title(self) -> str:
        """The title of the space, such as "Autoencoder"."""
        return self._space.title

    @property
    def folder(self) -> Path:
        """The absolute path of the folder."""
        return self._space.folder

    @property
    def card(self) -> dict[str, Any]:
        """A copy of `card.json`: kind, settings, data, metrics, versions."""
        return copy.deepcopy(self._space.card)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; empty if the images have no labels."""
        return self._space.class_names

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of one image: (height, width), or (height, width, 3) for colour."""
        return self._space.image_shape

    @property
    def decoder(self) -> Literal["live", "grid"]:
        """The decoder that `decode` uses: Keras ("live") or the precomputed grid ("grid")."""
        return "live" if getattr(self._map.engine, "live_available", False) else "grid"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found out about your own models, one line each; empty for other spaces."""
        return self._notes

    # ---- points ------------------------------------------------------------------------------

    @property
    def codes(self) -> NDArray[np.float32]:
        """The codes, (n, d) float32, in latent units. In most spaces d is 2."""
        return read_only(self._space.codes)

    @property
    def labels(self) -> NDArray[np.integer[Any]]:
        """The class of each point, (n,) integers: indices into `class_names`; all 0 without classes."""
        return read_only(self._space.labels)

    @property
    def rows(self) -> NDArray[np.integer[Any]]:
        """The data row of each point, (n,) integers: the index of its image in the data set. Test images follow the
        training images. A row means the same image in every space of the same data."""
        return read_only(self._space.rows)

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Further columns of the data by name, each (n,) numbers or strings."""
        return MappingProxyType({name: read_only(values) for name, values in self._space.columns.items()})

    @functools.cached_property
    def images(self) -> NDArray[np.uint8]:
        """The original images, (n, height, width[, 3]) uint8, 0 to 255. They are read on first use.

        Raises:
            UserError: the data set is missing, or has changed since training.
        """
        return read_only(self._dataset().images(self._space.rows))

    def indices_of(self, rows: ArrayLike) -> NDArray[np.intp]:
        """The indices of the points with these data rows, (k,) integers, in the order of the points. Unknown data rows
        are left out."""
        import numpy as np

        return self._space.indices_of(np.asarray(rows))

    def nearest(self, position: Sequence[float], k: int = 1) -> NDArray[np.intp]:
        """The points nearest to a position.

        Args:
            position: two numbers, in latent units.
            k: how many points, at least 1.

        Returns:
            Indices, (k,) integers, nearest first; fewer if the space has fewer than k points.

        Raises:
            UserError: position or k is invalid.
        """
        a, b = position_of(position)
        if k < 1:
            raise UserError(f"k is {k}: give 1 or more")
        return self._points.closest((a, b), int(k))[0]

    # ---- networks ----------------------------------------------------------------------------

    def decode(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Decodes codes to images, (n, height, width[, 3]) float32, 0 to 1. The first call loads the network.

        Args:
            codes: (n, d) numbers in latent units; a single code, (d,), gives a single image.

        Raises:
            UserError: codes have another shape or are not finite, or the network cannot be loaded.
        """
        import numpy as np

        given, d = np.asarray(codes), self._space.dimensions
        if given.shape[-1:] != (d,) or given.ndim not in (1, 2) or given.dtype.kind not in "iuf":
            raise UserError(f"codes are {given.dtype} {given.shape}: give numbers of shape (n, {d}), or ({d},)")
        if not np.isfinite(given).all():
            raise UserError("codes hold NaN or infinite values")
        self._prepare()
        if self._map.probe.decoder is None:
            raise UserError(self._map.probe.decoder_unavailable)
        return _each(self._map.probe.decoder, given.astype(np.float32), 1, self.image_shape)

    def encode(self, images: ArrayLike) -> NDArray[np.float32]:
        """Encodes images to codes, (n, d) float32. The first call loads the network.

        Args:
            images: (n, height, width[, 3]) integers from 0 to 255, or floats from 0 to 1; a single image gives a
                single code, (d,).

        Raises:
            UserError: images have another shape or range, or there is no encoder, which needs Keras.
        """
        given = _as_floats(images, self.image_shape)
        self._prepare()
        encoder = self._map.probe.encoder
        if encoder is None:
            why = self._map.probe.encoder_unavailable
            grid = "a grid can only decode: open the space without live=False to encode"
            raise UserError(why if hasattr(self._map.engine, "live_available") else grid)
        return _each(encoder, given, len(self.image_shape), (self._space.dimensions,))

    def keep(self, folder: NameOrFolder) -> Space:
        """Writes a space of your own models into a folder, with its models and a grid, and opens it there.

        A model that is a function has no file: then only its codes and its grid are kept.

        Args:
            folder: it appears complete or not at all, and replaces an older space there.

        Raises:
            UserError: the folder cannot be written, or the space is in a folder already.
        """
        from explorer.own_models import keeping
        from explorer.spaces import in_memory

        held = in_memory.at(self.folder)
        if held is None:
            raise UserError(f"'{self.name}' is in a folder already: {self.folder}")
        target = untrusted.absolute(os.fspath(folder))
        notes = keeping.keep(held, target)
        kept = open(target, trust=self._trust)
        return Space(kept._map.opened, kept._engine_for, kept._trust, (*self.notes, *notes))

    # ---- a picture -------------------------------------------------------------------------------

    def snapshot(
        self,
        path: NameOrFolder,
        *,
        position: Sequence[float] | None = None,
        colour: str = "class",
        background: str = "none",
        theme: Literal["light", "dark"] = "light",
        size: tuple[int, int] = SIZE,
    ) -> None:
        """Draws the map and the decoded picture into a PNG file; needs no display.

        Args:
            path: the file, which ends in .png. It appears complete or not at all.
            position: the cursor, in latent units: a place on the map, or a code; by default, in the middle of a class.
            colour: colouring of the dots: "class", "error", "spread", "split", or the name of a column.
            background: background behind the dots: "none", "density", "error", "sensitivity" or "drift".
            theme: "light" or "dark".
            size: width and height in pixels.

        Raises:
            UserError: the file cannot be written, or the space does not have what is asked for.
        """
        from explorer.analysis import backgrounds, colouring
        from explorer.drawing import snapshot
        from explorer.files.writing import check_writable
        from explorer.session.open_map import OpenMap
        from explorer.session.state import MapState, SharedState

        target = untrusted.absolute(os.fspath(path))
        if target.suffix.lower() != ".png":
            raise UserError(f"a snapshot is a PNG: give a name that ends in .png, not {target}")
        check_writable(target)
        size = checked_size(size)
        state, shared = MapState(self._space), SharedState(one_of("theme", theme, THEMES))
        shared.colour_by(colouring.named(self._space, colour))
        state.paint(one_of("background", background, ("none", *backgrounds.BACKGROUNDS)))
        self._prepare()
        drawn = OpenMap(self._again(), state)
        if position is not None:
            state.move_cursor(place_of(position, drawn))
        drawn.work_out_style(shared)
        snapshot.save(target, drawn, shared, size)

    def export(self, path: NameOrFolder) -> str:
        """Exports all points; the ending of the name says how. Needs no display.

        Args:
            path: a web page that decodes at the cursor (.html), a table of codes, columns and neighbours (.csv or
                .parquet), or a new folder for the Embedding Projector (.projector). It appears complete or not at all.

        Returns:
            What was left out and why, one line; empty if everything is there.

        Raises:
            UserError: the ending is unknown, a package is missing, or the file cannot be written.
        """
        from explorer.drawing import exports

        target = untrusted.absolute(os.fspath(path))
        exports.check(target)
        if exports.wants_decoder(target):
            self._prepare()
        return exports.export(target, self._map.probe)

    # ---- inside ----------------------------------------------------------------------------------

    @functools.cached_property
    def _points(self) -> PointIndex:
        from explorer.spaces.point_index import PointIndex

        return PointIndex(self._space.places)

    def _dataset(self) -> Dataset:
        """The data set, read anew on each call, because it is as large as the images; unless it lies in memory."""
        from explorer.analysis.analyses import ORIGINALS

        return self._map.probe.result(ORIGINALS) or ORIGINALS.work_out(self._map.probe)

    def _prepare(self) -> None:
        """Loads the networks, once."""
        if not self._map.opened.prepared:
            if hasattr(self._map.engine, "pause"):
                self._map.engine.pause = 0  # a pause is only useful in a window
            self._map.prepare()

    def _again(self) -> OpenSpace:
        """The space opened again for another map, with the same networks; a training run at its latest epoch."""
        from explorer.session.open_map import open_space

        if self._map.engine.run is not None:
            return open_space(self.folder, self._engine_for)
        return dataclasses.replace(self._map.opened, probe=self._map.probe.through(self._space))


def _as_floats(images: ArrayLike, image_shape: tuple[int, ...]) -> NDArray[np.float32]:
    """One or several images as float32 from 0 to 1. Raises UserError like `Space.encode`."""
    import numpy as np

    given = np.asarray(images)
    if given.shape[given.ndim - len(image_shape) :] != image_shape or given.ndim > len(image_shape) + 1:
        raise UserError(f"images are {given.shape}: give {('n', *image_shape)}".replace("'", ""))
    most = {"b": 1, "u": 255, "i": 255, "f": 1}.get(given.dtype.kind)
    if most is None:
        raise UserError(f"images are {given.dtype}: give integers from 0 to 255, or floats from 0 to 1")
    if given.size and not (given.min() >= -SLACK and given.max() <= most + SLACK):  # also catches NaN
        raise UserError(f"images go from {given.min():g} to {given.max():g}: scale them to 0 to {most}")
    return given.astype(np.float32) / np.float32(most)


def _each(network: Any, rows: NDArray[np.float32], of_one: int, gives: tuple[int, ...]) -> NDArray[np.float32]:
    """The output of a network for rows, in small batches, or for a single row.

    Args:
        of_one: the number of dimensions of a single row.
        gives: the shape of one output.
    """
    import numpy as np

    from explorer.decoding import keras_runtime

    if not len(rows):
        return np.empty((0, *gives), np.float32)
    found = keras_runtime.in_batches(network, rows[None] if rows.ndim == of_one else rows)
    return found[0] if rows.ndim == of_one else found
