"""The trace: what is written, and files that take none."""

import json
import os

import pytest

from explorer.errors import UserError
from explorer.trace import Trace


def test_every_event_is_a_line_at_once(tmp_path):
    trace = Trace(tmp_path / "trace")
    trace.write("hover", px=3)
    trace.also(space="a").write("live")
    first, second = map(json.loads, (tmp_path / "trace").read_text().splitlines())
    assert first["event"] == "hover" and first["px"] == 3 and second["space"] == "a" and second["t"] >= first["t"] > 0


def test_a_full_disk_ends_the_trace_alone():
    trace = Trace("/dev/full")
    for number in range(3):
        trace.write("hover", px=number)
        trace.also(space="a").write("hover", px=number)


def test_a_pipe_that_is_read_too_slowly_ends_the_trace_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    probe = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    trace = Trace(tmp_path / "pipe")
    for number in range(3000):
        trace.write("hover", px=number)
    assert json.loads(os.read(probe, 100_000).splitlines()[0])["px"] == 0
    os.close(probe)


@pytest.mark.parametrize("case", ["a folder", "a pipe", "no folder", "a long name", "no name"])
def test_what_cannot_be_opened_is_one_line(tmp_path, case):
    os.mkfifo(tmp_path / "pipe")
    names = {"a folder": "", "a pipe": "pipe", "no folder": "a/b", "a long name": "x" * 300, "no name": "a\0b"}
    with pytest.raises(UserError, match="cannot write the trace"):
        Trace(tmp_path / names[case])
