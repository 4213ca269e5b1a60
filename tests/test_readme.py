"""What the README says is what the program does."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from explorer import entry
from explorer.window.base.keys import as_markdown

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_keys_is_the_codes():
    assert as_markdown() in README


def test_every_dependency_has_its_line_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in ROOT.glob("requirements*.txt"):
        for name in re.findall(r"^([\w-]+)==", path.read_text(), re.MULTILINE):
            assert f"**{name}**" in text, name


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_version_that_is_pinned_is_in_the_range_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [Requirement(text) for text in project["dependencies"]]
    light = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements-light.txt").read_text(), re.MULTILINE))
    assert {one.name for one in ranges} == set(light)
    full = light | dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
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
