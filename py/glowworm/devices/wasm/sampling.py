"""Lowering of sampling: a summary of the logits by all threads, then one thread that draws."""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.ops import Node
from .calls import Call

SLAB = 64  # neighbouring ids that are summarised together
BLOCK_SLABS = 64  # summarised as one item; their number is rounded up to whole blocks

CALLS = (
    Call(
        "sample_slabs",
        {"vocabulary": "u32"},
        (
            *("const u32 *state", "const f32 *logits", "const u32 *counts"),
            *("f32 *processed", "f32 *largest", "f32 *mass"),
        ),
    ),
    Call(
        "sample_draw",
        {"vocabulary": "u32"},
        (
            *("u32 *state", "u32 *tokens", "u32 *counts", "u32 *out"),
            *("const f32 *logits", "const f32 *processed", "const f32 *largest", "const f32 *mass"),
            *("f32 *chosen", "f32 *masses", "u32 *ids"),
        ),
    ),
)


def _sample(context: Context, node: Node) -> None:
    (logits,) = node.inputs
    vocabulary, storage = logits.shape[1], context.storage
    constants = {"vocabulary": vocabulary}
    slabs = -(-vocabulary // (SLAB * BLOCK_SLABS)) * BLOCK_SLABS
    given, processed = context.slot(logits), context.scratch(vocabulary * 4)
    largest, mass = context.scratch(slabs * 4), context.scratch(slabs * 4)
    operands = (storage.state(), given, storage.counts(vocabulary), processed, largest, mass)
    context.emit("sample_slabs", constants, operands)
    # Candidates: whole vectors of them, and in their place also a number for each slab.
    room = max(-(-vocabulary // 4) * 4, slabs) * 4
    candidates = [context.scratch(room) for _ in range(3)]
    updated = (
        *(storage.state("rw"), storage.tokens("rw"), storage.counts(vocabulary, "rw")),
        context.slot(node.outputs[0]),
    )
    context.emit("sample_draw", constants, (*updated, given, processed, largest, mass, *candidates))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {"sample": _sample}
