"""Maps of texts: files of them and of word vectors, a phrase that is typed with real keys, and no network.

What is nearest is worked out here from the files of wordllama, without the package's code or ours.
"""

import importlib.metadata
import importlib.util
import logging
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.own_models import tables
from explorer.own_models.building import build
from explorer.spaces.folder import open_space
from explorer.uses import texts
from tests.conftest import ROOT, run
from tests.test_neighbourhood import by_hand as kept_by_hand

SENTENCES = ROOT / "datasets" / "sentences.csv"
OFFLINE = """
import socket, sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
def refuse(*arguments, **options): raise AssertionError("a socket is opened")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
"""
WITHOUT = "import sys; sys.modules['wordllama'] = sys.modules['tensorflow'] = sys.modules['keras'] = None"


@pytest.fixture(scope="module")
def offline(tmp_path_factory) -> Path:
    """On PYTHONPATH, this makes every connection an error, and TensorFlow missing."""
    folder = tmp_path_factory.mktemp("offline")
    (folder / "sitecustomize.py").write_text(OFFLINE)
    return folder


@pytest.fixture(scope="module")
def encoded():
    """Encodes texts from the files in the package of wordllama: the mean of the vectors of their pieces."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(importlib.util.find_spec("wordllama").origin).parent
    vectors = load_file(folder / "weights" / "l2_supercat_256.safetensors")["embedding.weight"].astype(np.float64)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))

    def encode(lines):
        ids = [tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
        codes = np.stack([vectors[each].mean(axis=0) for each in ids])
        return codes / np.linalg.norm(codes, axis=1, keepdims=True)

    return encode


def fake(lines):
    """Codes of texts that cost nothing: their lengths, and how many vowels and spaces they have."""
    return np.array([[len(each), sum(map(each.count, "aeiou")), each.count(" ")] for each in lines], np.float32)


# ---- the encoder -----------------------------------------------------------------------------------


def test_the_encoder_agrees_with_its_files_and_opens_no_socket(encoded, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a socket is opened")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    texts.encoder.cache_clear()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    lines = ["The soup needs salt.", "x", "Ein Müller kauft 12 €!", "🙂 \x00 \ud7ff", "word " * 1500]
    codes = texts.encoder()(lines)
    assert (logging.getLogger().handlers, logging.getLogger().level) == before
    assert codes.shape == (5, 256) and codes.dtype == np.float32
    np.testing.assert_allclose(codes, encoded(lines), atol=1e-5)
    assert (texts.encoder()([""]) == 0).all()


def test_without_the_extra_one_line_says_what_to_install(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    result = run("ae_precomp.py", "--texts", SENTENCES, "--snapshot", tmp_path / "x.png", sitecustomize=tmp_path)
    assert result.returncode == 2 and result.stderr.count("\n") == 1
    assert "wordllama, which is not installed: 'pip install wordllama'" in result.stderr


def test_the_licences_are_in_the_docs():
    page = (ROOT / "docs" / "own-models.md").read_text(encoding="utf-8")
    licence = importlib.metadata.distribution("wordllama").read_text("licenses/LICENSE")
    assert licence.startswith("MIT License\n\nCopyright (c) 2024 Lee Miller\n")
    assert "MIT License" in page and '"Copyright (c) 2024 Lee Miller"' in page
    described = " ".join(importlib.metadata.metadata("wordllama").get_payload().split())
    for quoted in ("several models, including LLaMA 2 70B and phi 3 medium",):
        assert quoted in described and quoted in " ".join(page.split())
    assert "datasets/sentences.csv" in (ROOT / "NOTICE").read_text(encoding="utf-8")


# ---- files -----------------------------------------------------------------------------------------


def test_the_sentences_are_short_and_of_ten_topics():
    found = tables.read(SENTENCES, fake)
    assert SENTENCES.stat().st_size < 30_000 and SENTENCES.read_text(encoding="utf-8").isascii()
    assert len(set(found.columns["text"].tolist())) == len(found.codes) == 300
    assert set(np.unique(found.labels, return_counts=True)[1]) == {30}


def test_texts_are_read_from_lines_and_from_columns(tmp_path):
    lines = ["one", "two, or three", '"four" \x1b[31m', "fünf"]
    (tmp_path / "lines.txt").write_text("\ufeff\n  " + "\r\n\n".join(lines) + "  \n", encoding="utf-8")
    (tmp_path / "table.csv").write_text("year,label,sentence\n1,a,one\n2,b,two\n3,a,three\n")
    (tmp_path / "other.csv").write_text("label,remark\na,one\nb,two\na,three\n")
    np.savez(tmp_path / "arrays.npz", title=["one", "two", "three"], codes=np.zeros((3, 2)))
    found = tables.read(tmp_path / "lines.txt", fake)
    assert found.columns["text"].tolist() == [*lines[:2], '"four" \\x1b[31m', "fünf"] and found.labels is None
    assert found.codes.tolist() == fake(lines).tolist()
    found = tables.read(tmp_path / "table.csv", fake)
    assert list(found.columns) == ["text", "year"] and found.labels.tolist() == ["a", "b", "a"]
    for name in ("table.csv", "other.csv", "arrays.npz"):
        assert tables.read(tmp_path / name, fake).columns["text"].tolist() == ["one", "two", "three"]


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.txt", b"", "no texts"),
        ("a.txt", b" \n\n\t\n", "no texts"),
        ("a.txt", b"only one\n", "1 text, and a map needs 3"),
        ("a.txt", b"one\ntwo", "2 texts, and"),
        ("a.txt", b"one\ntwo\n" + 10_001 * b"long", "40,004 letters ('longlonglonglonglong…'): break it"),
        ("a.txt", "grün\nrot\nblau".encode("latin-1"), "is no text ('utf-8' codec"),
        ("a.txt", "one\ntwo\nthree".encode("utf-16"), "UTF-8"),
        ("a.txt", bytes(range(256)) * 40, "is no text"),
        ("a.csv", b"z1,z2\n1,2\n3,4\n5,6\n", "holds no texts"),
        ("a.csv", b"", "no table"),
        ("a.csv", b"label\na\nb\nc\n", "holds no texts"),
        ("a.npz", b"PK\3\4 and no more", "damaged"),
        (".", None, "is a folder"),
        ("none.txt", None, "missing"),
    ],
)
def test_what_holds_no_texts_is_one_line(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        tables.read(tmp_path / name, fake)
    assert words in str(error.value) and str(error.value).isprintable()


def test_long_texts_are_shortened_in_their_column_only(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n" + 5000 * "x")
    found = tables.read(tmp_path / "a.txt", fake)
    assert found.codes[2, 0] == 5000 and len(found.columns["text"][2]) == 1000


@pytest.mark.parametrize("header", ["", "3 2\n"], ids=["GloVe", "word2vec"])
def test_word_vectors_are_codes(tmp_path, header):
    (tmp_path / "vectors.txt").write_text(header + '" 0.5 1\n. . . -2 3e-1\nfünf 7 8 \n', encoding="utf-8")
    found = tables.read(tmp_path / "vectors.txt")
    assert found.columns["word"].tolist() == ['"', ". . .", "fünf"]
    np.testing.assert_allclose(found.codes, [[0.5, 1], [-2, 0.3], [7, 8]])


@pytest.mark.parametrize(
    "content, words",
    [("a 1 2\nb 1\n", "row 2 has 2 values, not 3"), ("a 1 2\nb 1 x\n", "'z2' holds 'x', which is no number")],
)
def test_damaged_word_vectors_are_one_line(tmp_path, content, words):
    (tmp_path / "vectors.txt").write_text(content)
    with pytest.raises(UserError, match=words):
        tables.read(tmp_path / "vectors.txt")


def test_a_column_of_json_lists_is_the_codes(tmp_path):
    (tmp_path / "a.csv").write_text('text,embedding\nfirst,"[1, 2.5]"\nsecond,"[-3, 0]"\n')
    found = tables.read(tmp_path / "a.csv")
    assert found.codes.tolist() == [[1, 2.5], [-3, 0]] and found.columns["text"].tolist() == ["first", "second"]
    (tmp_path / "a.csv").write_text('z1,z2,tags\n1,2,"[1]"\n3,4,"[1, 2]"\n')
    assert tables.read(tmp_path / "a.csv").columns["tags"].tolist() == ["[1]", "[1, 2]"]


def test_which_column_holds_the_texts():
    rng = np.random.default_rng(0)
    codes, words = rng.normal(size=(40, 5)), [f"word {number}" for number in range(40)]
    of = lambda **columns: texts.of(build(codes=codes, columns=columns)[0].space)  # noqa: E731
    assert of(kind=["a", "b"] * 20, word=words).tolist() == words
    assert of(kind=["a", "b"] * 20, year=np.arange(40)) is None


# ---- the programs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [("--codes", "x.npz"), ("--data", "mnist"), ("--decoder", "x.keras")])
def test_texts_go_with_nothing_else(call, more):
    result = call("ae.py", "--texts", SENTENCES, *more, "--snapshot", "x.png")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and f"leave out {more[0]}" in result.stderr


def test_texts_of_one_meaning_only_are_drawn(call, tmp_path):
    (tmp_path / "same.txt").write_text("the same\n" * 30)
    result = call("ae_precomp.py", "--texts", tmp_path / "same.txt", "--snapshot", tmp_path / "same.png")
    assert (result.returncode, result.stderr) == (0, "") and (tmp_path / "same.png").exists()


def go_to_the_field(program):
    """Presses Tab until the field for a phrase has the keyboard."""
    for _ in range(40):
        program.screen.key("Tab")
        program.settle()
        if program.events("phrase"):
            return
    raise AssertionError("Tab does not reach the field")


def write(program, text):
    for letter in text:
        program.screen.key({" ": "space"}.get(letter, letter))
    program.settle()
    return program.events("phrase")[-1]


def test_a_typed_phrase_lands_among_its_neighbours(start, offline, encoded):
    lines = tables.read(SENTENCES, fake).columns["text"].tolist()
    codes, phrase = encoded(lines), "my garden needs rain"
    code = encoded([phrase])[0]
    middle = codes.mean(axis=0)
    axes = np.linalg.svd(codes - middle, full_matrices=False)[2][:2]
    places = (codes - middle) @ axes.T
    distances = np.linalg.norm(codes - code, axis=1)
    nearest = np.argsort(distances)[:10]
    assert np.argsort(-codes @ code)[:10].tolist() == nearest.tolist()  # the order of the cosine

    program = start("ae_precomp.py", "--texts", str(SENTENCES), "--size", "1280x1000", path=offline)
    program.wait_for("window")
    program.settle()
    kept = program.events("kept")[-1]
    assert kept["share"] == pytest.approx(np.mean(kept_by_hand(codes, places)), abs=0.002)
    assert 0 < kept["shuffled"] < 0.06 < kept["share"]
    go_to_the_field(program)
    seen = write(program, phrase)
    assert seen["text"] == phrase and seen["neighbours"] == nearest.tolist() and seen["ms"] > 0
    assert list(map(float, seen["distances"])) == pytest.approx(distances[nearest], abs=6e-4)
    assert np.abs(seen["place"]) == pytest.approx(np.abs((code - middle) @ axes.T), abs=1e-3)
    assert np.abs(seen["lines"]) == pytest.approx(np.abs(places[nearest]), abs=1e-3)

    program.screen.click(*seen["at"][2])
    program.settle()
    chosen = int(nearest[2])
    assert program.events("pins")[-1]["rows"] == [chosen]
    assert program.events("phrase")[-1]["text"] == phrase
    left, top, width, height = seen["entry"]
    program.screen.click(left + width // 2, top + height // 2, times=3)  # selects all
    program.screen.key("BackSpace")
    program.settle()
    seen = program.events("phrase")[-1]
    assert seen["text"] == ""
    distances = np.linalg.norm(codes - codes[chosen], axis=1)
    assert seen["neighbours"] == np.argsort(distances)[1:11].tolist()


@pytest.mark.slow
def test_codes_with_texts_list_the_neighbours_of_a_pin(start, tmp_path):
    rng = np.random.default_rng(1)
    codes, words = rng.normal(size=(200, 30)).astype(np.float32), [f"w{number}" for number in range(200)]
    np.savez(tmp_path / "words.npz", codes=codes, word=words)
    program = start("ae.py", "--codes", str(tmp_path / "words.npz"), tensorflow=False)
    left, top, *_ = program.wait_for("window")["tabs"]
    program.settle()
    program.screen.key("slash")
    for key in ("w", "1", "2", "3", "Return"):
        program.screen.key(key)
    program.settle()
    assert program.events("pins")[-1]["rows"] == [123] and not program.events("phrase")
    left, top, *_ = program.layout()["tabs"]
    program.screen.click(left + 40, top + 20)  # a search has shown the tab Find
    program.settle()
    distances = np.linalg.norm(codes - codes[123], axis=1)
    assert program.events("phrase")[-1]["neighbours"] == np.argsort(distances)[1:11].tolist()


@pytest.mark.slow
def test_kept_texts_take_a_phrase_later(start, call, tmp_path, offline, encoded):
    kept = tmp_path / "kept"
    result = call("ae.py", "--texts", "example", "--keep", kept, "--snapshot", tmp_path / "x.png")
    assert result.returncode == 0, result.stderr
    space = open_space(kept)
    assert texts.can_encode(space) and len(texts.of(space)) == 300
    program = start("ae_precomp.py", "--weights", str(kept), path=offline)
    program.wait_for("window")
    program.settle()
    go_to_the_field(program)
    seen = write(program, "rain")
    assert seen["neighbours"] == np.argsort(-encoded(texts.of(space).tolist()) @ encoded(["rain"])[0])[:10].tolist()


def test_nothing_is_imported_before_texts_are_opened():
    command = "import explorer.cli, explorer.window.app.window, sys; sys.exit('wordllama' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], cwd=ROOT, timeout=120).returncode == 0
