"""Ten kills of programs that write; `make kill` tries as many as one likes."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_kills_lose_nothing():
    command = [sys.executable, "-m", "tools.kill", "--kills", "10"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=850)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "10 kills, 0 failures" in result.stdout
