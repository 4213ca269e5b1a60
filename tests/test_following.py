"""A run's folder while it grows: what is new, what does not belong together yet, and the end."""

import threading
import time

import numpy as np
import pytest

from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.engines import GridEngine, LiveEngine, Update
from explorer.errors import UserError
from explorer.spaces import following
from explorer.spaces.card import CODES, DECODER, read_card, write_card
from explorer.spaces.folder import open_space, sums
from explorer.spaces.following import Follower, Run
from tests.spaces import EPOCH, complete_run, make_epoch, make_space


@pytest.fixture
def partial(tmp_path):
    """The folder of a run that has just begun."""
    folder = tmp_path / "a.partial"
    make_epoch(folder, 0)
    return folder


def checked(space):
    grid.load(space)
    return space


def epoch_of(space):
    return space and following.run_of(space.card).epoch


def test_every_new_epoch_is_seen_once(partial):
    follower = Follower(open_space(partial))
    assert epoch_of(follower.look(checked)) == 0 and follower.look(checked) is None
    make_epoch(partial, 1)
    space = follower.look(checked)
    assert following.run_of(space.card) == Run(1, 5, {"mse": [1.0]}) and not follower.ended
    assert follower.look(checked) is None
    make_epoch(partial, 2)
    make_epoch(partial, 3)
    assert epoch_of(follower.look(checked)) == 3 and follower.look(checked) is None
    follower.again()
    assert epoch_of(follower.look(checked)) == 3


@pytest.mark.parametrize("written", range(1, len(EPOCH)))
def test_files_that_do_not_belong_together_are_looked_at_again(partial, written):
    """`checked` reads codes and grid: where only the decoder is new, the rest is still one epoch."""
    follower = Follower(open_space(partial))
    make_epoch(partial, 1, names=EPOCH[:written])
    assert epoch_of(follower.look(checked)) == (0 if written == 1 else None)
    make_epoch(partial, 2)
    assert epoch_of(follower.look(checked)) == 2


def test_a_card_that_tells_of_no_run():
    for run in (None, {}, {"epoch": 1}, {"epoch": 1, "epochs": 2, "losses": [1]}, {"epoch": "x"}, 5):
        assert following.run_of({"run": run}) is None
    assert following.run_of({}) is None


def test_the_result_ends_the_run(partial, tmp_path):
    follower = Follower(open_space(partial))
    complete_run(partial, tmp_path / "a")
    space = follower.look(checked)
    assert follower.ended and space.folder == tmp_path / "a" and len(space.codes) == 900
    assert following.run_of(space.card) is None
    run = following.completed(space)
    assert run.complete and run.epoch == run.epochs == 5 and run.losses["mse"][1] == 0.5
    follower.again()
    assert follower.look(checked).folder == tmp_path / "a"


def test_an_earlier_result_is_not_taken_for_the_runs_own(partial, tmp_path):
    make_space(tmp_path / "a", n=100)
    follower = Follower(open_space(partial))
    assert epoch_of(follower.look(checked)) == 0
    partial.rename(tmp_path / "a.partial.old")  # what a new run does first
    assert follower.look(checked) is None and not follower.ended
    partial.mkdir()
    assert follower.look(checked) is None
    make_epoch(partial, 1)
    assert epoch_of(follower.look(checked)) == 1
    complete_run(partial, tmp_path / "a")
    assert len(follower.look(checked).codes) == 900 and follower.ended


def test_a_complete_folder_is_not_shown_before_it_has_its_name(partial, tmp_path):
    follower = Follower(open_space(partial))
    complete_run(partial, tmp_path / "a")
    (tmp_path / "a").rename(partial)
    assert follower.look(checked) is None
    partial.rename(tmp_path / "a")
    assert len(follower.look(checked).codes) == 900


def test_a_run_that_ended_before_it_was_followed(partial, tmp_path):
    space = open_space(partial)
    complete_run(partial, tmp_path / "a")
    follower = Follower(space)
    assert len(follower.look(checked).codes) == 900 and follower.ended


def test_a_space_without_history_has_no_run(tmp_path):
    assert following.completed(make_space(tmp_path / "a", n=100)) is None


# ---- opening -------------------------------------------------------------------------------------


def test_opening_waits_until_an_epoch_is_written(partial):
    make_epoch(partial, 1, names=EPOCH[:2])
    later = threading.Timer(0.4, make_epoch, (partial, 2))
    later.start()
    space = following.opened(partial, lambda folder: checked(open_space(folder)))
    later.join()
    assert epoch_of(space) == 2


def test_opening_gives_up_on_a_run_that_was_stopped_while_it_wrote(partial, monkeypatch):
    monkeypatch.setattr(following, "PATIENCE", 0.3)
    make_epoch(partial, 1, names=EPOCH[:2])
    with pytest.raises(UserError, match="codes.npz is damaged.*--resume"):
        following.opened(partial, open_space)


def test_opening_goes_on_to_the_result(partial, tmp_path):
    complete_run(partial, tmp_path / "a")
    assert following.opened(partial, open_space).folder == tmp_path / "a"


def test_opening_anything_else_fails_at_once(tmp_path):
    space = make_space(tmp_path / "a", n=100)
    (space.folder / CODES).write_bytes(b"")
    started = time.monotonic()
    for folder in (space.folder, tmp_path / "none", tmp_path / "none.partial", tmp_path / ".partial"):
        with pytest.raises(UserError):
            following.opened(folder, open_space)
    assert time.monotonic() - started < 0.5


# ---- the engines ---------------------------------------------------------------------------------


def follow(engine):
    """Follows in a thread; gives the list that its updates are put into, and the thread."""
    told = []
    thread = threading.Thread(target=engine.follow, args=(told.append, lambda: False), daemon=True)
    thread.start()
    return told, thread


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_grid_engine_shows_the_grids_as_they_are(partial, tmp_path, monkeypatch):
    """Whatever resolution was asked for; and nothing is written into the run's folder."""
    monkeypatch.setattr(keras_runtime, "available", lambda: False)
    engine = GridEngine(open_space(partial), resolution=100, rebuild=True)
    assert engine.run.epoch == 0 and not engine.notices and engine.decoder.grid.shape == (24, 24)
    engine.prepare(pytest.fail, lambda: False)
    before = {path.name: path.stat().st_mtime_ns for path in partial.iterdir()}
    told, thread = follow(engine)
    until(lambda: told)
    assert {path.name: path.stat().st_mtime_ns for path in partial.iterdir()} == before
    for epoch in (1, 2):
        make_epoch(partial, epoch)
        until(lambda: told[-1].run.epoch == epoch)  # noqa: B023
        update = told[-1]
        assert isinstance(update, Update) and isinstance(update.take_over(), GridDecoder)
        assert update.neighbours.nearest(update.space.places[7])[0] == 7 and update.neighbours.usual_distance() > 0
        assert update.decoder.grid.fingerprint == update.space.card["files"][DECODER]
    complete_run(partial, tmp_path / "a")
    thread.join(20)
    assert not thread.is_alive() and told[-1].run.complete and len(told[-1].space.codes) == 900


def test_following_ends_when_it_is_cancelled(partial):
    engine, flag = GridEngine(open_space(partial)), threading.Event()
    thread = threading.Thread(target=engine.follow, args=(lambda update: None, flag.is_set), daemon=True)
    thread.start()
    flag.set()
    thread.join(5)
    assert not thread.is_alive()


def test_other_spaces_are_not_followed(tmp_path):
    engine = GridEngine(make_space(tmp_path / "a", n=100))
    assert engine.run is None
    engine.follow(pytest.fail, lambda: False)


def test_one_network_gets_the_weights_of_each_epoch(partial, tmp_path, keras_decoder):
    """The update carries them; they are put in when it takes over, not before."""
    import keras

    def network(epoch, width=8):
        keras.utils.set_random_seed(epoch)
        return keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(784, "sigmoid")]
        )

    def leave(epoch, **options):
        """An epoch with a real decoder."""
        network(epoch, **options).save(tmp_path / "x.keras")
        make_epoch(partial, epoch)
        (tmp_path / "x.keras").replace(partial / DECODER)
        card = read_card(partial)
        grid.save(partial, grid.Grid(np.zeros((2, 2, 28, 28), np.uint8), (0, 1, 0, 1), sums(partial)[DECODER]))
        write_card(partial, card | {"config": options, "files": sums(partial)})

    z = np.array([[1.0, -2.0]], np.float32)

    def decoded_by(epoch, **options):
        return network(epoch, **options).predict(z, verbose=0).reshape(1, 28, 28)

    leave(1)
    engine, told = LiveEngine(open_space(partial)), []
    engine.prepare(told.append, lambda: False)
    first = told[-1].take_over()
    assert first.source == "live" and told[-1].run.epoch == 1
    np.testing.assert_allclose(first(z), decoded_by(1), atol=1e-6)

    leave(2)
    assert engine._look(told.append)
    np.testing.assert_allclose(first(z), decoded_by(1), atol=1e-6)
    assert told[-1].take_over() is first
    np.testing.assert_allclose(first(z), decoded_by(2), atol=1e-6)

    leave(3, width=9)  # another run in the same folder
    assert engine._look(told.append)
    other = told[-1].take_over()
    assert other is not first
    np.testing.assert_allclose(other(z), decoded_by(3, width=9), atol=1e-6)
    np.testing.assert_allclose(first(z), decoded_by(2), atol=1e-6)

    (partial / DECODER).write_bytes(b"of the next epoch")
    engine._follower.again()
    assert not engine._look(told.append)
