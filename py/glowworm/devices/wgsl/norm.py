"""Lowering of the normalisations: one workgroup per row."""

from collections.abc import Callable
from math import prod

from ...graph.compile import Context
from ...graph.ops import Node


def _vector(*elements: int) -> int:
    """4 where all of these offsets and lengths allow loads of four words, else 1."""
    return 4 if all(n % 4 == 0 for n in elements) else 1


def _size(columns: int) -> int:
    """Invocations of a workgroup: few, because software adapters pay for each one that meets a barrier."""
    return 32 if columns <= 1024 else 64


def _rms_norm(context: Context, node: Node) -> None:
    x, weight = node.inputs
    view = context.view(x)
    groups = prod(x.shape[1:-1])
    constants = {
        "columns": x.shape[-1],
        "groups": groups,
        "x_offset": view.offset,
        "x_stride": view.stride,
        "eps": node.attributes["eps"],
        "vector": _vector(x.shape[-1], view.offset, view.stride),
        "size": _size(x.shape[-1]),
    }
    operands = (
        context.storage.state(),
        view.slot,
        context.storage.vector(weight),
        context.slot(node.outputs[0]),
    )
    context.emit("rms_norm", constants, operands, (x.shape[0] * groups, 1, 1))


def _residual_norm(context: Context, node: Node) -> None:
    x, o, *weights = node.inputs
    rows, columns = x.shape
    constants = {
        "columns": columns,
        "eps": node.attributes["eps"],
        "post": node.attributes["post"],
        "vector": _vector(columns),
        "size": _size(columns),
    }
    activations = (context.slot(x), context.slot(o))
    results = (context.slot(t) for t in node.outputs)
    operands = (
        context.storage.state(),
        *activations,
        *(context.storage.vector(w) for w in weights),
        *results,
    )
    context.emit("residual_norm", constants, operands, (rows, 1, 1))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {
    "rms_norm": _rms_norm,
    "residual_norm": _residual_norm,
}
