"""The lowering for the NumPy device."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from ...graph.compile import Context
from ...graph.ops import Node, Tensor
from ...graph.plan import Repack
from ...graph.storage import RopeTable
from ...weights.gguf import BLOCKS, TensorInfo
from ...weights.layouts import Packing, packing


class ReferenceLowering:
    """One call an operation; every weight becomes f32, exactly.

    With ``rounded_activations``, what is multiplied with a quantised matrix is rounded to 15 bits beforehand,
    as the CPU device does it.
    """

    target = "reference"

    def __init__(self, rounded_activations: bool = False) -> None:
        self._rounded_activations = rounded_activations
        plain = (
            "linear",
            "gated",
            "rms_norm",
            "residual_norm",
            "add",
            "mul",
            "activate_mul",
            "gelu",
            "silu",
            "softcap",
        )
        self.operations: dict[str, Callable[[Context, Node], None]] = dict.fromkeys(plain, self._plain)
        self.operations |= {
            "embed": self._embed,
            "rotate": self._rotate,
            "attention": self._attention,
            "attention_block": self._attention_block,
            "last": self._last,
            "sample": self._sample,
        }

    def matrix_packing(self, tensor: TensorInfo) -> Packing:
        elements, nbytes = BLOCKS[tensor.ggml_type]
        return Packing("f32", f"dequantise_{tensor.ggml_type.name}", elements, nbytes)

    vector_packing = matrix_packing

    def repack(self, name: str) -> Repack | None:
        return None

    def _operand(self, context: Context, tensor: Tensor) -> Any:
        if tensor.node.op != "weight":
            return context.view(tensor).slot
        if len(tensor.shape) == 1:
            return context.storage.vector(tensor)
        (part,) = context.storage.weight(tensor)
        return part.regions[0]

    def _shape(self, node: Node) -> dict[str, Any]:
        shape = node.outputs[0].shape
        return {"rows": shape[0], "width": prod(shape[1:])}

    def _plain(self, context: Context, node: Node) -> None:
        constants = self._shape(node) | node.attributes
        for name, tensor in zip("xy", [t for t in node.inputs if t.node.op != "weight"], strict=False):
            constants[name] = _view(context, tensor)
        if node.op in ("linear", "gated"):
            constants["rounded_rows"] = self._rounded_rows(context, node.inputs[1])
        operands = [self._operand(context, t) for t in node.inputs] + [context.slot(t) for t in node.outputs]
        context.emit(node.op, constants, tuple(operands))

    def _rounded_rows(self, context: Context, weight: Tensor) -> tuple[bool, ...]:
        """For each row of a stacked matrix, whether it is multiplied with rounded activations."""
        if not self._rounded_activations:
            return ()
        infos = [context.storage.tensors[name] for name in weight.node.attributes["names"]]
        return tuple(packing(info).layout in ("int4", "int8") for info in infos for _ in range(info.shape[0]))

    def _embed(self, context: Context, node: Node) -> None:
        operands = (
            context.storage.tokens(),
            self._operand(context, node.inputs[1]),
            context.slot(node.outputs[0]),
        )
        context.emit("embed", self._shape(node) | node.attributes, operands)

    def _rotate(self, context: Context, node: Node) -> None:
        rope = node.attributes["rope"]
        table = context.storage.rope(rope)
        x = node.inputs[0]
        constants = self._shape(node) | {
            "x": _view(context, x),
            "low_size": table.low_size,
            "head_dim": rope.head_dim,
        }
        operands = (
            context.storage.state(),
            context.view(x).slot,
            table.region,
            context.slot(node.outputs[0]),
        )
        context.emit("rotate", constants, operands)

    def _attention(self, context: Context, node: Node) -> None:
        a = node.attributes
        cache = context.storage.cache(a["cache"])
        constants = self._shape(node) | {
            name: _view(context, t) for name, t in zip("qkv", node.inputs, strict=True)
        }
        constants |= _attention_constants(a, cache.capacity) | {"head_dim": a["cache"].head_dim}
        slots = (context.view(t).slot for t in node.inputs)
        operands = (context.storage.state(), *slots, cache.keys, cache.values, context.slot(node.outputs[0]))
        context.emit("attention", constants, operands)

    def _attention_block(self, context: Context, node: Node) -> None:
        a = node.attributes
        cache = context.storage.cache(a["cache"])
        table: RopeTable | None = context.storage.rope(a["rope"]) if a["rope"] else None
        constants = self._shape(node) | {k: a[k] for k in ("heads", "kv_heads", "head_dim", "norms", "eps")}
        constants |= _attention_constants(a, cache.capacity) | {
            "x": _view(context, node.inputs[0]),
            "low_size": table.low_size if table else 0,
        }
        weights = [context.storage.vector(t) for t in node.inputs[1:]] + ([table.region] if table else [])
        operands = (
            context.storage.state(),
            context.view(node.inputs[0]).slot,
            *weights,
            cache.keys,
            cache.values,
        )
        context.emit("attention_block", constants, (*operands, context.slot(node.outputs[0])))

    def _last(self, context: Context, node: Node) -> None:
        x = node.inputs[0]
        operands = (context.storage.state(), context.view(x).slot, context.slot(node.outputs[0]))
        context.emit("last", {"x": _view(context, x)}, operands)

    def _sample(self, context: Context, node: Node) -> None:
        logits = node.inputs[0]
        counts = context.storage.counts(logits.shape[1], "rw")
        operands = (
            context.storage.state("rw"),
            context.slot(logits),
            counts,
            context.storage.tokens("rw"),
            context.slot(node.outputs[0]),
        )
        context.emit("sample", {}, operands)


def _view(context: Context, tensor: Tensor) -> tuple[int, int, int, int]:
    view = context.view(tensor)
    return view.offset, view.stride, view.rows, view.width


def _attention_constants(attributes: Mapping[str, Any], capacity: int) -> dict[str, Any]:
    return {
        "scale": attributes["scale"],
        "softcap": attributes["softcap"],
        "window": attributes["cache"].window,
        "capacity": capacity,
    }
