"""From a traced graph to a program: lowering per device, memory, and the finished plan.

A device brings a lowering: a function per operation that emits kernel calls through the ``Context``. This
module knows views, weights, caches and memory; it knows no kernel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import cos, prod, sin
from struct import pack
from typing import Any, Protocol

from ..errors import UnsupportedError, WeightsError
from ..weights.gguf import TensorInfo
from ..weights.layouts import GROUP, LAYOUTS, Packing
from .memory import Slot, place
from .ops import Cache, Graph, Node, Rope, Tensor
from .plan import ALIGNMENT, STATE_WORDS, Buffer, Dispatch, Kernel, Load, Plan, Program, Region, Repack


def is_view(node: Node) -> bool:
    """Whether a node only renames memory."""
    return node.op in ("reshape", "columns") or (node.op == "last" and node.inputs[0].shape[0] == 1)


@dataclass(frozen=True)
class Limits:
    """What a device offers. The defaults are WebGPU's guaranteed minimum."""

    max_binding: int = 128 << 20  # bytes
    max_buffer: int = 256 << 20  # bytes
    subgroups: bool = False
    f16: bool = False
    subgroup_size: int = 4  # the smallest subgroup the device runs; WGSL guarantees 4


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


@dataclass(frozen=True)
class Part:
    """Rows ``first_row … first_row + rows`` of a matrix, in one layout, small enough to bind."""

    first_row: int
    rows: int
    layout: str
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class CacheRegions:
    """The two halves of a cache, f32 [kv_heads][capacity][head_dim]; position p lies in slot p % capacity."""

    keys: Region
    values: Region
    capacity: int


@dataclass(frozen=True)
class RopeTable:
    """Cosines and sines by two-level lookup: position p = high * low_size + low.

    Holds ``low_size`` rows for ``low`` and then one row per ``high``, each row head_dim / 2 pairs
    (cos, sin) f32; the angle's pair is the product of the two rotations. Accurate at any position, where a
    shader's own sine is not.
    """

    region: Region
    low_size: int


class Lowering(Protocol):
    """What a device brings."""

    target: str

    @property
    def operations(self) -> Mapping[str, Callable[["Context", Node], None]]: ...

    def matrix_packing(self, tensor: TensorInfo) -> Packing: ...

    def vector_packing(self, tensor: TensorInfo) -> Packing: ...

    def repack(self, name: str) -> Repack | None: ...


@dataclass
class _Call:
    kernel: int
    operands: tuple[Region | Slot, ...]
    grid: tuple[int, int, int]


@dataclass
class Context:
    """What a lowering sees while it emits the calls of one phase."""

    program: Program
    lowering: Lowering
    limits: Limits
    tensors: Mapping[str, TensorInfo]
    context_length: int
    chunk: int  # rows of the longest phase, which a ring cache must be able to hold beyond its window
    rollback: int  # positions a windowed cache can be rolled back by
    _slots: dict[Tensor, Slot | Region] = field(default_factory=dict)
    _calls: list[_Call] = field(default_factory=list)
    _kernels: dict[Kernel, int] = field(default_factory=dict)
    _weights: dict[tuple[str, ...], list[Part]] = field(default_factory=dict)
    _vectors: dict[tuple[str, ...], Region] = field(default_factory=dict)

    # -- persistent buffers ----------------------------------------------------------------------------

    def buffer(self, name: str, nbytes: int, role: str) -> Buffer:
        """The buffer of that name, made on first use."""
        if name not in self.program.buffers:
            nbytes = (nbytes + 3) // 4 * 4
            if nbytes > self.limits.max_buffer:
                raise UnsupportedError(
                    f"This model needs a buffer of {nbytes >> 20} MiB ({name}), but the device allows "
                    f"{self.limits.max_buffer >> 20} MiB; choose a smaller model or a shorter context."
                )
            self.program.buffers[name] = Buffer(name, nbytes, role)
        return self.program.buffers[name]

    def region(self, buffer: Buffer, access: str, offset: int = 0, nbytes: int | None = None) -> Region:
        """A bindable range of a buffer (all of it by default)."""
        nbytes = buffer.nbytes - offset if nbytes is None else nbytes
        if nbytes > self.limits.max_binding:
            raise UnsupportedError(
                f"This model needs {nbytes >> 20} MiB of {buffer.name} at once, but the device allows "
                f"{self.limits.max_binding >> 20} MiB; choose a smaller model or a shorter context."
            )
        return Region(buffer.name, offset, nbytes, access)

    def state(self, access: str = "r") -> Region:
        """The state words (see ``plan``), u32."""
        return self.region(self.buffer("state", STATE_WORDS * 4, "state"), access)

    def tokens(self, access: str = "r") -> Region:
        """The chunk's token ids, u32; one decode step reads and writes the first."""
        return self.region(self.buffer("tokens", self.chunk * 4, "tokens"), access)

    def counts(self, vocabulary: int, access: str = "r") -> Region:
        """Per token of the vocabulary, how often it occurred, u32 (see ``plan.COUNT_PROMPT``)."""
        return self.region(self.buffer("counts", vocabulary * 4, "counts"), access)

    def cache(self, cache: Cache) -> CacheRegions:
        """Keys and values of a layer, read-write."""
        capacity = self.context_length
        if cache.window is not None:
            capacity = min(capacity, cache.window + self.chunk + self.rollback)
        half = -(-cache.kv_heads * capacity * cache.head_dim * 4 // ALIGNMENT) * ALIGNMENT
        buffer = self.buffer(f"cache.{cache.layer}", 2 * half, "cache")
        return CacheRegions(
            self.region(buffer, "rw", 0, half), self.region(buffer, "rw", half, half), capacity
        )

    def rope(self, rope: Rope) -> RopeTable:
        """The table of a rotary embedding, computed on first use."""
        low_size = 1
        while low_size * low_size < self.context_length:
            low_size *= 2
        name = f"rope.{rope.head_dim}.{rope.theta:g}.{rope.factor:g}"
        if name not in self.program.constants:
            positions = [*range(low_size), *range(0, self.context_length + low_size, low_size)]
            half = rope.head_dim // 2
            frequencies = [rope.theta ** (-2 * i / rope.head_dim) / rope.factor for i in range(half)]
            values = []
            for position in positions:
                for frequency in frequencies:
                    angle = position * frequency
                    values += cos(angle), sin(angle)
            self.program.constants[name] = pack(f"<{len(values)}f", *values)
        data = self.program.constants[name]
        return RopeTable(self.region(self.buffer(name, len(data), "constant"), "r"), low_size)

    # -- weights ---------------------------------------------------------------------------------------

    def weight(self, tensor: Tensor) -> list[Part]:
        """A matrix as parts, in order of rows: stacked tensors, split where a binding could not hold them."""
        names = tensor.node.attributes["names"]
        if names not in self._weights:
            parts: list[Part] = []
            first_row = 0
            for group in self._runs(names, tensor.shape[1]):
                first_row = self._place_run(group, tensor.shape[1], first_row, parts)
            if first_row != tensor.shape[0]:
                raise WeightsError(
                    _wrong_shape(" + ".join(names), (first_row, tensor.shape[1]), tensor.shape)
                )
            self._weights[names] = parts
        return self._weights[names]

    def vector(self, tensor: Tensor) -> Region:
        """A weight vector (or several, stacked) as f32."""
        names = tensor.node.attributes["names"]
        if names not in self._vectors:
            infos = [self._info(name) for name in names]
            length = sum(prod(info.shape) for info in infos)
            if length != prod(tensor.shape):
                raise WeightsError(_wrong_shape(" + ".join(names), (length,), tensor.shape))
            buffer = self.buffer("+".join(names), length * 4, "weight")
            region = self.region(buffer, "r")
            first = 0
            for info in infos:
                packing = self.lowering.vector_packing(info)
                self._load(info, packing, 0, prod(info.shape), first // packing.block_elements, (region,))
                first += prod(info.shape)
            self._vectors[names] = region
        return self._vectors[names]

    def _info(self, name: str) -> TensorInfo:
        if name not in self.tensors:
            raise WeightsError(
                f"The weights lack the tensor {name}; the file is incomplete, download it again."
            )
        return self.tensors[name]

    def _runs(self, names: tuple[str, ...], columns: int) -> list[list[tuple[TensorInfo, Packing]]]:
        """Neighbouring tensors that can share a buffer: the same layout, each beginning where one may."""
        runs: list[list[tuple[TensorInfo, Packing]]] = []
        for name in names:
            info = self._info(name)
            if len(info.shape) != 2 or info.shape[1] != columns:
                raise WeightsError(_wrong_shape(name, info.shape, ("any", columns)))
            packing = self.lowering.matrix_packing(info)
            aligned = runs and sum(prod(i.shape) for i, _ in runs[-1]) % packing.align == 0
            if aligned and runs[-1][0][1].layout == packing.layout:
                runs[-1].append((info, packing))
            else:
                runs.append([(info, packing)])
        return runs

    def _place_run(
        self, run: list[tuple[TensorInfo, Packing]], columns: int, first_row: int, parts: list[Part]
    ) -> int:
        layout = LAYOUTS[run[0][1].layout]
        total = sum(info.shape[0] for info, _ in run)
        per_row = max(columns * nbytes / GROUP for _, nbytes in layout.regions)
        all_per_row = sum(columns * nbytes / GROUP for _, nbytes in layout.regions)
        limit = int(min(self.limits.max_binding / per_row, (self.limits.max_buffer - 1024) / all_per_row))
        step = total if total <= limit else limit // 64 * 64
        if step == 0:
            raise UnsupportedError("This model's rows are too long for the device; choose a smaller model.")
        name = "+".join(info.name for info, _ in run)
        for start in range(0, total, step):
            rows = min(step, total - start)
            sizes = layout.region_nbytes(rows * columns)
            offsets, end = [], 0
            for nbytes in sizes:
                offsets.append(end)
                end = -(-(end + nbytes) // ALIGNMENT) * ALIGNMENT
            suffix = f"#{start // step}" if step < total else ""
            buffer = self.buffer(name + suffix, end, "weight")
            regions = tuple(self.region(buffer, "r", o, n) for o, n in zip(offsets, sizes, strict=True))
            self._load_rows(run, columns, start, rows, regions)
            parts.append(Part(first_row + start, rows, layout.name, regions))
        return first_row + total

    def _load_rows(
        self,
        run: list[tuple[TensorInfo, Packing]],
        columns: int,
        start: int,
        rows: int,
        regions: tuple[Region, ...],
    ) -> None:
        """Emit the loads that fill ``rows`` rows from row ``start`` of a run of stacked tensors."""
        tensor_start = 0
        for info, packing in run:
            low = max(start, tensor_start)
            high = min(start + rows, tensor_start + info.shape[0])
            if low < high:
                first = (low - start) * columns // packing.block_elements
                skip = (low - tensor_start) * columns
                self._load(info, packing, skip, (high - low) * columns, first, regions)
            tensor_start += info.shape[0]

    def _load(
        self,
        info: TensorInfo,
        packing: Packing,
        skip: int,
        elements: int,
        first_block: int,
        regions: tuple[Region, ...],
    ) -> None:
        size = packing.block_bytes
        if elements % packing.block_elements:
            raise UnsupportedError(
                f"The tensor {info.name} has an odd number of elements in {info.ggml_type.name}, which "
                "cannot be loaded; convert the model with this tensor in F32."
            )
        repack = self.lowering.repack(packing.repack)
        if repack is not None:
            self.program.repacks[packing.repack] = repack
        self.program.loads.append(
            Load(
                tensor=info.name,
                file_offset=info.offset + skip // packing.block_elements * size,
                nbytes=elements * size // packing.block_elements,
                repack=packing.repack,
                block_bytes=size,
                block_elements=packing.block_elements,
                first_block=first_block,
                targets=tuple(replace(region, access="rw") for region in regions),
            )
        )

    # -- activations -----------------------------------------------------------------------------------

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
            self._kernels[specialised] = len(self.program.kernels)
            self.program.kernels.append(specialised)
        self._calls.append(_Call(self._kernels[specialised], operands, grid))


def _wrong_shape(name: str, found: tuple[Any, ...], expected: tuple[Any, ...]) -> str:
    return (
        f"The tensor {name} has shape {list(found)}, but the model's metadata ask for {list(expected)}; "
        "the file is inconsistent, convert or download it again."
    )


def compile_graphs(
    graphs: Mapping[str, tuple[Graph, Tensor]],
    lowering: Lowering,
    tensors: Mapping[str, TensorInfo],
    *,
    context_length: int,
    chunk: int,
    rollback: int = 0,
    limits: Limits = Limits(),
) -> Program:
    """Lower each phase's (fused) graph and lay out its memory; all phases share buffers and kernels.

    ``graphs`` maps a phase ("prefill", "decode") to its graph and the tensor whose value is ``logits``; the
    head of a plan begins with the node ``last``, or with the node that makes the logits.
    """
    program = Program(lowering.target)
    arena_nbytes = 0
    drafts: list[tuple[str, int, list[_Call], int, Slot, dict[Slot, int]]] = []
    context = Context(program, lowering, limits, tensors, context_length, chunk, rollback)
    context.state()
    context.tokens()
    for phase, (graph, logits) in graphs.items():
        context._slots, context._calls = {}, []
        head_start = None
        rows = 0
        for node in graph.nodes:
            if node.op == "tokens":
                rows = node.outputs[0].shape[0]
            if head_start is None and (node.op == "last" or logits in node.outputs):
                head_start = len(context._calls)
            if is_view(node) or node.op in ("tokens", "weight"):
                continue
            lowering.operations[node.op](context, node)
        result = context.slot(logits)
        assert isinstance(result, Slot), "a held input is no result"
        calls = context._calls
        offsets, nbytes = place([[o for o in c.operands if isinstance(o, Slot)] for c in calls], {result})
        arena_nbytes = max(arena_nbytes, nbytes)
        drafts.append((phase, rows, calls, head_start or 0, result, offsets))
    arena = context.buffer("arena", arena_nbytes, "arena")
    for phase, rows, calls, head_start, result, offsets in drafts:

        def bind(operand: Region | Slot, offsets: dict[Slot, int] = offsets) -> Region:
            if isinstance(operand, Region):
                return operand
            return context.region(arena, "rw", offsets[operand], operand.nbytes)

        dispatches = [Dispatch(c.kernel, tuple(map(bind, c.operands)), c.grid) for c in calls]
        program.plans[phase] = Plan(
            rows, tuple(dispatches[:head_start]), tuple(dispatches[head_start:]), {"logits": bind(result)}
        )
    return program
