"""Small models of many kinds, with weights so that they reconstruct their images exactly, or nearly so.

Each kind comes with its own way to the picture of a code, which takes nothing from the package.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Brought:
    """Models as somebody brings them.

    Attributes:
        picture: what the decoder makes of codes (n, d), as images in [0, 1].
        code: what the encoder makes of images.
    """

    encoder: Any
    decoder: Any
    images: np.ndarray
    picture: Callable[[np.ndarray], np.ndarray]
    code: Callable[[np.ndarray], np.ndarray]


class Basis:
    """Images on a plane of d dimensions through grey: x = 0.5 + z @ rows, z = (x - 0.5) @ back."""

    def __init__(self, shape: tuple[int, ...], d: int) -> None:
        rng = np.random.default_rng(d)
        self.shape, self.d, self.pixels = shape, d, int(np.prod(shape))
        self.rows = rng.normal(size=(d, self.pixels)).astype(np.float32) / np.float32(8 * np.sqrt(d))
        self.back = np.linalg.pinv(self.rows).astype(np.float32)
        codes = rng.normal(size=(40, d)).astype(np.float32)
        self.images = np.clip(0.5 + codes @ self.rows, 0, 1).reshape(-1, *shape)

    def encode(self, flat: np.ndarray) -> np.ndarray:
        return (flat - np.float32(0.5)) @ self.back

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return np.float32(0.5) + codes @ self.rows

    def brought(self, encoder: Any, decoder: Any, picture: Any = None, code: Any = None) -> Brought:
        return Brought(
            encoder,
            decoder,
            self.images,
            picture or (lambda codes: np.clip(self.decode(codes), 0, 1).reshape(-1, *self.shape)),
            code or (lambda images: self.encode(images.reshape(len(images), -1))),
        )


# Functions


def function(basis: Basis) -> Brought:
    return basis.brought(lambda x: basis.encode(x.reshape(len(x), -1)), basis.decode)


def from_minus_one(basis: Basis) -> Brought:
    return basis.brought(
        lambda x: basis.encode((x.reshape(len(x), -1) + 1) / 2),
        lambda z: (2 * basis.decode(z) - 1).reshape(-1, *basis.shape),
    )


def up_to_255(basis: Basis) -> Brought:
    return basis.brought(
        lambda x: basis.encode(x.reshape(len(x), -1) / 255),
        lambda z: np.rint(basis.decode(z) * 255),
        (lambda z: np.clip(np.rint(basis.decode(z) * 255) / 255, 0, 1).reshape(-1, *basis.shape)),
    )


def channel_first(basis: Basis) -> Brought:
    height, width = basis.shape[:2]
    depth = 3 if len(basis.shape) == 3 else 1

    def encode(x: np.ndarray) -> np.ndarray:
        assert x.shape[1:] == (depth, height, width), f"expected channels first, got {x.shape}"
        return basis.encode(x.transpose(0, 2, 3, 1).reshape(len(x), -1))

    return basis.brought(encode, lambda z: basis.decode(z).reshape(-1, height, width, depth).transpose(0, 3, 1, 2))


def one_at_a_time(basis: Basis) -> Brought:
    def decode(z: np.ndarray) -> np.ndarray:
        assert len(z) == 1, "one at a time"
        return basis.decode(z).astype(np.float16)

    def picture(z: np.ndarray) -> np.ndarray:
        rows = [basis.decode(row).astype(np.float16) for row in z[:, None]]  # NumPy rounds batches in another way
        return np.clip(np.concatenate(rows).astype(np.float32), 0, 1).reshape(-1, *basis.shape)

    return basis.brought(lambda x: basis.encode(x.reshape(len(x), -1))[:1], decode, picture)


# Tensors of other frameworks


class Graded:
    """A tensor that needs a gradient: NumPy can have it only after `detach().cpu()`."""

    def __init__(self, array: np.ndarray, free: bool = False) -> None:
        self._array, self._free = array, free

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    def detach(self) -> Graded:
        return Graded(self._array, free=True)

    def cpu(self) -> Graded:
        return self

    def numpy(self) -> np.ndarray:
        return self._array if self._free else self.__array__()


class Packed:
    """A tensor that only speaks DLPack."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = np.ascontiguousarray(array)

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


class Arrayed:
    """A tensor with `__array__`."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._array if dtype is None else self._array.astype(dtype)


def _of_tensors(tensor: type) -> Callable[[Basis], Brought]:
    def kind(basis: Basis) -> Brought:
        return basis.brought(
            lambda x: {"mu": tensor(basis.encode(x.reshape(len(x), -1)))}, lambda z: (tensor(basis.decode(z)),)
        )

    return kind


# scikit-learn


def pca(basis: Basis) -> Brought:
    from sklearn.decomposition import PCA

    flat = basis.images.reshape(len(basis.images), -1)
    fitted = PCA(min(basis.d, 30)).fit(flat * 255)
    return basis.brought(
        fitted,
        fitted,
        lambda z: np.clip((fitted.mean_ + z @ fitted.components_) / 255, 0, 1).reshape(-1, *basis.shape),
        lambda x: (255 * x.reshape(len(x), -1) - fitted.mean_) @ fitted.components_.T,
    )


def nmf(basis: Basis) -> Brought:
    from sklearn.decomposition import NMF

    flat = basis.images.reshape(len(basis.images), -1)
    with warnings.catch_warnings(action="ignore"):  # it need not converge
        fitted = NMF(min(basis.d, 8), max_iter=30).fit(flat)
    return basis.brought(
        fitted,
        fitted,
        lambda z: np.clip(z @ fitted.components_, 0, 1).reshape(-1, *basis.shape),
        lambda x: fitted.transform(x.reshape(len(x), -1)),
    )


def pipeline(basis: Basis) -> Brought:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    flat = basis.images.reshape(len(basis.images), -1)
    steps = make_pipeline(StandardScaler(), PCA(min(basis.d, 30))).fit(flat)
    scaler, inner = steps[0], steps[1]

    def picture(z: np.ndarray) -> np.ndarray:
        flat = (inner.mean_ + z @ inner.components_) * scaler.scale_ + scaler.mean_
        return np.clip(flat, 0, 1).reshape(-1, *basis.shape)

    return basis.brought(steps, steps, picture, lambda x: steps.transform(x.reshape(len(x), -1)))


# ONNX


def onnx(basis: Basis) -> Brought:
    """Files of PyTorch's usual form: images are (n, channels, height, width), made with onnx.helper."""
    height, width = basis.shape[:2]
    depth = basis.shape[2] if len(basis.shape) == 3 else 1
    order = np.arange(basis.pixels).reshape(height, width, depth).transpose(2, 0, 1).ravel()  # channels first
    back, rows = basis.back[order], basis.rows[:, order]
    encoder = _onnx(("N", depth, height, width), ("N", basis.d), 1, back, (-0.5 * back.sum(axis=0)))
    decoder = _onnx(("N", basis.d), ("N", depth, height, width), 0, rows, np.full(basis.pixels, 0.5))
    return basis.brought(encoder, decoder)


def _onnx(takes: tuple, gives: tuple, flatten: int, weights: np.ndarray, bias: np.ndarray) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    named = {"weights": weights, "bias": bias.astype(np.float32), "shape": np.array([-1, *gives[1:]], np.int64)}
    nodes = [helper.make_node("Flatten", ["x"], ["flat"])] if flatten else []
    nodes.append(helper.make_node("Gemm", ["flat" if flatten else "x", "weights", "bias"], ["product"]))
    nodes.append(helper.make_node("Reshape", ["product", "shape"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, takes)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, gives)],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in named.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return OnnxStandIn(model.SerializeToString())


class OnnxStandIn:
    """What the package makes of an ONNX file, as far as it is needed here."""

    def __init__(self, content: bytes) -> None:
        import onnxruntime

        self.content = content
        self._session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        sides = self._session.get_inputs()[0].shape[1:]
        self.input_shape = tuple(side if isinstance(side, int) else None for side in sides)
        self.output_names = [output.name for output in self._session.get_outputs()]

    def __call__(self, rows: np.ndarray) -> list[np.ndarray]:
        return self._session.run(None, {self._session.get_inputs()[0].name: rows})


# Keras


def _dense(width: int, weights: np.ndarray, bias: Any, **options: Any) -> Any:
    import keras

    full = np.broadcast_to(np.asarray(bias, np.float32), (width,))
    given = {"kernel_initializer": lambda *a, **k: weights, "bias_initializer": lambda *a, **k: full}
    return keras.layers.Dense(width, **given, **options)


def sequential(basis: Basis) -> Brought:
    import keras

    encoder = keras.Sequential(
        [keras.Input((basis.pixels,)), _dense(basis.d, basis.back, -0.5 * basis.back.sum(axis=0))]
    )
    decoder = keras.Sequential([keras.Input((basis.d,)), _dense(basis.pixels, basis.rows, 0.5)])
    return basis.brought(
        encoder, decoder, lambda z: np.clip(decoder.predict_on_batch(z), 0, 1).reshape(-1, *basis.shape)
    )


def functional(basis: Basis) -> Brought:
    """Images in their shape; the last activation is a sigmoid."""
    import keras

    images, codes = keras.Input(basis.shape), keras.Input((basis.d,))
    encoded = _dense(basis.d, basis.back, -0.5 * basis.back.sum(axis=0))(keras.layers.Flatten()(images))
    decoded = _dense(basis.pixels, 4 * basis.rows, 0, activation="sigmoid")(codes)
    decoder = keras.Model(codes, keras.layers.Reshape(basis.shape)(decoded))
    return basis.brought(keras.Model(images, encoded), decoder, decoder.predict_on_batch)


def tanh(basis: Basis) -> Brought:
    import keras

    encoder = keras.Sequential([keras.Input(basis.shape), keras.layers.Flatten(), _dense(basis.d, basis.back / 2, 0)])
    decoder = keras.Sequential(
        [
            keras.Input((basis.d,)),
            _dense(basis.pixels, 2 * basis.rows, 0, activation="tanh"),
            keras.layers.Reshape(basis.shape),
        ]
    )
    return basis.brought(encoder, decoder, lambda z: (decoder.predict_on_batch(z) + 1) / 2)


def vae(basis: Basis) -> Brought:
    """Three outputs: z_mean, z_log_var and a sample."""
    import keras

    class Sampling(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            mean, log_variance = inputs
            return mean + keras.ops.exp(0.5 * log_variance) * keras.random.normal(keras.ops.shape(mean))

    images = keras.Input(basis.shape if len(basis.shape) == 3 else (*basis.shape, 1))
    flat = keras.layers.Flatten()(images)
    mean = _dense(basis.d, basis.back, -0.5 * basis.back.sum(axis=0), name="z_mean")(flat)
    spread = keras.layers.Dense(basis.d, name="z_log_var", kernel_initializer="zeros", bias_initializer="ones")(flat)
    encoder = keras.Model(images, [mean, spread, Sampling(name="z")([mean, spread])])
    return basis.brought(encoder, sequential(basis).decoder)


def convolutional(basis: Basis) -> Brought:
    """The encoder gives a map of 1 × 1 × d."""
    import keras

    height, width, depth = *basis.shape[:2], basis.shape[2] if len(basis.shape) == 3 else 1
    kernel, flat = basis.back.reshape(height, width, depth, basis.d), -0.5 * basis.back.sum(axis=0)
    given = {"kernel_initializer": lambda *a, **k: kernel, "bias_initializer": lambda *a, **k: flat}
    encoder = keras.Sequential(
        [keras.Input((height, width, depth)), keras.layers.Conv2D(basis.d, (height, width), **given)]
    )
    kernel_back = basis.rows.reshape(basis.d, height, width, depth).transpose(1, 2, 3, 0)
    options = {"kernel_initializer": lambda *a, **k: kernel_back, "bias_initializer": keras.initializers.Constant(0.5)}
    decoder = keras.Sequential(
        [keras.Input((1, 1, basis.d)), keras.layers.Conv2DTranspose(depth, (height, width), **options)]
    )
    return basis.brought(
        encoder,
        decoder,
        lambda z: np.clip(decoder.predict_on_batch(z[:, None, None]), 0, 1).reshape(-1, *basis.shape),
        lambda x: encoder.predict_on_batch(x.reshape(-1, height, width, depth)).reshape(len(x), -1),
    )


def subclassed(basis: Basis) -> Brought:
    """Two dictionaries of outputs, of models that do not know their shapes before they are called."""
    import keras

    class Encoder(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = _dense(basis.d, basis.back, -0.5 * basis.back.sum(axis=0))

        def call(self, images: Any) -> Any:
            return {"features": images, "mu": self.inner(images)}

    class Decoder(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = _dense(basis.pixels, basis.rows, 0.5)

        def call(self, codes: Any, training: bool = True) -> Any:
            return {"image": self.inner(codes) * (0.0 if training else 1.0)}

    encoder, decoder = Encoder(), Decoder()
    encoder(np.zeros((2, basis.pixels), np.float32))
    return basis.brought(encoder, decoder)


KERAS = {kind.__name__: kind for kind in (sequential, functional, tanh, vae, convolutional, subclassed)}
OTHERS = {
    kind.__name__: kind
    for kind in (function, from_minus_one, up_to_255, channel_first, one_at_a_time, pca, nmf, pipeline, onnx)
}
OTHERS |= {f"tensors_{tensor.__name__.lower()}": _of_tensors(tensor) for tensor in (Graded, Packed, Arrayed)}
SHAPES = (((8, 8), 2), ((6, 9), 3), ((32, 32, 3), 16), ((5, 7, 3), 1), ((24, 24), 512))
