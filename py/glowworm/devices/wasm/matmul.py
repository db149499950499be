"""Lowering of everything that reads a weight matrix: embedding, linear, gated linear.

Quantised matrices are multiplied in integers: the activations are quantised first, once for all parts of a
matrix that want them in the same form.
"""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.memory import Slot
from ...graph.ops import Graph, Node, Tensor, columns
from ...weights.layouts import GROUP
from . import elementwise
from .calls import Call

GROUP_NBYTES = 72  # of a quantised group of one row, see kernels/wasm/tiles.h
BLOCK_ROWS = 4  # at most: several quantised rows are made up to whole blocks

_KINDS = {"int4x8": "int4", "int8x8": "int8", "f32": "f32"}
_WEIGHTS = {"int4": "const u8 *tiles", "int8": "const u8 *tiles", "f32": "const f32 *values"}

CALLS: tuple[Call, ...] = (
    *(
        Call(
            f"embed_{kind}",
            {
                "tokens": "u32",
                "columns": "u32",
                "rows": "u32",
                "first_row": "u32",
                "vocabulary": "u32",
                "scale": "f32",
            },
            ("const u32 *state", "const u32 *ids", weights, "f32 *out"),
        )
        for kind, weights in _WEIGHTS.items()
    ),
    Call(
        "quantise",
        {"tokens": "u32", "columns": "u32", "digits": "u32"},
        ("const u32 *state", "const f32 *x", "u32 *quantised"),
    ),
    *(
        Call(
            f"linear_{kind}",
            {"tokens": "u32", "columns": "u32", "rows": "u32", "first_row": "u32", "y_stride": "u32"},
            (
                "const u32 *state",
                "const f32 *x" if kind == "f32" else "const u32 *quantised",
                weights,
                "f32 *y",
            ),
        )
        for kind, weights in _WEIGHTS.items()
    ),
)


def _embed(context: Context, node: Node) -> None:
    tokens, table = node.inputs
    vocabulary, width = table.shape
    for part in context.storage.weight(table):
        constants = {
            "tokens": tokens.shape[0],
            "columns": width,
            "rows": part.rows,
            "first_row": part.first_row,
            "vocabulary": vocabulary,
            "scale": float(node.attributes["scale"]),
        }
        operands = (
            context.storage.state(),
            context.storage.tokens(),
            *part.regions,
            context.slot(node.outputs[0]),
        )
        context.emit(f"embed_{_KINDS[part.layout]}", constants, operands)


def _linear(context: Context, node: Node) -> None:
    x, weight = node.inputs
    quantised: dict[str, Slot] = {}
    for part in context.storage.weight(weight):
        kind = _KINDS[part.layout]
        if kind != "f32" and kind not in quantised:
            quantised[kind] = _quantise(context, x, kind)
        constants = {
            "tokens": x.shape[0],
            "columns": weight.shape[1],
            "rows": part.rows,
            "first_row": part.first_row,
            "y_stride": weight.shape[0],
        }
        left = context.slot(x) if kind == "f32" else quantised[kind]
        operands = (context.storage.state(), left, *part.regions, context.slot(node.outputs[0]))
        context.emit(f"linear_{kind}", constants, operands)


def _quantise(context: Context, x: Tensor, kind: str) -> Slot:
    """Emit the quantisation of activations [T, K], in the form that weights of that kind want."""
    rows, width = x.shape
    padded = rows if rows == 1 else rows + BLOCK_ROWS - 1
    quantised = context.scratch(padded * (width // GROUP) * GROUP_NBYTES)
    constants = {"tokens": rows, "columns": width, "digits": int(kind == "int4")}
    context.emit("quantise", constants, (context.storage.state(), context.slot(x), quantised))
    return quantised


def _gated(context: Context, node: Node) -> None:
    x, weight = node.inputs
    width = node.outputs[0].shape[1]
    both = Graph().apply("linear", (x, weight), (x.shape[0], weight.shape[0]))
    gate, up = columns(both, 0, width), columns(both, width, 2 * width)
    _linear(context, both.node)
    combine = elementwise.OPERATIONS["activate_mul"]
    combine(context, Node("activate_mul", (gate, up), dict(node.attributes), node.outputs))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {
    "embed": _embed,
    "linear": _linear,
    "gated": _gated,
}
