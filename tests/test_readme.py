"""The README is short, and what it and the package say of each other is true. `test_docs.py` has the pages of docs/."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from explorer import entry
from explorer.spaces.card import read_card, write_card
from explorer.training.models import KINDS
from tools import tables
from tools.example import RECIPES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_short_and_has_one_test_command():
    assert len(README.splitlines()) <= 150
    assert {command for command in re.findall(r"make [\w-]+", README) if "test" in command} == {"make test"}


def test_every_kind_of_space_is_in_the_gallery():
    cells = re.findall(r"\[\*\*(.+?)\*\*\]\(docs/spaces\.md#([\w-]+)\) \(`([\w-]+)`\): \w", README)
    assert [name for _, _, name in cells] == [*KINDS, *RECIPES]
    for title, anchor, name in cells:
        assert anchor == title.lower().replace(" ", "-").replace(",", "")
        assert f"[![{title}](docs/spaces/{name}.png)](docs/spaces.md#{anchor})" in README


def test_the_figures_of_speed_are_those_of_the_benchmarks():
    measured = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    table = README.partition("## Speed")[2].partition("##")[0]
    rows = re.findall(r"^\| (?:mouse|the same).*$", table, re.MULTILINE)
    assert len(rows) == 3
    for row in rows:
        for figure in re.findall(r"\d[\d.,]*", row.split("|", 2)[2]):
            assert re.search(rf"\| {re.escape(figure)}[ |]", measured), figure


def test_every_dependency_has_its_line_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in ROOT.glob("requirements*.txt"):
        for name in re.findall(r"^([\w-]+)==", path.read_text(), re.MULTILINE):
            assert f"**{name}**" in text, name


def test_every_version_that_is_pinned_is_in_the_range_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [Requirement(text) for text in project["dependencies"]]
    light = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements-light.txt").read_text(), re.MULTILINE))
    assert {one.name for one in ranges} == set(light)
    full = light | dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    extras = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    full |= {name: extras[name] for name in ("onnxruntime", "onnx", "pyarrow", "wordllama")}  # not needed by most
    more = [Requirement(text) for texts in project["optional-dependencies"].values() for text in texts]
    assert {one.name for one in [*ranges, *more]} - {project["name"]} == set(full)
    for one in [*ranges, *more]:
        assert one.name == project["name"] or one.specifier.contains(full[one.name]), one


def test_the_programs_ask_for_every_package_that_they_need():
    names = re.findall(r"^([\w-]+)==", (ROOT / "requirements-light.txt").read_text(), re.MULTILINE)
    imported = importlib.metadata.packages_distributions()
    assert {name.lower().replace("_", "-") for needed in entry.NEEDED for name in imported[needed]} == set(names)


def test_the_changelog_has_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    latest = re.search(
        r"^## (\S+), \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert latest and latest[1] == version


def test_no_text_has_somebody_elses_package_installed():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.yml")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(pip|pipx|uv|uvx)\b[^\n`]*[ '\"]latent-explorer", text), path
        assert not re.search(r"\b(uvx|pipx run|pipx install|pip install) +['\"]?latent-space-explorer", text), path


def test_the_docstring_of_each_package_names_its_files():
    for package in (ROOT / "explorer").rglob("__init__.py"):
        text = package.read_text(encoding="utf-8")
        if package.parent.name != "explorer":  # ARCHITECTURE.md names these
            beside = {
                path.stem
                for path in package.parent.iterdir()
                if path.suffix == ".py" or (path / "__init__.py").exists()
            }
            unnamed = {name for name in beside - {"__init__"} if not re.search(rf"\b{name}\b", text)}
            assert not unnamed, f"{package}: {unnamed}"


def test_the_readme_has_the_frechet_distances_of_the_cards(monkeypatch, tmp_path):
    """Where it was measured; written anew where it has changed."""
    for name, number in (("pca", 206.49), ("vae", 34.38)):
        rows = [
            {"space": "", "source": "real images", "frechet": 0.7},
            {"space": name, "source": "prior", "frechet": 1.0},
            {"space": name, "source": "density", "frechet": number},
        ]
        card = read_card(tables.WEIGHTS / name) | {"uses": {"generation": {"seed": 0, "images": 100, "rows": rows}}}
        (tmp_path / name).mkdir()
        write_card(tmp_path / name, card)
    (tmp_path / "lda").mkdir()
    write_card(tmp_path / "lda", read_card(tables.WEIGHTS / "lda") | {"uses": {}})
    cells = ["[**A**](docs/spaces.md#a) (`{}`): {} |", "| [**A**](docs/spaces.md#a) (`{}`): {} |\n"]
    known = {"pca": ("flat", "; Fréchet 206.5"), "vae": ("round; Fréchet 3.1", "; Fréchet 34.4"), "lda": ("apart", "")}
    before = "".join(cell.format(name, text) for name, (text, _) in known.items() for cell in cells)
    wanted = "".join(
        cell.format(name, text.partition(";")[0] + added) for name, (text, added) in known.items() for cell in cells
    )
    monkeypatch.setattr(tables, "WEIGHTS", tmp_path)
    assert tables.written(before) == wanted == tables.written(wanted)
