"""Ctrl-C and SIGTERM at any moment: the exit status says so, nothing is printed, nothing half written stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.screen import PATIENCE, ROOT

PROGRAMS = ("ae.py", "ae_precomp.py")
CAUGHT = 1 << (signal.SIGTERM - 1)  # Python itself leaves that signal alone


def ignore() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def as_in_a_terminal() -> None:
    """A signal that the tests were started to ignore, by `nohup` for example, is not ignored by what they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def begin(screen, script, *arguments, prepare=as_in_a_terminal) -> subprocess.Popen:
    """A program on the screen, from the moment on in which it heeds signals: before, Python itself is starting."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / script), *map(str, arguments)],
        env=os.environ | {"DISPLAY": screen.name},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=prepare,
    )
    deadline = time.monotonic() + PATIENCE
    while not caught(process) & CAUGHT:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.001)
    return process


def caught(process) -> int:
    """The signals that a process has handlers for, a bit each."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("SigCgt")), 16)


def end(process, number=signal.SIGINT) -> int:
    process.send_signal(number)
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert said == ""
    return process.returncode


MOMENTS = [
    *(("ae_precomp.py", False, 0.3 * step) for step in range(8)),
    *(("ae_precomp.py", True, 0.3 * step) for step in range(6)),
    *(("ae.py", False, 0.9 * step) for step in range(12)),
    *(("ae.py", True, 0.9 * step) for step in range(7)),
]


def interrupt(screen, folder, script, snapshot, seconds):
    """Ends a program so many seconds after it has begun to heed signals."""
    arguments = ("--snapshot", folder / "out.png", "--background", "density") if snapshot else ()
    process = begin(screen, script, *arguments)
    time.sleep(seconds)
    if process.poll() is not None:  # the picture is complete already
        assert snapshot and process.returncode == 0
        return
    assert end(process) == 130
    assert not list(folder.glob(".*")), "something half written is left"


@pytest.mark.parametrize("script", PROGRAMS)
def test_ctrl_c_in_the_first_second(screen, tmp_path, script):
    for seconds in (0, 0.1, 0.4):
        interrupt(screen, tmp_path, script, False, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("script, snapshot, seconds", MOMENTS)
def test_ctrl_c_at_any_moment(screen, tmp_path, script, snapshot, seconds):
    interrupt(screen, tmp_path, script, snapshot, seconds)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_is_half_written_goes_with_the_program(screen, copy, number):
    """A grid is being computed, or written, when the process is told to end."""
    process = begin(screen, "ae_precomp.py", "--weights", copy, "--rebuild")
    process.stdout.readline()  # tells that the grid is computed
    time.sleep(0.2)
    assert end(process, number) == 128 + number
    assert not list(copy.glob(".*"))


def test_an_ignored_ctrl_c_stays_ignored(screen):
    """As with nohup, or with & in a shell script."""
    process = begin(screen, "ae_precomp.py", prepare=ignore)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    assert end(process, signal.SIGTERM) == 128 + signal.SIGTERM


def test_what_is_half_written_is_discarded_even_where_the_main_thread_is_busy(tmp_path):
    """In one long call into C, in which Python runs no handler of signals."""
    script = f"""
import hashlib, pathlib
from explorer import interrupt
from explorer.files.writing import writing
interrupt.heed()
interrupt.at_end(lambda: 1 / 0)
with writing(pathlib.Path({str(tmp_path / "file")!r})) as file:
    file.write(b"half")
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # minutes
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=as_in_a_terminal,
    )
    assert process.stdout.readline() == "begun\n" and list(tmp_path.iterdir())
    assert end(process) == 130
    assert not list(tmp_path.iterdir())


def test_tidying_up_that_hangs_does_not_keep_the_program():
    script = """
import threading
from explorer import interrupt
interrupt.heed()
interrupt.at_end(threading.Event().wait)
print("begun", flush=True)
threading.Event().wait()
"""
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=as_in_a_terminal)
    assert process.stdout.readline() == "begun\n"
    assert end(process) == 130
