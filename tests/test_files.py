"""A space's folder: what is read from it, and what is said about a damaged one."""

import json

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.files.writing import writing
from explorer.spaces.card import CARD, CODES, DECODER, ENCODER, GRID, HISTORY, read_card, write_card
from explorer.spaces.folder import check_decoder, folder_of, open_space, sums
from tests.spaces import make_space


def rewrite_codes(folder, **changes):
    """Puts other arrays into codes.npz, with a card that vouches for them."""
    with np.load(folder / CODES) as old:
        arrays = {name: old[name] for name in old} | changes
    np.savez(folder / CODES, **arrays)
    card = read_card(folder)
    write_card(folder, card | {"files": sums(folder)})


def test_the_shipped_space_is_whole(space):
    assert sums(space.folder) == space.card["files"]
    assert set(space.card["files"]) == {ENCODER, DECODER, CODES, GRID, HISTORY}
    assert space.codes.shape == (70_000, 2) and space.codes.dtype == np.float32
    assert (space.rows == np.arange(70_000)).all()
    metrics = space.card["metrics"]
    assert metrics["mse"] <= 0.0315 and metrics["knn_1"] >= 0.945 and metrics["knn_10"] >= 0.962
    assert metrics["trustworthiness_12"] >= 0.960
    assert metrics["grid_psnr_db"] >= 47 and metrics["grid_psnr_db_p1"] >= 35
    assert {"config", "seed", "versions", "kind"} <= set(space.card)
    assert sum(path.stat().st_size for path in space.folder.iterdir()) <= 20e6


def test_place_and_code_are_the_same_in_two_dimensions(space):
    places = np.array([[1.5, -2.0]])
    assert space.codes_at(places).dtype == np.float32
    np.testing.assert_array_equal(space.codes_at(places), places)


def test_columns_are_read_by_the_names_on_the_card(tmp_path):
    columns = {"year": np.arange(50), "author/place": np.array(["Ångström", "b"] * 25), "seen": np.ones(50, bool)}
    space = make_space(tmp_path / "space", n=50, columns=columns)
    assert list(space.columns) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(space.columns[name], values)


def test_a_card_from_before_columns_is_as_good(tmp_path):
    space = make_space(tmp_path / "space")
    assert "columns" not in space.card["data"] and space.columns == {}


@pytest.mark.parametrize(
    "values", [np.zeros(49), np.zeros((50, 1)), np.zeros(50, complex), np.zeros(50, "S3"), np.zeros(50, "M8[s]")]
)
def test_wrong_columns_get_one_line(tmp_path, values):
    make_space(tmp_path / "space", n=50, columns={"year": np.arange(50)})
    rewrite_codes(tmp_path / "space", column_year=values)
    with pytest.raises(UserError, match="column 'year'.*not one number or string per code"):
        open_space(tmp_path / "space")


def test_a_missing_column_is_damage(tmp_path):
    space = make_space(tmp_path / "space", n=50)
    write_card(space.folder, space.card | {"data": space.card["data"] | {"columns": ["year"]}})
    with pytest.raises(UserError, match="codes.npz is damaged"):
        open_space(space.folder)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16])
def test_labels_are_integers_of_any_size_and_all_0_without_classes(tmp_path, dtype):
    folder = make_space(tmp_path / "space", classes=[], n=50).folder
    rewrite_codes(folder, labels=np.zeros(50, dtype))
    assert open_space(folder).class_names == ()
    rewrite_codes(folder, labels=np.ones(50, dtype))
    with pytest.raises(UserError, match="labels reach from 1 to 1, classes are 0"):
        open_space(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": "0123456789"},
        {"classes": [0, 1]},
        {"columns": "year"},
        {"columns": ["year", "year"]},
        {"columns": [1]},
        {"image_shape": []},
        {"image_shape": [28]},
        {"image_shape": [28, 28, 1]},
        {"image_shape": [28, 28, 3, 1]},
        {"image_shape": [0, 28]},
        {"image_shape": [28.0, 28]},
    ],
)
def test_cards_with_wrong_data(copy, change):
    card = read_card(copy)
    write_card(copy, card | {"data": card["data"] | change})
    with pytest.raises(UserError, match="card.json is no card"):
        open_space(copy)


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"codes": np.zeros((70_000, 2, 1), np.float32)}, "codes"),
        ({"codes": np.zeros((70_000, 2))}, "float64"),
        ({"codes": np.full((70_000, 2), np.nan, np.float32)}, "finite"),
        ({"codes": np.zeros((0, 2), np.float32)}, "codes"),
        ({"labels": np.zeros(5, np.uint8)}, "labels"),
        ({"labels": np.full(70_000, 10, np.uint8)}, "labels"),
        ({"rows": np.zeros(70_000)}, "rows"),
        ({"codes": np.array([[None, None]] * 70_000, object)}, "damaged"),
    ],
)
def test_wrong_codes_get_one_line(copy, changes, word):
    rewrite_codes(copy, **changes)
    with pytest.raises(UserError, match=word) as caught:
        open_space(copy)
    assert "\n" not in str(caught.value) and CODES in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}', "\x00\xff"])
def test_wrong_cards_get_one_line(copy, content):
    (copy / CARD).write_text(content)
    with pytest.raises(UserError, match="card.json") as caught:
        open_space(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key, value", [("files", []), ("title", 3), ("data", {}), ("format", 2)])
def test_cards_with_one_wrong_value(copy, key, value):
    write_card(copy, read_card(copy) | {key: value})
    with pytest.raises(UserError, match="card.json is no card"):
        open_space(copy)


def test_missing_things_are_named(copy, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        open_space(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no card.json"):
        open_space(tmp_path)
    with pytest.raises(UserError, match="is a file"):
        open_space(copy / CODES)
    with pytest.raises(UserError, match=r"no space 'vea'.*autoencoder"):
        folder_of("vea")
    (copy / CODES).unlink()
    with pytest.raises(UserError, match="codes.npz is missing"):
        open_space(copy)


def test_a_damaged_decoder_is_noticed(copy):
    space = open_space(copy)
    check_decoder(space)
    path = copy / DECODER
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError, match="decoder.keras is damaged"):
        check_decoder(space)
    path.unlink()
    with pytest.raises(UserError, match="decoder.keras is missing"):
        check_decoder(space)


def test_writing_is_all_or_nothing(tmp_path):
    path = tmp_path / "file"
    with writing(path) as file:
        file.write(b"first")
    with pytest.raises(KeyboardInterrupt), writing(path) as file:
        file.write(b"second, cut off")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"first" and list(tmp_path.iterdir()) == [path]


def test_cards_say_where_the_figures_come_from(space):
    text = (space.folder / CARD).read_text(encoding="utf-8")
    assert json.loads(text) == space.card
