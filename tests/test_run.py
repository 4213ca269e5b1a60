"""A run's folder: what a full disk and a run that diverges leave of it."""

import dataclasses
import os
import subprocess

import numpy as np
import pytest

from explorer.decoding import grid
from explorer.decoding.model_files import stored
from explorer.errors import NotAllowed, UserError
from explorer.files.arrays import read_arrays
from explorer.images import datasets
from explorer.spaces.card import CARD, DECODER, ENCODER, SPACE, read_card
from explorer.spaces.folder import open_space
from explorer.training import cli as model
from explorer.training import loop, run
from explorer.training.models import kind
from explorer.training.places import CHECKPOINT, FRAMES
from tests.sources import some_of_mnist
from tests.test_places import leftovers, title


@pytest.fixture(scope="module")
def little(tmp_path_factory) -> datasets.Dataset:
    """100 + 40 images of MNIST in a file of their own."""
    return some_of_mnist(tmp_path_factory.mktemp("data") / "little.npz", 100, 40)


class Begun:
    """A run of PCA in a folder, as `model.train` has it after an epoch."""

    def __init__(self, dataset: datasets.Dataset, out) -> None:
        self.settings = run.default_settings("pca", dataset.source, 0)
        self.folder = run.Folder(out)
        self.folder.start(keep=False)
        self.dataset = dataset
        self.fit = loop.Fit(kind("pca"), run.config_of(self.settings), dataset)
        self.fit.epoch(1, lambda images, losses: None)
        self.decoder = loop.keras_runtime.LiveDecoder(self.fit.decoder, dataset.image_shape)
        self.frames = run.Frames(self.folder.partial, dataset, 1, 24)

    def save(self, losses: float = 0.5) -> None:
        progress = {"epoch": 1, "losses": {"mse": [losses]}, "seconds": 1.0, "fingerprint": ""}
        run.save_snapshot(self.folder, self.settings, self.dataset, self.fit, self.decoder, self.frames, progress)


@pytest.fixture
def begun(little, tmp_path):
    begun = Begun(little, tmp_path / "x")
    yield begun
    begun.folder.release()


def state(folder) -> dict[str, bytes]:
    """What a folder shows, without the checkpoint and the frames."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name in (*SPACE, CARD)}


@pytest.mark.parametrize("network", ["encoder", "decoder"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_nothing_is_written_of_numbers_that_are_not_finite(begun, network, value):
    begun.save()
    before, checkpoint = state(begun.folder.partial), (begun.folder.partial / CHECKPOINT).read_bytes()
    weights = getattr(begun.fit, network).get_weights()
    weights[0][:] = value
    getattr(begun.fit, network).set_weights(weights)
    if network == "decoder" and value == 1e30:
        begun.save()  # it is clipped to white
        return
    with pytest.raises(FloatingPointError):
        begun.save()
    assert state(begun.folder.partial) == before and title(begun.folder.partial)
    assert (begun.folder.partial / CHECKPOINT).read_bytes() == checkpoint


def test_a_decoder_that_gives_no_numbers_makes_no_grid():
    codes = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)

    def decode(places, wrong):
        images = np.zeros((len(places), 4, 4), np.float32)
        images[wrong(places), 0, 0] = np.nan
        return images

    at_a_code = lambda places: (places == codes[7]).all(axis=1)  # noqa: E731
    at_the_edge = lambda places: places[:, 0] < codes[:, 0].min() - 0.01  # noqa: E731
    for wrong in (at_a_code, at_the_edge):
        with pytest.raises(FloatingPointError, match="pictures"):
            run.lattice_of(lambda places, wrong=wrong: decode(places, wrong), codes, 8)
    nowhere = lambda places: np.zeros(len(places), bool)  # noqa: E731
    assert run.lattice_of(lambda places: decode(places, nowhere), codes, 8).shape == (8, 8)


def test_large_codes_are_kept_in_the_history(little, tmp_path):
    frames = run.Frames(tmp_path, little, 1, 24)
    (tmp_path / FRAMES).mkdir()
    lattice = grid.Grid(np.zeros((2, 2, 28, 28), np.uint8), (0.0, 1.0, 0.0, 1.0), "")
    codes = np.linspace(-1e6, 1e6, 200, dtype=np.float32).reshape(100, 2)
    for epoch, factor in ((0, 1e-6), (1, 1)):
        frames.add(epoch, codes * np.float32(factor), lattice)
    frames.merge(tmp_path / "history.npz", {"mse": [0.1]})
    np.testing.assert_allclose(read_arrays(tmp_path / "history.npz")["codes"][1], codes, rtol=1e-6)


def test_a_figure_that_is_no_number_replaces_no_result(little, tmp_path, monkeypatch):
    out = model.train(tmp_path / "x", space="pca", source=little.source)
    before = state(out)
    evaluated = model.evaluate.evaluated
    monkeypatch.setattr(model.evaluate, "evaluated", lambda *given: evaluated(*given) | {"mse": float("nan")})
    with pytest.raises(UserError, match="diverged.*mse is not finite.*learning-rate"):
        model.train(tmp_path / "x", space="pca", source=little.source, seed=1)
    assert state(out) == before and title(tmp_path / "x.partial")


def test_a_network_that_could_not_be_opened_again_is_not_trained(little, tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "LARGEST_WEIGHTS", 5000)
    with pytest.raises(UserError, match=r"could not be opened again: its weights take 6\.3 kB, at most 5\.0 kB"):
        model.train(tmp_path / "x", space="pca", source=little.source)


@pytest.mark.slow
@pytest.mark.parametrize("space", ["autoencoder-plain", "vae", "gan", "classifier"])
def test_a_run_that_diverges_keeps_the_result_and_the_last_good_weights(little, tmp_path, space):
    choices = {"space": space, "source": little.source, "epochs": 3}
    choices |= {"hidden": (8,)} if space == "autoencoder-plain" else {}
    out = tmp_path / "x"
    model.train(out, space="pca", source=little.source)
    before = state(out)
    with pytest.raises(UserError, match="diverged"):
        model.train(out, **choices, learning_rate=1e12)
    assert state(out) == before
    assert title(tmp_path / "x.partial") and grid.load(open_space(tmp_path / "x.partial"))
    for name, load in (
        (DECODER, loop.keras_runtime.load_decoder),
        (ENCODER, loop.keras_runtime.load_encoder),
    ):
        assert np.isfinite(
            load(tmp_path / "x.partial" / name, (28, 28))(np.zeros((1, *SHAPES[name]), np.float32))
        ).all()


SHAPES = {DECODER: (2,), ENCODER: (28, 28)}


# ---- a full disk ---------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """A small file system of its own; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk, room: int) -> None:
    """Leaves that many bytes free, to a page."""
    (disk / ".full").unlink(missing_ok=True)
    free = os.statvfs(disk)
    with open(disk / ".full", "wb") as file:
        file.write(bytes(free.f_bavail * free.f_bsize - room))


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_epoch(little, disk):
    begun = Begun(little, disk / "x")
    begun.folder.release()
    begun.save()
    needed = sum(path.stat().st_size for path in begun.folder.partial.rglob("*"))
    failed = 0
    for room in range(0, needed * 2, needed // 40):
        before = state(begun.folder.partial)
        fill(disk, room)
        try:
            begun.save(losses=room)
        except NotAllowed as error:
            failed += 1
            assert "No space left" in str(error) and "\n" not in str(error)
        else:
            before = {}
        (disk / ".full").unlink()
        now = state(begun.folder.partial)
        assert title(begun.folder.partial) and (now == before or f"{room}" in now[CARD].decode())
        assert not list(begun.folder.partial.rglob(".*"))
        assert begun.folder.checkpoint()[0] == begun.settings
    assert failed > 20


def test_a_mount_point_gets_the_result_of_a_run(little, disk):
    for seed in (0, 1):
        out = model.train(disk, space="pca", source=little.source, seed=seed)
        assert out == disk and os.path.ismount(disk) and title(disk)
        assert read_card(disk)["seed"] == seed and {path.name for path in disk.parent.iterdir()} == {"disk"}
    before = state(disk)
    model.train(disk, resume=True, space="pca", source=little.source, seed=1)
    assert state(disk) == before


def test_a_disk_that_is_full_at_the_end_is_told_of_and_resumed(little, disk, monkeypatch):
    save = run.save_space

    def without_room(*given, **named) -> None:
        if "metrics" in given[7]:
            fill(disk, 50_000)
        save(*given, **named)

    monkeypatch.setattr(run, "save_space", without_room)
    with pytest.raises(UserError, match="No space left.*--resume"):
        model.train(disk / "x", space="pca", source=little.source)
    (disk / ".full").unlink()
    assert title(disk / "x.partial")
    monkeypatch.undo()
    model.train(disk / "x", resume=True)
    assert title(disk / "x") and leftovers(disk) == []


def test_a_run_of_an_earlier_version_goes_on_as_it_began(tmp_path):
    folder = run.Folder(tmp_path / "a")
    folder.partial.mkdir()
    settings = run.default_settings("autoencoder", "mnist", 0)
    assert settings.config["decoder_until"] < 1
    earlier = {name: value for name, value in settings.config.items() if name != "decoder_until"}
    progress = {"epoch": 1, "losses": {}, "seconds": 1.0, "fingerprint": "0"}
    for config, until in ((earlier, 1), (settings.config, settings.config["decoder_until"])):
        folder.save(dataclasses.replace(settings, config=config), progress, [])
        assert folder.checkpoint()[0].config["decoder_until"] == until


def test_the_checkpoint_holds_what_is_resumed(begun):
    begun.save()
    settings, progress, arrays = begun.folder.checkpoint()
    assert settings == begun.settings and progress["epoch"] == 1
    assert all(np.array_equal(array, other) for array, other in zip(arrays, begun.fit.state(), strict=True))
    assert dataclasses.asdict(settings)["space"] == "pca"
