"""How products are lowered to calls of the CPU device. Runs nothing on a device; a second."""

from glowworm.devices.wasm import WasmLowering
from glowworm.graph import ops
from glowworm.graph.compile import compile_graphs
from glowworm.graph.ops import Graph
from glowworm.graph.plan import Program
from glowworm.graph.storage import Limits
from glowworm.weights.gguf import GgmlType, TensorInfo
from glowworm.weights.layouts import GROUP

COLUMNS = 64
NBYTES = {GgmlType.Q4_0: 18, GgmlType.Q8_0: 34, GgmlType.F32: 128}  # per 32 columns


def _compile(kinds: tuple[GgmlType, ...], rows: int = 16, op: str = "linear", most: int = 1 << 20) -> Program:
    """A program of one product of five tokens with stacked matrices, for bindings of up to ``most`` bytes."""
    names = tuple(f"w{i}" for i in range(len(kinds)))
    tensors = {"x": TensorInfo("x", GgmlType.F32, (1, COLUMNS), 0, COLUMNS * 4)}
    for name, kind in zip(names, kinds, strict=True):
        tensors[name] = TensorInfo(name, kind, (rows, COLUMNS), 0, rows * COLUMNS // GROUP * NBYTES[kind])
    graph = Graph()
    x = ops.embed(graph.tokens(5), graph.weight("x", (1, COLUMNS)))
    total = rows * len(kinds)
    weight = graph.weight(names, (total, COLUMNS))
    width, attributes = (total, {}) if op == "linear" else (total // 2, {"activation": "gelu"})
    y = graph.apply(op, (x, weight), (5, width), **attributes)
    phases = {"phase": (graph, y)}
    return compile_graphs(
        phases, WasmLowering(), tensors, context_length=16, chunk=5, limits=Limits(max_binding=most)
    )


def _calls(program: Program) -> list[str]:
    return [program.kernels[dispatch.kernel].name for dispatch in program.plans["phase"].dispatches]


def test_activations_are_quantised_once_for_all_parts() -> None:
    program = _compile((GgmlType.Q4_0,), rows=512, most=16384)
    assert _calls(program) == ["embed_f32", "quantise", "linear_int4", "linear_int4"]


def test_each_kind_of_weights_gets_its_form_of_activations() -> None:
    program = _compile((GgmlType.Q4_0, GgmlType.Q8_0, GgmlType.Q4_0, GgmlType.F32))
    products = ["linear_int4", "quantise", "linear_int8", "linear_int4", "linear_f32"]
    assert _calls(program) == ["embed_f32", "quantise", *products]
    first, second, third = (
        dispatch.bindings[1]
        for dispatch in program.plans["phase"].dispatches
        if program.kernels[dispatch.kernel].name.startswith("linear_int")
    )
    assert first == third != second


def test_halves_of_a_gated_product_are_combined() -> None:
    for kinds in ((GgmlType.Q4_0,) * 2, (GgmlType.Q4_0, GgmlType.Q8_0)):
        assert _calls(_compile(kinds, op="gated"))[-1] == "elementwise"
