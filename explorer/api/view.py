"""A window on a space."""

from __future__ import annotations

import atexit
import contextlib
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from explorer.api.given import THEMES, NameOrFolder, checked_size, folder_of, one_of, place_of, read_only
from explorer.api.opened import Space, open  # noqa: A004
from explorer.errors import NoDisplay, UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from explorer.window.app.window import ExplorerWindow


class View:
    """A window that `show` has opened.

    `selection`, `pins` and `position` can be read and set. The window shows changes at once if an event loop runs,
    otherwise after the next `update`. After the window was closed they keep their last values and cannot be set. Use a
    view only in the thread that made it.
    """

    def __init__(self, window: ExplorerWindow, space: Space, compare: object = None) -> None:
        self._window, self._state, self._shared = window, window.pane.state, window.shared
        self._spaces = space, compare  # those in memory end with their objects

    def __repr__(self) -> str:
        return f"<View of {self._state.space.name!r}{', closed' if self.closed else ''}>"

    @property
    def selection(self) -> NDArray[np.intp]:
        """The selected images: their data rows, (m,) integers, ascending. Set any data rows of the space."""
        return read_only(self._shared.selection)

    @selection.setter
    def selection(self, rows: ArrayLike) -> None:
        self._shared.select(self._rows(rows))

    @property
    def pins(self) -> NDArray[np.intp]:
        """The pinned images: their data rows, (m,) integers, in the order in which they were pinned."""
        import numpy as np

        return read_only(np.array(self._shared.pins, np.intp))

    @pins.setter
    def pins(self, rows: ArrayLike) -> None:
        self._shared.set_pins(tuple(dict.fromkeys(self._rows(rows).tolist())))

    @property
    def position(self) -> tuple[float, float]:
        """The position of the cursor on the first map, in latent units; with prior-quantile axes, in quantiles. Setting
        it also moves the view if the position is out of sight. If codes have more than two numbers, it can be set to
        a code, which also moves the plane."""
        return self._state.cursor

    @position.setter
    def position(self, position: Sequence[float]) -> None:
        self._check_open()
        self._state.show_place(place_of(position, self._window.pane.context))

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
    beside = None if compare is None else compare.folder if isinstance(compare, Space) else folder_of(compare)
    window = _window(space, beside, theme, size)
    window.open()
    view = View(window, space, compare)
    if (block is None and not _is_interactive()) or block:
        view.wait()
    return view


# ---- inside --------------------------------------------------------------------------------------

_windows: weakref.WeakSet[ExplorerWindow] = weakref.WeakSet()


def _window(space: Space, compare: Path | None, theme: str, size: tuple[int, int] | None) -> ExplorerWindow:
    """A window that is not visible yet. Raises UserError like `show`."""
    from explorer.session.state import MapState, SharedState
    from explorer.trace import Trace

    instead = "space.snapshot('map.png') draws into a file without a window"
    shared = SharedState(one_of("theme", theme, THEMES))
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
            size=None if size is None else checked_size(size),
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
