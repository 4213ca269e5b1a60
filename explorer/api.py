"""The Python API: open a space, show it, train one, measure one. docs/api.md has an example of each name.

It is built on everything else. Slow libraries are imported when they are needed.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import dataclasses
import functools
import os
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from explorer.errors import NoDisplay, UserError
from explorer.files import untrusted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from explorer.files.schema import Reading
    from explorer.images.datasets import Dataset
    from explorer.session.open_map import OpenMap, OpenSpace
    from explorer.space.latent_space import LatentSpace
    from explorer.space.point_index import PointIndex
    from explorer.window.app.window import ExplorerWindow

__all__ = ["Space", "UserError", "View", "evaluate", "open", "show", "train"]

NameOrFolder = str | os.PathLike[str]
SIZE = (1280, 800)  # pixels, of windows and snapshots
THEMES = ("light", "dark")
SLACK = 1e-3  # floats of images may exceed [0, 1] by this much


def open(space: NameOrFolder, *, live: bool | None = None, trust: bool = False) -> Space:  # noqa: A001
    """Opens a trained space.

    Args:
        space: the name of a bundled space or of your own, such as "autoencoder", or the path of a space's folder. If a
            text is both a name and a path in the working folder, it is taken as the name.
        live: which decoder to use. True: Keras, or a UserError if TensorFlow is missing; False: the grid, without
            TensorFlow; None: Keras if TensorFlow is installed, otherwise the grid.
        trust: whether networks may contain code (Lambda layers). Only for files of people whom you trust.

    Raises:
        UserError: there is no such space, or it cannot be opened.
    """
    from explorer.decoding import keras_runtime
    from explorer.decoding.engines import GridEngine, LiveEngine
    from explorer.session.open_map import open_space

    if live and not keras_runtime.available():
        raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}, or open the grid with live=False")
    engine_for = functools.partial(GridEngine if live is False else LiveEngine, trust=trust)
    return Space(open_space(_folder_of(space), engine_for), engine_for, trust)


class Space:
    """A trained space: its points, their images, and its networks. `open` and `train` return one.

    Arrays are read-only, and have one entry for each of the n points, in the same order. Positions on the map are in
    latent units: the position of a point is its code.

    A space that is still being trained is opened at its latest epoch. Open it again for a later one.
    """

    def __init__(self, opened: OpenSpace, engine_for: Callable[[LatentSpace], Any], trust: bool) -> None:
        from explorer.session.open_map import OpenMap

        self._map: OpenMap = OpenMap(opened)
        self._engine_for, self._trust = engine_for, trust
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

    # ---- points ------------------------------------------------------------------------------

    @property
    def codes(self) -> NDArray[np.float32]:
        """The codes, (n, 2) float32, in latent units."""
        return _read_only(self._space.codes)

    @property
    def labels(self) -> NDArray[np.integer[Any]]:
        """The class of each point, (n,) integers: indices into `class_names`; all 0 without classes."""
        return _read_only(self._space.labels)

    @property
    def rows(self) -> NDArray[np.integer[Any]]:
        """The data row of each point, (n,) integers: the index of its image in the data set. Test images follow the
        training images. A row means the same image in every space of the same data."""
        return _read_only(self._space.rows)

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Further columns of the data by name, each (n,) numbers or strings."""
        return MappingProxyType({name: _read_only(values) for name, values in self._space.columns.items()})

    @functools.cached_property
    def images(self) -> NDArray[np.uint8]:
        """The original images, (n, height, width[, 3]) uint8, 0 to 255. They are read on first use.

        Raises:
            UserError: the data set is missing, or has changed since training.
        """
        return _read_only(self._dataset().images(self._space.rows))

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
        place = _position(position)
        if k < 1:
            raise UserError(f"k is {k}: give 1 or more")
        return self._points.closest(place, int(k))[0]

    # ---- networks ----------------------------------------------------------------------------

    def decode(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Decodes codes to images, (n, height, width[, 3]) float32, 0 to 1. The first call loads the network.

        Args:
            codes: (n, 2) numbers in latent units; a single code, (2,), gives a single image.

        Raises:
            UserError: codes have another shape or are not finite, or the network cannot be loaded.
        """
        import numpy as np

        given = np.asarray(codes)
        if given.shape[-1:] != (2,) or given.ndim not in (1, 2) or given.dtype.kind not in "iuf":
            raise UserError(f"codes are {given.dtype} {given.shape}: give numbers of shape (n, 2), or (2,)")
        if not np.isfinite(given).all():
            raise UserError("codes hold NaN or infinite values")
        self._prepare()
        return _each(self._map.probe.decoder, given.astype(np.float32), 1, self.image_shape)

    def encode(self, images: ArrayLike) -> NDArray[np.float32]:
        """Encodes images to codes, (n, 2) float32. The first call loads the network.

        Args:
            images: (n, height, width[, 3]) integers from 0 to 255, or floats from 0 to 1; a single image gives a
                single code, (2,).

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
        return _each(encoder, given, len(self.image_shape), (2,))

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
            position: the cursor, in latent units; by default, in the middle of a class.
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
        size = _checked_size(size)
        state, shared = MapState(self._space), SharedState(_one_of("theme", theme, THEMES))
        if position is not None:
            state.move_cursor(_position(position))
        shared.colour_by(colouring.named(self._space, colour))
        state.paint(_one_of("background", background, ("none", *backgrounds.BACKGROUNDS)))
        self._prepare()
        drawn = OpenMap(self._again(), state)
        drawn.work_out_style(shared)
        snapshot.save(target, drawn, shared, size)

    # ---- inside ----------------------------------------------------------------------------------

    @functools.cached_property
    def _points(self) -> PointIndex:
        from explorer.space.point_index import PointIndex

        return PointIndex(self._space.codes)

    def _dataset(self) -> Dataset:
        """The data set, read anew on each call, because it is as large as the images."""
        from explorer.analysis.analyses import ORIGINALS

        return ORIGINALS.work_out(self._map.probe)

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


class View:
    """A window that `show` has opened.

    `selection`, `pins` and `position` can be read and set. The window shows changes at once if an event loop runs,
    otherwise after the next `update`. After the window was closed they keep their last values and cannot be set. Use a
    view only in the thread that made it.
    """

    def __init__(self, window: ExplorerWindow) -> None:
        self._window, self._state, self._shared = window, window.pane.state, window.shared

    def __repr__(self) -> str:
        return f"<View of {self._state.space.name!r}{', closed' if self.closed else ''}>"

    @property
    def selection(self) -> NDArray[np.intp]:
        """The selected images: their data rows, (m,) integers, ascending. Set any data rows of the space."""
        return _read_only(self._shared.selection)

    @selection.setter
    def selection(self, rows: ArrayLike) -> None:
        self._shared.select(self._rows(rows))

    @property
    def pins(self) -> NDArray[np.intp]:
        """The pinned images: their data rows, (m,) integers, in the order in which they were pinned."""
        import numpy as np

        return _read_only(np.array(self._shared.pins, np.intp))

    @pins.setter
    def pins(self, rows: ArrayLike) -> None:
        self._shared.set_pins(tuple(dict.fromkeys(self._rows(rows).tolist())))

    @property
    def position(self) -> tuple[float, float]:
        """The position of the cursor on the first map, in latent units; with prior-quantile axes, in quantiles. Setting
        it also moves the view if the position is out of sight."""
        return self._state.cursor

    @position.setter
    def position(self, position: Sequence[float]) -> None:
        self._check_open()
        self._state.show_place(_position(position))

    @property
    def closed(self) -> bool:
        """Whether the window has been closed."""
        return not self._window.is_open

    def update(self) -> bool:
        """Draws all changes, and handles all pending mouse and key events. Does not wait for new ones.

        Returns:
            Whether the window is still open.
        """
        return self._window.update()

    def wait(self) -> None:
        """Waits until the window is closed, and handles its events."""
        self._window.wait()

    def close(self) -> None:
        """Closes the window, if it is open."""
        if not self.closed:
            self._window.close()

    def _check_open(self) -> None:
        if self.closed:
            raise UserError("the window is closed: show the space again")

    def _rows(self, rows: ArrayLike) -> NDArray[np.intp]:
        """Checks data rows, (m,). Raises UserError if the space does not have one, or the window is closed."""
        import numpy as np

        self._check_open()
        given = np.asarray(rows)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise UserError(f"data rows are {given.dtype} {given.shape}: give integers of shape (m,)")
        unknown = given[~np.isin(given, self._state.space.rows)]
        if len(unknown):
            raise UserError(f"the space '{self._state.space.name}' has no data row {unknown[0]}")
        return given.astype(np.intp)


def show(
    space: Space | NameOrFolder = "autoencoder",
    *,
    block: bool | None = None,
    compare: Space | NameOrFolder | None = None,
    theme: Literal["light", "dark"] = "light",
    size: tuple[int, int] | None = None,
) -> View:
    """Opens a window on a space.

    Args:
        space: an opened space, or what `open` takes.
        block: whether to wait until the window is closed. None: only if no event loop handles the window's events; one
            does at the prompt of `python`, and after `%gui tk` in IPython. In a script with False, call `update` or
            `wait` of the view.
        compare: a second space of the same images, shown beside the first one.
        theme: "light" or "dark".
        size: width and height of the window in pixels, at most those of the screen. By default 1280 × 800, and more on
            a screen of more than 96 dpi.

    Raises:
        UserError: the space cannot be opened, there is no display, or this Python has no Tk.
    """
    space = space if isinstance(space, Space) else open(space)
    beside = None if compare is None else compare.folder if isinstance(compare, Space) else _folder_of(compare)
    window = _window(space, beside, theme, size)
    window.open()
    view = View(window)
    if (block is None and not _is_interactive()) or block:
        view.wait()
    return view


def train(
    kind: str = "autoencoder",
    data: NameOrFolder | ArrayLike | tuple[ArrayLike | None, ...] = "mnist",
    *,
    out: NameOrFolder | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    neighbour_weight: float | None = None,
    hidden: Sequence[int] | None = None,
    beta: float | None = None,
    noise: float | None = None,
    seed: int | None = None,
    resize: tuple[int, int] | None = None,
    transpose: bool = False,
    skip_damaged: bool = False,
    resume: bool = False,
) -> Space:
    """Trains a space and opens it. Prints what the data contain and a line for each epoch, like `python model.py
    train`. Needs TensorFlow.

    Args:
        kind: kind of space: "pca", "lda", "autoencoder", "autoencoder-plain", "denoising", "vae", "gan",
            "convolutional", "transformer" or "classifier".
        data: the name of a data set, such as "mnist"; the path of an .npz, of IDX files or of a folder of pictures; or
            arrays: images x, (x, y), or (x_train, y_train, x_test, y_test). Images are (n, height, width[, 3]), uint8
            or floats from 0 to 1; labels are (n,) integers or strings, or None. Arrays are kept in a file beside the
            folder; the space shows the images in it.
        out: the folder; by default `my-<kind>` in `weights/` of a checkout, or of the working folder. An older space
            there is replaced when the new one is complete.
        epochs: passes over the images.
        batch_size: images per step.
        learning_rate: peak learning rate.
        neighbour_weight: weight of the neighbour loss, which pulls codes to a neighbour embedding; 0: reconstruction
            only.
        hidden: widths of the encoder's layers.
        beta: "vae" only: the weight of the KL divergence from the prior.
        noise: "denoising" only: the standard deviation of the noise.
        seed: random seed. The same seed on the same machine gives the same weights.
        resize: (height, width) to resize images to. Proportions are kept; the colour of an image's border fills
            the rest.
        transpose: whether to exchange rows and columns of each image, for EMNIST's files.
        skip_damaged: whether to leave out pictures that cannot be read.
        resume: whether to continue an interrupted run with the same settings.

    Raises:
        UserError: the data, the folder or an option cannot be used, TensorFlow is not installed, or training diverged.
        KeyboardInterrupt: the run can be continued with `resume`.
    """

    from explorer.decoding import keras_runtime
    from explorer.images import datasets
    from explorer.space.folder import homes
    from explorer.training import cli

    if not keras_runtime.available():
        raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}")
    given = {
        "seed": seed,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "neighbour_weight": neighbour_weight,
        "hidden": hidden if hidden is None else ",".join(map(str, hidden)),
        "beta": beta,
        "noise": noise,
    }
    choices = {name: cli.checked(name, str(value)) for name, value in given.items() if value is not None}
    reading = _reading(resize, transpose, skip_damaged)
    if reading.choices:
        choices["reading"] = reading
    folder = Path(out) if out is not None else homes()[-1] / f"my-{kind}"
    is_named = isinstance(data, str | os.PathLike)
    source = datasets.check(str(data)) if is_named else _keep_arrays(folder, data)
    if cli.train(folder, resume, space=kind, source=source, **choices) is None:
        raise UserError("this machine was a worker: another machine writes the space")
    return open(folder)


def evaluate(space: Space | NameOrFolder, data: NameOrFolder | None = None) -> dict[str, float]:
    """Measures a space on test images; needs TensorFlow, and takes up to a minute.

    Args:
        space: an opened space, or what `open` takes.
        data: the data set, as in `train` but not arrays; by default, the data set of the space.

    Returns:
        Metrics by name, such as `mse`, `psnr_db`, `knn_10`, `trustworthiness_12` and `parameters`. They depend on the
        kind of space and on whether the images have labels.

    Raises:
        UserError: a file is missing or damaged, the images do not fit, or TensorFlow is not installed.
    """
    from explorer.decoding import keras_runtime
    from explorer.images import datasets
    from explorer.training import evaluate as measuring

    if not keras_runtime.available():
        raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}")
    opened = space if isinstance(space, Space) else open(space)
    given = None if data is None else datasets.load(os.fspath(data))
    _, figures = next(measuring.rows(opened.folder, given, opened._trust))
    return {name: float(value) for name, value in figures.items()}


# ---- inside --------------------------------------------------------------------------------------

_windows: weakref.WeakSet[ExplorerWindow] = weakref.WeakSet()


def _window(space: Space, compare: Path | None, theme: str, size: tuple[int, int] | None) -> ExplorerWindow:
    """A window that is not visible yet. Raises UserError like `show`."""
    from explorer.session.state import MapState, SharedState
    from explorer.trace import Trace

    instead = "space.snapshot('map.png') draws into a file without a window"
    shared = SharedState(_one_of("theme", theme, THEMES))
    try:
        from explorer.window.app.window import ExplorerWindow
    except ImportError as error:
        if error.name not in ("tkinter", "_tkinter"):
            raise
        raise UserError(f"this Python has no Tk ({error}): install it, or {instead}") from None
    opened = space._again()
    try:
        window = ExplorerWindow(
            opened,
            MapState(opened.probe.space),
            shared,
            engine_for=space._engine_for,
            trace=Trace(None),
            size=None if size is None else _checked_size(size),
            compare=compare,
        )
    except NoDisplay as error:
        raise UserError(f"{error}: {instead}") from None
    if not _windows:
        atexit.register(_finish)
    _windows.add(window)
    return window


def _finish() -> None:
    """Ends the threads of all windows: a library must not be loading while Python ends."""
    for window in list(_windows):
        with contextlib.suppress(Exception):  # the display is gone, or the window belongs to another thread
            if window.is_open:
                window.close()
        window.workers.join()


def _is_interactive() -> bool:
    """Whether an event loop handles Tk's events while Python waits for the next command."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        return getattr(shell, "active_eventloop", None) == "tk"
    return hasattr(sys, "ps1") or bool(sys.flags.interactive)


def _folder_of(space: NameOrFolder) -> Path:
    """The folder of a name or a path. Raises UserError if there is no such space."""
    from explorer.space.folder import folder_of, shipped_and_trained

    text = os.fspath(space)
    is_name = isinstance(space, str) and text == os.path.basename(text) and text[:1] not in (".", "~", "")
    if is_name and (text in shipped_and_trained() or not os.path.exists(text)):
        return folder_of(text)
    return untrusted.absolute(text)


def _reading(resize: tuple[int, int] | None, transpose: bool, skip_damaged: bool) -> Reading:
    """The options for reading images. Raises UserError for an impossible size."""
    from explorer.files import schema

    try:
        size = None if resize is None else list(resize)
        return schema.checked({"resize": size, "transpose": transpose, "skip_damaged": skip_damaged}, schema.Reading)
    except (TypeError, ValueError) as error:
        raise UserError(f"{error}: give resize as (height, width) in pixels, the others as True or False") from None


def _keep_arrays(folder: Path, data: Any) -> str:
    """Writes images and labels into a file beside the folder of a space, named by a hash of the content. Returns its
    path. Raises UserError if they are not a data set."""
    import numpy as np

    from explorer.files.writing import write_arrays
    from explorer.images import datasets
    from explorer.images.found import Found, Split
    from explorer.images.readers import as_column

    parts = data if isinstance(data, tuple) else (data,)
    if len(parts) not in (1, 2, 4):
        raise UserError(f"data has {len(parts)} parts: give x, (x, y), or (x_train, y_train, x_test, y_test)")
    names = ("x_train", "y_train", "x_test", "y_test") if len(parts) == 4 else ("images", "labels")
    members = {name: np.asarray(part) for name, part in zip(names, parts, strict=False) if part is not None}
    pairs = [names[start : start + 2] for start in range(0, len(parts), 2)]
    if wrong := [name for name, array in members.items() if array.dtype == object]:
        raise UserError(f"{wrong[0]} holds Python objects: give numbers or strings")
    if missing := [x for x, _ in pairs if x not in members]:
        raise UserError(f"{missing[0]} is missing: give images")
    splits = [Split(x, members[x], as_column(members[y]) if y in members else None) for x, y in pairs]
    fingerprint = datasets.made_of("", "", Found(splits)).fingerprint
    try:
        path = untrusted.absolute(folder.parent / f"{folder.name}-{fingerprint[:12]}.npz")
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make {folder.parent}: {error.strerror or error}") from None
    write_arrays(path, **members)
    return str(path)


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


def _position(position: Sequence[float]) -> tuple[float, float]:
    """Checks that a position is two numbers. Raises UserError for anything else."""
    import numpy as np

    from explorer.space.latent_space import LARGEST_CODE

    given = np.asarray(position)
    if given.shape != (2,) or given.dtype.kind not in "iuf" or not (np.abs(given) <= LARGEST_CODE).all():
        raise UserError(f"{position!r} is not a position: give two numbers")
    return float(given[0]), float(given[1])


def _checked_size(size: tuple[int, int]) -> tuple[int, int]:
    from explorer.cli import LARGEST, SMALLEST

    width, height = size
    if not (SMALLEST[0] <= width <= LARGEST[0] and SMALLEST[1] <= height <= LARGEST[1]):
        raise UserError(f"the size {width} × {height} is not between 640 × 400 and 8192 × 8192 pixels")
    return int(width), int(height)


def _one_of(what: str, name: str, names: Sequence[str]) -> Any:
    if name not in names:
        raise UserError(f"there is no {what} '{name}': give {', '.join(names)}")
    return name


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view of the same memory."""
    seen = array.view()
    seen.flags.writeable = False
    return seen
