"""The map exported from the window: through the menu and both dialogs, with progress, and cancelled."""

import csv

import pytest

from explorer.drawing import exports
from tests.handling import type_path
from tests.test_commands import DroppedDown

TITLE = "Latent Space Explorer: export the map"


def begin(program, path, downs: int) -> None:
    """Chooses a kind with the arrow key, and types the path of the file."""
    screen = program.screen
    DroppedDown(program, "File").choose("Export the map …")
    program.wait(lambda: screen.window(TITLE), "the dialog")
    program.settle()
    to_the_button = ["Tab"] * (len(exports.KINDS) - downs)
    for name in ("Tab", *["Down"] * downs, *to_the_button, "Return"):
        screen.key(name)
    type_path(program, path)


def outcome(program, start: str) -> str:
    def told():
        return [event["text"] for event in program.events("said") if event["text"].startswith(start)]

    return program.wait(told, "the outcome")[-1]


def test_a_table_is_exported(program, tmp_path):
    path = tmp_path / "codes.csv"
    begin(program, path, downs=1)
    assert outcome(program, "saved") == f"saved {path}"
    with open(path, encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 70_000


def test_what_cannot_be_written_costs_one_line(program):
    begin(program, "/proc/a.html", downs=0)  # Tk's dialog itself refuses a folder that does not exist
    assert outcome(program, "cannot").startswith("cannot write /proc/a.html: ")


def test_an_export_can_be_cancelled(program, tmp_path):
    begin(program, tmp_path / "map.projector", downs=3)

    def told():
        program.screen.key("Escape")  # which does nothing before the message is there
        return [event["text"] for event in program.events("said") if event["text"].startswith("sav")]

    assert program.wait(told, "the outcome")[-1] == "saving map.projector was cancelled"
    program.wait(lambda: not list(tmp_path.glob("*map*")), "the end of the worker")


@pytest.mark.slow
def test_a_page_is_exported(program, tmp_path):
    path = tmp_path / "map.html"
    begin(program, path, downs=0)
    assert outcome(program, "saved") == f"saved {path}"
    assert 10**6 < path.stat().st_size < 5 * 10**6
