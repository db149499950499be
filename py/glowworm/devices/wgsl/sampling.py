"""Lowering of sampling: a summary of the logits in parallel, then one workgroup that draws."""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.ops import Node
from ...graph.plan import OUTPUT_RING, STATE_OUTPUT

SLAB_NBYTES = 8
CANDIDATE_NBYTES = 12


def _slab(vocabulary: int) -> int:
    """Neighbouring ids that are summarised together: fewer summaries of a large vocabulary."""
    return 64 if vocabulary > 1 << 16 else 16


def _sample(context: Context, node: Node) -> None:
    (logits,) = node.inputs
    vocabulary = logits.shape[1]
    slab = _slab(vocabulary)
    slabs = -(-vocabulary // slab)
    constants = {
        "vocabulary": vocabulary,
        "slab": slab,
        "slabs": slabs,
        "state_output": STATE_OUTPUT,
        "output_ring": OUTPUT_RING,
    }
    processed = context.scratch(vocabulary * 4)
    summaries = context.scratch(slabs * SLAB_NBYTES)
    context.emit(
        "sample_slabs",
        constants | {"vector": 4 if vocabulary % 4 == 0 else 1},
        (
            context.storage.state(),
            context.slot(logits),
            context.storage.counts(vocabulary),
            processed,
            summaries,
        ),
        (-(-slabs // 64), 1, 1),
    )
    counts = context.storage.counts(vocabulary, "rw")
    candidates = context.scratch(vocabulary * CANDIDATE_NBYTES)
    output = context.slot(node.outputs[0])
    context.emit(
        "sample_draw",
        constants,
        (
            context.storage.state("rw"),
            context.storage.tokens("rw"),
            counts,
            processed,
            summaries,
            candidates,
            output,
        ),
    )


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {"sample": _sample}
