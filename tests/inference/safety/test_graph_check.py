"""Graphs and SavedModels that do more than label images; each is refused with the name of the operation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import kernels, op_def_registry

from inference.compiler.compile import compile_model
from inference.compiler.formats import read_network
from inference.compiler.model import CompileOptions
from inference.errors import ModelError
from inference.safety.graph_check import check_graph
from inference.safety.operations import ALLOWED, GROUPS
from tests.support import hostile, public_graphs
from tests.support.examples import examples
from tests.support.graphs import colour_graph
from tests.support.hostile import Colours, Initialised

OPTIONS = CompileOptions(input_range=(-1, 1), engine="tensorflow")
# Listed operations with side effects: they change variables or random generators, call functions that are checked,
# or end the run.
STATEFUL = {
    *GROUPS["variables"],
    *GROUPS["initial values of variables, and layers that are random in training"],
    *GROUPS["checks for NaN and infinity"],
    "StatefulPartitionedCall",
}


def with_node(op: str) -> Any:
    graph = tf.compat.v1.GraphDef()
    graph.node.add(op=op, name="more")
    return graph


def in_function(op: str) -> Any:
    graph = tf.compat.v1.GraphDef()
    function = graph.library.function.add()
    function.signature.name = "Relu"
    function.node_def.add(op=op, name="more")
    return graph


@pytest.mark.parametrize("place", [with_node, in_function])
def test_of_all_operations_only_those_of_networks_are_taken(place: Callable[[str], Any]) -> None:
    known = {kernel.op for kernel in kernels.get_all_registered_kernels().kernel}
    known |= {name for name in dir(tf.raw_ops) if name[0].isupper()}
    refused = known - ALLOWED
    assert {"WriteFile", "ReadFile", "PyFunc", "EagerPyFunc", "MatchingFiles", "PrintV2", "SaveV2"} <= refused
    assert len(refused) > 1000
    for op in refused:
        with pytest.raises(ModelError, match=rf"^evil\.pb: the operation {op} is not among .*install FILE --trust$"):
            check_graph(place(op), "evil.pb")
    for op in ALLOWED:
        check_graph(place(op), "good.pb")


def test_what_is_taken_is_a_function_of_tensors() -> None:
    for op in ALLOWED - STATEFUL:
        definition = op_def_registry.get(op)
        assert definition is not None, op
        assert not definition.is_stateful, op


def test_names_in_a_refusal_are_few_and_short_and_cannot_be_taken_for_its_own_words() -> None:
    graph = tf.compat.v1.GraphDef()
    for number in range(100):
        graph.node.add(op=f"Evil{number:02}\x1b[2J\n{'x' * 1000}", name=f"node{number}")
    with pytest.raises(ModelError, match=r"Evil04\\x1b\[2J\\nx+ and 95 more are not") as refused:
        check_graph(graph, "evil.pb")
    assert len(str(refused.value)) < 700


@pytest.mark.parametrize(
    "build", [public_graphs.inception_2015, public_graphs.inception_2016, public_graphs.inception5h]
)
def test_the_graphs_of_the_catalogue_are_taken(build: Callable[[], Any]) -> None:
    check_graph(build(), "graph.pb")


def test_what_tensorflow_says_of_a_damaged_graph_is_one_line_however_its_nodes_are_named(tmp_path: Path) -> None:
    graph = colour_graph()
    graph.node[0].name = f"a\x1b[2J{'x' * 5000}\nb"
    (tmp_path / "odd.pb").write_bytes(graph.SerializeToString())
    with pytest.raises(ModelError, match="the graph cannot be read: ") as refused:
        compile_model(tmp_path / "odd.pb", options=OPTIONS)
    reason = str(refused.value).removeprefix(str(tmp_path))
    assert reason.isprintable()
    assert len(reason) < 500


def test_a_graph_that_writes_a_file_is_refused_before_it_runs(tmp_path: Path) -> None:
    graph = tmp_path / "evil.pb"
    graph.write_bytes(hostile.writing_graph(tmp_path / "written").SerializeToString())
    with pytest.raises(ModelError, match=r"evil\.pb: the operation WriteFile is not among those that image networks"):
        compile_model(graph, options=OPTIONS)
    assert not (tmp_path / "written").exists()


# --- SavedModels ---


def write(target: Path) -> Callable[[], Any]:
    return lambda: tf.io.write_file(str(target), "was here")


def nested(target: Path) -> Callable[[], Any]:
    def inner() -> None:
        tf.io.write_file(str(target), "was here")

    function: Callable[[], Any] = tf.function(inner)
    return function


def python(target: Path) -> Callable[[], Any]:
    return lambda: tf.numpy_function(lambda: target.write_text("was here"), [], tf.int64)


def checkpoint(target: Path) -> Callable[[], Any]:
    return lambda: tf.raw_ops.SaveV2(
        prefix=str(target), tensor_names=["x"], shape_and_slices=[""], tensors=[tf.ones(3)]
    )


def printed(target: Path) -> Callable[[], Any]:
    return lambda: tf.print("was here", output_stream=f"file://{target}")


def table(target: Path) -> Callable[[], Any]:
    def look_up() -> Any:
        known = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
        return tf.raw_ops.InitializeTableFromTextFileV2(
            table_handle=known, filename=str(target), key_index=-2, value_index=-1
        )

    return look_up


@pytest.mark.parametrize(
    ("before", "op"),
    [
        (write, "WriteFile"),
        (nested, "WriteFile"),
        (python, "PyFunc"),
        (checkpoint, "SaveV2"),
        (printed, "PrintV2"),
        (table, "HashTableV2, InitializeTableFromTextFileV2"),
    ],
)
def test_what_a_saved_model_does_beside_labelling_is_refused(
    tmp_path: Path, before: Callable[[Path], Callable[[], Any]], op: str
) -> None:
    folder = hostile.save(Colours(before(tmp_path / "written")), tmp_path / "saved")
    with pytest.raises(ModelError, match=rf"saved_model\.pb: the operations? ([A-Za-z]+, )*{op}"):
        compile_model(folder, options=OPTIONS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved"]


def test_what_a_saved_model_does_once_it_is_loaded_is_refused(tmp_path: Path) -> None:
    folder = hostile.save(Initialised(write(tmp_path / "written")), tmp_path / "saved")
    (tmp_path / "written").unlink(missing_ok=True)  # saving a resource creates it
    with pytest.raises(ModelError, match="the operation WriteFile is not among"):
        compile_model(folder, options=OPTIONS)
    assert not (tmp_path / "written").exists()
    compile_model(folder, options=replace(OPTIONS, trust=True))
    assert (tmp_path / "written").exists(), "else the test would show nothing"


def second_graph(model: SavedModel) -> None:
    more = model.meta_graphs.add()
    more.meta_info_def.tags.append("train")
    more.graph_def.node.add(op="WriteFile", name="write")


def uncalled_function(model: SavedModel) -> None:
    function = model.meta_graphs[0].graph_def.library.function.add()
    function.signature.name = "uncalled"
    function.node_def.add(op="WriteFile", name="write")


@pytest.mark.parametrize("change", [second_graph, uncalled_function])
def test_all_of_a_saved_model_is_judged(tmp_path: Path, change: Callable[[SavedModel], None]) -> None:
    folder = hostile.edit(hostile.save(Colours(), tmp_path / "saved"), change)
    with pytest.raises(ModelError, match="the operation WriteFile is not among"):
        compile_model(folder, options=OPTIONS)


def test_a_saved_model_in_text_beside_the_other_is_not_read(tmp_path: Path) -> None:
    folder = hostile.save(Colours(), tmp_path / "saved")
    evil = hostile.save(Colours(write(tmp_path / "written")), tmp_path / "evil")
    text = str(SavedModel.FromString((evil / "saved_model.pb").read_bytes()))
    (folder / "saved_model.pbtxt").write_text(text)
    assert compile_model(folder, options=OPTIONS).classes == 3
    (folder / "saved_model.pb").unlink()
    with pytest.raises(ModelError, match=r"expected a SavedModel, with a file saved_model\.pb"):
        compile_model(folder, options=OPTIONS)


@pytest.mark.parametrize("content", [b"", b"no protocol buffer", b"\n\xff\xff\xff\xff\x0f", b"\x12\x00"])
def test_damaged_saved_models_are_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError, match=r"expected a SavedModel|cannot be read"):
        compile_model(tmp_path, options=OPTIONS)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """SavedModels of both kinds, to be damaged."""
    folder = tmp_path_factory.mktemp("damaged")
    return hostile.save(Colours(), folder / "2"), hostile.save_of_1(folder / "1")


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_of_any_kind_is_an_error_of_the_model(damaged: tuple[Path, Path], data: st.DataObject) -> None:
    """Any other error fails the test."""
    folder = data.draw(st.sampled_from(damaged))
    whole = (folder / "saved_model.pb").read_bytes()
    content = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 20), min_size=1, max_size=4)):
        content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        (folder / "saved_model.pb").write_bytes(content)
        with suppress(ModelError):
            read_network(folder, None)
    finally:
        (folder / "saved_model.pb").write_bytes(whole)


# --- SavedModels of TensorFlow 1 ---


def test_a_saved_model_of_tensorflow_1_is_taken(tmp_path: Path) -> None:
    compiled = compile_model(hostile.save_of_1(tmp_path / "saved"), options=OPTIONS)
    assert compiled.classes == 3
    assert compiled.verification is not None
    assert compiled.verification.agreement == 1


@pytest.mark.parametrize("main_op", [False, True])
@pytest.mark.parametrize(("before", "op"), [(write, "WriteFile"), (checkpoint, "SaveV2")])
def test_what_one_of_tensorflow_1_does_beside_labelling_is_refused(
    tmp_path: Path, before: Callable[[Path], Callable[[], Any]], op: str, main_op: bool
) -> None:
    folder = hostile.save_of_1(tmp_path / "saved", before=before(tmp_path / "written"), main_op=main_op)
    with pytest.raises(ModelError, match=f"the operation {op} is not among"):
        compile_model(folder, options=OPTIONS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved"]


def test_variables_come_from_the_saved_models_own_file(tmp_path: Path) -> None:
    other = hostile.save_of_1(tmp_path / "other")

    def elsewhere(model: SavedModel) -> None:
        nodes = model.meta_graphs[0].graph_def.node
        place = nodes.add(op="Const", name="elsewhere")
        place.attr["dtype"].type = tf.string.as_datatype_enum
        place.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(str(other / "variables" / "variables")))
        for node in nodes:
            if node.op == "RestoreV2":
                node.input[0] = "elsewhere"

    folder = hostile.edit(hostile.save_of_1(tmp_path / "saved"), elsewhere)
    with pytest.raises(ModelError, match="expected variables from the SavedModel's own file"):
        compile_model(folder, options=OPTIONS)


def test_nodes_of_one_name_are_refused(tmp_path: Path) -> None:
    def doubled(model: SavedModel) -> None:
        nodes = model.meta_graphs[0].graph_def.node
        nodes.insert(0, type(nodes[0])(op="SaveV2", name="scores"))

    folder = hostile.edit(hostile.save_of_1(tmp_path / "saved"), doubled)
    with pytest.raises(ModelError, match="expected nodes of different names"):
        compile_model(folder, options=OPTIONS)
