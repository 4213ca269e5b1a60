"""Networks from elsewhere: what harms is refused in one line, in one process that none of them breaks."""

import re

import pytest

from tests import hostile
from tests.sandbox import Sandbox

MOST_GROWTH = 5 * 10**9  # bytes
LONGEST = 60.0  # seconds


@pytest.fixture(scope="module")
def sandbox():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def refused(sandbox, tmp_path):
    """Has a file opened, which must be refused in one line, without a word on stderr, and without any harm."""

    def refused(path, pattern: str, **how) -> str:
        answer = sandbox.opens(path, **how)
        assert answer.get("raised") == "" and answer["error"], answer
        line = answer["error"]
        assert line.startswith(str(path)) and "\n" not in line and len(line) < 600
        assert re.search(pattern, line), line
        assert "site-packages" not in line
        assert answer["calls"] == [] and sandbox.errors() == ""
        assert answer["grown"] < MOST_GROWTH and answer["seconds"] < LONGEST, answer
        return line

    return refused


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decoder.keras"


@pytest.mark.parametrize("name", hostile.CODE)
def test_code_of_somebody_else_never_runs(refused, path, name):
    line = refused(hostile.archive(path, hostile.CODE[name]), "uses|layer is called without|numbers")
    assert "--trust" in line


@pytest.mark.parametrize("name", hostile.UNFIT)
def test_what_is_no_such_network_is_refused(refused, path, name):
    config, pattern = hostile.UNFIT[name]
    refused(hostile.archive(path, config), pattern)


@pytest.mark.parametrize("name", hostile.HUGE)
def test_what_is_too_large_is_refused_before_it_is_made(refused, path, name):
    refused(hostile.archive(path, hostile.HUGE[name]), "")
    with pytest.raises(AssertionError) if False else __import__("contextlib").nullcontext():
        refused(path, "", trust=True)


@pytest.mark.parametrize("name", hostile.WEIGHTS)
def test_weights_that_are_not_in_the_file_are_refused(refused, path, name):
    held, pattern = hostile.WEIGHTS[name]
    refused(hostile.archive(path, held=held), pattern)


@pytest.mark.parametrize("name", hostile.ARCHIVES)
def test_a_damaged_archive_is_refused(refused, path, name):
    make, pattern = hostile.ARCHIVES[name]
    make(path)
    refused(path, pattern)


def test_none_of_them_broke_the_process(sandbox, path):
    assert sandbox.opens(hostile.archive(path))["result"] == [300, 28, 28]
    assert sandbox.started == 1
