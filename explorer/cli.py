"""The command line that `ae.py` and `ae_precomp.py` share: checks first, heavy imports last."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import importlib
import os
import re
import sys
import threading
from pathlib import Path
from typing import NoReturn

import numpy as np

from explorer import interrupt
from explorer.analysis import backgrounds, colouring
from explorer.analysis.analyses import ORIGINALS
from explorer.decoding import grid, keras_runtime
from explorer.decoding.engines import EngineFor, GridEngine, LiveEngine, Notice
from explorer.errors import LONGEST, NoDisplay, UserError, printable
from explorer.files import locations, untrusted
from explorer.files.writing import check_writable
from explorer.session import workspace
from explorer.session.open_map import OpenMap, OpenSpace, open_space
from explorer.session.state import MapState, SharedState
from explorer.space.card import CARD
from explorer.space.folder import WEIGHTS, folder_of, homes, shipped_and_trained
from explorer.space.latent_space import LARGEST_CODE, Coordinates
from explorer.trace import Trace

SPACE = "autoencoder"
M_ARENA_MAX = -8  # of malloc.h
SIZE = (1280, 800)
SMALLEST, LARGEST = (640, 400), (8192, 8192)
PATHS = ("weights", "workspace", "snapshot", "trace")  # the arguments that are always paths


def main_live(arguments: list[str] | None = None) -> int:
    """`ae.py`: the grid until Keras is there, then the Keras decoder."""
    program = locations.program("ae.py")
    options = _parser(program, "Hover over the latent map; Keras decodes live.").parse_args(_joined(arguments))
    engine = functools.partial(LiveEngine, trust=options.trust)
    return _run(program, options, engine, engine)


def main_grid(arguments: list[str] | None = None) -> int:
    """`ae_precomp.py`: decodings from the precomputed grid, without TensorFlow."""
    program = locations.program("ae_precomp.py")
    parser = _parser(program, "Hover over the latent map; a precomputed grid answers.")
    parser.add_argument("--resolution", type=_resolution, metavar="N", help="nodes along each side of the grid")
    parser.add_argument("--rebuild", action="store_true", help="compute the grid anew")
    options = parser.parse_args(_joined(arguments))
    further = functools.partial(GridEngine, trust=options.trust)
    first = functools.partial(further, resolution=options.resolution, rebuild=options.rebuild)
    return _run(program, options, first, further)


def _run(program: str, options: argparse.Namespace, first: EngineFor, further: EngineFor) -> int:
    """Returns the exit status: 2, with one line on stderr, for what the user can mend.

    Args:
        first, further: make the engine of the space that the arguments name, and of those chosen later.
    """
    keras_runtime.process_is_ours = True
    _share_heaps()
    try:
        _make_absolute(options)
        if options.snapshot is None:  # Matplotlib takes longest; the space is read beside it
            threading.Thread(target=importlib.import_module, args=("explorer.drawing.latent_map",)).start()
        else:
            _check_writable(options.snapshot)
        kept = None if options.workspace is None else workspace.read(options.workspace)
        with Trace(options.trace) as trace:
            folder = options.weights or folder_of(options.space or _space_of(kept))
            opened = open_space(folder, first, check=False)
            shared, state = SharedState(options.theme or "light"), MapState(opened.probe.space)
            if kept is not None:
                _resume(options, kept, state, shared)
            if options.chart is not None:
                _use_coordinates(state, options.chart)
            if options.palette is not None:
                _use_palette(options.palette)
            if options.at is not None:
                state.move_cursor(state.space.place_of(np.array(options.at)))
            if options.colour is not None:
                shared.colour_by(colouring.named(state.space, options.colour))
            if options.background is not None:
                state.paint(options.background)
            if options.snapshot is not None:
                return _snapshot(options, OpenMap(opened, state), further, shared)
            return _window(options, opened, state, shared, engine_for=further, trace=trace)
    except UserError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2


def _make_absolute(options: argparse.Namespace) -> None:
    """Makes full paths of the arguments that name files and folders, so that nothing asks for the working folder later.
    Raises UserError for an empty one, and where there is no working folder."""
    for name in (*PATHS, "compare"):
        text = getattr(options, name)
        if text == "":
            raise UserError(f"--{name} is empty: give a path")
        if text is not None and name in PATHS:
            setattr(options, name, untrusted.absolute(text))


def _share_heaps() -> None:
    """Has all threads share two heaps: glibc gives each thread one of its own, and their gaps are never given back."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _space_of(kept: workspace.Workspace | None) -> str:
    """The space that a workspace is of, where it is one of those in weights/."""
    return kept.space if kept is not None and kept.space in shipped_and_trained() else SPACE


def _resume(options: argparse.Namespace, kept: workspace.Workspace, state: MapState, shared: SharedState) -> None:
    """Makes a workspace what is looked at; says what of it does not fit. Other arguments count more."""
    try:
        kept, notes = workspace.fitted(kept, state.space)
    except UserError as error:
        raise UserError(f"{options.workspace}: {error}") from None
    workspace.apply(kept, state, shared)
    if options.theme is not None:
        shared.theme = options.theme
    if options.compare is None and kept.beside:
        options.compare = kept.beside
        if not os.path.exists(_compared(options) / CARD):
            options.compare = None
            notes.append(f"there is no space '{kept.beside}' to compare with")
    for note in notes:
        _say(f"{options.workspace}: {note}")


def _use_coordinates(state: MapState, coordinates: Coordinates) -> None:
    """Shows the map in some coordinates. Raises UserError where its space has no such ones."""
    if coordinates not in state.space.all_coordinates:
        known = f"the codes of '{state.space.name}' have no normal prior"
        raise UserError(f"{known}, so that there is no chart '{coordinates}' of them")
    state.use_coordinates(coordinates)


def _use_palette(text: str) -> None:
    from explorer.drawing import palette, themes

    themes.use_palette(palette.read(text))


def _compared(options: argparse.Namespace) -> Path | None:
    """The folder of the space to compare with; None where none is asked for. A name is looked for beside the first
    space's folder and in weights/, then it is a path; it may lead nowhere."""
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

    size, compare = options.size or SIZE, _compared(options)
    try:
        window = ExplorerWindow(opened, state, shared, size=size, compare=compare, **services)
    except NoDisplay as error:
        raise UserError(f"{error}: use --snapshot OUT.png to draw without one") from None
    status = window.run()
    if window.busy:
        if sys.stderr is not None:
            sys.stderr.flush()
        interrupt.end(status)
    return status


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
    """A space to compare with. Raises UserError where that cannot be done."""
    if folder.parent == WEIGHTS and not os.path.exists(folder):
        folder = folder_of(folder.name)  # tells which there are
    second = OpenMap(open_space(folder, further, beside=first.probe.space, check=False))
    space = second.probe.space
    if shared.colouring not in colouring.names(space):
        column = shared.colouring.removeprefix(colouring.COLUMN)
        raise UserError(f"'{space.name}' has no column '{column}' to colour its dots by")
    return second


def _prepare(open_map: OpenMap) -> None:
    """Waits for everything that the engine prepares; prints what it notices."""
    for notice in open_map.engine.notices:
        _say(notice.text)
    open_map.prepare(lambda message: _say(message.text) if isinstance(message, Notice) else None)


def _say(text: str) -> None:
    print(printable(text), file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Its complaints are one printable line below the usage, whatever the arguments hold."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message, LONGEST))


def _parser(program: str, description: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=program, description=description)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--space", metavar="NAME", help=f"a space in weights/ ({SPACE})")
    which.add_argument("--weights", metavar="DIR", help="the folder of a trained space")
    parser.add_argument("--compare", metavar="NAME", help="show a second space of the same images beside it")
    parser.add_argument("--workspace", metavar="FILE", help="go on with a workspace that was saved")
    parser.add_argument("--theme", choices=("light", "dark"), help="(light)")
    parser.add_argument("--colour", metavar="NAME", help="of the dots: class, error, spread, split, or a column")
    parser.add_argument("--palette", metavar="COLOURS", help="of the classes: #rrggbb or names, or a file of them")
    parser.add_argument("--background", choices=("none", *backgrounds.NAMES), help="behind the dots")
    parser.add_argument("--chart", choices=("plain", "quantiles"), help="how codes lie on the map")
    parser.add_argument("--at", type=_place, metavar="X,Y", help="where to look, in latent units")
    parser.add_argument("--size", type=_size, metavar="WxH", help=f"pixels ({SIZE[0]}x{SIZE[1]})")
    parser.add_argument("--snapshot", metavar="OUT.png", help="draw into a file, without a display")
    parser.add_argument("--trust", action="store_true", help="open networks that run code of their own (Lambda)")
    parser.add_argument("--trace", metavar="FILE", help="append what happens, as JSON lines")
    return parser


def _joined(arguments: list[str] | None) -> list[str]:
    """The arguments with `--at -1,2` as `--at=-1,2`: argparse takes a leading minus for an option."""
    joined: list[str] = []
    for argument in sys.argv[1:] if arguments is None else arguments:
        if joined and joined[-1] == "--at" and re.match(r"-[\d.]", argument):
            joined[-1] = f"--at={argument}"
        else:
            joined.append(argument)
    return joined


def _place(text: str) -> tuple[float, float]:
    try:
        a, b = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no pair of numbers like 1.5,-2") from None
    if not (abs(a) <= LARGEST_CODE and abs(b) <= LARGEST_CODE):
        raise argparse.ArgumentTypeError(f"'{text}' is no place on any map")
    return a, b


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no size like 1280x800") from None
    if not (SMALLEST[0] <= width <= LARGEST[0] and SMALLEST[1] <= height <= LARGEST[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not between 640x400 and 8192x8192")
    return width, height


def _resolution(text: str) -> int:
    if not text.isdecimal() or len(text) > 100 or int(text) not in grid.RESOLUTIONS:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 2 to {grid.RESOLUTIONS[-1]}")
    return int(text)


def _check_writable(path: Path) -> None:
    """Raises UserError, before anything is computed, where the picture could not be written."""
    if path.suffix.lower() != ".png":
        raise UserError(f"--snapshot writes PNG: give a name that ends in .png, not {path}")
    try:
        with untrusted.readable(path), contextlib.suppress(FileNotFoundError):
            os.stat(path)  # too long a name, a link that leads to itself
    except UserError as error:
        raise UserError(f"{error}: choose another file for the picture") from None
    if not os.path.isdir(path.parent):
        raise UserError(f"cannot write {path}: the folder {path.parent} does not exist")
    check_writable(path)
