"""Which spaces can be chosen, in which order, and what is said about those that cannot be shown."""

import os
import shutil
from pathlib import Path

import pytest

from explorer.errors import UserError
from explorer.files import locations
from explorer.spaces.card import CARD, CODES, DECODER, GRID, read_card, write_card
from explorer.spaces.catalogue import BUNDLED, ELSEWHERE, SHIPPED, TRAINED, Catalogue, brief
from explorer.spaces.folder import folder_of, open_space
from explorer.training.models import KINDS
from tests.spaces import make_epoch, make_space
from tools.example import RECIPES

NAMES = ("my-second", "my-first", "autoencoder-plain", "autoencoder")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Four spaces; a file and a folder of other things, which are none."""
    home = tmp_path / "weights"
    monkeypatch.setattr("explorer.spaces.folder.WEIGHTS", home)
    for name in NAMES:
        make_space(home / name, (4, 4), n=40, title=f"Title of {name}", images=40)
    (home / "notes").mkdir()
    (home / "notes" / "x.txt").write_text("")
    (home / "readme").write_text("")
    return home


def listed(catalogue) -> dict[str, str]:
    """The folders' names in their order, and what is wrong with each."""
    return {entry.folder.name: entry.wrong for entry in catalogue.entries()}


def test_shipped_spaces_come_in_the_order_of_history_and_the_others_by_name(weights):
    entries = Catalogue(weights / "autoencoder", False).entries()
    kinds = [name for name in KINDS if name in NAMES]
    assert [entry.folder.name for entry in entries] == [*kinds, "my-first", "my-second"]
    assert [entry.group for entry in entries] == [SHIPPED, SHIPPED, TRAINED, TRAINED]
    assert [entry.label for entry in entries[1:3]] == [f"Title of {kinds[1]}", "my-first"]
    assert [entry.note for entry in entries[1:3]] == ["", "Title of my-first · test images"]
    assert entries[0].images == open_space(entries[0].folder).images


def test_a_space_from_elsewhere_brings_those_beside_it(weights, tmp_path):
    make_space(tmp_path / "b" / "mine", (4, 4), n=40)
    make_space(tmp_path / "b" / "autoencoder", (4, 4), n=40)
    entries = Catalogue(tmp_path / "b" / "mine", False).entries()
    assert [entry.group for entry in entries] == 2 * [SHIPPED] + 2 * [TRAINED] + 2 * [ELSEWHERE]
    assert [entry.label for entry in entries[4:]] == ["autoencoder", "mine"]
    shutil.rmtree(weights)
    assert listed(Catalogue(tmp_path / "b" / "mine", False)) == {"autoencoder": "", "mine": ""}


def test_an_installed_program_lists_what_was_trained_in_the_working_folder(weights, tmp_path, monkeypatch):
    shutil.rmtree(weights / "my-first")
    for name in ("my-third", "autoencoder"):
        make_space(tmp_path / "work" / "weights" / name, (4, 4), n=40)
    monkeypatch.setattr(locations, "working", lambda: tmp_path / "work" / "weights")
    entries = Catalogue(weights / "autoencoder", False).entries()
    assert [entry.group for entry in entries] == 2 * [SHIPPED] + 3 * [TRAINED]
    assert [entry.folder for entry in entries[2:]] == [
        tmp_path / "work" / "weights" / "autoencoder",
        weights / "my-second",
        tmp_path / "work" / "weights" / "my-third",
    ]
    assert folder_of("autoencoder") == weights / "autoencoder"
    assert folder_of("my-third") == tmp_path / "work" / "weights" / "my-third"
    with pytest.raises(UserError, match="no space 'my-first' in .* or .*: there is autoencoder, .*my-third"):
        folder_of("my-first")


@pytest.mark.parametrize("name", [CARD, CODES, DECODER, GRID])
def test_what_is_missing_shows_at_once_and_what_is_damaged_when_it_is_read(weights, name):
    catalogue = Catalogue(weights / "autoencoder", False)
    path = weights / "my-first" / name
    whole = path.read_bytes()
    good = dict.fromkeys(listed(catalogue), "")
    path.unlink()
    assert listed(catalogue) == good | {"my-first": f"{name} is missing"}
    path.write_bytes(whole[: len(whole) // 2])
    if name == CARD:
        assert listed(catalogue)["my-first"] == "card.json is damaged"
    else:
        assert listed(catalogue) == good and catalogue.unchecked()
        catalogue.check()
        assert listed(catalogue) == good | {"my-first": f"{name} is damaged"}
    path.write_bytes(whole)
    assert listed(catalogue) == good, "it has been mended"
    catalogue.check()
    assert listed(catalogue) == good and not catalogue.unchecked()


def test_a_grid_that_can_be_computed_is_not_missed(weights):
    catalogue = Catalogue(weights / "autoencoder", True)
    (weights / "my-first" / GRID).unlink()
    (weights / "my-second" / GRID).write_bytes(b"")
    catalogue.check()
    assert not any(listed(catalogue).values())


def test_what_was_found_out_holds_until_a_file_is_another(weights):
    catalogue = Catalogue(weights / "autoencoder", False)
    catalogue.check()
    folder = weights / "my-first"
    path = folder / CODES
    catalogue.blame(folder, UserError(f"{path} is damaged (its SHA-256 …): restore it"))
    assert listed(catalogue)["my-first"] == "codes.npz is damaged"
    catalogue.check()
    assert listed(catalogue)["my-first"] == "codes.npz is damaged"
    os.utime(path)
    assert listed(catalogue)["my-first"] == ""


def test_a_run_is_not_damaged_for_being_written(weights):
    make_epoch(weights / "my-run.partial", 1)
    (weights / "my-run.partial" / CODES).write_bytes(b"of the next epoch")
    catalogue = Catalogue(weights / "autoencoder", False)
    catalogue.check()
    assert listed(catalogue)["my-run.partial"] == "" and not catalogue.unchecked()


def test_checking_ends_when_it_is_told_to(weights):
    catalogue = Catalogue(weights / "autoencoder", False)
    (weights / "my-first" / CODES).write_bytes(b"")
    catalogue.check(lambda: True)
    assert listed(catalogue)["my-first"] == "" and catalogue.unchecked()


@pytest.mark.parametrize(
    "said, short",
    [
        ("/w/vae/codes.npz is damaged (its SHA-256 is not the one in card.json): restore it", "codes.npz is damaged"),
        ("/w/vae/codes.npz: codes are not all finite: restore it from", "codes.npz: codes are not all finite"),
        ("/w/vae/grid.npz is missing, and computing one needs TensorFlow: install it", "grid.npz is missing"),
        ("/w/vae/card.json is no card of format 1: restore it", "card.json is no card of format 1"),
        ("a" * 100, "a" * 59 + "…"),
    ],
)
def test_reasons_are_short(said, short):
    assert brief(UserError(said), Path("/w/vae")) == short


def test_what_a_card_says_about_its_space(tmp_path):
    space = make_space(tmp_path / "a", (4, 4), n=40, more={"about": "It is.", "paper": "Somebody, 1999"})
    assert (space.about, space.paper) == ("It is.", "Somebody, 1999")
    assert make_space(tmp_path / "b", (4, 4), n=40).about == ""
    write_card(tmp_path / "a", space.card | {"about": ["no", "text"]})
    with pytest.raises(UserError, match="no card"):
        read_card(tmp_path / "a")


def test_every_kind_is_bundled_in_the_same_order():
    assert tuple(name for name in BUNDLED if name in KINDS) == tuple(KINDS)
    assert {*BUNDLED} - {*KINDS} == {*RECIPES}
