"""A few hundred harmed files of every kind; `make fuzz` runs any number."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tools import fuzz

SEED, COUNT = 20, 400


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_harmed_file_does_more_than_be_refused():
    cases = []
    fuzz.fuzz(SEED, range(COUNT), list(fuzz.TARGETS), cases.append)
    assert [(case.number, case.target, case.wrong, case.words) for case in cases if case.wrong] == []
    assert {case.target for case in cases} == set(fuzz.TARGETS)
    assert {case.outcome for case in cases} == {"read", "refused"}


@pytest.mark.slow
def test_sound_files_are_read(tmp_path):
    """Every target's sample, unharmed."""
    probe = fuzz.Reader()
    try:
        for name, target in fuzz.TARGETS.items():
            folder = tmp_path / name
            folder.mkdir()
            assert probe.read(name, target.make(folder))[:2] == ("read", ""), name
    finally:
        probe.close()


ODD = """
import os, sys, time
from pathlib import Path
from tools import fuzz
from tools.targets import Target

def odd(path):
    word = path.read_text()
    if word == "raise": raise KeyError("x")
    if word == "exit": os._exit(3)
    if word == "print": print("hello")
    if word == "warn": print("hello", file=sys.stderr)
    if word == "two lines": raise fuzz.errors.UserError("fine")
    if word == "memory": bytearray(2 * 10**9)[::4096] = bytes(-(-2 * 10**9 // 4096))
"""


@pytest.mark.slow
def test_findings_are_found(tmp_path, monkeypatch):
    """Each way to go wrong, by a target of our own, in one process that is made anew where it broke."""
    (tmp_path / "odd_target.py").write_text(ODD + "fuzz.TARGETS['odd'] = Target(None, odd, ())\nfuzz._answer()\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    monkeypatch.setattr(fuzz, "COMMAND", [sys.executable, "-m", "odd_target"])
    probe, found = fuzz.Reader(), {}
    try:
        for word in ("raise", "exit", "print", "warn", "two lines", "memory", "fine"):
            (tmp_path / "file").write_text(word)
            found[word] = probe.read("odd", tmp_path / "file")
    finally:
        probe.close()
    outcomes = {word: outcome for word, (outcome, *_) in found.items()}
    assert outcomes == {
        "raise": "raised",
        "exit": "broke",
        "print": "raised",
        "warn": "raised",
        "two lines": "refused",
        "memory": "read",
        "fine": "read",
    }
    assert found["memory"][2] > fuzz.MOST_BYTES and "status 3" in found["exit"][1]


@pytest.mark.slow
def test_a_case_is_repeated_by_its_number():
    command = [sys.executable, "-m", "tools.fuzz", "--seed", "4", "--targets", "card", "--only", "7"]
    said = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100).stdout for _ in range(2)]
    lines = [text.splitlines()[0] for text in said]
    assert lines[0] == lines[1] and lines[0].startswith("case 7: card, ")
    assert json.dumps(lines[0])
