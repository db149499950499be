"""Lowering of operations that touch each element by itself."""

from collections.abc import Callable

from ...graph.compile import Context, View
from ...graph.memory import Slot
from ...graph.ops import Node
from ...graph.plan import Region
from .calls import Call

OPERATORS = ("add", "mul", "gelu", "silu", "softcap", "gelu_mul", "silu_mul")

CALLS = (
    Call(
        "elementwise",
        {
            "operation": "u32",
            "rows": "u32",
            "columns": "u32",
            "a_offset": "u32",
            "a_stride": "u32",
            "b_offset": "u32",
            "b_stride": "u32",
            "cap": "f32",
        },
        ("const u32 *state", "f32 *out", "const f32 *a", "const f32 *b"),
    ),
    Call(
        "last_row",
        {"columns": "u32", "x_offset": "u32", "x_stride": "u32"},
        ("const u32 *state", "f32 *out", "const f32 *x"),
    ),
)


def emit_activate_mul(context: Context, activation: str, a: View, b: View, out: Slot | Region) -> None:
    """``out = activation(a) * b``, the activation being "gelu" or "silu"; ``out`` is [rows, width]."""
    _emit(context, f"{activation}_mul", a, b, out)


def _emit(
    context: Context, operation: str, a: View, b: View | None, out: Slot | Region, cap: float = 0.0
) -> None:
    constants = {
        "operation": OPERATORS.index(operation),
        "rows": a.rows,
        "columns": a.width,
        "a_offset": a.offset,
        "a_stride": a.stride,
        "b_offset": b.offset if b else 0,
        "b_stride": b.stride if b else 0,
        "cap": cap,
    }
    operands = (context.storage.state(), out, a.slot, *([b.slot] if b else []))
    context.emit("elementwise", constants, operands)


def _unary(operation: str) -> Callable[[Context, Node], None]:
    def lower(context: Context, node: Node) -> None:
        cap = float(node.attributes.get("cap", 0))
        _emit(context, operation, context.view(node.inputs[0]), None, context.slot(node.outputs[0]), cap)

    return lower


def _binary(operation: str) -> Callable[[Context, Node], None]:
    def lower(context: Context, node: Node) -> None:
        a, b = map(context.view, node.inputs)
        _emit(context, operation, a, b, context.slot(node.outputs[0]))

    return lower


def _activate_mul(context: Context, node: Node) -> None:
    a, b = map(context.view, node.inputs)
    emit_activate_mul(context, node.attributes["activation"], a, b, context.slot(node.outputs[0]))


def _last(context: Context, node: Node) -> None:
    view = context.view(node.inputs[0])
    constants = {"columns": view.width, "x_offset": view.offset, "x_stride": view.stride}
    context.emit("last_row", constants, (context.storage.state(), context.slot(node.outputs[0]), view.slot))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {
    "add": _binary("add"),
    "mul": _binary("mul"),
    "activate_mul": _activate_mul,
    "gelu": _unary("gelu"),
    "silu": _unary("silu"),
    "softcap": _unary("softcap"),
    "last": _last,
}
