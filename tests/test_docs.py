"""The examples in the documents run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import explorer

ROOT = Path(__file__).resolve().parent.parent
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


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

    for function in (explorer.open, explorer.show, explorer.train, explorer.evaluate, explorer.Space.snapshot):
        for name in inspect.signature(function).parameters:
            assert name == "self" or re.search(rf"\b{name}\b", API), name


@pytest.mark.slow
def test_the_examples_run(screen, tmp_path):
    (tmp_path / "example.py").write_text("\n".join(blocks(API)))
    environment = os.environ | {"DISPLAY": screen.name, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "example.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<Space 'pca': 70,000 points of MNIST, live decoder>\nlive\n")
    assert "no space 'no such space'" in done.stdout
    for name in ("map.png", "error.png", "my-pca"):
        assert (tmp_path / name).exists()
