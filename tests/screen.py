"""A virtual screen and programs on it, driven with real X events through the XTEST extension."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import tkinter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import ImageGrab
from Xlib import XK, X, display, protocol
from Xlib.ext import res, xtest

from explorer.window.base.rest import QUESTION, awaited

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 2600, 1500
PATIENCE = 120.0  # seconds until something that must happen counts as not happening


class Screen:
    """Xvfb, with a pointer and a keyboard. Coordinates are screen pixels from the top left.

    Args:
        size: of the screen in pixels.
        dpi: that it claims to have.
    """

    def __init__(self, size: tuple[int, int] = (WIDTH, HEIGHT), dpi: int = 96) -> None:
        self._size, self._dpi = size, dpi

    def __enter__(self) -> Screen:
        read, write = os.pipe()
        arguments = ["-screen", "0", "{}x{}x24".format(*self._size), "-dpi", str(self._dpi), "-noreset"]
        arguments += ["-nolisten", "tcp", "-displayfd", str(write)]
        self._server = subprocess.Popen(["Xvfb", *arguments], pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = f":{pipe.readline().strip()}"
        self.display = display.Display(self.name)
        self.move(WIDTH - 1, HEIGHT - 1)
        return self

    def __exit__(self, *exception) -> None:
        self.display.close()
        self._server.terminate()
        self._server.wait()

    def move(self, *path: int) -> None:
        """Moves the pointer to x, y, or through x0, y0, x1, y1, … with all events sent at once."""
        for x, y in zip(path[::2], path[1::2], strict=True):
            xtest.fake_input(self.display, X.MotionNotify, x=int(x), y=int(y))
        self.display.sync()

    def press(self, button: int = 1) -> None:
        xtest.fake_input(self.display, X.ButtonPress, button)
        self.display.sync()

    def release(self, button: int = 1) -> None:
        xtest.fake_input(self.display, X.ButtonRelease, button)
        self.display.sync()

    def click(self, x: int, y: int, button: int = 1, times: int = 1) -> None:
        self.move(x, y)
        for _ in range(times):
            self.press(button)
            self.release(button)

    def key(self, name: str, *modifiers: str) -> None:
        """Types a key by its X name, with modifiers held: key("r"), key("Left", "Shift_L")."""
        codes = [self.display.keysym_to_keycode(XK.string_to_keysym(each)) for each in (*modifiers, name)]
        for code in codes:
            xtest.fake_input(self.display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self.display, X.KeyRelease, code)
        self.display.sync()

    def grab(self, box: list[int] | None = None) -> np.ndarray:
        """The pixels of x, y, width, height, or of all, as (height, width, 3) uint8."""
        bounds = None if box is None else (box[0], box[1], box[0] + box[2], box[1] + box[3])
        return np.asarray(ImageGrab.grab(bounds, xdisplay=self.name).convert("RGB"))

    def tell(self, window, name: str = "WM_DELETE_WINDOW", time: int = X.CurrentTime, more: int = 0) -> None:
        """Sends a window a protocol, as a window manager does; by default that its close button was pressed."""
        kind, protocol_name = (self.display.intern_atom(each) for each in ("WM_PROTOCOLS", name))
        data = (32, [protocol_name, time, more, 0, 0])
        window.send_event(protocol.event.ClientMessage(window=window, client_type=kind, data=data))
        self.display.sync()

    def window(self, title: str, process: int | None = None):
        """The top-level window whose title begins so, of the process with this id or of any, or None."""
        for child in self.display.screen().root.query_tree().children:
            with contextlib.suppress(Exception):  # windows come and go meanwhile
                name = child.get_full_text_property(self.display.intern_atom("_NET_WM_NAME")) or child.get_wm_name()
                named = name and name.startswith(title) and child.get_attributes().map_state == X.IsViewable
                if named and process in (None, self._process_of(child)):
                    return child
        return None

    def _process_of(self, window) -> int:
        """The id of the process whose window it is."""
        asked = {"client": window.id, "mask": res.LocalClientPIDMask}
        return self.display.res_query_client_ids([asked]).ids[0].value[0]


def settle(window: tkinter.Misc) -> None:
    """Handles and draws everything in a window of our own process, until no more is to be done later."""
    deadline = time.monotonic() + PATIENCE
    window.update()
    while awaited(window):
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for a window to rest"
        time.sleep(0.002)
        window.update()


class Program:
    """One of our programs on the screen, seen through its trace.

    Args:
        path: a folder of modules that it finds first.
        prefix: what stands before the command.
        configuration: where it keeps its preferences, an own folder by default.
    """

    def __init__(
        self,
        screen: Screen,
        script: str,
        arguments: list[str],
        trace: Path,
        *,
        path: Path | None = None,
        prefix=(),
        configuration: Path | None = None,
    ) -> None:
        self.screen, self.trace = screen, trace
        # A window that opens under the mouse loses the keyboard when the mouse leaves it, where no manager of windows
        # says otherwise: to Tk it had the keyboard because of the mouse.
        screen.move(WIDTH - 1, HEIGHT - 1)
        self.expected_status, self.expected_stderr = 0, ""
        self._questions = self._forgotten = self._read = 0
        self._told: list[dict] = []
        environment = os.environ | {"DISPLAY": screen.name} | ({"PYTHONPATH": str(path)} if path else {})
        environment["XDG_CONFIG_HOME"] = str(configuration or trace.with_suffix(".config"))
        for name in ("TF_CPP_MIN_LOG_LEVEL", "PYTHONDONTWRITEBYTECODE"):  # as users have it
            environment.pop(name, None)
        command = [*prefix, sys.executable, str(ROOT / script), *arguments, "--trace", str(trace)]
        self._errors = open(trace.with_suffix(".stderr"), "w+")  # noqa: SIM115, closed by finish
        self.process = subprocess.Popen(command, env=environment, stdout=self._errors, stderr=self._errors)

    # ---- what it says ----------------------------------------------------------------------------

    def events(self, name: str | None = None) -> list[dict]:
        """The trace, since the program was reset if it was."""
        return [event for event in self._trace()[self._forgotten :] if name in (None, event["event"])]

    def _trace(self) -> list[dict]:
        if self.trace.exists():  # only what is new: a trace can have many thousand lines
            with open(self.trace, "rb") as file:
                file.seek(self._read)
                lines = file.read().split(b"\n")[:-1]
            self._told += map(json.loads, lines)
            self._read += sum(len(line) + 1 for line in lines)
        return self._told

    def wait(self, condition: Callable[[], object], what: str):
        """What `condition` gives as soon as that is true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
            assert self.process.poll() is None, f"ended while waiting for {what}: {self.stderr()}"
            time.sleep(0.01)
        raise AssertionError(f"waited {PATIENCE} s for {what}: {self.stderr()}")

    def wait_for(self, name: str) -> dict:
        """The latest event of this name, once there is one."""
        return self.wait(lambda: self.events(name), name)[-1]

    def layout(self) -> dict:
        """The boxes of map and picture, in screen pixels, as last reported."""
        return [event for event in self._trace() if event["event"] in ("window", "layout")][-1]

    def stderr(self) -> str:
        self._errors.flush()
        return Path(self._errors.name).read_text()

    # ---- what is done to it ----------------------------------------------------------------------

    def window(self):
        """Its main window, or None."""
        return self.screen.window("Latent Space Explorer", self.process.pid)

    def hover(self, x: int, y: int) -> dict:
        """Moves the mouse there. Returns the trace of that frame, once it is on the screen."""
        self.screen.move(x, y)
        self.handled()
        shown = [event for event in self._trace() if event["event"] == "hover"][-1]
        assert shown["px"] == [x, y], f"{shown['px']} is shown, not {x}, {y}"
        return shown

    def picture(self, shape: tuple[int, ...] = (28, 28)) -> np.ndarray:
        """The decoded picture on the screen, one value per image pixel and channel, uint8 of this shape.

        Every block of screen pixels must be of one colour, or the picture is not shown as it is.
        """
        pixels = self.screen.grab(self.layout()["picture"])
        height, width = shape[:2]
        size = pixels.shape[0] // height
        assert pixels.shape[:2] == (height * size, width * size)
        blocks = pixels.reshape(height, size, width, size, 3)
        assert (blocks == blocks[:, :1, :, :1]).all(), "the picture is no grid of even blocks"
        if len(shape) == 3:
            return blocks[:, 0, :, 0]
        assert (blocks == blocks[..., :1]).all(), "the picture is not grey"
        return blocks[:, 0, :, 0, 0]

    def handled(self) -> None:
        """Waits until all that was done so far has been handled, and what it changed is on the screen."""
        self._ask("handled")

    def settle(self) -> None:
        """Waits until, besides, no work is going on, and nothing is to be done later."""
        self._ask("rest")

    def _ask(self, answer: str) -> None:
        self._questions += 1
        self._send(QUESTION)
        told = lambda: any(event["asked"] >= self._questions for event in self.events(answer)[-1:])  # noqa: E731
        self.wait(told, answer)

    def catch_up(self) -> None:
        """As `settle`, with the cursor at one and the same place, and the mouse off the window."""
        x, y, *_ = self.layout()["map"]
        self.hover(x + 41, y + 40)
        self.screen.move(WIDTH - 1, HEIGHT - 1)
        self.settle()

    def resize(self, width: int, height: int) -> None:
        self.window().configure(width=width, height=height)
        self.screen.display.sync()
        self.settle()

    def reset(self) -> None:
        """Makes the window what it was, for the next test that shares it: all classes and the whole map shown, nothing
        pinned, said or selected, and no other colouring or background. The events so far are forgotten."""
        for key in ("Escape", "Escape", "a", "r"):
            self.screen.key(key)
        self.settle()
        for key, event, usual in (("c", "colouring", "class"), ("b", "background", "none")):
            while (found := self.events(event)) and found[-1]["name"] != usual:
                self.screen.key(key)
                self.settle()
        self._forgotten = len(self._trace())

    def close(self) -> None:
        """Presses the window's close button."""
        self._send("WM_DELETE_WINDOW")

    def _send(self, name: str) -> None:
        """Sends the window a protocol; it comes after all that was done before."""
        self.screen.tell(self.window(), name)

    def finish(self) -> None:
        """Closes it if it runs, once; nothing unexpected may have been printed, and the status be right."""
        if self._errors.closed:
            return
        if self.process.poll() is None and (window := self.window()):  # which may be closing already
            self.screen.tell(window)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            text = self.stderr()
            self._errors.close()
            self.screen.move(WIDTH - 1, HEIGHT - 1)
        assert status == self.expected_status, text
        assert (self.expected_stderr in text) if self.expected_stderr else (text == ""), text
