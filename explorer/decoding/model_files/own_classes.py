"""The Python file with a model's own classes, `--trust FILE`: imported once, so that Keras knows what it defines."""

from __future__ import annotations

import argparse
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any

from explorer.errors import UserError
from explorer.files import untrusted

Trust = bool | Path
"""What a model may contain. False: only what is known to be safe; True: any code; a file: also what it defines."""

MOST = 1 << 22  # bytes of the file
_modules: dict[Path, types.ModuleType] = {}
_importing = threading.Lock()


def add_option(parser: argparse.ArgumentParser) -> None:
    """Adds `--trust [FILE]` to a command line."""
    about = "allow networks that contain code (Lambda layers), or the classes that a Python file defines"
    parser.add_argument("--trust", nargs="?", type=Path, const=True, default=False, metavar="FILE.py", help=about)


def check(trust: Trust) -> None:
    """Raises UserError if the file cannot be read, or is no Python. Runs nothing."""
    if isinstance(trust, Path):
        _compiled(trust)


def defined(trust: Trust) -> dict[str, Any]:
    """The layers, models and functions of the file by name; none without a file. Keras must be imported.

    A class of Keras that the file only imports is not among them. A class that the file registers with Keras also has
    its registered name.

    Raises:
        UserError: the file cannot be read or imported.
    """
    if not isinstance(trust, Path):
        return {}
    import keras

    found = {}
    module = _imported(trust)
    for name, value in vars(module).items():
        if isinstance(value, type):
            known = issubclass(value, keras.Operation) and value.__module__.split(".")[0] != "keras"
        else:
            known = callable(value) and getattr(value, "__module__", None) == module.__name__
        if known:
            found[name] = value
            if isinstance(value, (type, types.FunctionType)):
                found[keras.saving.get_registered_name(value)] = value
    return found


def _imported(path: Path) -> types.ModuleType:
    """The module of the file, which runs at the first call."""
    path = untrusted.absolute(path)
    with _importing:
        if path not in _modules:
            code = _compiled(path)
            module = types.ModuleType(f"explorer_own_classes_{len(_modules)}")
            module.__file__ = str(path)
            sys.modules[module.__name__] = module
            sys.path.append(str(path.parent))  # for the files beside it; installed packages take precedence
            try:
                exec(code, module.__dict__)
            except (Exception, SystemExit) as error:
                del sys.modules[module.__name__]
                raise UserError(f"{path} cannot be imported ({_why(error, path)})") from None
            finally:
                sys.path.remove(str(path.parent))
            _modules[path] = module
    return _modules[path]


def _compiled(path: Path) -> types.CodeType:
    source = untrusted.read(path, MOST)
    with untrusted.parsing(path, "give the file that defines the model's classes", "is no Python file"):
        return compile(source, str(path), "exec", dont_inherit=True)


def _why(error: BaseException, path: Path) -> str:
    """What an exception says, with the line of the file that raised it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"line {lines[-1] if lines else '?'}: {type(error).__name__}: {untrusted.reason(error)}"
