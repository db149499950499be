"""What the lowering of attention refuses, and what layers share."""

import pytest
from glowworm.devices.wgsl import WgslLowering
from glowworm.errors import UnsupportedError
from glowworm.graph.compile import Context
from glowworm.graph.ops import Cache, Graph
from glowworm.graph.plan import Program
from glowworm.graph.storage import Limits, Storage


def lower(head_dim: int, *windows: int | None, rows: int = 1) -> Program:
    """A program with one attention block a window, 4 heads over 2, contexts of 4096."""
    lowering, program = WgslLowering(), Program("wgsl")
    context = Context(Storage(program, lowering, Limits(), {}, context_length=4096, chunk=64, rollback=32))
    graph = Graph()
    for layer, window in enumerate(windows):
        block = graph.apply(
            "attention_block",
            (graph.apply("input", (), (rows, 8 * head_dim)),),
            (rows, 4 * head_dim),
            heads=4,
            kv_heads=2,
            head_dim=head_dim,
            norms=False,
            eps=0.0,
            rope=None,
            cache=Cache(layer, 2, head_dim, window),
            scale=1.0,
            softcap=None,
        )
        lowering.operations["attention_block"](context, block.node)
    return program


@pytest.mark.parametrize("head_dim", [3, 12, 20, 264])
def test_heads_that_no_kernel_can_run_are_refused(head_dim: int) -> None:
    with pytest.raises(UnsupportedError, match=f"{head_dim} columns"):
        lower(head_dim, None)


def test_layers_of_different_windows_share_the_kernels_of_a_decode_step() -> None:
    assert [kernel.name for kernel in lower(64, 512, None, 16).kernels] == [
        "attention_decode",
        "attention_combine",
    ]


def test_layers_of_different_windows_share_the_attention_kernel_of_a_chunk() -> None:
    kernels = lower(64, 512, None, rows=64).kernels
    assert [kernel.name for kernel in kernels].count("attention_prefill") == 1
