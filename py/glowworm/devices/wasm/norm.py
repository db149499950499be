"""Lowering of the normalisations."""

from collections.abc import Callable
from math import prod

from ...graph.compile import Context
from ...graph.ops import Node
from .calls import Call

CALLS = (
    Call(
        "rms_norm",
        {
            "rows": "u32",
            "columns": "u32",
            "groups": "u32",
            "x_offset": "u32",
            "x_stride": "u32",
            "eps": "f32",
        },
        ("const u32 *state", "f32 *out", "const f32 *x", "const f32 *weight"),
    ),
    Call(
        "residual_norm",
        {"rows": "u32", "columns": "u32", "eps": "f32"},
        (
            "const u32 *state",
            *("f32 *total", "f32 *out"),
            *("const f32 *x", "const f32 *o", "const f32 *weight", "const f32 *post"),
        ),
    ),
)


def _rms_norm(context: Context, node: Node) -> None:
    x, weight = node.inputs
    view = context.view(x)
    constants = {
        "rows": x.shape[0],
        "columns": x.shape[-1],
        "groups": prod(x.shape[1:-1]),
        "x_offset": view.offset,
        "x_stride": view.stride,
        "eps": node.attributes["eps"],
    }
    operands = (context.slot(node.outputs[0]), view.slot, context.storage.vector(weight))
    context.emit("rms_norm", constants, (context.storage.state(), *operands))


def _residual_norm(context: Context, node: Node) -> None:
    x, o, *post, weight = node.inputs
    constants = {"rows": x.shape[0], "columns": x.shape[1], "eps": node.attributes["eps"]}
    operands = (
        *map(context.slot, node.outputs),
        *map(context.slot, (x, o)),
        *map(context.storage.vector, (weight, *post)),
    )
    context.emit("residual_norm", constants, (context.storage.state(), *operands))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {
    "rms_norm": _rms_norm,
    "residual_norm": _residual_norm,
}
