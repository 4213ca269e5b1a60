"""Imports by string keep to the layers too; all others are checked by `lint-imports`, see pyproject.toml."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from explorer import entry

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = [contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]
FILES = sorted(ROOT.glob("explorer/**/*.py"))
OURS = re.compile(r"\bexplorer(?:\.\w+)+|\bfrom explorer(?:\.\w+)* import \w+")


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def named_in_strings(source: str) -> set[str]:
    """Our modules that strings of a file name, those of code in strings too; docstrings do not count."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = {name for node in strings if id(node) not in docstrings for name in OURS.findall(node.value)}
    return {name.removeprefix("from ").replace(" import ", ".") for name in found}


def upwards(importer: str, imported: str) -> bool:
    """Whether one of the contracts forbids the import: the imported module is in a layer above."""
    for contract in CONTRACTS:
        (container,) = contract["containers"]
        rows = [re.findall(r"\w+", row) for row in contract["layers"]]
        above, own = (
            next((i for i, row in enumerate(rows) if re.match(rf"{container}\.({'|'.join(row)})\b", name)), None)
            for name in (imported, importer)
        )
        if above is not None and own is not None and above < own:
            return True
    return False


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_by_string_point_down(path):
    wrong = {name for name in named_in_strings(path.read_text(encoding="utf-8")) if upwards(module(path), name)}
    assert not wrong


def test_such_imports_are_seen():
    named = {name for path in FILES for name in named_in_strings(path.read_text(encoding="utf-8"))}
    assert {"explorer.apart.answer", "explorer.window.app.window", "explorer.training.models.pca.PCA"} <= named
    assert named_in_strings('"""explorer.cli"""\nrun(f"-c {x}; from explorer.window import app")') == {
        "explorer.window.app"
    }
    assert upwards("explorer.spaces.folder", "explorer.window.app")
    assert upwards("explorer.window.map.marks", "explorer.window.pane.context")
    assert not upwards("explorer.window.pane.context", "explorer.window.map.marks")
    assert not upwards("explorer.cli", "explorer.drawing.latent_map")


def test_importing_the_package_neither_prints_nor_exits_where_everything_is_missing():
    lines = f"import sys; sys.modules |= dict.fromkeys({entry.NEEDED!r}); import explorer, explorer.entry"
    run = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
