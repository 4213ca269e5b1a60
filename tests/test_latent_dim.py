"""Training with any number of latent dimensions: `model.py train --latent-dim`, and what a run leaves."""

import dataclasses
import shutil

import numpy as np
import pytest

from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.engines import GridEngine
from explorer.errors import UserError
from explorer.files.arrays import read_arrays
from explorer.files.writing import write_arrays
from explorer.images import datasets
from explorer.spaces import prior, view
from explorer.spaces.card import CARD, CODES, DECODER, HISTORY, read_card, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.spaces.projection import Moments, principal
from explorer.training import cli as model
from explorer.training import evaluate, loop, run
from explorer.training.models import KINDS, base, kind
from tests.sources import some_of_mnist
from tests.spaces import make_epoch
from tools.example import KEPT, LOOK, RECIPES, finish


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> datasets.Dataset:
    """200 + 80 images of MNIST in a file of their own."""
    return some_of_mnist(tmp_path_factory.mktemp("data") / "few.npz", 200, 80)


def check_folder(out, d: int) -> None:
    """A folder opens with codes of d numbers; its grid lies on the map's plane and shows what the network decodes."""
    space, lattice = open_space(out), grid.load(open_space(out))
    assert space.codes.shape == (280, d) and sums(out) == space.card["files"]
    assert space.card["config"]["latent_dim"] == d and f", {d} dimension" in space.title
    assert "two" not in space.about.replace("network", "")
    np.testing.assert_array_equal(lattice.base, space.projection.base)
    np.testing.assert_array_equal(lattice.plane, space.projection.plane)
    assert lattice.extent == grid.extent_for(view.home(space))
    decode = keras_runtime.load_decoder(out / DECODER, (28, 28), dimensions=d)
    nodes = space.projection.codes_at(grid.nodes(lattice.extent, lattice.shape))[::37]
    assert not GridDecoder(lattice).outside(space.codes_at(np.array([view.middle(view.home(space))]))).any()
    assert np.abs(GridDecoder(lattice)(nodes) - decode(nodes)).max() <= 0.6 / 255


@pytest.mark.parametrize("d", [1, 3, 16])
def test_a_space_of_any_dimension_is_trained_and_measured(few, tmp_path, d):
    out = tmp_path / "a"
    assert model.main(["train", "--space=pca", f"--latent-dim={d}", f"--data={few.source}", f"--out={out}"]) == 0
    check_folder(out, d)
    figures, rows = open_space(out).card["metrics"], dict(evaluate.rows(out, None))
    assert list(rows) == [f"pca-{d}", evaluate.SHUFFLED, f"lda-{d}"]
    assert ("17 classes" in str(rows[f"lda-{d}"])) == (d == 16)
    assert figures["grid_psnr_db"] > 55 and {"one_label", "silhouette", "trustworthiness_12", "knn_10"} <= set(figures)
    for figure, value in figures.items():
        assert rows[f"pca-{d}"][figure] == pytest.approx(value, rel=2e-2, abs=2e-3), figure


@pytest.mark.slow
def test_a_vae_keeps_a_deviation_for_each_number_and_places_in_its_history(few, tmp_path):
    out = model.train(tmp_path / "a", space="vae", source=few.source, latent_dim=16, epochs=1, hidden=(32, 16))
    check_folder(out, 16)
    space = open_space(out)
    assert tuple(space.columns) == prior.columns(16) and prior.deviations(space, 3).shape == (16,)
    assert read_arrays(out / CODES)["codes"].dtype == np.float16
    with np.load(out / HISTORY) as history:
        last = space.places[history["rows"]]
        np.testing.assert_allclose(history["codes"][-1].std(axis=0), last.std(axis=0), rtol=0.05)
        assert history["codes"].shape[1:] == (200, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, d",
    [*((name, 16) for name in KINDS if name not in ("pca", "lda")), ("autoencoder", 3), ("autoencoder-plain", 1)],
)
def test_every_kind_that_is_trained_takes_any_dimension(few, tmp_path, name, d):
    out = model.train(tmp_path / "a", space=name, source=few.source, latent_dim=d, epochs=1, batch_size=50)
    check_folder(out, d)


@pytest.mark.slow
def test_an_interrupted_run_of_many_dimensions_ends_as_a_whole_one(few, tmp_path, monkeypatch):
    choices = {"space": "vae", "source": few.source, "latent_dim": 16, "epochs": 3, "hidden": (32, 16)}
    whole = model.train(tmp_path / "whole", **choices)
    save, saved = run.Folder.save, []

    def stop(self, *arguments):
        save(self, *arguments)
        saved.append(arguments)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(run.Folder, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        model.train(tmp_path / "a", **choices)
    monkeypatch.undo()
    assert open_space(tmp_path / "a.partial").codes.shape == (200, 16)
    with pytest.raises(UserError, match="other settings"):
        model.train(tmp_path / "a", resume=True, latent_dim=2)
    model.train(tmp_path / "a", resume=True)
    assert read_arrays(tmp_path / "a" / CODES)["codes"].tobytes() == read_arrays(whole / CODES)["codes"].tobytes()


# ---- where it makes no sense ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("pca", "0"), "'0' is not a whole number from 1 to 512"),
        (("pca", "513"), "'513' is not a whole number from 1 to 512"),
        (("lda", "10"), "LDA in 10 dimensions needs at least 11 classes"),
        (("pca", "201"), "needs 201 images to train on, not 200"),
        (("autoencoder", "1"), "add --neighbour-weight 0"),
    ],
)
def test_what_makes_no_sense_gets_a_line(few, tmp_path, capsys, arguments, words):
    name, d = arguments
    with pytest.raises(SystemExit) if "'" in words else pytest.MonkeyPatch.context():
        given = ["train", "--space", name, "--latent-dim", d, "--data", few.source, "--out", str(tmp_path / "a")]
        assert model.main(given) == 2
    assert words in capsys.readouterr().err.splitlines()[-1] and not list(tmp_path.iterdir())


def test_pca_has_no_more_dimensions_than_an_image_has_values():
    images = np.random.default_rng(0).integers(0, 256, (40, 4, 4), np.uint8)
    tiny = dataclasses.replace(datasets.load("mnist"), x_train=images)
    kind("pca").check(kind("pca").Config(latent_dim=16), tiny)
    with pytest.raises(UserError, match="at most 16 dimensions"):
        kind("pca").check(kind("pca").Config(latent_dim=17), tiny)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_said_of_a_kind_holds_for_its_dimensions(name):
    space = kind(name)
    assert space.described(space.Config(), "mnist") == (space.title, f"{space.about} {space.look}")
    assert space.described(space.Config(), "mine.npz") == (space.title, space.about)
    for d, words in ((1, "1 dimension"), (16, "16 dimensions")):
        title, about = space.described(space.Config(latent_dim=d), "mnist")
        assert title == f"{space.title}, {words}" and space.look not in about
        assert "two" not in about.replace("networks", "").replace("network", "") and "flat plane" not in about


# ---- the parts -----------------------------------------------------------------------------------


def test_neighbours_hold_the_first_two_numbers_alone(few):
    import tensorflow as tf

    space = kind("autoencoder")(kind("autoencoder").Config(latent_dim=5, hidden=(8,)), (28, 28))
    x = tf.constant(datasets.as_float(few.x_train[:10]))
    z = np.asarray(space.encoder(x))
    near = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    found = space.losses(base.Batch(x, None, tf.constant(near), None, 0.0))["neighbours"]
    assert float(found) == pytest.approx(np.square(z[:, :2] / 5 - near).sum(axis=1).mean(), rel=1e-4)


def test_codes_of_many_numbers_are_halved_where_no_figure_moves(few):
    fit = loop.Fit(kind("pca"), kind("pca").Config(latent_dim=16), few)
    fit.epoch(1, lambda images, losses: None)
    decode = keras_runtime.LiveDecoder(fit.decoder, few.image_shape)
    codes = loop.encode_rows(fit.encoder, few, np.arange(280))
    half = run.half(codes)
    assert half.dtype == np.float16 and (run.half(half.astype(np.float32)) == half).all()
    whole, rounded = (evaluate.evaluate_codes(few, some, decode) for some in (codes, half.astype(np.float32)))
    for figure, value in whole.items():
        assert rounded[figure] == pytest.approx(value, rel=1e-3, abs=1e-3), figure
    for others in (codes[:, :8], 1e6 * codes, 1e-9 * codes):  # few numbers; too large for it; too small
        assert run.half(others).dtype == np.float32


def test_the_axes_of_a_run_keep_their_directions(tmp_path):
    """In the second epoch the codes spread more along the second component, which so becomes the first one."""
    partial = tmp_path / "a.partial"
    make_epoch(partial, 0, dimensions=5)
    first = open_space(partial)
    engine = GridEngine(first)
    arrays, second = read_arrays(partial / CODES), first.projection.plane[1]
    for stretch in (1, 3):
        along = (arrays["codes"] - first.moments.mean) @ second
        codes = (arrays["codes"] + (stretch - 1) * along[:, None] * second).astype(np.float32)
        write_arrays(partial / CODES, **arrays | {"codes": codes})
        write_card(partial, read_card(partial) | {"files": sums(partial)})
        heard = []
        assert engine._look(heard.append)
        shown, read = heard[0].space, open_space(partial)
        np.testing.assert_allclose(shown.projection.plane, first.projection.plane, atol=1e-4)
        np.testing.assert_allclose(shown.places, first.places * (1, stretch), atol=1e-3)
        assert (np.abs(read.projection.plane[1] @ second) < 0.1) == (stretch > 1), "that one exchanges them"
        assert heard[0].neighbours.nearest(tuple(shown.places[7]))[0] == 7


def test_a_plane_is_turned_to_another_one_within_itself():
    random = np.random.default_rng(1)
    codes = random.normal(size=(300, 6)) * [5, 4, 3, 2, 1, 1]
    plane = principal(Moments.of(codes))
    angle = 2.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])  # and mirrored
    other = dataclasses.replace(plane, basis=np.concatenate([turn @ plane.plane, plane.basis[2:]]))
    np.testing.assert_allclose(other.turned_to(plane).basis, plane.basis, atol=1e-12)
    beside = principal(Moments.of(codes + random.normal(size=codes.shape)))
    turned = beside.turned_to(other)
    np.testing.assert_allclose(turned.basis @ turned.basis.T, np.eye(6), atol=1e-12)
    np.testing.assert_allclose(turned.plane.T @ turned.plane, beside.plane.T @ beside.plane, atol=1e-12)
    distances = [
        np.linalg.norm(np.array([[np.cos(a), np.sin(a)], [s * np.sin(a), -s * np.cos(a)]]) @ beside.plane - other.plane)
        for a in np.linspace(0, 2 * np.pi, 721)
        for s in (-1, 1)
    ]
    assert np.linalg.norm(turned.plane - other.plane) <= min(distances) + 1e-9


def test_a_run_may_change_its_dimensions(tmp_path):
    partial = tmp_path / "a.partial"
    make_epoch(partial, 0, dimensions=5)
    engine = GridEngine(open_space(partial))
    for d in (3, 2, 5):
        shutil.rmtree(partial)
        make_epoch(partial, 1, dimensions=d)
        heard = []
        assert engine._look(heard.append) and heard[0].space.codes.shape[1] == d and (partial / CARD).exists()


# ---- the example that is shipped -----------------------------------------------------------------


@pytest.mark.parametrize("name, most, count", [("vae-16", 8_000_000, 70_000), ("autoencoder-32", 4_000_000, 20_000)])
def test_the_examples_are_small_and_as_their_recipes_say(name, most, count):
    folder, recipe = WEIGHTS / name, RECIPES[name]
    space = open_space(folder)
    assert sums(folder) == space.card["files"] and not (folder / HISTORY).exists()
    assert sum(path.stat().st_size for path in folder.iterdir()) <= most
    kind_name = recipe["space"]
    config = run.default_settings(kind_name, "mnist", 0).with_choices(recipe).config
    assert (space.card["kind"], space.card["config"], space.card["seed"]) == (kind_name, config, 0)
    title, about = kind(kind_name).described(run.config_of(run.Settings(kind_name, "mnist", 0, config)), "mnist")
    assert (space.title, space.about) == (title, f"{about} {LOOK[name]}")
    assert space.codes.shape == (count, recipe["latent_dim"])
    assert read_arrays(folder / CODES)["codes"].dtype == np.float16
    assert (np.unique(space.rows) == np.sort(space.rows)).all() and (space.rows >= 60_000).sum() == 10_000


def test_most_numbers_of_the_vae_are_used():
    space = open_space(WEIGHTS / "vae-16")
    assert space.has_prior
    deviations = np.stack([space.columns[name] for name in prior.columns(16)], axis=1).astype(np.float64)
    nats = 0.5 * (deviations**2 + space.codes**2 - 1 - 2 * np.log(deviations))  # (n, 16) of each number
    assert nats[60_000:].sum(axis=1).mean() == pytest.approx(space.card["metrics"]["kl_nats"], rel=0.01)
    assert (nats.mean(axis=0) > 0.5).sum() >= 8


@pytest.mark.parametrize("name", list(RECIPES))
def test_an_example_is_finished_once(few, tmp_path, monkeypatch, name):
    monkeypatch.setitem(KEPT, "autoencoder-32", 5)
    out = model.train(tmp_path / name, space="pca", source=few.source, latent_dim=3)
    write_arrays(out / HISTORY, epochs=np.arange(2))
    write_card(out, read_card(out) | {"files": sums(out)})
    before = len(open_space(out).rows)
    for _ in range(2):
        finish(out)
        assert sums(out) == read_card(out)["files"] and not (out / HISTORY).exists()
        assert read_card(out)["about"].count(LOOK[name]) == 1
        assert len(open_space(out).rows) == (5 if name in KEPT else before)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ae_precomp.py", "ae.py"])
def test_the_window_shows_the_example(start, name):
    """The picture at a place is that of the code of the map's plane, from the grid and from the network."""
    space = open_space(WEIGHTS / "vae-16")
    live = name == "ae.py"
    program = start(name, "--space", "vae-16", "--size", "1280x800", tensorflow=live)
    program.wait_for("live" if live else "window")
    program.settle()
    if live:
        decode = keras_runtime.load_decoder(space.folder / DECODER, space.image_shape, dimensions=16)
    else:
        decode = GridDecoder(grid.load(space))
    x, y, w, h = program.layout()["map"]
    for across, up in ((0.3, 0.4), (0.5, 0.5), (0.7, 0.3)):
        code = np.array([program.hover(x + int(w * across), y + int(h * up))["z"]], np.float32)
        assert code.shape == (1, 16) and space.projection.distances(code) < 1e-4
        assert np.abs(program.picture() - 255 * decode(code)[0]).max() <= 1
