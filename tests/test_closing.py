"""The window closed at any moment, by its button: status 0, nothing printed, at once."""

import os
import signal
import time

import pytest

from tests.screen import PATIENCE


def as_soon_as_it_appears(program):
    """The button is pressed when the window is first on the screen, which may be in the middle of its first frame."""
    program.wait(lambda: program.screen.window("Latent Space Explorer"), "the window")


def opened(program):
    program.wait_for("window")


def idle(program):
    opened(program)
    program.settle()


def loading(program):
    opened(program)
    time.sleep(1.5)


def drawing(program):
    idle(program)
    program.screen.key("t")


def zooming(program):
    idle(program)
    x, y, width, height = program.layout()["map"]
    program.screen.click(x + width // 2, y + height // 2, 4, 5)


def dragging(program):
    idle(program)
    x, y, width, height = program.layout()["map"]
    program.screen.move(x + 100, y + 100)
    program.screen.press()
    program.screen.move(x + 140, y + 160)


def selecting(program):
    program.screen.key("s")
    dragging(program)


def working_out(program):
    idle(program)
    program.screen.key("b")
    program.screen.key("b")


def touring(program):
    idle(program)
    program.screen.key("u")


def amid_the_tour(program):
    touring(program)
    program.wait_for("tour")
    program.screen.key("Next")


def opening_another(program):
    idle(program)
    program.screen.key("Next")


def comparing(program):
    idle(program)
    program.screen.key("v")


def amid_a_morph(program):
    comparing(program)
    program.wait_for("compare")
    program.screen.key("m")


def with_a_menu(program):
    idle(program)
    x, y, width, height = program.layout()["menus"][0]
    program.screen.click(x + width // 2, y + height // 2)


def with_help(program):
    idle(program)
    program.screen.key("question", "Shift_L")
    program.wait(lambda: program.screen.window("Latent Space Explorer: keys"), "the help window")


def with_a_tooltip(program):
    idle(program)
    x, y, width, height = program.layout()["menus"][0]
    program.screen.move(x + width // 2, y + height // 2)
    time.sleep(0.8)


MOMENTS = (
    as_soon_as_it_appears,
    opened,
    idle,
    drawing,
    zooming,
    dragging,
    selecting,
    working_out,
    touring,
    amid_the_tour,
    opening_another,
    comparing,
    amid_a_morph,
    with_a_menu,
    with_help,
    with_a_tooltip,
)


def end(program):
    program.close()
    program.screen.release()
    assert program.process.wait(PATIENCE) == 0  # the fixture looks at what was printed


def test_closed_in_the_moment_in_which_the_window_appears(start):
    program = start("ae_precomp.py", tensorflow=False)
    as_soon_as_it_appears(program)
    end(program)


def test_closed_before_its_first_frame(start):
    """The process is held while the window is made, until the button has been pressed."""
    program = start("ae_precomp.py", tensorflow=False)
    as_soon_as_it_appears(program)
    os.kill(program.process.pid, signal.SIGSTOP)
    program.close()
    os.kill(program.process.pid, signal.SIGCONT)
    assert program.process.wait(PATIENCE) == 0


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_closed_at_any_moment(start, moment):
    program = start("ae_precomp.py", tensorflow=False)
    moment(program)
    end(program)


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", [as_soon_as_it_appears, opened, loading, comparing], ids=lambda moment: moment.__name__
)
def test_closed_while_keras_is_loading(start, moment):
    program = start("ae.py")
    moment(program)
    end(program)
