"""Models as functions of arrays: what they return, under which names, and what they must not do."""

import collections

import numpy as np
import pytest

from explorer.decoding.fitting.callables import ModelFunction, to_numpy
from explorer.errors import UserError
from tests.own_models import Arrayed, Graded, Packed

ROWS = np.float32([[1, 2], [3, 4]])
Pair = collections.namedtuple("Pair", "mu spread")


@pytest.mark.parametrize(
    "returned, names, outputs",
    [
        (ROWS, [""], [ROWS]),
        ([[1, 2], [3, 4]], [""], [ROWS]),
        ((ROWS, 2 * ROWS), ["", ""], [ROWS, 2 * ROWS]),
        ({"a": ROWS, "b": [2 * ROWS, 3 * ROWS]}, ["a", "b", "b"], [ROWS, 2 * ROWS, 3 * ROWS]),
        (Pair(ROWS, ROWS), ["mu", "spread"], [ROWS, ROWS]),
        (ROWS.astype(np.float16), [""], [ROWS]),
        (ROWS.astype(np.uint8), [""], [ROWS]),
        (Graded(ROWS), [""], [ROWS]),
        ([Packed(ROWS), Arrayed(ROWS)], ["", ""], [ROWS, ROWS]),
    ],
    ids=["array", "rows", "tuple", "dictionary", "named tuple", "float16", "uint8", "with gradients", "list"],
)
def test_what_a_function_returns(returned, names, outputs):
    function = ModelFunction(lambda rows: returned, "encode")
    found = function(ROWS)
    assert function.names == names and len(found) == len(outputs)
    for array, expected in zip(found, outputs, strict=True):
        assert array.dtype == np.float32 and (array == expected).all()


def test_tensors_of_other_kinds_and_places():
    import ml_dtypes
    import scipy.sparse

    class Brain(Graded):
        def numpy(self):
            raise TypeError("Got unsupported ScalarType BFloat16")

        def detach(self):
            return self

        def float(self):
            return Graded(self._array, free=True)

    class Far(Packed):
        def __dlpack__(self, **options):
            if options.get("dl_device") is None:
                raise BufferError("it is on another device")
            return self._array.__dlpack__()

    assert (to_numpy(Brain(ROWS)) == ROWS).all()
    assert (to_numpy(Far(ROWS)) == ROWS).all()
    assert (to_numpy(scipy.sparse.csr_matrix(ROWS)) == ROWS).all()
    assert (ModelFunction(lambda rows: ROWS.astype(ml_dtypes.bfloat16), "decode")(ROWS)[0] == ROWS).all()


def test_a_function_that_changes_its_input_changes_a_copy():
    rows = ROWS.copy()

    def double(given):
        given *= 2
        return given

    assert (ModelFunction(double, "decode")(rows)[0] == 2 * ROWS).all() and (rows == ROWS).all()


def test_shapes_are_told_where_they_are_known(keras_decoder):
    import keras
    from sklearn.decomposition import PCA, KernelPCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = np.random.default_rng(0).normal(size=(20, 6))
    for model in (PCA(2), make_pipeline(StandardScaler(), PCA(2)), KernelPCA(2, fit_inverse_transform=True)):
        model.fit(data)
        assert ModelFunction(model, "encode").input_shape == (6,) and ModelFunction(model, "decode").input_shape == (2,)
    network = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 2)])
    assert ModelFunction(network, "encode").input_shape == (None, None, 3)
    unbuilt = keras.Sequential([keras.layers.Dense(2)])
    assert ModelFunction(unbuilt, "encode").input_shape is None and ModelFunction(unbuilt, "encode").network is None
    assert ModelFunction(lambda rows: rows, "encode").input_shape is None


@pytest.mark.parametrize("value", ["text", None, np.array(["a"]), np.array([1j]), {1: object()}, np.zeros(2, "i4,f4")])
def test_what_is_no_array_of_numbers(value):
    with pytest.raises(UserError, match="the decoder returned a .*, not an array of numbers"):
        ModelFunction(lambda rows: value, "decode")(ROWS)


def test_a_line_for_the_user_stays_as_it_is():
    def decode(rows):
        raise UserError("model.onnx takes 3 for one row, not 2")

    with pytest.raises(UserError, match="^model.onnx takes 3 for one row, not 2$"):
        ModelFunction(decode, "decode")(ROWS)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("in_a_pipeline", [False, True])
def test_a_factorization_of_either_precision(kind, in_a_pipeline):
    from sklearn.decomposition import NMF
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    x = np.random.default_rng(0).random((30, 12)).astype(kind)
    nmf = NMF(3, max_iter=20)
    model = (make_pipeline(MinMaxScaler(), nmf) if in_a_pipeline else nmf).fit(x)
    codes = ModelFunction(model, "encode")(x)[0]
    assert codes == pytest.approx(model.transform(x), abs=1e-3)
    assert ModelFunction(model, "decode")(codes)[0] == pytest.approx(model.inverse_transform(codes), abs=1e-4)
