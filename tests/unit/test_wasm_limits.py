"""What the CPU device refuses, before anything is loaded, and says so in a sentence. A second."""

import pytest
from glowworm.devices.wasm import WasmLowering
from glowworm.devices.wasm.script import MOST_NBYTES, PROGRAM_BASE, STAGING_NBYTES, image
from glowworm.errors import UnsupportedError
from glowworm.graph.compile import compile_graphs
from glowworm.graph.ops import Cache, Graph, Tensor, embed
from glowworm.graph.plan import ALIGNMENT, Buffer, Program
from glowworm.graph.storage import Limits
from glowworm.weights.gguf import GgmlType, TensorInfo


def _program(heads: int, kv_heads: int, head_dim: int) -> Program:
    """A program of one attention block."""
    columns = (heads + 2 * kv_heads) * head_dim
    tensors = {"x": TensorInfo("x", GgmlType.F32, (1, columns), 0, columns * 4)}
    graph = Graph()
    block: Tensor = graph.apply(
        "attention_block",
        (embed(graph.tokens(1), graph.weight("x", (1, columns))),),
        (1, heads * head_dim),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        norms=False,
        eps=1e-6,
        rope=None,
        cache=Cache(0, kv_heads, head_dim, None),
        scale=1.0,
        softcap=None,
    )
    phases = {"phase": (graph, block)}
    return compile_graphs(phases, WasmLowering(), tensors, context_length=16, chunk=1, limits=Limits())


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 1, 20), "20 columns, 1 heads"),
        ((1, 1, 264), "264 columns"),
        ((33, 1, 8), "8 columns, 33 heads"),
    ],
)
def test_heads_of_other_shapes_are_refused(shape: tuple[int, int, int], said: str) -> None:
    with pytest.raises(UnsupportedError, match=f"{said}.* but the CPU device runs .*; choose another model"):
        _program(*shape)


def test_heads_at_the_limits_are_taken() -> None:
    image(_program(32, 1, 256))


def test_programs_beyond_the_addresses_are_refused() -> None:
    program = _program(1, 1, 8)
    used = image(program).nbytes
    assert used > PROGRAM_BASE + STAGING_NBYTES
    left = MOST_NBYTES - used
    program.buffers["more"] = Buffer("more", left, "weight")
    assert image(program).nbytes == MOST_NBYTES, "the last byte can be had"
    program.buffers["more"] = Buffer("more", left + ALIGNMENT, "weight")
    with pytest.raises(UnsupportedError, match=r"needs 4\.00 GiB .* less than 4; choose a smaller model"):
        image(program)
