"""ONNX files that open: what they give is compared with NumPy."""

import importlib.util
import os

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.decoding.model_files import onnx_runtime
from explorer.errors import UserError
from tests import hostile_models
from tests.hostile_models import model, node, number, value

RANDOM = np.random.default_rng(0)
A, B = RANDOM.normal(size=(2, 8)).astype("f"), RANDOM.normal(size=(8, 3)).astype("f")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


def saved(path, made):
    path.write_bytes(made.SerializeToString())
    return onnx_runtime.load(path)


def two_layers(kind: int = TensorProto.FLOAT, rows="n", **options):
    type_ = helper.tensor_dtype_to_np_dtype(kind)
    held = [numpy_helper.from_array(array.astype(type_), name) for name, array in (("a", A), ("b", B))]
    nodes = node("MatMul", "in a", "x"), node("Relu", "x", "y"), node("MatMul", "y b")
    ends = {"inputs": [value("in", [rows, 2], kind)], "outputs": [value("out", [rows, 3], kind)]}
    return model(*nodes, held=held, **ends | options)


def expected(rows):
    return np.maximum(rows @ A, 0) @ B


@pytest.mark.parametrize("kind, error", [("FLOAT", 1e-5), ("DOUBLE", 1e-5), ("FLOAT16", 0.05)])
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_rows_of_any_number_and_type(path, kind, error, fixed, count):
    number_ = getattr(TensorProto, kind)
    found = saved(path, two_layers(number_, rows=1 if fixed else "n"))
    assert found.input_shape == (2,) and found.output_names == ("out",)
    rows = RANDOM.normal(size=(count, 2)).astype(np.float32)
    if fixed and not count:
        return
    result = found(rows)
    assert len(result) == 1 and result[0].shape == (count, 3)
    assert result[0].dtype == helper.tensor_dtype_to_np_dtype(number_)
    np.testing.assert_allclose(result[0], expected(rows), atol=error)


def test_a_model_that_takes_one_row_only_without_saying_so(path):
    held = [number("s", 1, 2, 1), number("t", 1, 2)]
    nodes = node("Reshape", "in s", "x"), node("Exp", "x", "y"), node("Reshape", "y t")
    rows = RANDOM.normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_allclose(saved(path, model(*nodes, held=held))(rows)[0], np.exp(rows), rtol=1e-5)


def test_large_batches_are_cut(path, monkeypatch):
    monkeypatch.setattr(onnx_runtime.onnx_vetting, "ROWS", 16)
    rows = RANDOM.normal(size=(50, 2)).astype(np.float32)
    np.testing.assert_allclose(saved(path, two_layers())(rows)[0], expected(rows), atol=1e-5)


def test_outputs_in_their_order_and_an_input_with_a_default(path):
    nodes = node("Mul", "in f", "z"), node("ReduceSum", "in", "a", keepdims=1), node("Relu", "in", "m")
    outputs = [value("z", ["n", 2]), value("a", None), value("m", ["n", "d"])]
    held = [numpy_helper.from_array(np.float32(3), "f")]
    found = saved(path, model(*nodes, held=held, inputs=[value("in"), value("f", [])], outputs=outputs))
    assert found.output_names == ("z", "a", "m")
    rows = np.array([[1, -2]], np.float32)
    assert [each.tolist() for each in found(rows)] == [[[3, -6]], [[-1]], [[1, 0]]]


def test_images_of_any_size(path):
    w = RANDOM.normal(size=(4, 3, 3, 3)).astype("f")
    nodes = node("Conv", "in w", "x", pads=[1] * 4), node("GlobalAveragePool", "x", "y"), node("Flatten", "y")
    found = saved(path, model(*nodes, held=[numpy_helper.from_array(w, "w")], inputs=[value("in", ["n", 3, "h", -1])]))
    assert found.input_shape == (3, None, None)
    assert [found(np.ones((2, 3, side, 9), np.float32))[0].shape for side in (5, 8)] == [(2, 4)] * 2
    with pytest.raises(UserError, match=r"takes 3×\?×\? for one row, not 4×5×5$"):
        found(np.ones((2, 4, 5, 5), np.float32))
    with pytest.raises(UserError, match="one call makes .* values, at most"):
        found(np.broadcast_to(np.float32(0), (1, 3, 9000, 9000)))


def test_principal_components_of_scikit_learn(path):
    from skl2onnx import to_onnx
    from sklearn.decomposition import PCA

    x = RANDOM.normal(size=(40, 9)).astype(np.float32)
    pca = PCA(3).fit(x)
    found = saved(path, to_onnx(pca, x[:1]))
    assert found.input_shape == (9,)
    np.testing.assert_allclose(found(x)[0], pca.transform(x), atol=1e-5)


def test_weights_beside_the_file_are_read_from_any_working_folder(path, monkeypatch, tmp_path_factory):
    hostile_models.elsewhere("weights.bin", hostile_models.beside)(path)
    monkeypatch.chdir(tmp_path_factory.mktemp("other"))
    assert onnx_runtime.load(path)(np.ones((3, 2), np.float32))[0].shape == (3, 784)
    assert sorted(os.listdir(path.parent)) == ["model.onnx", "weights.bin"]


def test_a_missing_package_is_named(path, monkeypatch):
    path.write_bytes(two_layers().SerializeToString())
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: find(name) if name != "onnxruntime" else None)
    with pytest.raises(UserError, match="the package onnxruntime: install it with 'pip install onnxruntime onnx'"):
        onnx_runtime.load(path)


def test_a_failure_is_one_line(path):
    nodes = node("Cast", "in", "i", to=TensorProto.INT64), node("Gather", "w i")
    found = saved(path, model(*nodes, held=[numpy_helper.from_array(A, "w")]))
    assert found(np.ones((1, 2), np.float32))[0].shape == (1, 2, 8)
    with pytest.raises(UserError) as raised:
        found(np.full((1, 2), 99, np.float32))
    assert str(raised.value).startswith(f"{path} failed (") and str(raised.value).isprintable()
