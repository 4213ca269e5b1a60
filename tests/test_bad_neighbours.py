"""The real window beside harmed spaces, and on one with odd texts: it goes on, and says nothing on stderr."""

import os
import shutil

import numpy as np
import pytest

from explorer.spaces.card import CARD, CODES, GRID
from tests.spaces import make_space
from tests.test_spaces_menu import Menu, open_program, shown


def harmed(home) -> dict[str, int]:
    """Puts harmed spaces beside one called "b"; returns their names."""

    def copy(name: bytes) -> bytes:
        folder = os.path.join(os.fsencode(home), name)
        shutil.copytree(os.fsencode(home / "b"), folder)
        return folder

    card = (home / "b" / CARD).read_bytes().strip()[:-1]
    cards = {
        b"deep": b"[" * 200_000,
        b"epoch": card + b', "run": {"epoch": Infinity, "epochs": 3, "losses": {"a": [1]}}}',
        b"loss": card + b', "run": {"epoch": 1, "epochs": 3, "losses": {"a": [1' + b"0" * 400 + b"]}}}",
        b"title": card.replace(b'"Space b"', b'"' + b"x" * 100_000 + b'"') + b"}",
        b"half": card.replace(b'"Space b"', b'"\\ud800"') + b"}",
        b"colour": card.replace(b'"Space b"', b'"\\u001b[31m"') + b"}",
        b"metrics": card + b', "metrics": {"mse": {}}}',
    }
    for name, content in cards.items():
        with open(os.path.join(copy(name), CARD.encode()), "wb") as file:
            file.write(content)
    for number, (part, what) in enumerate({CARD: "pipe", CODES: "loop", GRID: "folder"}.items()):
        path = os.path.join(copy(b"part %d" % number), part.encode())
        os.unlink(path)
        {"pipe": os.mkfifo, "loop": lambda path: os.symlink(path, path), "folder": os.mkdir}[what](path)
    return len(cards) + 3


@pytest.mark.slow
def test_harmed_neighbours_are_greyed_out_and_the_rest_goes_on(start, tmp_path):
    for name in ("a", "b", "z"):
        make_space(tmp_path / name, n=200, images=200, title=f"Space {name}")
    count = harmed(tmp_path)
    shutil.copytree(
        os.fsencode(tmp_path / "b"), os.path.join(os.fsencode(tmp_path), b"y\xff\x1b")
    )  # sound, but for its name
    program = open_program(start, "ae_precomp.py", tmp_path / "a")
    menu = Menu(program)
    menu.close()
    names = [shown(program, lambda: program.screen.key("Next")) for _ in range(3)]
    assert names == ["b", "y\\udcff\\x1b", "z"], f"{count} others cannot be chosen"
    assert not program.events("said")


@pytest.mark.slow
def test_a_space_with_long_and_odd_texts_is_shown(start, tmp_path):
    names = ["$x$", "$\\frac{", "w" * 300, "🦄", "two\nlines", *"abc"]
    columns = {"$\\alpha": np.arange(200.0), "c" * 300: np.array(["$a$", "b\n"] * 100)}
    more = {
        "about": "word " * 500 + "\n" * 2500,
        "paper": "p" * 900,
        "metrics": {"mse": 1e300, "knn_10": -5, "psnr_db": "x", "parameters": 1e14, "elbo": None},
        "run": {"epoch": 3, "epochs": 2**31 - 1, "losses": {"$": [1e38, -1e38], "n" * 300: [0.0], "none": []}},
    }
    make_space(
        tmp_path / "a", (8, 8), names, n=200, columns=columns, title="t" * 1000, data_title="$d" * 400, more=more
    )
    make_space(tmp_path / "b", (8, 8), tuple("ab"), n=200, title="Space b")
    program = open_program(start, "ae_precomp.py", tmp_path / "a")
    assert shown(program, lambda: program.screen.key("Next")) == "b"
    assert shown(program, lambda: program.screen.key("Prior")) == "a"
    x, y, w, h = program.layout()["map"]
    program.hover(x + w // 2, y + h // 2)
