"""What the pages say is what the program does: tables, links, commands, pictures and quoted texts; the examples run."""

import ast
import functools
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

import explorer
from benchmarks import __main__ as benchmarks
from explorer.images import datasets, found, readers
from explorer.spaces import card
from explorer.window.base.keys import KEYS
from tools import fuzz, kill, monkey, pictures, tables

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS, *(ROOT / f"{name}.md" for name in ("ARCHITECTURE", "CONTRIBUTING"))]
SCRIPTS = {
    "ae.py": ["live"],
    "ae_precomp.py": ["live", "precomputed"],
    "model.py": ["train", "evaluate"],
    "data.py": ["data"],
}
OTHERS = {"--logdir", "--no-deps", "--spec"}  # options of other programs
LONG = 7  # words of a sentence that stands on one page alone


@functools.cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


API = text_of(ROOT / "docs" / "api.md")
pages = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub gives the headings."""
    return {
        re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


# ---- tables, links, files --------------------------------------------------------------------------


@pages
def test_tables_are_those_that_the_program_knows(page):
    assert tables.written(text_of(page)) == text_of(page), "run `make tables`"


def test_every_table_that_the_program_knows_is_on_a_page():
    found = [name for page in DOCS for _, name, _ in tables.PART.findall(text_of(page))]
    assert sorted(found) == sorted(tables.PARTS)


@pages
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        path, _, anchor = target.partition("#")
        assert (page.parent / path).exists(), target
        if anchor:
            assert anchor in anchors_of(text_of((page.parent / path).resolve() if path else page)), target


def test_every_page_is_in_the_index():
    index = text_of(ROOT / "README.md").partition("## Documentation")[2].partition("##")[0]
    assert set(re.findall(r"\]\((docs/[\w-]+\.md)\)", index)) == {f"docs/{page.name}" for page in DOCS}


@pages
def test_files_that_are_named_exist(page):
    for name in re.findall(r"`([\w/.-]+\.(?:py|md|txt|toml|yml))`", text_of(page)):
        assert (ROOT / name).exists() or list((ROOT / "explorer").rglob(name)), name


# ---- commands --------------------------------------------------------------------------------------


@functools.cache
def flags_of(program: str) -> set[str]:
    return set(re.findall(r"--[a-z-]+", " ".join(tables.options(program))))


def flags_of_tools() -> set[str]:
    """The options of the programs in tools/ and benchmarks/."""
    return {
        flag
        for tool in (fuzz, kill, monkey, pictures, benchmarks)
        for flag in re.findall(r"\"(--[a-z-]+)\"", text_of(Path(tool.__file__)))
    }


@pages
def test_every_option_that_is_named_exists(page):
    known = set().union(*map(flags_of, tables.PROGRAMS)) | flags_of_tools() | OTHERS
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text_of(page))) <= known


@pages
def test_the_commands_that_are_shown_take_their_options(page):
    for script, arguments in re.findall(r"python (\w+\.py)([^\n#|`]*)", text_of(page)):
        words = arguments.split()
        programs = words[:1] if script == "model.py" else SCRIPTS[script]
        if words:
            assert {word.partition("=")[0] for word in words if word.startswith("--")} <= set().union(
                *map(flags_of, programs)
            )


def test_every_option_of_the_programs_is_named():
    named = " ".join(map(text_of, DOCS))
    for program in tables.PROGRAMS:
        assert tables.options(program), program
        for option in tables.options(program):
            assert f"`{option}`" in named, option


def test_targets_of_the_makefile_are_those_that_are_named():
    targets = set(re.findall(r"^\.PHONY: (.+)$", text_of(ROOT / "Makefile"), re.MULTILINE)[0].split())
    named = re.findall(r"(?:^|[`(/])make ([a-z-]+)", "\n".join(map(text_of, PAGES)), re.MULTILINE)
    assert set(named) == targets


# ---- pictures --------------------------------------------------------------------------------------


def test_every_picture_is_one_that_make_pictures_makes():
    shown = {
        (page.parent / name).resolve().relative_to(ROOT).as_posix()
        for page in PAGES
        for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of(page))
    }
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*") if path.suffix not in (".md", "")}
    assert shown == there == set(pictures.PICTURES)


def test_the_pictures_are_small():
    assert sum((ROOT / name).stat().st_size for name in pictures.PICTURES) <= pictures.LIMIT


@pytest.mark.slow
def test_pictures_are_made_again(tmp_path):
    names = {"docs/compare.png": pictures.SIZE, "docs/spaces/gan.png": pictures.MAP_SIZE}
    assert pictures.main([*names, "--out", str(tmp_path)]) == 0
    for name, size in names.items():
        with Image.open(tmp_path / name) as picture:
            assert picture.size == size and picture.mode == "P"


# ---- words -----------------------------------------------------------------------------------------


def sentences_of(text: str) -> list[str]:
    """The longer sentences of a page without marks, code, and tables of names, in lower case."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!-- (?:options-|metrics).*?<!-- end -->", "", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)  # targets of links
    text = re.sub(r"\n\n|\n(?=[-|#\d]|\d\.)|\||<br>", " . ", text)
    sentences = [re.findall(r"[\w'.%/-]*\w", sentence.lower()) for sentence in re.split(r"[.!?:;]\s", text)]
    return [" ".join(words) for words in sentences if len(words) >= LONG]


def test_no_sentence_is_said_twice():
    said = Counter(sentence for page in PAGES for sentence in sentences_of(text_of(page)))
    assert len(said) > 200
    assert [sentence for sentence, times in said.items() if times > 1] == []


def test_a_sentence_is_found_wherever_its_lines_break():
    once = "A place is **on the map**, if it [has](a.md) a neighbour."
    assert sentences_of(once) == sentences_of("Short. A place is on the\nmap, if it has `a` neighbour!\n") != []


def test_texts_of_the_window_are_in_the_window():
    """Bold words of using.md are texts of the window."""
    texts = [
        node.value
        for path in (ROOT / "explorer").rglob("*.py")
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    quoted = {
        " ".join(words.split())
        for words in re.findall(r"\*\*(.+?)\*\*", text_of(ROOT / "docs" / "using.md"), re.DOTALL)
    }
    assert len(quoted) > 15
    titles = {re.sub(r"^\W+|[ \n]+$", "", text) for text in texts}
    assert quoted <= titles


@pages
def test_keys_that_are_named_exist(page):
    known = {word for key in KEYS for word in (key.shown, *key.shown.split())}
    assert set(re.findall(r"(?:[Pp]ress|keys?) `(\S+)`", text_of(page))) <= known


# ---- data ------------------------------------------------------------------------------------------


def test_every_kind_of_data_is_named():
    page = text_of(ROOT / "docs" / "data.md")
    for name in [*datasets.SOURCES, *(name for form in readers.NPZ_FORMS for pair in form for name in pair)]:
        assert f"`{name}`" in page, name
    for ending in {*found.PICTURES} - {".jpg", ".tif"}:
        assert ending[1:].upper() in page.upper(), ending
    for name in (card.CARD, card.CODES, card.GRID, card.ENCODER, card.DECODER, card.HISTORY):
        assert f"`{name}`" in page, name


# ---- the Python API --------------------------------------------------------------------------------


def blocks(text: str) -> list[str]:
    """The examples in Python."""
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_name_of_the_api_has_an_example():
    code = "\n".join(blocks(API))
    for name in {*explorer.__all__} - {"Space", "View"}:
        assert f"explorer.{name}" in code, name
    for kind, variable in ((explorer.Space, "space"), (explorer.View, "view")):
        for name in (name for name in vars(kind) if not name.startswith("_")):
            assert f"{variable}.{name}" in API, name


def test_every_option_is_named():
    import inspect

    of_space = (explorer.Space.snapshot, explorer.Space.export)
    for function in (explorer.open, explorer.show, explorer.train, explorer.evaluate, *of_space):
        for name in inspect.signature(function).parameters:
            assert name == "self" or re.search(rf"\b{name}\b", API), name


MY_PROJECT = """
import explorer
from sklearn.decomposition import PCA

digits = explorer.open("pca", live=False)
images, labels = digits.images[:1000], digits.labels[:1000]
encoder = decoder = PCA(16).fit(images.reshape(1000, -1) / 255)
"""  # what stands for somebody's own project


def ran(examples: list[str], screen, folder: Path) -> str:
    """Runs examples in one script; returns what they print."""
    (folder / "my_project.py").write_text(MY_PROJECT)
    (folder / "example.py").write_text("\n".join(examples).replace("show(space)", "show(space, block=False)"))
    environment = os.environ | {"DISPLAY": screen.name, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "example.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_five_lines_lead_from_somebodys_model_to_the_window(screen, tmp_path):
    (lines,) = [block for block in blocks(text_of(ROOT / "README.md")) if "my_project" in block]
    assert len(lines.strip().splitlines()) <= 5
    told = "\nprint(space)\nview = explorer.show(space)\nprint(view.update(), view.closed)\nview.close()"
    said = ran([lines, told], screen, tmp_path)
    assert said == "<Space 'your own': 1,000 points of images of your own, live decoder>\nTrue False\n"


@pytest.mark.slow
def test_the_examples_run(screen, tmp_path):
    mine = blocks(text_of(ROOT / "docs" / "own-models.md"))[-1]
    said = ran([*blocks(API), *blocks(text_of(ROOT / "README.md")), mine], screen, tmp_path)
    assert said.startswith("<Space 'pca': 70,000 points of MNIST, live decoder>\nlive\n")
    assert "no space 'no such space'" in said
    for name in ("map.png", "error.png", "map.html", "codes.csv", "for-tensorboard.projector", "my-pca"):
        assert (tmp_path / name).exists()
