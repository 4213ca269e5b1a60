"""Letter keys where the keyboard has another script."""

import time

import pytest
from Xlib import XK


@pytest.fixture
def cyrillic(screen):
    """A keyboard whose keys r and n have Cyrillic letters, as on a Russian one."""
    XK.load_keysym_group("cyrillic")
    before = {}
    for latin, name in (("r", "ka"), ("n", "te")):
        code = screen.display.keysym_to_keycode(XK.string_to_keysym(latin))
        before[code] = [list(symbols) for symbols in screen.display.get_keyboard_mapping(code, 1)]
        symbols = [XK.string_to_keysym(f"Cyrillic_{each}") for each in (name, name.upper())]
        screen.display.change_keyboard_mapping(code, [symbols + [0] * (len(before[code][0]) - 2)])
    screen.display.sync()
    yield before
    for code, symbols in before.items():
        screen.display.change_keyboard_mapping(code, symbols)
    screen.display.sync()


def test_keys_of_another_script_are_known_by_their_places(start, screen, cyrillic):
    program = start("ae_precomp.py", "--size", "1000x700", tensorflow=False)
    program.wait_for("window")
    program.settle()
    x, y, width, height = program.layout()["map"]
    middle, corner = (x + width // 2, y + height // 2), (x + width - 20, y + 20)
    whole = program.hover(*corner)["z"]
    screen.click(*middle, button=4, times=3)
    program.settle()
    assert program.hover(*corner)["z"] != pytest.approx(whole, abs=0.5)
    screen.move(*middle)
    _type(screen, next(iter(cyrillic)))  # r: the whole map again
    program.settle()
    assert program.hover(*corner)["z"] == pytest.approx(whole, abs=0.01)


def _type(screen, code: int) -> None:
    from Xlib import X
    from Xlib.ext import xtest

    for kind in (X.KeyPress, X.KeyRelease):
        xtest.fake_input(screen.display, kind, code)
    screen.display.sync()
    time.sleep(0.05)
