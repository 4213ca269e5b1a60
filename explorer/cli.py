"""The command line of `ae.py` and `ae_precomp.py`. Arguments are checked before slow libraries are imported."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import gc
import importlib
import os
import sys
import threading
from pathlib import Path

import numpy as np

from explorer import interrupt
from explorer.analysis import backgrounds, colouring
from explorer.analysis.analyses import ORIGINALS
from explorer.command_line import SIZE, SPACE, joined, parser_of, resolution
from explorer.decoding import keras_runtime
from explorer.decoding.engines import EngineFor, GridEngine, LiveEngine, Notice
from explorer.decoding.model_files import own_classes
from explorer.errors import NoDisplay, UserError, printable
from explorer.files import desktop, locations, preferences, untrusted
from explorer.files.preferences import Preferences
from explorer.files.writing import check_writable
from explorer.own_models import options as own_models
from explorer.session import workspace
from explorer.session.open_map import OpenMap, OpenSpace, open_space
from explorer.session.state import MapState, SharedState
from explorer.spaces.card import CARD
from explorer.spaces.folder import WEIGHTS, folder_of, homes, shipped_and_trained
from explorer.spaces.latent_space import Coordinates
from explorer.trace import Trace

M_ARENA_MAX = -8  # of malloc.h
# The arguments that are always paths.
PATHS = ("weights", "workspace", "snapshot", "export", "trace", *own_models.PATHS)


def main_live(arguments: list[str] | None = None) -> int:
    """`ae.py`: the precomputed grid until Keras is loaded, then the Keras decoder."""
    script = "ae.py"
    parser = parser_of(script, "Hover over the map of a latent space and see what Keras decodes there.")
    own_models.add_to(parser)
    options = parser.parse_args(joined(arguments))
    engine = functools.partial(LiveEngine, trust=options.trust)
    return _run(script, options, engine, engine)


def main_grid(arguments: list[str] | None = None) -> int:
    """`ae_precomp.py`: the precomputed grid, without TensorFlow."""
    script = "ae_precomp.py"
    parser = parser_of(script, "Hover over the map of a latent space and see its decoded images, without TensorFlow.")
    own_models.add_maps_to(parser)
    parser.add_argument("--resolution", type=resolution, metavar="N", help="nodes along each side of the grid")
    parser.add_argument("--rebuild", action="store_true", help="compute the grid again")
    options = parser.parse_args(joined(arguments))
    further = functools.partial(GridEngine, trust=options.trust)
    first = functools.partial(further, resolution=options.resolution, rebuild=options.rebuild)
    return _run(script, options, first, further)


def _run(script: str, options: argparse.Namespace, first: EngineFor, further: EngineFor) -> int:
    """Runs a program. Returns the exit status: 2 after a UserError, whose line is printed on stderr.

    Args:
        script: "ae.py" or "ae_precomp.py".
        first, further: make the engine of the first space, and of spaces that are chosen later.
    """
    keras_runtime.process_is_ours = True
    _share_heaps()
    try:
        if options.install_desktop or options.remove_desktop:
            return _change_desktop(script, options.install_desktop)
        _make_absolute(options)
        own_classes.check(options.trust)
        windowless = options.snapshot is not None or options.export is not None
        if not windowless:
            threading.Thread(target=_import_window).start()  # in parallel with reading the space
        _check_writable(options)
        kept = None if options.workspace is None else workspace.read(options.workspace)
        with Trace(options.trace) as trace:
            folder = _own_model(options) or options.weights or folder_of(options.space or _space_of(kept))
            opened = open_space(folder, first, check=False)
            remembered = Preferences() if windowless else preferences.read()
            shared = SharedState(options.theme or remembered.theme or "light")
            state = MapState(opened.probe.space)
            if kept is not None:
                _resume(options, kept, opened, state, shared)
            if options.chart is not None:
                _use_coordinates(state, options.chart)
            if options.palette is not None:
                _use_palette(options.palette)
            if options.at is not None:
                _put_cursor(options.at, opened, state)
            if options.colour is not None:
                shared.colour_by(colouring.named(state.space, options.colour))
            if options.background is not None:
                state.paint(options.background)
            if windowless:
                gc.enable()
                return _write_files(options, OpenMap(opened, state), further, shared)
            options.size = options.size or remembered.size
            return _window(options, opened, state, shared, engine_for=further, trace=trace)
    except UserError as error:
        print(f"{locations.program(script)}: {error}", file=sys.stderr)
        return 2


def _own_model(options: argparse.Namespace) -> Path | None:
    """The folder of the space that somebody's own models make, if the arguments name any."""
    if not own_models.are_given(options):
        return None
    if options.space or options.weights:
        raise UserError("a space and models of your own cannot both be opened: give one of them")
    return own_models.folder_of(options, _say)


def _import_window() -> None:
    """Imports everything that the first frame needs, Matplotlib above all. An error comes again where it is needed."""
    with contextlib.suppress(ImportError):
        importlib.import_module("explorer.window.app.window")


def _change_desktop(script: str, install: bool) -> int:
    """Installs or removes the program's desktop entry, and says so."""
    if install:
        from explorer.drawing import icon

        print(printable(desktop.install(script, icon.as_png())))
    else:
        print(printable(desktop.remove(script)))
    return 0


def _make_absolute(options: argparse.Namespace) -> None:
    """Makes the paths among the arguments absolute, so that the working folder is not needed later.

    Raises UserError if one is empty, or if the working folder no longer exists.
    """
    for name in (*PATHS, "compare"):
        text = getattr(options, name, None)
        if text == "":
            raise UserError(f"--{name} is empty: give a path")
        if text is not None and name in PATHS:
            setattr(options, name, untrusted.absolute(text))


def _share_heaps() -> None:
    """Makes all threads share two heaps. glibc gives each thread its own, whose gaps are never returned."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _space_of(kept: workspace.Workspace | None) -> str:
    """The name of the space to open: that of the workspace, if there is such a space, else the default."""
    return kept.space if kept is not None and kept.space in shipped_and_trained() else SPACE


def _resume(
    options: argparse.Namespace, kept: workspace.Workspace, opened: OpenSpace, state: MapState, shared: SharedState
) -> None:
    """Applies a workspace, and prints what does not fit. Other arguments take precedence."""
    try:
        kept, notes = workspace.fitted(kept, state.space, opened.plane_fixed)
    except UserError as error:
        raise UserError(f"{options.workspace}: {error}") from None
    workspace.apply(kept, state, shared)
    if options.theme is not None:
        shared.theme = options.theme
    if options.compare is None and kept.beside:
        options.compare = kept.beside
        if not os.path.exists(_compared(options) / CARD):
            options.compare = None
            notes.append(f"the compared space '{kept.beside}' was not found")
    for note in notes:
        _say(f"{options.workspace}: {note}")


def _use_coordinates(state: MapState, coordinates: Coordinates) -> None:
    """Shows the map in other coordinates. Raises UserError if its space does not have them."""
    if coordinates not in state.space.all_coordinates:
        raise UserError(f"'{state.space.name}' has no normal prior, so it cannot be shown with --chart {coordinates}")
    state.use_coordinates(coordinates)


def _put_cursor(numbers: tuple[float, ...], opened: OpenSpace, state: MapState) -> None:
    """Moves the cursor to a code, or to a place on the map's plane, which has two numbers. Raises UserError for as
    many numbers as neither has."""
    space, code = state.space, np.array(numbers)
    if len(code) == 2 != space.dimensions:
        code = space.projection.codes_at(code[None])[0]
    elif len(code) != space.dimensions:
        given = f"'{','.join(f'{number:g}' for number in numbers)}'"
        if space.dimensions == 2:
            raise UserError(f"--at {given} is not a pair of numbers like 1.5,-2")
        raise UserError(f"--at {given}: give 2 numbers, a place on the map, or {space.dimensions}, a code")
    state.move_cursor(OpenMap(opened, state).reach(code))


def _use_palette(text: str) -> None:
    from explorer.drawing import palette, themes

    themes.use_palette(palette.read(text))


def _compared(options: argparse.Namespace) -> Path | None:
    """The folder of the space to compare with, which may not exist; None without `--compare`.

    A name is looked for beside the first space's folder, then in weights/; otherwise it is a path.
    """
    if options.compare is None:
        return None
    places = homes() if options.weights is None else [options.weights.parent, *homes()]
    known = [] if options.compare[0] in ".~" else [home / options.compare for home in places]
    if found := next((folder for folder in known if os.path.exists(folder)), None):
        return found
    is_name = options.compare == os.path.basename(options.compare) and not os.path.exists(options.compare)
    return WEIGHTS / options.compare if is_name else untrusted.absolute(options.compare)


def _window(options: argparse.Namespace, opened: OpenSpace, state: MapState, shared: SharedState, **services) -> int:
    try:
        import tkinter  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"this Python has no Tk ({error}): on Debian and Ubuntu 'apt install python3-tk', on macOS "
            "'brew install python-tk'; or use --snapshot OUT.png"
        ) from None
    from explorer.window.app.window import ExplorerWindow
    from explorer.window.base.scale import be_dpi_aware

    gc.freeze()  # modules are permanent: no collection has to look at them
    be_dpi_aware()
    compare = _compared(options)
    try:
        looks = {"size": options.size, "scale": options.scale, "compare": compare}
        offer_tour = _is_first_start(options)
        window = ExplorerWindow(opened, state, shared, **looks, offer_tour=offer_tour, **services)
    except NoDisplay as error:
        raise UserError(f"{error}: use --snapshot OUT.png to draw without one") from None
    opened_with = {"theme": shared.theme, "size": window.size}
    status = window.run()
    closed_with = {"theme": shared.theme, "size": window.size}
    preferences.remember(**dict(closed_with.items() - opened_with.items()))  # an option counts for this start only
    if window.busy:
        if sys.stderr is not None:
            sys.stderr.flush()
        interrupt.end(status)
    return status


def _is_first_start(options: argparse.Namespace) -> bool:
    """Whether somebody has started the program without knowing it, who was not offered the tour before: what names a
    file or two spaces was written by somebody who does, or by a script."""
    knows = (options.trace, options.workspace, options.compare, options.weights, own_models.are_given(options))
    return not any(knows) and not preferences.read().tour_offered


def _write_files(options: argparse.Namespace, first: OpenMap, further: EngineFor, shared: SharedState) -> int:
    """Writes what `--export` and `--snapshot` ask for."""
    if options.export is not None:
        from explorer.drawing import exports

        if exports.wants_decoder(options.export) and (first.probe.decoder is None or first.engine.why_compute):
            _prepare(first)
        if note := exports.export(options.export, first.probe):
            _say(f"{options.export}: {note}")
    return 0 if options.snapshot is None else _snapshot(options, first, further, shared)


def _snapshot(options: argparse.Namespace, first: OpenMap, further: EngineFor, shared: SharedState) -> int:
    from explorer.drawing.snapshot import save

    folder = _compared(options)
    second = None if folder is None else _second(folder, further, first, shared)
    _prepare(first)
    first.work_out_style(shared)
    if second is not None:
        _prepare(second)
        try:
            first.work_out(ORIGINALS)
        except UserError as error:
            _say(f"no real image is shown: {error}")
        first.share_images(second)
        background = backgrounds.BACKGROUNDS.get(first.state.background)
        if background is not None and not second.probe.unavailable(background):
            second.state.paint(first.state.background)
        second.work_out_style(shared)
    save(options.snapshot, first, shared, options.size or SIZE, second)
    return 0


def _second(folder: Path, further: EngineFor, first: OpenMap, shared: SharedState) -> OpenMap:
    """Opens the space to compare with. Raises UserError if the two cannot be compared."""
    if folder.parent == WEIGHTS and not os.path.exists(folder):
        folder = folder_of(folder.name)  # raises an error that names the spaces
    second = OpenMap(open_space(folder, further, beside=first.probe.space, check=False))
    space = second.probe.space
    if shared.colouring not in colouring.names(space):
        column = shared.colouring.removeprefix(colouring.COLUMN)
        raise UserError(f"'{space.name}' has no column '{column}' to colour its dots by")
    return second


def _prepare(open_map: OpenMap) -> None:
    """Waits until the engine has prepared everything; prints its notices."""
    for notice in open_map.engine.notices:
        _say(notice.text)
    open_map.prepare(lambda message: _say(message.text) if isinstance(message, Notice) else None)


def _say(text: str) -> None:
    print(printable(text), file=sys.stderr)


def _check_writable(options: argparse.Namespace) -> None:
    """Raises UserError if a picture or an export cannot be written, before anything is computed."""
    if (path := options.snapshot) is not None:
        if path.suffix.lower() != ".png":
            raise UserError(f"--snapshot writes PNG: give a name that ends in .png, not {path}")
        _check_place(path, "the picture")
        check_writable(path)
    if (path := options.export) is not None:
        from explorer.drawing import exports

        _check_place(path, "the export")
        exports.check(path)


def _check_place(path: Path, what: str) -> None:
    """Raises UserError if the folder of a file that is to be written does not exist."""
    try:
        with untrusted.readable(path), contextlib.suppress(FileNotFoundError):
            os.stat(path)  # a name that is too long, a link to itself
    except UserError as error:
        raise UserError(f"{error}: choose another file for {what}") from None
    if not os.path.isdir(path.parent):
        raise UserError(f"cannot write {path}: the folder {path.parent} does not exist")
