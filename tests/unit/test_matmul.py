"""How matrix operations are lowered to WGSL: tiles, parts, fallbacks. Runs nothing on a device; a second."""

from itertools import pairwise
from typing import Any

import pytest
from glowworm.devices.wgsl import WgslLowering
from glowworm.devices.wgsl.render import render
from glowworm.devices.wgsl.repack import repack
from glowworm.graph import ops
from glowworm.graph.compile import compile_graphs
from glowworm.graph.ops import Graph
from glowworm.graph.plan import Kernel, Program
from glowworm.graph.storage import Limits
from glowworm.weights.gguf import GgmlType, TensorInfo
from glowworm.weights.layouts import GROUP

ROW_BYTES = {GgmlType.Q4_0: 18, GgmlType.Q8_0: 34, GgmlType.F16: 64, GgmlType.F32: 128}  # per 32 columns


def _compile(
    op: str, shape: tuple[int, int], *, tokens: int = 1, kind: GgmlType = GgmlType.Q4_0, **limits: int
) -> Program:
    """A program of one product with a matrix of ``shape``, its x made by an embedding."""
    rows, columns = shape
    size = rows * columns // GROUP * ROW_BYTES[kind]
    tensors = {
        "x": TensorInfo("x", GgmlType.F32, (1, columns), 0, columns * 4),
        "w": TensorInfo("w", kind, shape, columns * 4, size),
    }
    graph = Graph()
    x = ops.embed(graph.tokens(tokens), graph.weight("x", (1, columns)))
    weight = graph.weight("w", shape)
    if op == "linear":
        y = ops.linear(x, weight)
    else:
        y = graph.apply("gated", (x, weight), (tokens, rows // 2), activation="gelu")
    return compile_graphs(
        {"phase": (graph, y)},
        WgslLowering(),
        tensors,
        context_length=tokens,
        chunk=tokens,
        limits=Limits(**{"subgroups": True, **limits}),
    )


def _calls(program: Program) -> list[tuple[str, dict[str, Any], tuple[int, int, int]]]:
    """Name, constants and grid of every dispatch but the embedding."""
    kernels = [(program.kernels[d.kernel], d.grid) for d in program.plans["phase"].dispatches]
    return [(kernel.name, dict(kernel.constants), grid) for kernel, grid in kernels[1:]]


@pytest.mark.parametrize(
    ("columns", "subgroups", "subgroup_size", "lanes"),
    [
        (640, True, 4, 4),  # whatever is known of the subgroups, four invocations are in one
        (640, True, 32, 16),  # 20 groups of 32 in a row
        (2048, True, 32, 32),
        (4096, True, 128, 32),  # two tiles of rows in a workgroup, at least
        (32, True, 32, 1),
        (640, False, 4, 16),
    ],
)
def test_lanes_of_a_row(columns: int, subgroups: bool, subgroup_size: int, lanes: int) -> None:
    program = _compile("linear", (64, columns), subgroups=subgroups, subgroup_size=subgroup_size)
    assert _calls(program)[0][1]["lanes"] == lanes


@pytest.mark.parametrize("op", ["linear", "gated"])
@pytest.mark.parametrize("tokens", [1, 2, 33])
@pytest.mark.parametrize("rows", [2, 130, 5000])
def test_grid_covers_the_output(op: str, tokens: int, rows: int) -> None:
    """Just: one workgroup fewer on either axis would leave something out."""
    [(name, constants, (x, y, _))] = _calls(_compile(op, (rows, 64), tokens=tokens))
    outputs = rows // 2 if op == "gated" else rows
    tile = constants["tile_rows"]
    if tokens == 1:
        assert name == "matvec"
        per_workgroup = tile * 64 // constants["lanes"]
    else:
        assert name == "matmul" and (y - 1) * 32 < tokens <= y * 32
        per_workgroup = tile * 8
    assert (x - 1) * per_workgroup < outputs <= x * per_workgroup


def test_split_matrix_takes_a_dispatch_per_part() -> None:
    calls = _calls(_compile("linear", (700, 64), kind=GgmlType.Q8_0, max_binding=16384))
    bounds = [(c["first_row"], c["rows"]) for _, c, _ in calls]
    assert len(calls) > 1
    assert all(first + rows == following for (first, rows), (following, _) in pairwise(bounds))
    assert bounds[0][0] == 0 and sum(bounds[-1]) == 700


def test_split_gated_combines_afterwards() -> None:
    """Rows of gate and up that belong together may lie in different parts."""
    names = [
        name for name, _, _ in _calls(_compile("gated", (700, 64), kind=GgmlType.Q8_0, max_binding=16384))
    ]
    assert names[-1] == "elementwise" and set(names[:-1]) == {"matvec"} and len(names) > 2


def test_same_shapes_share_a_kernel() -> None:
    """What differs from layer to layer is bound, not compiled."""
    graph = Graph()
    x = ops.embed(graph.tokens(1), graph.weight("x", (1, 64)))
    y = ops.linear(ops.linear(x, graph.weight("a", (64, 64))), graph.weight("b", (64, 64)))
    tensors = {
        "x": TensorInfo("x", GgmlType.F32, (1, 64), 0, 256),
        "a": TensorInfo("a", GgmlType.Q4_0, (64, 64), 256, 2304),
        "b": TensorInfo("b", GgmlType.Q4_0, (64, 64), 2560, 2304),
    }
    program = compile_graphs({"phase": (graph, y)}, WgslLowering(), tensors, context_length=1, chunk=1)
    assert [kernel.name for kernel in program.kernels] == ["embed", "matvec"]
    assert len(program.plans["phase"].body + program.plans["phase"].head) == 3


@pytest.mark.parametrize("subgroups", [True, False])
def test_workgroup_memory_only_without_subgroups(subgroups: bool) -> None:
    program = _compile("linear", (64, 640), subgroups=subgroups)
    kernel = next(kernel for kernel in program.kernels if kernel.name == "matvec")
    source = render(kernel, subgroups=subgroups, dialect="tint")
    assert ("subgroupShuffleXor" in source) == subgroups
    assert ("workgroupBarrier" in source) != subgroups


def test_copies_need_no_kernel() -> None:
    assert repack("copy") is None
    packed = repack("repack_q4_0")
    assert packed is not None and packed.kernel == Kernel("repack_q4_0", (), ("r", "rw", "rw", "r"))
    with pytest.raises(KeyError):
        repack("repack_q9")
