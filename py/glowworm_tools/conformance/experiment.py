"""One operation on known data: a graph of its own, run on any device and compared with the reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from struct import pack
from typing import Any

import numpy as np
import numpy.typing as npt
from glowworm.devices.base import Device
from glowworm.graph.compile import Context, Lowering, compile_graphs
from glowworm.graph.ops import Graph, Node, Tensor
from glowworm.graph.plan import ALIGNMENT, STATE_POSITION, STATE_ROWS, Program, Region, Repack
from glowworm.graph.storage import Limits
from glowworm.weights.gguf import BLOCKS, GgmlType, TensorInfo
from glowworm.weights.layouts import Packing

PHASE = "experiment"
POISON = b"\xff"  # four of them are a NaN, and no token id

Array = npt.NDArray[Any]


@dataclass
class MemorySource:
    """Weights in memory, as a byte source."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    async def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


class _WithInputs:
    """A device's lowering and one operation more: ``input``, an activation that the host fills."""

    def __init__(self, lowering: Lowering):
        self.target = lowering.target
        self.operations: Mapping[str, Callable[[Context, Node], None]] = {
            **lowering.operations,
            "input": _lower_input,
        }
        self._lowering = lowering

    def matrix_packing(self, tensor: TensorInfo) -> Packing:
        return self._lowering.matrix_packing(tensor)

    def vector_packing(self, tensor: TensorInfo) -> Packing:
        return self._lowering.vector_packing(tensor)

    def repack(self, name: str) -> Repack | None:
        return self._lowering.repack(name)


def _lower_input(context: Context, node: Node) -> None:
    buffer = context.storage.buffer(node.attributes["name"], prod(node.outputs[0].shape) * 4, "input")
    # Bound as the arena is, so that kernels are specialised just as they are in a model.
    context.hold(node.outputs[0], context.storage.region(buffer, "rw"))


@dataclass
class Result:
    """What a device computed, and what is compared of it."""

    name: str
    values: Array
    exact: bool


@dataclass
class Experiment:
    """The graph of one operation, its weights as a file's bytes, and what the host writes beforehand.

    ``rows`` are the rows of the phase, of which the first ``valid`` count; input rows beyond them are NaN,
    so that a kernel that lets them touch the others is found out.
    """

    seed: int
    rows: int = 1
    valid: int = 1
    position: int = 0
    context_length: int = 64
    max_binding: int | None = None  # bytes; smaller than the device's to split weights
    runs: int = 1
    graph: Graph = field(default_factory=Graph)
    outputs: list[tuple[str, Tensor]] = field(default_factory=list)
    exact: bool = False
    macs: int = 0  # multiply-accumulates of one run
    cache_nbytes: int = 0  # read from a cache in one run
    weight_share: float = 1.0  # of the weights read in one run
    tensors: dict[str, TensorInfo] = field(default_factory=dict)
    writes: list[tuple[str, int, bytes]] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)  # buffers compared besides the outputs
    _data: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.tokens = self.graph.tokens(self.rows)
        self.write("state", np.array([self.position], np.uint32), STATE_POSITION)
        self.write("state", np.array([self.valid], np.uint32), STATE_ROWS)

    # -- building --------------------------------------------------------------------------------------

    def write(self, buffer: str, values: Array, first_word: int = 0) -> None:
        """Have the host write values (of 32 bits each) into a buffer before the run."""
        self.writes.append((buffer, first_word * 4, values.tobytes()))

    def input(self, *shape: int, scale: float = 1.0) -> Tensor:
        """A random activation."""
        name = f"input.{sum(node.op == 'input' for node in self.graph.nodes)}"
        values = (self.random.standard_normal(shape) * scale).astype(np.float32)
        values[self.valid :] = np.nan
        self.write(name, values)
        return self.graph.apply("input", (), shape, name=name)

    def matrix(self, columns: int, *stack: tuple[str, int], exact_int8: bool = False) -> Tensor:
        """Random weights: tensors of (type, rows) on top of each other."""
        names = []
        for type_name, rows in stack:
            names.append(f"matrix.{len(self.tensors)}")
            ggml_type = GgmlType[type_name]
            raw = _random_weights(self.random, ggml_type, rows, columns, exact_int8)
            self._add(names[-1], ggml_type, (rows, columns), raw)
        return self.graph.weight(tuple(names), (sum(rows for _, rows in stack), columns))

    def stored(self, type_name: str, rows: int, columns: int, raw: bytes) -> Tensor:
        """A matrix whose bytes in the file are given."""
        name = f"matrix.{len(self.tensors)}"
        self._add(name, GgmlType[type_name], (rows, columns), raw)
        return self.graph.weight(name, (rows, columns))

    def vector(self, *stack: tuple[str, int]) -> Tensor:
        """Random norm weights around one: vectors of (type, length) one after the other."""
        names = []
        for type_name, length in stack:
            names.append(f"vector.{len(self.tensors)}")
            values = 1 + 0.2 * self.random.standard_normal(length)
            self._add(names[-1], GgmlType[type_name], (length,), _encode(values, GgmlType[type_name]))
        return self.graph.weight(tuple(names), (sum(length for _, length in stack),))

    def _add(self, name: str, ggml_type: GgmlType, shape: tuple[int, ...], raw: bytes) -> None:
        self._data += bytes(-len(self._data) % 32)
        self.tensors[name] = TensorInfo(name, ggml_type, shape, len(self._data), len(raw))
        self._data += raw

    def output(self, name: str, tensor: Tensor) -> None:
        """Compare this one."""
        self.outputs.append((name, tensor))

    def nbytes(self, program: Program) -> int:
        """What one run has to move: weights, caches, inputs and the output."""
        buffers = program.buffers.values()
        weights = sum(buffer.nbytes for buffer in buffers if buffer.role == "weight")
        inputs = sum(buffer.nbytes for buffer in buffers if buffer.role == "input")
        output = program.plans[PHASE].outputs["logits"].nbytes
        return int(weights * self.weight_share) + self.cache_nbytes + inputs + output

    # -- running ---------------------------------------------------------------------------------------

    def compile(self, lowering: Lowering, limits: Limits, output: int = 0) -> Program:
        """The program that computes the output of that index."""
        if self.max_binding is not None and lowering.target != "reference":
            limits = replace(limits, max_binding=self.max_binding)
        return compile_graphs(
            {PHASE: (self.graph, self.outputs[output][1])},
            _WithInputs(lowering),
            self.tensors,
            context_length=self.context_length,
            chunk=self.rows,
            limits=limits,
        )

    async def prepare(self, device: Device, output: int = 0) -> Program:
        """Load the program and write its inputs; everything else in the arena is NaN."""
        program = self.compile(device.lowering, device.info.limits, output)
        check_program(program, device.info.limits)
        await device.load(program, MemorySource(bytes(self._data)))
        if program.buffers["arena"].nbytes:
            device.write("arena", 0, POISON * program.buffers["arena"].nbytes)
        for buffer, offset, data in self.writes:
            device.write(buffer, offset, data)
        return program

    async def run(self, device: Device) -> list[Result]:
        """Everything that is compared, as the device computes it."""
        results = []
        for index, (name, tensor) in enumerate(self.outputs):
            program = await self.prepare(device, index)
            device.run(PHASE, times=self.runs)
            data = await device.read(program.plans[PHASE].outputs["logits"])
            values = np.frombuffer(data, np.uint32 if self.exact else np.float32)
            values = values[: prod(tensor.shape)].reshape(tensor.shape)
            results.append(Result(name, values[: self.valid], self.exact))
            if index == 0:
                for buffer in self.watched:
                    data = await device.read(Region(buffer, 0, program.buffers[buffer].nbytes, "r"))
                    values = np.frombuffer(data, np.uint32 if self.exact else np.float32)
                    results.append(Result(buffer, values, self.exact))
        return results


def compare(found: list[Result], expected: list[Result]) -> dict[str, float]:
    """The error per result: ‖found - expected‖ / ‖expected‖, or 0 and infinity where bits must be the same.

    Where the reference leaves a NaN (memory that must not be written), the device must leave one too, and
    nowhere else.
    """
    errors = {}
    for a, b in zip(found, expected, strict=True):
        assert a.name == b.name and a.values.shape == b.values.shape, (a.name, a.values.shape, b.values.shape)
        if a.exact:
            errors[a.name] = 0.0 if np.array_equal(a.values, b.values) else np.inf
            continue
        untouched = np.isnan(b.values)
        if not np.array_equal(np.isnan(a.values), untouched) or not np.isfinite(a.values[~untouched]).all():
            errors[a.name] = np.inf
            continue
        x, y = a.values[~untouched].astype(np.float64), b.values[~untouched].astype(np.float64)
        errors[a.name] = float(np.linalg.norm(x - y) / (np.linalg.norm(y) or 1.0))
    return errors


def check_program(program: Program, limits: Limits) -> None:
    """What WebGPU's default limits and its rules on aliasing ask of every dispatch."""
    for plan in program.plans.values():
        for dispatch in plan.dispatches:
            label = program.kernels[dispatch.kernel].label
            if program.target == "wgsl":
                assert len(dispatch.bindings) <= 8, f"{label}: more than 8 storage buffers"
                assert max(dispatch.grid) <= 65535 and min(dispatch.grid) >= 1, (
                    f"{label}: grid {dispatch.grid}"
                )
            for i, a in enumerate(dispatch.bindings):
                assert a.offset % ALIGNMENT == 0, f"{label}: binding {i} at {a.offset}"
                assert 0 < a.nbytes <= limits.max_binding, f"{label}: binding {i} of {a.nbytes} bytes"
                for j, b in enumerate(dispatch.bindings[:i]):
                    if a.buffer == b.buffer and program.target == "wgsl":
                        assert a.access == b.access, (
                            f"{label}: bindings {j}, {i} of {a.buffer} differ in access"
                        )
                        apart = a.offset + a.nbytes <= b.offset or b.offset + b.nbytes <= a.offset
                        assert apart or a.access == "r", f"{label}: bindings {j}, {i} of {a.buffer} overlap"


def f32_word(value: float) -> Array:
    """The bits of a float as one word."""
    return np.frombuffer(pack("<f", value), np.uint32)


def _random_weights(
    random: np.random.Generator, ggml_type: GgmlType, rows: int, columns: int, exact_int8: bool
) -> bytes:
    """A tensor's bytes; its values are about 1 / sqrt(columns), so that products are about 1."""
    size = columns**-0.5
    if ggml_type in (GgmlType.Q4_0, GgmlType.Q8_0):
        elements, nbytes = BLOCKS[ggml_type]
        blocks = rows * columns // elements
        largest = 8 if ggml_type == GgmlType.Q4_0 else 127
        raw = random.integers(0, 256, (blocks, nbytes), np.uint8)
        scales = random.uniform(-2, 2, blocks) * size / largest
        raw[:, :2] = scales.astype(np.float16)[:, None].view(np.uint8)
        return raw.tobytes()
    if (
        exact_int8
    ):  # values that rounding to 8 bits leaves alone: whole multiples of the group's largest / 127
        quants = random.integers(-126, 127, (rows * columns // 32, 32))
        quants[:, 0] = 127
        powers = np.exp2(random.integers(-12, -8, (len(quants), 1)).astype(np.float32))
        return _encode((quants * powers).ravel(), ggml_type)
    return _encode(random.standard_normal(rows * columns) * size, ggml_type)


def _encode(values: Array, ggml_type: GgmlType) -> bytes:
    values = values.astype(np.float32)
    if ggml_type == GgmlType.BF16:
        return (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return values.astype({GgmlType.F32: np.float32, GgmlType.F16: np.float16}[ggml_type]).tobytes()
