"""What is exported: the web page holds the grid without loss, the Projector's folder is what the Projector reads."""

import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import exports, projector, web_page
from explorer.errors import Cancelled, NotAllowed, UserError
from explorer.files import writing
from explorer.images import datasets
from tests.spaces import make_space

NAMES = ("</script><b>", 'quoted "b"', "{{data}}", "tab\there")
KINDS = list(exports.KINDS)


def probe_of(space) -> SpaceProbe:
    return SpaceProbe(space, GridDecoder(grid.load(space)))


def content_of(path) -> dict:
    """What the page reads."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def array_of(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.fixture(params=[(8, 6), (7, 9, 3)], ids=["grey", "colour"])
def space(request, tmp_path):
    columns = {"weight": np.linspace(-1, 1, 210), "place": np.array(["here", "a\tb\nc"] * 105)}
    return make_space(tmp_path / "small", request.param, NAMES, n=210, columns=columns, title="<i>&</i>")


def test_the_page_has_the_points_and_the_grid_without_loss(space, tmp_path):
    web_page.write(tmp_path / "a.html", probe_of(space))
    content, lattice = content_of(tmp_path / "a.html"), grid.load(space)
    assert (array_of(content["places"], "<f4").reshape(-1, 2) == space.places).all()
    assert (array_of(content["labels"], "<u2") == space.labels).all()
    assert content["rows"] is None and content["classes"] == list(space.class_names)
    found = content["grid"]
    assert found["extent"] == list(lattice.extent) and tuple(found["nodes"]) == lattice.shape
    height, width, channels = found["tiles"]
    with Image.open(io.BytesIO(base64.b64decode(found["sheet"]))) as picture:
        tiles = np.asarray(picture.convert("RGB" if channels == 3 else "L"))
    tiles = tiles.reshape(height, lattice.shape[0], width, lattice.shape[1], channels)
    images = tiles.transpose(1, 3, 0, 2, 4).reshape(lattice.images.shape)
    assert (images == lattice.images).all()


def test_the_page_asks_for_nothing_and_names_cannot_end_its_script(space, tmp_path):
    web_page.write(tmp_path / "a.html", probe_of(space))
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "://" not in text and "default-src 'none'" in text
    assert text.count("</script>") == 2 and "<h1>&lt;i&gt;&amp;&lt;/i&gt;</h1>" in text
    assert not re.search(r"\{\{(?!data\}\})", text), "a mark that was not filled"


def test_a_page_without_a_decoder_has_the_points_alone(space, tmp_path):
    assert exports.export(tmp_path / "a.html", SpaceProbe(space, None)) == "without pictures: the space has no decoder"
    assert content_of(tmp_path / "a.html")["grid"] is None


def test_a_grid_too_wide_for_a_page_loses_nodes(space, monkeypatch):
    monkeypatch.setattr(web_page, "WIDEST", 10 * max(space.image_shape[:2]))
    decoder = GridDecoder(grid.load(space))
    found = web_page.computed(space, decoder)
    assert found.shape == (10, 10) and found.extent == decoder.grid.extent
    assert np.abs(found.images[0, 0].astype(int) - decoder.grid.images[0, 0]).max() <= 1, "the same corner"


def test_the_projector_reads_the_folder(space, tmp_path):
    path, dataset = tmp_path / "a.projector", datasets.load(space.card["data"]["source"])
    assert exports.export(path, SpaceProbe(space, None)) == ""
    assert np.loadtxt(path / "vectors.tsv", dtype=np.float32, delimiter="\t").tolist() == space.codes.tolist()
    lines = (path / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines]
    assert cells[0] == ["index", "split", "label", "class", "column_weight", "column_place"]
    assert len(cells) == 211 and {len(row) for row in cells} == {6}
    assert [int(row[0]) for row in cells[1:]] == list(range(210)) and cells[2][5] == r"a\tb\nc"
    side = max(space.image_shape[:2])
    with Image.open(path / "sprite.png") as sprite:
        assert sprite.size == (15 * side, 15 * side), "as many rows as columns: 15² ≥ 210"
        pixels = np.asarray(sprite)
    row, column = divmod(97, 15)
    height, width = space.image_shape[:2]
    top, left = row * side + (side - height) // 2, column * side + (side - width) // 2
    assert (pixels[top : top + height, left : left + width] == dataset.images(np.array([97]))[0]).all()
    (named,) = json.loads((path / "config.json").read_text())["embeddings"]
    assert named["tensorShape"] == [210, 2] and named["sprite"]["singleImageDim"] == [side, side]


def test_the_configuration_is_text_of_a_protocol_buffer(space, tmp_path):
    projector.write(tmp_path / "a", space, datasets.load(space.card["data"]["source"]))
    side = max(space.image_shape[:2])
    assert (tmp_path / "a" / "projector_config.pbtxt").read_text().split() == (
        'embeddings { tensor_name: "<i>&</i>" tensor_path: "vectors.tsv" metadata_path: "metadata.tsv" sprite { '
        f'image_path: "sprite.png" single_image_dim: {side} single_image_dim: {side} }} }}'
    ).split()


def test_points_that_do_not_fit_on_a_sprite_are_left_out_evenly(space, tmp_path, monkeypatch):
    side = max(space.image_shape[:2])
    monkeypatch.setattr(projector, "SPRITE", 10 * side)
    note = exports.export(tmp_path / "a.projector", SpaceProbe(space, None))
    assert note == "100 of 210 points: no more images fit on the Projector's sprite"
    lines = (tmp_path / "a.projector" / "metadata.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [int(line.split("\t")[0]) for line in lines]
    assert len(rows) == 100 and rows[0] == 0 and rows[-1] == 209 and set(np.diff(rows)) == {2, 3}


@pytest.mark.parametrize(
    "n, shape, fits",
    [
        (70_000, (28, 28), (28, 292**2)),  # MNIST as it is
        (10**6, (28, 28), (28, 292**2)),  # not all of them
        (60_000, (64, 64, 3), (33, 248**2)),  # shrunk, so that all fit
        (100, (20_000, 10), (819, 10**2)),
    ],
)
def test_images_are_as_large_as_fits(n, shape, fits):
    assert projector.layout(n, shape) == fits


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_tables_have_all_points_with_their_neighbours(space, tmp_path, kind):
    path = tmp_path / f"a{kind}"
    assert exports.export(path, SpaceProbe(space, None)) == ""
    if kind == ".csv":
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        table = {name: [row[name] for row in rows] for name in rows[0]}
    else:
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path).to_pydict()
    assert (np.array(table["z1"], np.float32) == space.codes[:, 1]).all()
    assert table["class"] == [space.class_names[label] for label in space.labels]
    assert table["split"] == ["train"] * 189 + ["test"] * 21
    nearest = np.array([table[f"neighbour{k}"] for k in range(1, 11)], int).T
    apart = np.linalg.norm(space.codes[:, None].astype(float) - space.codes, axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (nearest == np.argsort(apart, axis=1)[:, :10]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_a_cancelled_export(space, tmp_path, kind):
    with pytest.raises(Cancelled):
        exports.export(tmp_path / f"a{kind}", probe_of(space), cancelled=lambda: True)
    assert not list(tmp_path.glob("*a.*"))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_when_the_disk_is_full(space, tmp_path, kind, monkeypatch):
    def full(*arguments) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    if kind == ".projector":
        monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(NotAllowed, match=r"cannot write .*: No space left on device"):
        exports.export(tmp_path / f"a{kind}", probe_of(space))
    assert not list(tmp_path.glob("*a.*"))


@pytest.mark.parametrize(
    "name, why",
    [
        ("a.pdf", "give .html, .csv, .parquet, .projector, not a.pdf"),
        ("none/a.html", "No such file or directory"),
        ("none/a.projector", "No such file or directory"),
        ("there.projector", "it exists already: choose another name"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(tmp_path, name, why):
    (tmp_path / "there.projector").mkdir()
    with pytest.raises(UserError, match=why):
        exports.check(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["there.projector"]


def test_without_pyarrow_one_line_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="Parquet needs pyarrow, which is not installed: pip install pyarrow"):
        exports.check(tmp_path / "a.parquet")


def test_images_that_are_gone_cost_the_split_alone(space, tmp_path):
    (tmp_path / "small.npz").unlink()
    note = exports.export(tmp_path / "a.csv", SpaceProbe(space, None))
    assert note.startswith("without split: ") and (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("script", ["ae.py", "ae_precomp.py"])
def test_the_command_line_exports_without_a_display(call, tmp_path, script, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    small = make_space(tmp_path / "small", (8, 6), n=60)
    done = call(script, "--weights", small.folder, "--export", tmp_path / "a.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert content_of(tmp_path / "a.html")["grid"]
    done = call(script, "--weights", small.folder, "--export", tmp_path / "none" / "a.csv")
    assert done.returncode == 2 and "does not exist" in done.stderr and done.stderr.count("\n") == 1
