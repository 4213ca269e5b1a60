"""Files of networks, as Keras writes them and as it never would; made without Keras."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

MILLION, BILLION = 10**6, 10**9
PIXELS = 28 * 28
Config = dict[str, Any]


def layer(kind: str, module: str | None = "keras.layers", **config: Any) -> Config:
    """A layer or whatever else has a class, as config.json has it."""
    named = {} if module is None else {"module": module, "registered_name": None}
    return named | {"class_name": kind, "config": config}


def function(name: str, module: str) -> Config:
    """A function, by name."""
    return {"class_name": "function", "module": module, "config": name, "registered_name": name}


def tensor(of: str, shape: list[int | None], node: int = 0) -> Config:
    """The result of a layer, as an argument of the next one."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": shape, "dtype": "float32", "keras_history": [of, node, 0]},
    }


def called(made: Config, name: str, *arguments: Any, times: int = 1, **options: Any) -> Config:
    """A layer of a functional network with its calls."""
    made = made | {"name": name, "inbound_nodes": [{"args": list(arguments), "kwargs": options}] * times}
    return made | {"config": made["config"] | {"name": name}}


def entry(shape: tuple[int | None, ...] = (2,), rows: int | None = None, dtype: str = "float32", name: str = "in"):
    """An input."""
    made = layer("InputLayer", batch_shape=[rows, *shape], dtype=dtype, name=name)
    return made | {"name": name, "inbound_nodes": []}


def sequential(*layers: Config, **options: Any) -> Config:
    """A network of layers in their order."""
    return layer("Sequential", "keras", name="network", layers=list(layers)) | options


def functional(*layers: Config, inputs: Any = (("in", 0, 0),), outputs: Any = (("out", 0, 0),)) -> Config:
    """A network of layers with their calls."""
    ends = {"input_layers": _listed(inputs), "output_layers": _listed(outputs)}
    return layer("Functional", "keras.src.models.functional", name="network", layers=list(layers), **ends)


def _listed(ends: Any) -> Any:
    return ends if isinstance(ends, dict) else [list(end) for end in ends]


def dense(units: int = PIXELS, **config: Any) -> Config:
    return layer("Dense", units=units, **config)


def plain(*between: Config, **options: Any) -> Config:
    """A decoder: two numbers, any layers, then an image."""
    return sequential(entry(), *between, dense(), **options)


def weights(arrays: dict[str, np.ndarray]) -> bytes:
    """A file of weights."""
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        for name, array in arrays.items():
            root[name] = array
    return file.getvalue()


def of_dense(inputs: int = 2, units: int = PIXELS, fill: float = 0.0, kind: str = "dense") -> dict[str, np.ndarray]:
    """The weights of one dense layer."""
    name = f"layers/{kind}/vars"
    return {f"{name}/0": np.full((inputs, units), fill, np.float32), f"{name}/1": np.zeros(units, np.float32)}


def archive(path: Path, config: Any = None, held: bytes | None = None, more: dict[str, bytes] | None = None) -> Path:
    """Writes a file of a network; by default it is a sound decoder of 28 × 28 pixels."""
    config = plain() if config is None else config
    members = {
        "metadata.json": b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}',
        "config.json": config if isinstance(config, bytes) else json.dumps(config).encode(),
        "model.weights.h5": weights(of_dense()) if held is None else held,
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, content in (members | (more or {})).items():
            file.writestr(name, content)
    return path


# ---- code of somebody else -----------------------------------------------------------------------

LOAD = function("load_data", "keras.datasets.mnist")
CONDITION = layer("Lambda", function=function("cond", "keras.ops"), arguments={"true_fn": LOAD, "false_fn": LOAD})
RAW = {"class_name": "__lambda__", "config": {"value": ["4wAAAAA=", None, None]}}

CODE: dict[str, Config] = {
    "a Lambda of Keras's functions": plain(CONDITION),
    "a Lambda of bytes": plain(layer("Lambda", function=RAW)),
    "a Lambda without a module": plain(layer("Lambda", None, function=LOAD)),
    "a Lambda by its file": plain(layer("Lambda", "keras.src.layers.core.lambda_layer", function=LOAD)),
    "a Lambda within a layer": plain(layer("TimeDistributed", layer=CONDITION)),
    "a Lambda within a network": plain(sequential(entry(), CONDITION)),
    "a Lambda within arguments": functional(
        entry(), called(dense(), "out", tensor("in", [None, 2]), mask=layer("Lambda", function=LOAD))
    ),
    "another name for a Lambda": plain(layer("Dense", units=2) | {"registered_name": "Custom>Lambda"}),
    "a saved model": plain(layer("TFSMLayer", filepath="/tmp/somewhere")),
    "code for JAX": plain(layer("JaxLayer", call_fn=LOAD)),
    "code for Torch": plain(layer("TorchModuleWrapper", module={"class_name": "__bytes__", "config": {"value": "x"}})),
    "a file of words": plain(layer("StringLookup", vocabulary="/etc/passwd")),
    "words cut by a function": plain(layer("TextVectorization", standardize=LOAD)),
    "an activation that loads": plain(dense(2, activation=LOAD)),
    "an activation from utils": plain(dense(2, activation=function("get_file", "keras.utils"))),
    "an activation of bytes": plain(dense(2, activation=RAW)),
    "a built-in name of another function": plain(dense(2, activation=function("cond", "builtins"))),
    "a class of a callback": plain(layer("BackupAndRestore", "keras.callbacks", backup_dir="/tmp/x")),
    "a class of saving": plain(layer("KerasFileEditor", "keras.saving", filepath="/etc/passwd")),
    "a class of trees": plain(layer("MapToNone", "keras.tree")),
    "a function as a class": plain(layer("load_data", "keras.datasets.mnist", path="x")),
    "a network of applications": plain(layer("ResNet50", "keras.applications")),
    "a class of Python": plain(layer("Popen", "subprocess", args="true")),
    "a type of TensorFlow": plain(
        dense(2, dtype={"class_name": "__typespec__", "spec_name": "X", "module": "keras", "config": []})
    ),
    "text as an array": functional(
        entry(), called(dense(), "out", tensor("in", [None, 2]), {"class_name": "__numpy__", "config": {
            "value": ["x"], "dtype": "S2000000000"}})
    ),
    **{
        f"the operation {kind}": functional(
            entry(), called(layer(kind, "keras.src.ops.core"), "out", tensor("in", [None, 2]), dense(), dense())
        )
        for kind in ("Cond", "WhileLoop", "Map", "Scan", "ForiLoop", "Switch", "VectorizedMap", "AssociativeScan")
    },
}  # fmt: skip

# ---- no network, or not this one -----------------------------------------------------------------

TWO = [entry(name="in"), entry(name="other")]

UNFIT: dict[str, tuple[Any, str]] = {
    "a layer": (dense(), "which is no network"),
    "an optimizer": (layer("Adam", "keras.optimizers", learning_rate=0.1), "which is no network"),
    "a metric": (layer("MeanSquaredError", "keras.metrics"), "which is no network"),
    "a list": ([plain()], "describes no network"),
    "a number": (b"7", "describes no network"),
    "no JSON": (b"{", "Expecting"),
    "no text": (b"\xff\xfe\xfa", "decode"),
    "deep JSON": (b"[" * 200_000, "too deep"),
    "deep layers": (b'{"class_name": "Sequential", "module": "keras", "config": ' + b'{"x":' * 500 + b"1" + b"}" * 501,
                    "too deep"),
    "no input": (sequential(dense()), "shapes are not known"),
    "no layers": (sequential(), "shapes are not known"),
    "two inputs": (
        functional(*TWO, called(layer("Add"), "sum", [tensor("in", [None, 2]), tensor("other", [None, 2])]),
                   called(dense(), "out", tensor("sum", [None, 2])), inputs=[("in", 0, 0), ("other", 0, 0)]),
        "2 inputs, not one",
    ),
    "two outputs": (
        functional(entry(), called(dense(), "out", tensor("in", [None, 2])),
                   outputs=[("out", 0, 0), ("in", 0, 0)]), "2 outputs, not one",
    ),
    "a dictionary of inputs": (
        functional(entry(), called(dense(), "out", tensor("in", [None, 2])), inputs={"x": ["in", 0, 0]}), "dictionary",
    ),
    "a dictionary of outputs": (
        functional(entry(), called(dense(), "out", tensor("in", [None, 2])), outputs={"x": ["out", 0, 0]}),
        "dictionary",
    ),
    "strings": (sequential(entry(dtype="string"), dense()), "input is string"),
    "whole numbers": (sequential(entry(dtype="int32"), layer("Embedding", input_dim=9, output_dim=392),
                                 layer("Flatten")), "input is int32"),
    "a fixed number of rows": (sequential(entry(rows=32), dense()), "fixed number of rows, 32"),
    "three numbers": (sequential(entry((3,)), dense()), "maps 3 to 784, not 2 numbers"),
    "any numbers": (sequential(entry((None,)), layer("Reshape", target_shape=[PIXELS])), "maps"),
    "a larger image": (sequential(entry(), dense(785)), "maps 2 to 785, not 2 numbers"),
    "the image turned": (sequential(entry(), dense(), layer("Reshape", target_shape=[56, 14])), "maps 2 to 56×14"),
    "a layer of the future": (plain(dense(2, wings=3)), "wings"),
    "a loop": (functional(entry(), called(dense(2), "one", tensor("two", [None, 2])),
                          called(dense(2), "two", tensor("one", [None, 2])),
                          called(dense(), "out", tensor("two", [None, 2]))), "network"),
    "no such layer": (functional(entry(), outputs=[("nowhere", 0, 0)]), "nowhere"),
    "rows that are mixed": (
        functional(entry(), called(dense(), "pixels", tensor("in", [None, 2])),
                   called(layer("Mean", "keras.src.ops.numpy", axis=0, keepdims=True), "out",
                          tensor("pixels", [None, PIXELS]))), "rows",
    ),
}  # fmt: skip

# ---- too large -----------------------------------------------------------------------------------


def doubled(depth: int) -> Config:
    """A network that calls a network twice, which calls … ."""
    inner = dense(2)
    for _ in range(depth):
        both = called(inner, "out", tensor("in", [None, 2]))
        both["inbound_nodes"].append({"args": [tensor("out", [None, 2])], "kwargs": {}})
        inner = functional(entry(), both, outputs=[("out", 1, 0)])
    return inner


def image(side: int, channels: int = 1) -> list[Config]:
    """Layers to an image without weights."""
    return [layer("Reshape", target_shape=[1, 1, 2]), layer("UpSampling2D", size=[side, side])] + (
        [layer("Conv2D", filters=channels, kernel_size=1)] if channels > 1 else []
    )


POINT = [layer("GlobalAveragePooling2D")]
FLAT = [layer("Flatten")]

HUGE: dict[str, Config] = {
    "a billion units": plain(dense(BILLION)),
    "orthogonal units": plain(dense(50_000), dense(50_000, kernel_initializer=layer(
        "OrthogonalInitializer", "keras.initializers"))),
    "more units than numbers": plain(dense(2**70)),
    "3,000 layers": plain(*[dense(2)] * 3000),
    "50,000 layers": plain(*[dense(2)] * 50_000),
    "one layer, called 30,000 times": functional(
        entry(), called(dense(2), "many", tensor("in", [None, 2]), times=30_000),
        called(dense(), "out", tensor("many", [None, 2], 29_999))),
    "2^25 calls": plain(doubled(25)),
    "a long repeat": plain(layer("RepeatVector", n=BILLION), *[layer("GlobalAveragePooling1D")]),
    "a long repeat, normalized": plain(layer("RepeatVector", n=BILLION), layer("Normalization", axis=1), *FLAT),
    "scaled up": plain(*image(MILLION), *POINT),
    "padded": plain(*image(1), layer("ZeroPadding2D", padding=BILLION), *POINT),
    "resized": plain(*image(1), layer("Resizing", "keras.layers", height=10**5, width=10**5), *POINT),
    "an embedding": plain(layer("Embedding", input_dim=BILLION, output_dim=1000), *FLAT),
    "large filters": plain(*image(1000, 16), layer("Conv2D", filters=16, kernel_size=400, padding="same"), *POINT),
    "a large window": plain(*image(2000), layer("AveragePooling2D", pool_size=2000, strides=1, padding="same"),
                            *POINT),
    "many rows": functional(
        entry(), called(layer("Repeat", "keras.src.ops.numpy", repeats=BILLION, axis=0), "rows",
                        tensor("in", [None, 2])),
        called(dense(), "out", tensor("rows", [None, 2]))),
    "many parts": functional(
        entry(), called(layer("RepeatVector", n=MILLION), "long", tensor("in", [None, 2])),
        called(layer("Split", "keras.src.ops.numpy", indices_or_sections=MILLION, axis=1), "parts",
               tensor("long", [None, MILLION, 2])),
        called(layer("Flatten"), "flat", tensor("parts", [None, 1, 2])),
        called(dense(), "out", tensor("flat", [None, 2]))),
    "all of them taken apart": functional(
        entry(), called(layer("RepeatVector", n=MILLION), "long", tensor("in", [None, 2])),
        called(layer("Unstack", "keras.src.ops.core", axis=1), "parts", tensor("long", [None, MILLION, 2])),
        called(dense(), "out", tensor("parts", [None, 2]))),
    "ones from nothing": functional(
        entry(), called(layer("Full", "keras.src.ops.numpy"), "ones", [10**5, 10**5], 1.0),
        called(layer("Add", "keras.src.ops.numpy"), "out", tensor("in", [None, 2]), tensor("ones", [10**5, 10**5]))),
    "a policy of its own size": plain(dense(3 * MILLION, dtype=layer("DTypePolicy", "keras", name="float64")),
                                      dense(100)),
}  # fmt: skip

TOO_MUCH = r"too many layers|config\.json has|at most .* (are read|are allowed)|the file holds|more than 64 parts|"
TOO_MUCH += "without the result"

# ---- damaged archives and weights ----------------------------------------------------------------


def h5(make: Callable[[h5py.File], None]) -> bytes:
    """A file of weights that is made by hand."""
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        make(root)
    return file.getvalue()


def sparse(root: h5py.File) -> None:
    """Weights that claim 400 GB and hold none."""
    root.create_dataset("layers/dense/vars/0", (100_000, 10**6), "f4", chunks=(1000, 1000), compression="gzip")
    root["layers/dense/vars/1"] = np.zeros(PIXELS, np.float32)


def compressed(root: h5py.File) -> None:
    root.create_dataset("layers/dense/vars/0", data=np.zeros((2, PIXELS), np.float32), compression="gzip")
    root["layers/dense/vars/1"] = np.zeros(PIXELS, np.float32)


def unwritten(root: h5py.File) -> None:
    """Weights in one piece of which no byte is there."""
    root.create_dataset("layers/dense/vars/0", (2**20, 2**20), "f4")


def elsewhere(root: h5py.File) -> None:
    root.create_dataset("layers/dense/vars/0", (2, PIXELS), "f4", external=[("/etc/passwd", 0, 8 * PIXELS)])
    root["layers/dense/vars/1"] = np.zeros(PIXELS, np.float32)


def linked(root: h5py.File) -> None:
    root["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/x")
    root["layers/dense/vars/1"] = h5py.SoftLink("/layers/dense/vars/0")


def virtual(root: h5py.File) -> None:
    layout = h5py.VirtualLayout((2, PIXELS), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2, PIXELS))
    root.create_virtual_dataset("layers/dense/vars/0", layout)


def circular(root: h5py.File) -> None:
    group = root.create_group("layers/dense/vars")
    group["again"] = root["layers"]


def words(root: h5py.File) -> None:
    root["layers/dense/vars/0"] = ["a", "b"]
    root["layers/dense/vars/1"] = np.zeros(PIXELS, np.float32)


def many(root: h5py.File) -> None:
    for number in range(30_000):
        root.create_group(f"layers/{number}")


def deep(root: h5py.File) -> None:
    group = root
    for _ in range(2000):
        group = group.create_group("x")


WEIGHTS: dict[str, tuple[bytes, str]] = {
    "no HDF5": (b"nonsense", "signature"),
    "cut off": (weights(of_dense())[:5000], "truncated file"),
    "none": (weights({}), "2,352 weights, but the file holds 0"),
    "fewer": (weights(of_dense(1)), "holds 1,568 values"),
    "others": (weights(of_dense(PIXELS, 3)), "shape"),
    "of another layer": (weights(of_dense(kind="conv2d")), "Layer .* variables"),
    "not finite": (weights(of_dense(fill=np.nan)), "weights are not all finite"),
    "infinite": (weights(of_dense(fill=np.inf)), "weights are not all finite"),
    "sparse": (h5(sparse), "not plain numbers"),
    "compressed": (h5(compressed), "not plain numbers"),
    "unwritten": (h5(unwritten), "more values than they have"),
    "in another file": (h5(elsewhere), "not plain numbers"),
    "links": (h5(linked), "links"),
    "virtual": (h5(virtual), "not plain numbers"),
    "a circle": (h5(circular), "too many groups"),
    "words": (h5(words), "not plain numbers"),
    "many groups": (h5(many), "too many groups"),
    "deep groups": (h5(deep), "too many groups"),
}


def bomb(path: Path, name: str, size: int = 700 * MILLION) -> Path:
    """A network with a member of zeros that deflates to a thousandth."""
    archive(path)
    with zipfile.ZipFile(path) as file:
        members = {member: file.read(member) for member in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for member, content in members.items():
            if member != name:
                file.writestr(member, content)
        with file.open(name, "w", force_zip64=True) as member:
            for _ in range(size >> 24):
                member.write(bytes(1 << 24))
    return path


def encrypted(path: Path) -> Path:
    """A network whose members' flags say that they are encrypted."""
    content = bytearray(archive(path).read_bytes())
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = content.find(signature)
        while start >= 0:
            content[start + flags] |= 1
            start = content.find(signature, start + 1)
    path.write_bytes(content)
    return path


def twice(path: Path) -> Path:
    """A network with two configurations."""
    archive(path)
    with zipfile.ZipFile(path, "a") as file, __import__("warnings").catch_warnings(action="ignore"):
        file.writestr("config.json", json.dumps(CODE["a Lambda of Keras's functions"]))
    return path


def without(path: Path, name: str) -> Path:
    archive(path)
    with zipfile.ZipFile(path) as file:
        members = {member: file.read(member) for member in file.namelist() if member != name}
    with zipfile.ZipFile(path, "w") as file:
        for member, content in members.items():
            file.writestr(member, content)
    return path


def cut(path: Path) -> Path:
    path.write_bytes(archive(path).read_bytes()[:-300])
    return path


ARCHIVES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "nonsense": (lambda path: path.write_bytes(b"nonsense"), "not a zip file"),
    "empty": (lambda path: path.write_bytes(b""), "not a zip file"),
    "cut off": (cut, "not a zip file"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a pipe": (lambda path: __import__("os").mkfifo(path), "is a named pipe"),
    "encrypted": (encrypted, "encrypted"),
    "two configurations": (twice, "same name"),
    "a way out": (lambda path: archive(path, more={"../../out": b"x"}), "does not belong to a network"),
    "something else": (lambda path: archive(path, more={"setup.py": b"x"}), "does not belong to a network"),
    "no configuration": (lambda path: without(path, "config.json"), "no member 'config.json'"),
    "no weights": (lambda path: without(path, "model.weights.h5"), "no member 'model.weights.h5'"),
    "a long configuration": (lambda path: archive(path, b" " * (1 << 24)), "config.json has 16"),
    "a bomb of weights": (lambda path: bomb(path, "model.weights.h5"), "at most"),
    "a smaller bomb of weights": (lambda path: bomb(path, "model.weights.h5", 3 * 10**8), "signature"),
    "a bomb of configuration": (lambda path: bomb(path, "config.json"), "at most"),
}
