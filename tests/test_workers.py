"""Threads and the queue: order, supersession, failures, the end."""

import threading
import time
import tkinter as tk

import pytest

from explorer.window.base.workers import Workers


@pytest.fixture
def root(screen, monkeypatch):
    monkeypatch.setenv("DISPLAY", screen.name)
    root = tk.Tk()
    root.withdraw()
    errors = []
    root.report_callback_exception = lambda *error: errors.append(error)
    yield root
    root.destroy()
    assert not errors


def until(root, condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        root.update()
        time.sleep(0.002)


def test_messages_arrive_in_order_on_the_tk_thread(root):
    said, threads = [], set()

    def hear(message):
        said.append(message)
        threads.add(threading.current_thread())

    def work(tell, cancelled):
        for number in range(5):
            tell(number)
        return "result"

    Workers(root).start("a", work, hear, pytest.fail, hear)
    until(root, lambda: "result" in said)
    assert said == [0, 1, 2, 3, 4, "result"] and threads == {threading.main_thread()}


def test_superseded_work_is_told_and_not_heard(root):
    workers, said, flags = Workers(root), [], []
    release = threading.Event()

    def slow(tell, cancelled):
        release.wait(10)
        flags.append(cancelled())
        tell("old")
        return "old"

    workers.start("a", slow, said.append, pytest.fail, said.append)
    workers.start("a", lambda tell, cancelled: "new", said.append, pytest.fail)
    release.set()
    until(root, lambda: flags and said)
    root.update()
    time.sleep(0.05)
    root.update()
    assert said == ["new"] and flags == [True]


def test_the_queue_is_emptied_as_often_as_the_least_patient_work_wants(root):
    workers, said, release = Workers(root), [], threading.Event()

    def patient(tell, cancelled):
        tell("first")
        release.wait(10)

    workers.start("patient", patient, said.append, pytest.fail, said.append, 10_000)
    started = time.monotonic()
    workers.start("hasty", lambda tell, cancelled: "second", said.append, pytest.fail)
    until(root, lambda: len(said) == 2)
    assert time.monotonic() - started < 5 and said == ["first", "second"]
    release.set()
    workers.close()


def test_failures_are_delivered(root):
    workers, failures = Workers(root), []
    workers.start("a", lambda tell, cancelled: 1 / 0, pytest.fail, failures.append)
    until(root, lambda: failures)
    assert isinstance(failures[0], ZeroDivisionError)


def test_closing_drops_everything_and_says_who_is_busy(root):
    workers, said, release = Workers(root), [], threading.Event()
    workers.start("a", lambda tell, cancelled: release.wait(10), said.append, said.append)
    assert workers.close() is True
    release.set()
    for _ in range(20):
        root.update()
        time.sleep(0.005)
    assert said == [] and workers.close() is False
