"""`--trust FILE`: the Python file with a model's own classes."""

import sys

import numpy as np
import pytest

from explorer.decoding import keras_runtime
from explorer.decoding.model_files import own_classes, stored
from explorer.errors import UserError

LAYERS = """
import keras
from keras.layers import Lambda

class Sampling(keras.layers.Layer):
    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return x[0] + self.factor * keras.ops.exp(0.5 * x[1])

    def get_config(self):
        return super().get_config() | {"factor": self.factor}

@keras.saving.register_keras_serializable(package="Mine")
class Doubled(keras.layers.Layer):
    def call(self, x):
        return 2 * x

    def compute_output_shape(self, shape):
        return shape

def bent(x):
    return keras.ops.tanh(x) + 0.5

class Net(keras.Model):
    def __init__(self, units=6, **options):
        super().__init__(**options)
        self.units, self.inner, self.outer = units, keras.layers.Dense(4, "relu"), keras.layers.Dense(units)

    def call(self, x):
        return self.outer(self.inner(x))

    def get_config(self):
        return super().get_config() | {"units": self.units}
"""


@pytest.fixture(scope="module")
def keras():
    return keras_runtime.import_keras()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("layers") / "my_layers.py"
    path.write_text(LAYERS)
    return path


@pytest.fixture(scope="module")
def theirs(keras):
    """The classes as their author has them: in a program of another name, where the models were made."""
    made = {"__name__": "somewhere.else"}
    exec(LAYERS.replace('@keras.saving.register_keras_serializable(package="Mine")', ""), made)
    return made


def vae(keras, theirs):
    x = keras.Input((6,))
    mean, spread = keras.layers.Dense(2)(x), keras.layers.Dense(2)(x)
    return keras.Model(x, [mean, spread, theirs["Sampling"](0.5)([mean, spread])])


def bent(keras, theirs):
    x = keras.Input((6,))
    h = keras.layers.TimeDistributed(theirs["Doubled"]())(keras.layers.Reshape((2, 3))(x))
    h = keras.layers.Lambda(theirs["bent"])(keras.layers.Flatten()(h))
    return keras.Model(x, keras.layers.Dense(3, theirs["bent"])(h))


def subclassed(keras, theirs):
    network = theirs["Net"](5)
    network(np.zeros((1, 6), np.float32))
    return network


def nested(keras, theirs):
    x = keras.Input((6,))
    return keras.Model(x, theirs["Sampling"]()([subclassed(keras, theirs)(x), keras.layers.Dense(5)(x)]))


@pytest.mark.parametrize("make, end, first", [
    (vae, "keras", "Sampling"), (vae, "h5", "Sampling"), (bent, "keras", "Doubled"), (bent, "h5", "Doubled"),
    (subclassed, "keras", "Net"), (nested, "keras", "Net"),
])  # fmt: skip
def test_own_classes_of_a_file_are_known(keras, theirs, file, tmp_path, make, end, first):
    network, path = make(keras, theirs), tmp_path / f"network.{end}"
    network.save(path)
    found = stored.load(path, trust=file)
    rows = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    expected, result = network(rows), found(rows)
    for one, other in zip(*[each if isinstance(each, list) else [each] for each in (expected, result)], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert found.inputs[0].shape == (None, 6)
    for trust in (False, True):
        with pytest.raises(UserError) as refused:
            stored.load(path, trust=trust)
        assert f"{path} uses '{first}', a class that is not part of Keras: give the Python file" in str(refused.value)
        assert "--trust FILE.py" in str(refused.value)


def test_the_rest_is_vetted_all_the_same(keras, file, tmp_path):
    path = tmp_path / "network.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)
    with pytest.raises(UserError, match="uses 'Lambda', which may run any code: open it with --trust if"):
        stored.load(path, trust=file)
    assert stored.load(path, trust=True)(np.zeros((1, 2))).shape == (1, 2)


def test_a_class_that_the_file_does_not_define(keras, theirs, tmp_path):
    path, other = tmp_path / "network.keras", tmp_path / "other.py"
    vae(keras, theirs).save(path)
    other.write_text("import keras\nSampling = 3\nfrom keras.layers import Lambda\n")
    with pytest.raises(UserError, match="uses 'Sampling', a class that .* Keras: other.py does not define it either$"):
        stored.load(path, trust=other)


@pytest.mark.parametrize("source, pattern", [
    (None, "missing"), ("def", r"is no Python file \(.*line 1\)"), ("x = 1\n1 / 0", "line 2: ZeroDivisionError"),
    ("\0", "is no Python file"), ("import nowhere", "line 1: ModuleNotFoundError: No module named 'nowhere'"),
    ("raise SystemExit(0)", "line 1: SystemExit"), ("raise ValueError('two\\nlines')", "ValueError: two\\)"),
])  # fmt: skip
def test_a_file_that_cannot_be_imported(keras, tmp_path, source, pattern):
    path, before = tmp_path / "mine.py", (list(sys.path), set(sys.modules))
    if source is not None:
        path.write_text(source)
    with pytest.raises(UserError, match=pattern) as raised:
        own_classes.defined(path)
    assert str(raised.value).startswith(str(path)) and "\n" not in str(raised.value)
    assert (list(sys.path), set(sys.modules)) == before


def test_the_file_runs_once_and_finds_its_neighbours(keras, tmp_path):
    path, before = tmp_path / "mine.py", list(sys.path)
    (tmp_path / "beside_mine.py").write_text("import keras\nclass Far(keras.layers.Layer): pass\n")
    log = tmp_path / "log"
    runs = f"with open({str(log)!r}, 'a') as file: file.write('x')"
    path.write_text(f"from beside_mine import Far\n{runs}\ndef near(x): return x\n")
    first, second = own_classes.defined(path), own_classes.defined(tmp_path / "." / "mine.py")
    assert set(first) >= {"Far", "near"} and first == second and log.read_text() == "x"
    assert sys.path == before and "mine" not in sys.modules


def test_a_file_is_checked_without_running_it(tmp_path):
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'log')!r}, 'w')")
    own_classes.check(tmp_path / "mine.py")
    own_classes.check(True)
    with pytest.raises(UserError, match="is a folder"):
        own_classes.check(tmp_path)
    assert not (tmp_path / "log").exists()
