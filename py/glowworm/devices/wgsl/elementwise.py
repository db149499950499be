"""Lowering of operations that touch each element by itself."""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.ops import Node, Tensor

PER_INVOCATION = 16  # elements; fewer, longer workgroups cost less where each has to be started


def emit_elementwise(
    context: Context, out: Tensor, inputs: dict[str, Tensor], expression: str, activate: str | None = None
) -> None:
    """``out = expression`` of the named inputs, which may be views; ``activate`` is a function it calls."""
    views = {name: context.view(tensor) for name, tensor in inputs.items()}
    rows, columns = next(iter(views.values())).rows, next(iter(views.values())).width
    slots = list(dict.fromkeys(view.slot for view in views.values()))
    geometry = [n for view in views.values() for n in (view.offset, view.stride)]
    constants = {
        "columns": columns,
        "expression": expression,
        "activate": activate,
        "tensors": tuple(f"x{i}" for i in range(len(slots))),
        "operands": tuple(
            (name, f"x{slots.index(view.slot)}", view.offset, view.stride) for name, view in views.items()
        ),
        "per_invocation": PER_INVOCATION,
        "vector": 4 if all(n % 4 == 0 for n in (columns, *geometry)) else 1,
    }
    grid = (-(-columns // (64 * PER_INVOCATION)), rows, 1)
    context.emit("elementwise", constants, (context.storage.state(), context.slot(out), *slots), grid)


def _activation(name: str) -> Callable[[Context, Node], None]:
    def lower(context: Context, node: Node) -> None:
        emit_elementwise(context, node.outputs[0], {"a": node.inputs[0]}, f"{name}(a)", name)

    return lower


def _binary(expression: str) -> Callable[[Context, Node], None]:
    def lower(context: Context, node: Node) -> None:
        a, b = node.inputs
        activate = node.attributes.get("activation")
        formula = expression.format(activate=activate)
        emit_elementwise(context, node.outputs[0], {"a": a, "b": b}, formula, activate)

    return lower


def _softcap(context: Context, node: Node) -> None:
    cap = float(node.attributes["cap"])
    formula = f"{cap} * bounded_tanh(a / {cap})"
    emit_elementwise(context, node.outputs[0], {"a": node.inputs[0]}, formula, "bounded_tanh")


def _last(context: Context, node: Node) -> None:
    view = context.view(node.inputs[0])
    constants = {"columns": view.width, "x_offset": view.offset, "x_stride": view.stride}
    operands = (context.storage.state(), view.slot, context.slot(node.outputs[0]))
    context.emit("last_row", constants, operands, (-(-view.width // 64), 1, 1))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {
    "add": _binary("a + b"),
    "mul": _binary("a * b"),
    "activate_mul": _binary("{activate}(a) * b"),
    "gelu": _activation("gelu"),
    "silu": _activation("silu"),
    "softcap": _softcap,
    "last": _last,
}
