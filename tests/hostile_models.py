"""`.h5` and ONNX files as no honest program writes them, with a pattern of the line that refuses each; made without
Keras. Files that are no `.h5` or ONNX files at all are among them."""

from __future__ import annotations

import base64
import json
import marshal
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests import hostile
from tests.hostile import BILLION, MILLION, PIXELS

Make = Callable[[Path], Any]
Kinds = dict[str, tuple[Make, str]]
CANARY = "canary"  # a file beside the model, which appears where its code runs

# ---- .h5 -----------------------------------------------------------------------------------------


def layer(kind: str, name: str | None = None, **config: Any) -> dict[str, Any]:
    """A layer as Keras 2 writes it."""
    return {"class_name": kind, "config": {"name": name or kind.lower()} | config}


def called(kind: str, name: str, *inputs: str, **config: Any) -> dict[str, Any]:
    """A layer of a functional network with one call."""
    return layer(kind, name, **config) | {"name": name, "inbound_nodes": [[[each, 0, 0, {}] for each in inputs]]}


def entry(shape: list[int | None] | None = None, name: str = "in") -> dict[str, Any]:
    made = layer("InputLayer", name, batch_input_shape=shape or [None, 2], dtype="float32", sparse=False, ragged=False)
    return made | {"name": name, "inbound_nodes": []}


def dense(units: int = PIXELS, **config: Any) -> dict[str, Any]:
    start = {"class_name": "GlorotUniform", "config": {"seed": None}}
    return (
        layer("Dense", "dense", units=units, activation="linear", kernel_initializer=start)
        | {}
        | ({"config": {"name": "dense", "units": units, "activation": "linear", "kernel_initializer": start} | config})
    )


def sequential(*layers: Any) -> dict[str, Any]:
    return layer("Sequential", "network", layers=[entry(), *layers])


def functional(*layers: Any, out: str = "out", kind: str = "Functional") -> dict[str, Any]:
    return layer(kind, "network", layers=list(layers), input_layers=[["in", 0, 0]], output_layers=[[out, 0, 0]])


def whole(path: Path, config: Any = None, arrays: Any = None, more: Callable[[h5py.File], None] | None = None) -> Path:
    """Writes a whole model; by default it is a sound decoder of 28 × 28 pixels, as Keras 2 writes one."""
    config = sequential(dense()) if config is None else config
    arrays = [np.zeros((2, PIXELS), "f4"), np.zeros(PIXELS, "f4")] if arrays is None else arrays
    with h5py.File(path, "w", libver="latest") as root:
        root.attrs["keras_version"], root.attrs["backend"] = "2.15.0", "tensorflow"
        root.attrs["model_config"] = config if isinstance(config, (str, bytes)) else json.dumps(config)
        group = root.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense"]
        inner = group.create_group("dense")
        inner.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        for name, array in zip(("kernel:0", "bias:0"), arrays, strict=True):
            inner[f"dense/{name}"] = array
        if more is not None:
            more(root)
    return path


def of(config: Any) -> Make:
    """A file with this configuration; CANARY in it becomes the path of the canary."""

    def make(path: Path) -> None:
        whole(path, config(path) if callable(config) else config)

    return make


def changed(change: Callable[[h5py.File], None]) -> Make:
    """A sound file that is changed afterwards."""

    def make(path: Path) -> None:
        whole(path)
        with h5py.File(path, "a", libver="latest") as root:
            change(root)

    return make


def code(path: Path) -> str:
    """Code of a function of one argument that makes the canary."""
    source = f"def run(x):\n    open({str(path.with_name(CANARY))!r}, 'w').close()\n    return x\n"
    made: dict[str, Any] = {}
    exec(source, made)
    return base64.b64encode(marshal.dumps(made["run"].__code__)).decode()


def lambda_3(path: Path) -> dict[str, Any]:
    function = {"class_name": "__lambda__", "config": {"code": code(path), "defaults": None, "closure": None}}
    return layer("Lambda", function=function, arguments={})


def lambda_2(path: Path) -> dict[str, Any]:
    options = {"function_type": "lambda", "module": "__main__", "output_shape": None, "output_shape_type": "raw"}
    return layer("Lambda", function=[code(path), None, None], arguments={}, **options)


def saved_model(path: Path) -> dict[str, Any]:
    return layer("TFSMLayer", filepath=str(path.parent), call_endpoint="serve")


def replaced(name: str, make: Callable[[h5py.Group], Any]) -> Make:
    """A sound file, one of whose weights is something else."""

    def change(root: h5py.File) -> None:
        group = root["model_weights/dense/dense"]
        del group[name]
        made = make(group)
        if made is not None:
            group[name] = made

    return changed(change)


def attribute(name: str, value: Any, where: str = "/") -> Make:
    def change(root: h5py.File) -> None:
        root[where].attrs[name] = value(root) if callable(value) else value

    return changed(change)


def virtual(group: h5py.Group) -> None:
    layout = h5py.VirtualLayout((2, PIXELS), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2, PIXELS))
    group.create_virtual_dataset("kernel:0", layout)


def cycle(kind: str) -> dict[str, Any]:
    return functional(
        entry(), called("Dense", "one", "two", units=2), called("Dense", "two", "one", units=2),
        called("Dense", "out", "two", units=PIXELS), kind=kind,
    )  # fmt: skip


def itself(name: str) -> dict[str, Any]:
    """A network that is built of networks, 70 deep."""
    made = dense()
    for _ in range(70):
        made = sequential(made)
    return made | {"name": name}


def cut(path: Path) -> None:
    path.write_bytes(whole(path).read_bytes()[:-2000])


WRAPPED = "TimeDistributed"
HDF5: Kinds = {
    "a Lambda": (of(lambda path: sequential(lambda_3(path), dense())), "uses 'Lambda'.*--trust"),
    "a Lambda of Keras 2": (of(lambda path: sequential(lambda_2(path), dense())), "uses 'Lambda'.*--trust"),
    "a Lambda within a layer": (of(lambda path: sequential(layer(WRAPPED, layer=lambda_2(path)), dense())), "'Lambda'"),
    "a Lambda within a network": (of(lambda path: sequential(sequential(lambda_3(path)), dense())), "uses 'Lambda'"),
    "a Lambda within a Functional": (
        of(lambda path: functional(entry(), lambda_2(path) | {"name": "out", "inbound_nodes": [[["in", 0, 0, {}]]]})),
        "uses 'Lambda'.*--trust"),
    "a Lambda with a module": (
        of(lambda path: sequential(lambda_3(path) | {"module": "keras.layers", "registered_name": None})), "'Lambda'"),
    "a Lambda as an activation": (of(lambda path: sequential(dense(activation=lambda_3(path)))), "uses 'Lambda'"),
    "code as an activation": (
        of(lambda path: sequential(dense(activation=lambda_3(path)["config"]["function"]))), "'__lambda__'.*--trust"),
    "a saved model": (of(lambda path: sequential(saved_model(path), dense())), "uses 'TFSMLayer'.*--trust"),
    "a saved model within a layer": (
        of(lambda path: sequential(layer(WRAPPED, layer=saved_model(path)), dense())), "uses 'TFSMLayer'"),
    "a saved model by its constructor": (
        of(lambda path: saved_model(path) | {"module": "keras.layers"}), "'TFSMLayer', which is no network"),
    "a saved model by its file": (
        of(lambda path: sequential(saved_model(path) | {"module": "keras.src.export.tfsm_layer"})), "uses 'TFSMLayer'"),
    "a class of Python": (of(sequential(layer("Popen", args="true") | {"module": "subprocess"})), "'Popen'.*--trust"),
    "a class of Python alone": (of(layer("Popen", args="true") | {"module": "subprocess"}), "uses 'Popen'"),
    "a function of layers": (of(sequential(layer("deserialize", config={}))), "uses 'deserialize'"),
    "a module of layers": (of(sequential(layer("serialization_lib"))), "uses 'serialization_lib'"),
    "an operation that loops": (of(sequential(layer("WhileLoop", cond="relu", body="relu"))), "uses 'WhileLoop'"),
    "an operation of TensorFlow": (of(sequential(layer("TFOpLambda", function="io.read_file"))), "uses 'TFOpLambda'"),
    "an activation that loads": (
        of(sequential(dense(activation="get_file"))), "uses 'get_file', a function that is not part of Keras"),
    "an activation of Python": (of(sequential(dense(activation="__import__"))), "uses '__import__'"),
    "an activation from utils": (
        of(sequential(dense(activation=hostile.function("get_file", "keras.utils")))), "uses 'get_file'"),
    "a registered name": (of(sequential(layer("Custom>Lambda"))), "uses 'Custom>Lambda'"),
    "a file of words": (of(sequential(layer("StringLookup", vocabulary="/etc/passwd"))), "uses 'StringLookup'"),
    "a circle of calls": (of(cycle("Functional")), "is no network"),
    "a circle of calls in an old Model": (of(cycle("Model")), "is no network"),
    "no such layer": (of(functional(entry(), called("Dense", "out", "nowhere", units=2))), "nowhere"),
    "a call of numbers": (
        of(functional(entry(), layer("Dense", "out", units=2) | {"name": "out", "inbound_nodes": [[1, 2]]})),
        "without"),
    "networks in networks": (of(itself("deep")), "too deep"),
    "deep JSON": (of("[" * 200_000), "too deep"),
    "a billion units": (of(sequential(dense(BILLION, name="wide"), dense())), "at most .* are read"),
    "more units than numbers": (of(sequential(dense(2**70))), "maps 2 to"),
    "negative units": (of(sequential(dense(-3))), "positive|units"),
    "an absurd input": (of(layer("Sequential", "n", layers=[entry([None, BILLION]), dense()])), "maps 1000000000"),
    "an absurd image": (
        of(sequential(layer("RepeatVector", n=BILLION), layer("Flatten"), dense())), "at most .* are (read|allowed)"),
    "3,000 layers": (of(sequential(*[dense(2)] * 3000)), "too many layers"),
    "weights alone": (changed(lambda root: root.attrs.__delitem__("model_config")), "no whole model"),
    "a number as configuration": (attribute("model_config", 7), "no text"),
    "an array as configuration": (attribute("model_config", np.arange(9)), "no text"),
    "a reference as configuration": (attribute("model_config", lambda root: root["model_weights"].ref), "no text"),
    "a long configuration": (of(" " * 9 * MILLION), "configuration has 9"),
    "no JSON": (of("{"), "Expecting"),
    "no text": (of(b"\xff\xfe"), "Expecting|decode"),
    "a list of networks": (of("[1]"), "describes no network"),
    "NaN weights": (
        lambda path: whole(path, arrays=[np.full((2, PIXELS), np.nan, "f4"), np.zeros(PIXELS, "f4")]),
        "not all finite"),
    "infinite weights": (
        lambda path: whole(path, arrays=[np.full((2, PIXELS), -np.inf, "f4"), np.zeros(PIXELS, "f4")]),
        "not all finite"),
    "weights of another shape": (
        lambda path: whole(path, arrays=[np.zeros((PIXELS, 2), "f4"), np.zeros(PIXELS, "f4")]), "[Ss]hape"),
    "fewer weights": (lambda path: whole(path, arrays=[np.zeros(2, "f4")] * 2), "the file holds 4 values"),
    "weights of the optimizer alone": (
        lambda path: whole(path, arrays=[np.zeros(2, "f4")] * 2,
                           more=lambda root: root.create_dataset("optimizer_weights/x", data=np.zeros(5000, "f4"))),
        "the file holds 4 values"),
    "words as weights": (replaced("bias:0", lambda group: ["a", "b"]), "not plain numbers"),
    "references as weights": (replaced("bias:0", lambda group: np.array([group.ref] * 9, h5py.ref_dtype)), "not plain"),
    "a link to another file": (replaced("kernel:0", lambda group: h5py.ExternalLink("/etc/passwd", "/x")), "links"),
    "a link within the file": (replaced("kernel:0", lambda group: h5py.SoftLink("/model_weights/dense")), "links"),
    "a link of the optimizer": (
        changed(lambda root: root.__setitem__("optimizer_weights", h5py.ExternalLink("/etc/passwd", "/x"))), "links"),
    "weights in another file": (
        replaced("kernel:0", lambda group: group.create_dataset(
            "kernel:0", (2, PIXELS), "f4", external=[("/etc/passwd", 0, 8 * PIXELS)]) and None), "not plain numbers"),
    "virtual weights": (replaced("kernel:0", virtual), "not plain numbers"),
    "compressed weights": (
        replaced("kernel:0", lambda group: group.create_dataset(
            "kernel:0", data=np.zeros((2, PIXELS), "f4"), compression="gzip") and None), "not plain numbers"),
    "unwritten weights": (
        replaced("kernel:0", lambda group: group.create_dataset("kernel:0", (2**20, 2**20), "f4") and None),
        "claim more"),
    "a type as weights": (replaced("kernel:0", lambda group: np.dtype("f4")), "unknown kind"),
    "groups in a circle": (
        changed(lambda root: root["model_weights"].__setitem__("again", root["model_weights"])), "too many groups"),
    "a long list of names": (attribute("layer_names", np.zeros(99_999, "S100"), "model_weights"), "too long"),
    "no weights": (changed(lambda root: root.__delitem__("model_weights")), "the file holds 0 values"),
    "no names": (changed(lambda root: root["model_weights"].attrs.__delitem__("layer_names")), "layer"),
    "numbers as names": (attribute("layer_names", np.arange(3), "model_weights"), "network"),
    "names of nothing": (attribute("layer_names", [b"nowhere"], "model_weights"), "network"),
    "a name of an array": (attribute("layer_names", [b"dense/dense/bias:0"], "model_weights"), "network"),
    "cut off": (cut, "truncated"),
    "a beginning alone": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500)), "is no network"),
    "a socket of bytes": (lambda path: path.write_bytes(os.urandom(5000)), "not a zip file"),
}  # fmt: skip

# ---- ONNX ----------------------------------------------------------------------------------------


def value(name: str, shape: Any = ("n", 2), kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def weights(name: str = "w", shape: tuple[int, ...] = (2, PIXELS), fill: float = 0.5) -> Any:
    return numpy_helper.from_array(np.full(shape, fill, np.float32), name)


def number(name: str, *given: int) -> Any:
    return numpy_helper.from_array(np.array(given if len(given) > 1 else given[0], np.int64), name)


def node(kind: str, inputs: str, outputs: str = "out", **options: Any) -> Any:
    return helper.make_node(kind, inputs.split(), outputs.split(), **options)


MATMUL = node("MatMul", "in w")


def model(*nodes: Any, held: Any = None, inputs: Any = None, outputs: Any = None, **options: Any) -> Any:
    """A model; by default it is a sound decoder of 784 pixels."""
    graph = helper.make_graph(
        list(nodes) or [MATMUL], "graph", inputs if inputs is not None else [value("in")],
        outputs or [value("out", None)], held if held is not None else [weights()])  # fmt: skip
    domains = options.pop("domains", [("", 17)])
    made = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid(*each) for each in domains])
    for name, given in options.items():
        getattr(made, name).extend(given)
    return made


def file(made: Any) -> Make:
    """A file with this model."""
    return lambda path: path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())


def elsewhere(location: str, prepare: Make = lambda path: None, **further: Any) -> Make:
    """A model whose weights are in another file."""

    def make(path: Path) -> None:
        prepare(path)
        tensor = TensorProto(name="w", dims=[2, PIXELS], data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        for key, given in ({"location": location} | further).items():
            tensor.external_data.add(key=key, value=str(given))
        path.write_bytes(model(held=[tensor]).SerializeToString())

    return make


def beside(path: Path) -> None:
    path.with_name("weights.bin").write_bytes(np.full(2 * PIXELS, 0.5, np.float32).tobytes())


def link(to: str) -> Make:
    return lambda path: path.with_name("link").symlink_to(to)


def claimed(**fields: Any) -> Any:
    """A tensor that is made by hand."""
    return TensorProto(**{"name": "w", "dims": [2, PIXELS], "data_type": TensorProto.FLOAT} | fields)


def loop(steps: int | None, *nodes: Any) -> Any:
    """A model with a loop."""
    inside = [node("Identity", "go", "go2"), *(nodes or [node("Add", "x x", "x2")])]
    body = helper.make_graph(
        inside, "body", [value("i", [], 7), value("go", [], 9), value("x", [1, 2])],
        [value("go2", [], 9), value("x2", [1, 2])])  # fmt: skip
    held = [numpy_helper.from_array(np.array(True), "true"), weights(), *([number("m", steps)] if steps else [])]
    return model(node("Loop", f"{'m' if steps else ''} true in", body=body) if steps else
                 helper.make_node("Loop", ["", "true", "in"], ["out"], body=body), held=held)  # fmt: skip


def branches(depth: int, last: Any = None) -> Any:
    """Branches in branches."""
    inner = helper.make_graph([last or node("Identity", "in", "y")], "last", [], [value("y")])
    for number_ in range(depth):
        inner = helper.make_graph(
            [helper.make_node("If", ["true"], [f"y{number_}"], then_branch=inner, else_branch=inner)], "branch", [],
            [value(f"y{number_}")])  # fmt: skip
    held = [numpy_helper.from_array(np.array(True), "true")]
    return model(helper.make_node("If", ["true"], ["out"], then_branch=inner, else_branch=inner), held=held)


def functions() -> Any:
    """A function that calls itself."""
    made = helper.make_function("mine", "f", ["x"], ["y"], [helper.make_node("f", ["x"], ["y"], domain="mine")],
                                [helper.make_opsetid("mine", 1)])  # fmt: skip
    return model(helper.make_node("f", ["in"], ["out"], domain="mine"), functions=[made], domains=[("mine", 1)])


def varint(given: int) -> bytes:
    content = b""
    while given > 127:
        content, given = content + bytes([given & 127 | 128]), given >> 7
    return content + bytes([given])


def empty(field: int, count: int) -> bytes:
    """A graph of empty entries."""
    content = bytes([field << 3 | 2, 0]) * count
    return b"\x3a" + varint(len(content)) + content


def nested(depth: int) -> bytes:
    """Graphs in attributes of nodes in graphs, by hand: far deeper than protobuf itself writes."""
    content = b""
    for _ in range(depth):
        for tag in (0x32, 0x2A, 0x0A):  # g of an attribute, attribute of a node, node of a graph
            content = bytes([tag]) + varint(len(content)) + content
    return b"\x3a" + varint(len(content)) + content


def tree() -> Any:
    """A tree whose root is its own branch."""
    options = {"nodes_treeids": [0, 0], "nodes_nodeids": [0, 1], "nodes_featureids": [0, 0], "nodes_values": [0.0, 0.0]}
    options |= {"nodes_modes": ["BRANCH_LEQ", "LEAF"], "nodes_truenodeids": [0, 0], "nodes_falsenodeids": [1, 0]}
    options |= {
        "target_treeids": [0],
        "target_nodeids": [1],
        "target_ids": [0],
        "target_weights": [1.0],
        "n_targets": 1,
    }
    made = helper.make_node("TreeEnsembleRegressor", ["in"], ["out"], domain="ai.onnx.ml", **options)
    return model(made, domains=[("", 17), ("ai.onnx.ml", 3)])


def pair(first: str, second: str, *held: Any, **options: Any) -> Any:
    """A model of two nodes: "kind: inputs" each; the first one's result is "x"."""
    (one, taken), (two, further) = (each.split(": ") for each in (first, second))
    return model(node(one, taken, "x"), node(two, further, **options), held=list(held))


OUTSIDE, TOO_MUCH, CLAIMS = "outside its folder", "at most .* are allowed", "as many values as they claim"
FLOAT = TensorProto.FLOAT
ONNX: Kinds = {
    "weights by an absolute path": (elsewhere("/etc/passwd"), OUTSIDE),
    "weights in a folder above": (elsewhere("../weights.bin"), OUTSIDE),
    "weights on a way up and down": (elsewhere("a/../../b"), OUTSIDE),
    "weights by a path of Windows": (elsewhere(r"..\weights.bin"), OUTSIDE),
    "weights on a drive": (elsewhere(r"C:\weights.bin"), OUTSIDE),
    "weights behind a link": (elsewhere("link", link("/etc/passwd")), OUTSIDE),
    "weights behind a folder's link": (elsewhere("link/passwd", link("/etc")), OUTSIDE),
    "weights nowhere": (elsewhere("weights.bin"), "missing"),
    "weights without a place": (elsewhere(""), OUTSIDE),
    "weights at a zero byte": (elsewhere("a\0b"), OUTSIDE),
    "weights of a folder": (elsewhere("sub", lambda path: path.with_name("sub").mkdir()), "a folder"),
    "weights of a pipe": (elsewhere("pipe", lambda path: os.mkfifo(path.with_name("pipe"))), "a named pipe"),
    "fewer weights beside": (elsewhere("weights.bin", beside, offset=99), CLAIMS),
    "weights before the file": (elsewhere("weights.bin", beside, offset=-4), CLAIMS),
    "weights of another length": (elsewhere("weights.bin", beside, length=10**12), CLAIMS),
    "no number as an offset": (elsewhere("weights.bin", beside, offset="x"), "invalid literal"),
    "operators of somebody else": (
        file(model(helper.make_node("Run", ["in"], ["out"], domain="evil"))), "operators of 'evil'"),
    "a set of somebody else": (file(model(domains=[("", 17), ("com.microsoft", 1)])), "operators of 'com.microsoft'"),
    "operators of somebody else in a branch": (
        file(branches(1, helper.make_node("Run", ["in"], ["y"], domain="evil"))), "operators of 'evil'"),
    "Python as an operator": (
        file(model(helper.make_node("PyOp", ["in"], ["out"], domain="ai.onnx.contrib"))), "operators of"),
    "a function that calls itself": (file(functions()), "functions|operators of"),
    "a billion steps": (file(loop(BILLION)), "operator Loop, which is not"),
    "steps without an end": (file(loop(None)), "operator Loop, which is not"),
    "branches in branches": (file(branches(9)), "nested more than"),
    "a network of wide branches": (file(branches(3)), "^$"),
    "an operator that does not exist": (file(model(node("Nothing", "in"))), "unknown"),
    "an input that does not exist": (file(model(node("Relu", "nowhere"))), "unknown"),
    "a circle": (file(model(node("Add", "in y", "x"), node("Relu", "x", "y"), node("Relu", "y"))), "unknown"),
    "two results of one name": (file(model(node("Relu", "in"), node("Exp", "in"))), "out"),
    "ten billion ones": (file(pair("ConstantOfShape: m", "ReduceSum: x", number("m", 10**5, 10**5))), TOO_MUCH),
    "many copies": (file(pair("Tile: in m", "ReduceSum: x", number("m", 1, BILLION))), TOO_MUCH),
    "spread": (file(pair("Expand: in m", "ReduceSum: x", number("m", 10**5, 10**5, 2))), TOO_MUCH),
    "padded": (file(pair("Pad: in m", "ReduceSum: x", number("m", 0, 0, 0, BILLION))), TOO_MUCH),
    "a long product": (
        file(pair("Expand: in m", "MatMul: x w", number("m", 9000, 4000, 2), weights(shape=(2, 1)))), "for 1 rows"),
    "a product of large matrices": (
        file(model(node("Expand", "in m", "x"), node("Transpose", "x", "y"), node("MatMul", "x y"),
                   held=[number("m", 8000, 8000)], inputs=[value("in", ["n", 1])])), TOO_MUCH),
    "a large filter": (
        file(model(node("Reshape", "in s", "x"), node("Expand", "x m", "y"), node("Conv", "y w"),
                   held=[number("s", 0, 2, 1, 1), number("m", 1, 2, 3000, 3000), weights(shape=(4, 2, 600, 600))])),
        TOO_MUCH),
    "a large window": (
        file(model(node("Reshape", "in s", "x"), node("Expand", "x m", "y"),
                   node("AveragePool", "y", kernel_shape=[3000, 3000], pads=[2999] * 4),
                   held=[number("s", 0, 2, 1, 1), number("m", 1, 2, 3000, 3000)])), TOO_MUCH),
    "a size that depends on values": (file(pair("NonZero: in", "Cast: x", to=FLOAT)), "unknown"),
    "a size that lies": (
        file(model(node("NonZero", "in", "x"), node("Cast", "x", to=FLOAT), outputs=[value("out", [1, 1])])),
        "unknown"),
    "many samples of a region": (
        file(model(node("RoiAlign", "in w w", sampling_ratio=10**6))), "RoiAlign, which is not allowed"),
    "a sequence inside": (file(pair("SplitToSequence: in", "ConcatFromSequence: x", axis=0)), "unknown"),
    "a tree that is its own branch": (file(tree()), "is no ONNX model"),
    "an input of a billion": (file(model(node("Relu", "in"), inputs=[value("in", ["n", BILLION])])), TOO_MUCH),
    "a claim of four gigabytes": (file(model(held=[claimed(dims=[BILLION], raw_data=b"1234")])), "weights take more"),
    "weights without values": (file(model(held=[claimed()])), CLAIMS),
    "weights of too many values": (file(model(held=[claimed(float_data=[1.0] * 9000)])), CLAIMS),
    "a negative shape": (file(model(held=[claimed(dims=[-2, -784])])), "no valid shape"),
    "a shape beyond all numbers": (file(model(held=[claimed(dims=[2**62, 2**62])])), "weights take more"),
    "words as weights": (file(model(held=[claimed(data_type=8, string_data=[b"x"] * 9)])), "no numbers: STRING"),
    "weights of an unknown type": (file(model(held=[claimed(data_type=99)])), "no numbers: unknown"),
    "NaN weights": (file(model(held=[weights(fill=np.nan)])), "hold NaN"),
    "NaN in a constant": (
        file(model(node("Constant", "", "w", value=weights(fill=np.nan)), MATMUL, held=[])), "hold NaN"),
    "sparse weights": (
        file(model(node("Constant", "", "w", sparse_value=helper.make_sparse_tensor(
            weights("v", (1,)), number("i", 0, 0), [10**6, 10**6])), held=[])), "sparse"),
    "words as input": (file(model(node("Identity", "in"), inputs=[value("in", kind=8)])), "input is STRING"),
    "whole numbers as input": (file(model(node("Identity", "in"), inputs=[value("in", kind=7)])), "input is INT64"),
    "two inputs": (file(model(inputs=[value("in"), value("w", [2, 4])], held=[])), "2 inputs, not one: in, w"),
    "no input": (file(model(node("Identity", "w"), inputs=[])), "no input"),
    "an input without a shape": (file(model(inputs=[value("in", None)])), "no shape"),
    "32 rows": (file(model(inputs=[value("in", [32, 2])])), "32 rows"),
    "no output of numbers": (
        file(model(node("SequenceConstruct", "in"), outputs=[helper.make_tensor_sequence_value_info("out", 1, None)])),
        "no output of numbers"),
    "no nodes": (file(helper.make_model(helper.make_graph([], "g", [value("in")], [value("in")]))), "no graph"),
    "no graph": (file(b"\x08\x09"), "no graph"),
    "nothing": (file(b""), "no graph"),
    "nonsense": (file(b"nonsense" * 99), "is no ONNX model"),
    "cut off": (file(model().SerializeToString()[:-500]), "cut off"),
    "nodes of nothing": (file(empty(1, 10 * MILLION)), "entries"),
    "weights of nothing": (file(empty(5, 10 * MILLION)), "entries"),
    "inputs of nothing": (file(empty(11, 10 * MILLION)), "entries"),
    "graphs in graphs": (file(nested(5000)), "too deep|cut off"),
    "a number without an end": (file(b"\x08" + b"\xff" * 99), "damaged"),
    "a group of old": (file(b"\x0b" * 99), "damaged"),
    "many nodes": (
        file(model(*[node("Relu", "in", f"x{i}") for i in range(20_000)], node("Relu", "in"))), "10,000 nodes"),
    "text": (file(b"<!DOCTYPE html><html>404</html>"), "is no ONNX model"),
    "a large file": (lambda path: os.truncate(_touched(path), 2**40), "too large"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a pipe": (lambda path: os.mkfifo(path), "is a named pipe"),
}  # fmt: skip


def _touched(path: Path) -> Path:
    path.touch()
    return path
