"""The command `apply`: its table, what it keeps in cards, and its errors. Each application has a test of its own."""

import types

import pytest

from explorer.errors import UserError
from explorer.spaces.card import read_card, write_card
from explorer.spaces.folder import open_space
from explorer.training import cli
from explorer.training.applying import run
from explorer.uses import measured
from tests.spaces import make_space

ROWS = [
    {"space": "first", "method": "code", "bytes": 2, "psnr_db": 15.25},
    {"space": "second", "method": "code", "bytes": 2, "psnr_db": 12.5},
    {"space": "", "method": "JPEG", "bytes": 600.4, "psnr_db": 30.0},
]


@pytest.fixture
def folders(tmp_path):
    return {name: make_space(tmp_path / name).folder for name in ("first", "second", "third")}


def test_each_card_keeps_its_own_rows_and_those_of_what_it_is_compared_with(folders):
    before = {name: read_card(folder) for name, folder in folders.items()}
    run.keep(folders, "compression", {"seed": 3, "images": 50, "rows": ROWS})
    assert measured.rows(open_space(folders["first"]), "compression") == [ROWS[0], ROWS[2]]
    assert measured.rows(open_space(folders["second"]), "compression") == [ROWS[1], ROWS[2]]
    assert read_card(folders["third"]) == before["third"], "nothing was measured of it"
    run.keep(folders, "denoising", {"seed": 0, "images": 5, "rows": ROWS[:1]})
    card = read_card(folders["first"])
    assert card["uses"]["compression"]["seed"] == 3 and card["uses"]["denoising"]["rows"] == ROWS[:1]
    assert {name: value for name, value in card.items() if name != "uses"} == before["first"]
    assert measured.rows(open_space(folders["first"]), "anomaly") == []


@pytest.mark.parametrize(
    "uses", [[], {"compression": []}, {"compression": {"rows": [{"bytes": [1]}]}}, {"a": {"rows": [{}], "images": -1}}]
)
def test_a_card_with_other_uses_is_refused(folders, uses):
    write_card(folders["first"], read_card(folders["first"]) | {"uses": uses})
    with pytest.raises(UserError, match="uses"):
        read_card(folders["first"])


def test_the_table_is_aligned_and_leaves_out_what_no_row_has():
    columns = {"bits": ("bits", "{:d}"), "bytes": ("bytes", "{:.1f}"), "psnr_db": ("PSNR dB", "{:.2f}")}
    lines = run.table(types.SimpleNamespace(COLUMNS=columns), [*ROWS, {"space": "", "method": "none"}]).splitlines()
    assert lines[0] == "space   method  bytes  PSNR dB"
    assert lines[1] == "first   code      2.0    15.25"
    assert lines[3] == "        JPEG    600.4    30.00"
    assert len(lines) == 4, "a row without numbers, such as a point of a curve, is left out"


def test_an_unknown_application_or_space_is_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["apply", "divination"])
    assert stopped.value.code == 2
    assert cli.main(["apply", "compression", "--space", "nowhere"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("model.py: no space 'nowhere'")


def test_spaces_of_different_images_are_not_measured_together(folders, monkeypatch, capsys):
    card = read_card(folders["second"])
    write_card(folders["second"], card | {"data": card["data"] | {"fingerprint": "other"}})
    monkeypatch.setattr(run, "shipped_and_trained", lambda: folders)
    monkeypatch.setattr(run, "BUNDLED", tuple(folders))
    assert cli.main(["apply", "compression"]) == 2
    assert "different images" in capsys.readouterr().err


def test_a_number_that_is_not_finite_is_kept_as_none(folders):
    run.keep(folders, "compression", {"seed": 0, "images": 5, "rows": [{"space": "first", "psnr_db": float("inf")}]})
    assert measured.rows(open_space(folders["first"]), "compression") == [{"space": "first", "psnr_db": None}]
