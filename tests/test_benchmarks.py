"""The benchmarks: their command line, their tables on made-up results, and that a short run measures everything."""

import contextlib
import copy
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import driving, figures, hovering
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


def results(topics: dict[str, figures.Figures]) -> dict:
    """Results as a run writes them, of 3 rounds."""
    about = {"command": "python -m benchmarks", "date": "2026-01-31", "machine": "a machine", "cores": 2}
    found = {
        name: {"title": name.title(), "rounds": 3, "seconds": 1, "figures": values} for name, values in topics.items()
    }
    return about | {"quick": False, "topics": found}


@pytest.fixture
def measured() -> dict:
    return results(
        {
            "hover": {"live": {"p50": [3.0, 3.2, 3.1], "ratio": [5.0, 5.5, 5.1]}, "grid": {"p50": [1.0, 1.1, 1.2]}},
            "grid": {"grid": {"naive": [1870.0]}},
        }
    )


@pytest.fixture
def write(tmp_path):
    def write(name: str, content) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return write


# ---- figures ---------------------------------------------------------------------------------------


def test_percentiles_are_those_of_all_values():
    assert figures.percentiles(range(101), "ours ") == {"ours p50": 50, "ours p99": 99}


def test_each_round_adds_a_value():
    found: figures.Figures = {}
    for ms in (1.23456, 2):
        figures.add(found, "row", {"p50": ms})
    assert found == {"row": {"p50": [1.235, 2.0]}}


@pytest.mark.parametrize(
    "values, shown",
    [
        ([3.0, 3.2, 3.1], "3.1 (3–3.2)"),
        ([12.34], "12.3"),
        ([12.31, 12.32], "12.3"),
        ([1870.4], "1,870"),
        ([0.9982], "0.998"),
        ([99.98, 100.2], "100"),
        ([-2.6, 0.0], "-1.3 (-2.6–0)"),
    ],
)
def test_a_cell_has_the_median_and_the_range(values, shown):
    assert figures.cell(values) == shown


def test_a_table_has_all_columns_and_blanks(measured):
    text = figures.markdown(measured["topics"]["hover"]["figures"])
    assert text.split("\n") == [
        "|  | p50 | ratio |",
        "|---|---|---|",
        "| live | 3.1 (3–3.2) | 5.1 (5–5.5) |",
        "| grid | 1.1 (1–1.2) |  |",
    ]


# ---- two results -----------------------------------------------------------------------------------


def test_only_what_differs_more_than_its_rounds_is_marked(measured, write, capsys):
    other = copy.deepcopy(measured)
    other["topics"]["hover"]["figures"]["live"]["p50"] = [1.5, 1.6, 1.55]
    other["topics"]["hover"]["figures"]["grid"]["p50"] = [1.15, 1.25, 1.3]
    other["topics"]["grid"]["figures"]["grid"]["naive"] = [3740.0]
    other["topics"]["memory"] = {}  # not in both
    assert benchmarks.main(["diff", write("a.json", measured), write("b.json", other)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] + line.split()[-2:] for line in lines[1:]] == [
        ["hover", "live", "p50", "0.50", "*"],
        ["hover", "live", "ratio", "(5–5.5)", "1.00"],
        ["hover", "grid", "p50", "(1.15–1.3)", "1.14"],
        ["grid", "grid", "naive", "3,740", "2.00"],  # a single value has no spread
    ]


# ---- pages -----------------------------------------------------------------------------------------


def test_tables_are_printed(measured, write, capsys):
    assert benchmarks.main(["table", write("a.json", measured)]) == 0
    text = capsys.readouterr().out
    assert "2026-01-31 with `python -m benchmarks`, on 2 cores of a machine" in text
    assert "## Hover" in text and "| live | 3.1 " in text and "| grid | 1,870 |" in text


def test_pages_are_filled_and_filled_again(measured, write):
    page = Path(
        write("page.md", "a\n<!-- hover, by python -m benchmarks table -->\nold\n\n<!-- end -->\nb <!-- end -->\n")
    )
    for ratio in ([5.0], [6.0]):
        measured["topics"]["hover"]["figures"] = {"live": {"ratio": ratio}}
        assert benchmarks.main(["table", write("a.json", measured), str(page)]) == 0
        text = page.read_text()
        assert text.startswith("a\n<!-- hover") and text.endswith("<!-- end -->\nb <!-- end -->\n")
        assert f"| live | {ratio[0]:.0f} |" in text and "old" not in text


def test_a_page_is_not_filled_in_part(measured, write, capsys):
    text = "".join(f"<!-- {name}, by python -m benchmarks table -->\nold\n<!-- end -->\n" for name in ("hover", "draw"))
    page = Path(write("page.md", text))
    assert benchmarks.main(["table", write("a.json", measured), str(page)]) == 2
    assert "lack draw" in capsys.readouterr().err and page.read_text() == text


def test_the_page_has_a_place_for_every_topic():
    names = [name for _, name, _ in figures.PART.findall((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))]
    assert sorted(names) == sorted({figures.RUN, *benchmarks.TOPICS})


def test_a_topic_that_cannot_be_measured_leaves_the_others(tmp_path, monkeypatch, capsys, screen):
    def unavailable(screen, rounds):
        raise UserError("no such data set")

    topics = {"a": benchmarks.Topic(unavailable, "a"), "b": benchmarks.Topic(lambda *_: {"row": {"p50": [3.0]}}, "b")}
    monkeypatch.setattr(benchmarks, "TOPICS", topics)
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path)
    monkeypatch.setattr(benchmarks, "Screen", lambda: contextlib.nullcontext(screen))
    assert benchmarks.main([]) == 2
    assert "a: no such data set" in capsys.readouterr().err
    (path,) = tmp_path.glob("*.json")
    assert list(figures.read(path)["topics"]) == ["b"]


def test_the_short_table_quotes_the_competent_program():
    row = {"ours p50": [3.1], "ours p99": [4.3], "competent p50": [15.5], "competent p99": [20.0]}
    row |= {"ratio p50": [5.0], "ratio p99": [4.65]}
    topics: dict = {}
    for topic, name in figures.ACTIONS.values():
        topics.setdefault(topic, {})[name] = row
    lines = figures.speed(results(topics)).split("\n")
    assert len(lines) == 2 + len(figures.ACTIONS)
    assert all(line.endswith("| 3.1 ms | 4.3 ms | 15.5 / 20 ms | 5 / 4.65 |") for line in lines[2:])


# ---- the command line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["hover", "sideways"], "unknown topic sideways: known are hover, "),
        (["--slowly"], "--slowly"),
        (["diff", "a.json"], "B.json"),
        (["diff", "a.json", "b.json"], "cannot read a.json: No such file"),
        (["table", "README.md"], "README.md has no results"),
        (["table", "."], "cannot read .: "),
    ],
)
def test_what_is_wrong_is_one_line(arguments, said, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert benchmarks.main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1 and said in output.err


def test_the_help_names_every_topic(capsys):
    with pytest.raises(SystemExit) as end:
        benchmarks.main(["--help"])
    assert end.value.code == 0
    assert set(re.findall(r"^  (\w+) ", capsys.readouterr().out, re.MULTILINE)) >= set(benchmarks.TOPICS)


def test_results_are_those_of_a_run():
    with pytest.raises(UserError, match="no results"):
        figures.read(ROOT / "weights" / "autoencoder" / "card.json")


# ---- the programs that are measured ----------------------------------------------------------------


def test_the_competent_program_shows_what_the_decoder_makes_of_the_place(screen, space):
    with driving.competent(screen, "hover", 10_000, "grid") as program:
        frames = driving.times(driving.sweep(program, 20, 125))
        place = program.events("hover")[-1]["z"]
        x, y, width, height = program.layout()["map"]
        inside = program.screen.grab([x + 5, y + 5, width - 10, height - 10])
        decoded = GridDecoder(grid.load(space))(np.array([place], np.float32))[0]
        assert np.abs(program.picture() - 255 * decoded).max() <= 2  # levels
        assert frames and (inside == 0).all(axis=-1).sum() > 50  # its crosshair is black


# ---- a short run -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_short_run_measures_every_row(screen, tmp_path, monkeypatch, capsys):
    def short(screen, rounds):
        return hovering.one_map(screen, rounds, seconds=0.4, naive_events=2)

    monkeypatch.setattr(benchmarks, "TOPICS", {"hover": benchmarks.Topic(short, "hovering", quick=1)})
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path)
    monkeypatch.setattr(benchmarks, "Screen", lambda: contextlib.nullcontext(screen))
    assert benchmarks.main(["hover", "--quick"]) == 0
    (path,) = tmp_path.glob("*.json")
    found = figures.read(path)
    assert found["quick"] and found["topics"]["hover"]["rounds"] == 1
    rows = found["topics"]["hover"]["figures"]
    assert len(rows) == 8
    for row, columns in rows.items():
        assert {"ours p50", "ours p99", "beside p99", "competent p99", "ratio p50", "ratio p99"} <= set(columns)
        assert ("naive p50" in columns) == row.startswith("live")
        assert all(math.isfinite(value) and value > 0 for values in columns.values() for value in values)
    assert "live, 70,000 points, 125 Hz" in capsys.readouterr().out
