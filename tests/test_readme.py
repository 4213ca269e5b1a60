"""What the README says is what the program does."""

import re
from pathlib import Path

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
