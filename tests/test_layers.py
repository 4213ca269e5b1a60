"""The arrows of ARCHITECTURE.md, read off the imports themselves."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From the top down; a file may import from its own layer and from those below it.
LAYERS = (
    ("ae", "ae_precomp", "model", "data"),
    ("explorer.cli",),
    ("explorer.window.app",),
    ("explorer.window.compare",),
    ("explorer.window.inspector", "explorer.window.tour"),
    ("explorer.window.pane",),
    ("explorer.window.map",),
    ("explorer.window",),
    ("explorer.drawing",),
    ("explorer.session",),
    ("explorer.training",),
    ("explorer.analysis",),
    ("explorer.images",),
    ("explorer.decoding",),
    ("explorer.space",),
    ("explorer.apart",),
    ("explorer.files",),
    ("explorer.progress",),
    ("explorer.errors", "explorer.interrupt", "explorer.signals", "explorer.trace"),
)
ONLY = {  # who alone may import what
    "tkinter": ("explorer.window", "explorer.cli"),
    "sv_ttk": ("explorer.window",),
    "matplotlib": ("explorer.drawing", "explorer.window"),
    "keras": ("explorer.decoding", "explorer.training"),
    "tensorflow": ("explorer.decoding", "explorer.training"),
}
FILES = [*ROOT.glob("*.py"), *ROOT.glob("explorer/**/*.py")]


def module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, in full."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def within(name: str, prefixes) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def layer(name: str) -> int | None:
    return next((number for number, names in enumerate(LAYERS) if within(name, names)), None)


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_point_down(path):
    own = layer(module(path))
    if module(path) == "explorer":
        assert imports(path) <= {"importlib.util", "sys"}
        return
    assert own is not None, "a new file needs a place in LAYERS"
    for name in imports(path):
        assert (layer(name) is None) or layer(name) >= own, f"{module(path)} imports {name}, which lies above it"


@pytest.mark.parametrize("path", FILES, ids=module)
def test_heavy_libraries_stay_where_they_belong(path):
    for name in imports(path):
        allowed = ONLY.get(name.split(".")[0])
        assert allowed is None or within(module(path), allowed), f"{module(path)} imports {name}"
        assert not name.startswith("matplotlib.pyplot")


def test_every_layer_exists():
    assert {name for names in LAYERS for name in names} <= {module(path) for path in FILES}
