"""From traced graphs to a program: lowering per device, memory, and the finished plans.

A device brings a lowering: a function per operation that emits kernel calls through the ``Context``. This
module knows no kernel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Protocol

from ..errors import UnsupportedError
from ..weights.gguf import TensorInfo
from .memory import Slot, place
from .ops import Graph, Node, Tensor
from .plan import Dispatch, Kernel, Plan, Program, Region
from .storage import Limits, Packer, Storage


def is_view(node: Node) -> bool:
    """Whether a node only renames memory."""
    return node.op in ("reshape", "columns") or (node.op == "last" and node.inputs[0].shape[0] == 1)


@dataclass(frozen=True)
class View:
    """An activation as a kernel sees it: f32 elements at ``offset + row * stride + column`` of ``slot``."""

    slot: Slot | Region
    offset: int  # elements
    stride: int  # elements from row to row
    rows: int
    width: int  # elements per row

    @property
    def contiguous(self) -> bool:
        return self.offset == 0 and self.stride == self.width


class Lowering(Packer, Protocol):
    """What a device brings: its kernels for every operation, and its layouts for weights."""

    @property
    def target(self) -> str: ...

    @property
    def operations(self) -> Mapping[str, Callable[["Context", Node], None]]: ...


@dataclass
class _Call:
    kernel: int
    operands: tuple[Region | Slot, ...]
    grid: tuple[int, int, int]


class Context:
    """What a lowering sees of one phase: the program's storage, the activations, and where calls go."""

    def __init__(self, storage: Storage):
        self.storage = storage
        self.calls: list[_Call] = []
        self._slots: dict[Tensor, Slot | Region] = {}
        self._kernels = {kernel: i for i, kernel in enumerate(storage.program.kernels)}

    def view(self, tensor: Tensor) -> View:
        """Where an activation lies, seen through ``reshape`` and ``columns``."""
        rows, width = tensor.shape[0], prod(tensor.shape[1:])
        if tensor.node.op in ("reshape", "last") and is_view(tensor.node):
            return replace(self.view(tensor.node.inputs[0]), rows=rows)
        if tensor.node.op == "columns":
            base = self.view(tensor.node.inputs[0])
            return replace(base, offset=base.offset + tensor.node.attributes["start"], width=width)
        if tensor not in self._slots:
            self._slots[tensor] = Slot(prod(tensor.shape) * 4)
        return View(self._slots[tensor], 0, width, rows, width)

    def hold(self, tensor: Tensor, region: Region) -> None:
        """Let an activation lie in a persistent buffer, which a host can fill, instead of the arena."""
        self._slots[tensor] = region

    def slot(self, tensor: Tensor) -> Slot | Region:
        """The memory of an activation that must be contiguous."""
        view = self.view(tensor)
        assert view.contiguous, tensor
        return view.slot

    def scratch(self, nbytes: int) -> Slot:
        """Memory between the calls of one operation."""
        return Slot(nbytes)

    def emit(
        self,
        kernel: str,
        constants: Mapping[str, Any],
        operands: tuple[Region | Slot, ...],
        grid: tuple[int, int, int] = (1, 1, 1),
    ) -> None:
        """Append a call. Operands are bound in order."""
        access = tuple(o.access if isinstance(o, Region) else "rw" for o in operands)
        specialised = Kernel(kernel, tuple(sorted(constants.items())), access)
        if specialised not in self._kernels:
            self._kernels[specialised] = len(self.storage.program.kernels)
            self.storage.program.kernels.append(specialised)
        self.calls.append(_Call(self._kernels[specialised], operands, grid))


def compile_graphs(
    graphs: Mapping[str, tuple[Graph, Tensor]],
    lowering: Lowering,
    tensors: Mapping[str, TensorInfo],
    *,
    context_length: int,
    chunk: int,
    rollback: int = 0,
    limits: Limits | None = None,
) -> Program:
    """Lower each phase's (fused) graph and lay out its memory; all phases share buffers and kernels.

    ``graphs`` maps a phase ("prefill", "decode") to its graph and the tensor whose value is ``logits``; the
    head of a plan begins with the node ``last``, or with the node that makes the logits.
    """
    program = Program(lowering.target)
    storage = Storage(program, lowering, limits or Limits(), tensors, context_length, chunk, rollback)
    storage.state()
    storage.tokens()
    drafts = {name: _lower(graph, logits, lowering, storage) for name, (graph, logits) in graphs.items()}
    arena = storage.buffer("arena", max(draft.arena_nbytes for draft in drafts.values()), "arena")
    for name, draft in drafts.items():

        def bind(operand: Region | Slot, offsets: dict[Slot, int] = draft.offsets) -> Region:
            if isinstance(operand, Region):
                return operand
            return storage.region(arena, "rw", offsets[operand], operand.nbytes)

        dispatches = tuple(Dispatch(c.kernel, tuple(map(bind, c.operands)), c.grid) for c in draft.calls)
        body, head = dispatches[: draft.head_start], dispatches[draft.head_start :]
        program.plans[name] = Plan(draft.rows, body, head, {"logits": bind(draft.result)})
    return program


@dataclass(frozen=True)
class _Draft:
    """A phase whose activations have places in the arena, which has no buffer yet."""

    rows: int
    calls: list[_Call]
    head_start: int
    result: Slot
    offsets: dict[Slot, int]
    arena_nbytes: int


def _lower(graph: Graph, logits: Tensor, lowering: Lowering, storage: Storage) -> _Draft:
    context = Context(storage)
    head_start, rows = None, 0
    for node in graph.nodes:
        if node.op == "tokens":
            rows = node.outputs[0].shape[0]
        if head_start is None and (node.op == "last" or logits in node.outputs):
            head_start = len(context.calls)
        if is_view(node) or node.op in ("tokens", "weight"):
            continue
        if node.op not in lowering.operations:
            raise UnsupportedError(f"The device has no kernel for {node.op}, which this model needs.")
        lowering.operations[node.op](context, node)
    result = context.slot(logits)
    assert isinstance(result, Slot), "a held input is no result"
    touched = [[o for o in call.operands if isinstance(o, Slot)] for call in context.calls]
    offsets, nbytes = place(touched, {result})
    return _Draft(rows, context.calls, head_start or 0, result, offsets, nbytes)
