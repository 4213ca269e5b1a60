"""A process of its own that opens networks which may harm it: asked by lines of JSON, replaced when one breaks it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds; a sound answer takes one
CLEAN = {"TF_CPP_MIN_LOG_LEVEL", "DISPLAY", "KERAS_BACKEND"}


class Sandbox:
    """The process, from the first question on.

    Attributes:
        started: how often it had to be started; one more than the number of networks that broke it.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self.started = 0
        self._environment = {name: value for name, value in os.environ.items() if name not in CLEAN}
        self._environment |= environment or {}
        self._process: subprocess.Popen | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115

    def opens(self, path: Path, role: str = "decoder", shape: tuple[int, ...] = (28, 28), trust: bool = False) -> dict:
        """What came of opening a network, see `_answer`; `died` or `hung` where no answer came."""
        if self._process is None:
            self._start()
        assert self._process is not None
        question = {"path": str(path), "role": role, "shape": shape, "trust": trust}
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._line(PATIENCE)
        if answer is None:
            died = self._process.poll()
            self.close()
            return {"hung": True} if died is None else {"died": died}
        return json.loads(answer)

    def errors(self) -> str:
        """All that was written to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> None:
        self.started += 1
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
        )
        assert self._line(PATIENCE) == b"ready\n", self.errors()

    def _line(self, patience: float) -> bytes | None:
        """The next line of the process; None where it has ended, or nothing came in time."""
        end, line = time.monotonic() + patience, b""
        while not line.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], max(end - time.monotonic(), 0))[0]:
                return None
            part = os.read(self._process.stdout.fileno(), 1 << 16)
            if not part:
                self._process.wait()
                return None
            line += part
        return line


def _answer(question: dict[str, Any], calls: list[str]) -> dict[str, Any]:
    """Opens a network and uses it.

    Returns:
        `error`: the text of a UserError, "" where there was none; `raised`: the kind of any other exception;
        `calls`: hosts that were asked for; `grown`: bytes of memory at the peak above those before; `seconds`;
        `result`: what it gives for 300 rows of zeros: shape, and the first numbers; `settings`: of Keras.
    """
    import numpy as np

    from explorer.decoding import keras_runtime
    from explorer.decoding.model_files import onnx_runtime
    from explorer.errors import UserError

    answer: dict[str, Any] = {"error": "", "raised": ""}
    calls.clear()
    before, started = _memory("VmRSS"), time.monotonic()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    try:
        if question["role"] == "onnx":
            model = onnx_runtime.load(Path(question["path"]))
            result = model(np.zeros((300, *model.input_shape), np.float32))[0]
        else:
            load = {"decoder": keras_runtime.load_decoder, "encoder": keras_runtime.load_encoder}[question["role"]]
            network = load(Path(question["path"]), tuple(question["shape"]), question["trust"])
            shape = (2,) if question["role"] == "decoder" else question["shape"]
            result = network(np.zeros((300, *shape), np.float32))
        answer |= {"result": result.shape, "values": result.ravel()[:1000].tolist()}
    except UserError as error:
        answer["error"] = str(error)
    except Exception as error:
        answer["raised"] = f"{type(error).__name__}: {error}"[:300]
    keras = keras_runtime.import_keras()
    settings = keras.config.backend(), keras.config.floatx(), keras.config.image_data_format(), keras.config.epsilon()
    answer["settings"] = settings
    answer["seconds"] = time.monotonic() - started
    return answer | {"grown": _memory("VmHWM") - before, "calls": list(calls)}


def _memory(name: str) -> int:
    """Bytes, of a line in /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


def _serve() -> None:
    import socket

    calls: list[str] = []

    def refused(*arguments: Any, **options: Any) -> None:
        calls.append(str(arguments[1] if isinstance(arguments[0], socket.socket) else arguments[0]))
        raise OSError("no network in here")

    socket.getaddrinfo = socket.create_connection = refused
    socket.socket.connect = socket.socket.connect_ex = refused
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    from explorer.decoding import keras_runtime

    keras_runtime.process_is_ours = True
    keras_runtime.import_keras()
    answers.write("ready\n")
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line), calls)) + "\n")


if __name__ == "__main__":
    _serve()
