"""Trainings with further seeds: the real command line on real images, and the table of what varies."""

import json

import pytest

from explorer.spaces.card import CARD
from tools import seeds


@pytest.mark.slow
def test_each_seed_is_trained_once_and_the_table_has_their_spread(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(seeds, "WEIGHTS", tmp_path)
    assert seeds.main(["--space", "pca"]) == 0
    folders = [tmp_path / f"my-pca-seed-{seed}" for seed in (1, 2)]
    assert [json.loads((folder / CARD).read_text())["seed"] for folder in folders] == [1, 2]
    rows = capsys.readouterr().out.strip().split("\n")[-5:]
    assert [row.split("  ")[0] for row in rows] == ["seed 0", "seed 1", "seed 2", "mean", "deviation"]
    assert {row.split()[2] for row in rows[:3]} == {rows[3].split()[1]}  # MSE: components depend on no seed
    assert float(rows[4].split()[1]) == 0
    written = [(folder / CARD).stat().st_mtime_ns for folder in folders]
    assert seeds.main(["--space", "pca"]) == 0
    assert written == [(folder / CARD).stat().st_mtime_ns for folder in folders]
    assert seeds.main(["--space", "pca", "--no-such-option"]) == 2
