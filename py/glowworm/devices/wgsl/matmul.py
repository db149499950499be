"""Lowering of everything that reads a weight matrix: embedding, linear, gated linear.

One token at a time is bound by reading the weights (``matvec``); many are bound by arithmetic (``matmul``).
A matrix that had to be split for a binding takes one dispatch per part.
"""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.ops import Graph, Node, columns
from ...graph.storage import Part
from ...weights.layouts import GROUP
from .elementwise import emit_elementwise

WORKGROUP = 64
TILE_TOKENS = 4  # per invocation of a matmul, whose workgroup is 8 by 8 invocations
SHARED_LANES = 16  # invocations that share a row where there are no subgroups to add up their sums


def _embed(context: Context, node: Node) -> None:
    tokens, table = node.inputs
    vocabulary, width = table.shape
    for part in context.storage.weight(table):
        constants = {
            "layout": part.layout,
            "first_row": part.first_row,
            "rows": part.rows,
            "columns": width,
            "vocabulary": vocabulary,
            "scale": float(node.attributes["scale"]),
        }
        operands = (context.storage.tokens(), *part.regions, context.slot(node.outputs[0]))
        context.emit("embed", constants, operands, (tokens.shape[0], 1, 1))


def _linear(context: Context, node: Node) -> None:
    for part in context.storage.weight(node.inputs[1]):
        _emit_product(context, node, part, part.rows, None)


def _gated(context: Context, node: Node) -> None:
    x, weight = node.inputs
    activation, out = node.attributes["activation"], node.outputs[0]
    parts = context.storage.weight(weight)
    if len(parts) == 1:
        _emit_product(context, node, parts[0], parts[0].rows // 2, activation)
        return
    # The halves of one row may lie in different parts: compute both, then combine them.
    both = Graph().apply("linear", (x, weight), (x.shape[0], weight.shape[0]))
    gate, up = columns(both, 0, out.shape[1]), columns(both, out.shape[1], weight.shape[0])
    _linear(context, both.node)
    emit_elementwise(context, out, {"a": gate, "b": up}, f"{activation}(a) * b", activation)


def _emit_product(context: Context, node: Node, part: Part, rows: int, activation: str | None) -> None:
    """Emit the product with one part of a matrix; ``rows`` is how many columns of the output it makes."""
    x, out = node.inputs[0], node.outputs[0]
    tokens, width = x.shape
    constants = {
        "layout": part.layout,
        "rows": rows,
        "columns": width,
        "first_row": part.first_row,
        "activation": activation,
    }
    operands = (context.slot(x), *part.regions, context.slot(out))
    if tokens == 1:
        lanes = _lanes(context, part.layout, width)
        tile_rows = 4 if rows < 4096 or activation else 8
        constants |= {"lanes": lanes, "tile_rows": tile_rows}
        grid = (-(-rows // (tile_rows * WORKGROUP // lanes)), 1, 1)
        context.emit("matvec", constants, operands, grid)
    else:
        tile_rows = 4 if rows < 512 or activation else 8
        constants |= {
            "tokens": tokens,
            "y_stride": out.shape[1],
            "tile_rows": tile_rows,
            "tile_tokens": TILE_TOKENS,
        }
        grid = (-(-rows // (8 * tile_rows)), -(-tokens // (8 * TILE_TOKENS)), 1)
        context.emit("matmul", constants, (context.storage.state(), *operands), grid)


def _lanes(context: Context, layout: str, width: int) -> int:
    """How many invocations share a row of a matvec: a power of two, at most a subgroup's size."""
    most = context.storage.limits.subgroup_size if context.storage.limits.subgroups else SHARED_LANES
    steps = width // (GROUP if layout in ("int4", "int8") else 4)
    lanes = 1
    while lanes * 2 <= min(most, steps, WORKGROUP // 2):
        lanes *= 2
    return lanes


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {
    "embed": _embed,
    "linear": _linear,
    "gated": _gated,
}
