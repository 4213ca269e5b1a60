"""The command line of `ae.py` and `ae_precomp.py`. Arguments are checked before slow libraries are imported."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import gc
import importlib
import math
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
from explorer.decoding.model_files import own_classes
from explorer.errors import LONGEST, NoDisplay, UserError, printable
from explorer.files import desktop, locations, preferences, untrusted
from explorer.files.preferences import Preferences
from explorer.files.writing import check_writable
from explorer.own_models import options as own_models
from explorer.session import workspace
from explorer.session.open_map import OpenMap, OpenSpace, open_space
from explorer.session.state import MapState, SharedState
from explorer.spaces.card import CARD
from explorer.spaces.folder import WEIGHTS, folder_of, homes, shipped_and_trained
from explorer.spaces.latent_space import LARGEST_CODE, Coordinates
from explorer.trace import Trace

SPACE = "autoencoder"
M_ARENA_MAX = -8  # of malloc.h
SIZE = (1280, 800)
SMALLEST, LARGEST = (640, 400), (8192, 8192)
SCALES = (0.5, 4.0)
PATHS = (
    "weights",
    "workspace",
    "snapshot",
    "export",
    "trace",
    *own_models.PATHS,
)  # the arguments that are always paths


def main_live(arguments: list[str] | None = None) -> int:
    """`ae.py`: the precomputed grid until Keras is loaded, then the Keras decoder."""
    script = "ae.py"
    parser = _parser(script, "Hover over the map of a latent space and see what Keras decodes there.")
    own_models.add_to(parser)
    options = parser.parse_args(_joined(arguments))
    engine = functools.partial(LiveEngine, trust=options.trust)
    return _run(script, options, engine, engine)


def main_grid(arguments: list[str] | None = None) -> int:
    """`ae_precomp.py`: the precomputed grid, without TensorFlow."""
    script = "ae_precomp.py"
    parser = _parser(script, "Hover over the map of a latent space and see its decoded images, without TensorFlow.")
    parser.add_argument("--resolution", type=_resolution, metavar="N", help="nodes along each side of the grid")
    parser.add_argument("--rebuild", action="store_true", help="compute the grid again")
    options = parser.parse_args(_joined(arguments))
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


class _Parser(argparse.ArgumentParser):
    """Its errors are one printable line below the usage, whatever the arguments contain."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message, LONGEST))


def _parser(script: str, description: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=locations.program(script), description=description)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--space", metavar="NAME", help=f"a space in weights/ ({SPACE})")
    which.add_argument("--weights", metavar="DIR", help="the folder of a trained space")
    parser.add_argument("--compare", metavar="NAME", help="show a second space of the same images beside the first")
    parser.add_argument("--workspace", metavar="FILE", help="open a saved workspace")
    parser.add_argument("--theme", choices=("light", "dark"), help="theme of the window (as last time; at first light)")
    parser.add_argument("--colour", metavar="NAME", help="colour the dots by class, error, spread, split, or a column")
    parser.add_argument(
        "--palette", metavar="COLOURS", help="colours of the classes: #rrggbb or names, or a file of them"
    )
    parser.add_argument("--background", choices=("none", *backgrounds.NAMES), help="what to paint behind the dots")
    parser.add_argument(
        "--chart", choices=("plain", "quantiles"), help="axes of the map: the codes, or their quantiles in the prior"
    )
    parser.add_argument("--at", type=_place, metavar="X,Y", help="put the cursor on this code, or place on the plane")
    parser.add_argument(
        "--size",
        type=_size,
        metavar="WxH",
        help=f"size of the window in pixels (as last time; at first {SIZE[0]}x{SIZE[1]})",
    )
    parser.add_argument(
        "--scale",
        type=_scale,
        metavar="FACTOR",
        help="enlarge text and controls, 0.5 to 4 (by the screen's resolution)",
    )
    parser.add_argument("--snapshot", metavar="OUT.png", help="save a picture and exit; needs no display")
    parser.add_argument(
        "--export",
        metavar="FILE",
        help="export the map and exit, by the ending: .html, .csv, .parquet or .projector; needs no display",
    )
    own_classes.add_option(parser)
    menu = parser.add_mutually_exclusive_group()
    menu.add_argument(
        "--install-desktop", action="store_true", help="add the program to the applications of a Linux desktop"
    )
    menu.add_argument("--remove-desktop", action="store_true", help="remove it from the applications")
    parser.add_argument("--trace", metavar="FILE", help="append events to this file, as JSON lines")
    return parser


def _joined(arguments: list[str] | None) -> list[str]:
    """The arguments with `--at -1,2` as `--at=-1,2`, and ranges likewise: to argparse, a minus begins an option."""
    joined: list[str] = []
    for argument in sys.argv[1:] if arguments is None else arguments:
        if joined and joined[-1] in ("--at", *own_models.RANGES) and re.match(r"-[\d.]", argument):
            joined[-1] = f"{joined[-1]}={argument}"
        else:
            joined.append(argument)
    return joined


def _place(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a pair of numbers like 1.5,-2") from None
    if not all(abs(number) <= LARGEST_CODE for number in numbers):
        raise argparse.ArgumentTypeError(f"'{text}' is too far from 0 for any map")
    return numbers


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size like 1280x800") from None
    if not (SMALLEST[0] <= width <= LARGEST[0] and SMALLEST[1] <= height <= LARGEST[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not between 640x400 and 8192x8192")
    return width, height


def _scale(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not SCALES[0] <= factor <= SCALES[1]:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {SCALES[0]:g} to {SCALES[1]:g}")
    return factor


def _resolution(text: str) -> int:
    if not text.isdecimal() or len(text) > 100 or int(text) not in grid.RESOLUTIONS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 2 to {grid.RESOLUTIONS[-1]}")
    return int(text)


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
