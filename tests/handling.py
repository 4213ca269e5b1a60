"""What users do in a window with real X events: draw outlines on a map, and name files in dialogs."""

import json

import numpy as np
from Xlib import XK, X
from Xlib.ext import xtest


def drag(program, corners, *modifiers):
    """Presses at the first of the pixels, goes through all of them, and releases; waits for what comes of it."""
    before = len(program.events("selection"))
    codes = [program.screen.display.keysym_to_keycode(XK.string_to_keysym(name)) for name in modifiers]
    program.screen.move(*corners[0])
    for code in codes:
        xtest.fake_input(program.screen.display, X.KeyPress, code)
    program.screen.press()
    for corner in corners[1:]:
        program.screen.move(*corner)
        program.handled()  # Tk drops moves that lie in its queue behind each other
    program.screen.release()
    for code in codes:
        xtest.fake_input(program.screen.display, X.KeyRelease, code)
    program.screen.display.sync()
    event = program.wait(lambda: program.events("selection")[before:], "a selection")[0]
    program.settle()
    return event["count"]


def around(box, x, y, r, corners=11):
    """Pixels of a star around a place that is given in shares of the axes."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radii = min(box[2:]) * r * np.where(np.arange(corners) % 2, 0.6, 1.0)
    middle = box[0] + x * box[2], box[1] + y * box[3]
    return [
        (int(middle[0] + c), int(middle[1] + s))
        for c, s in np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)
    ]


class Plane:
    """Carries pixels to places, exactly: from what is decoded at two of them. The traced box is rounded."""

    def __init__(self, program, box):
        x, y, width, height = box
        # not at the top, where a message may lie over the map
        self.pixels = np.array([(x + 9, y + height // 2), (x + width - 9, y + height - 7)])
        self.codes = np.array([program.hover(*pixel)["z"] for pixel in self.pixels.tolist()])

    def places(self, pixels):
        scale = np.diff(self.codes, axis=0) / np.diff(self.pixels, axis=0)
        return (self.codes[0] + (np.array(pixels) - self.pixels[0]) * scale).tolist()

    def limits(self, box):
        (a0, b1), (a1, b0) = self.places([box[:2], (box[0] + box[2], box[1] + box[3])])
        return a0, a1, b0, b1


def through_the_dialog(program, path, name, *modifiers):
    """Presses a key that opens a file dialog, and types a path into it."""
    program.screen.key(name, *modifiers)
    type_path(program, path)


def type_path(program, path):
    program.wait(lambda: dialog(program), "the dialog")
    program.settle()
    program.screen.key("slash", "Control_L")  # selects what stands there
    for letter in str(path):
        names = {"/": "slash", ".": "period", "-": "minus", "_": "underscore"}
        modifiers = ("Shift_L",) if letter.isupper() or letter == "_" else ()
        program.screen.key(names.get(letter, letter.lower()), *modifiers)
    program.screen.key("Return")
    program.wait(lambda: not dialog(program), "the end of the dialog")


def dialog(program):
    return any(program.screen.window(title) for title in ("Save the", "Open a", "Export the"))


def selected(program, path):
    """The selection, as a workspace tells it that is saved by way of the real dialog."""
    through_the_dialog(program, path, "s", "Control_L")
    program.wait(path.exists, "the workspace")
    return json.loads(path.read_text())["selection"]
