"""A program's lasting memory: state, caches, tables and weights, cut to what a device can bind.

Knows layouts by their names and sizes only; which tensor gets which, and through which kernel, the device's
lowering says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import cos, prod, sin
from struct import pack
from typing import Any, Protocol

from ..errors import UnsupportedError, WeightsError
from ..weights.gguf import TensorInfo
from ..weights.layouts import GROUP, LAYOUTS, Packing
from .ops import Cache, Rope, Tensor
from .plan import ALIGNMENT, STATE_WORDS, Buffer, Load, Program, Region, Repack


@dataclass(frozen=True)
class Limits:
    """What a device offers. The defaults are WebGPU's guaranteed minimum."""

    max_binding: int = 128 << 20  # bytes
    max_buffer: int = 256 << 20  # bytes
    subgroups: bool = False
    subgroup_size: int = 4  # the smallest subgroup the device runs; WGSL guarantees 4


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


class Packer(Protocol):
    """How a device wants weights."""

    def matrix_packing(self, tensor: TensorInfo) -> Packing: ...

    def vector_packing(self, tensor: TensorInfo) -> Packing: ...

    def repack(self, name: str) -> Repack | None: ...


@dataclass
class Storage:
    """Hands out regions of a program's buffers, made on first use; all phases share them."""

    program: Program
    packer: Packer
    limits: Limits
    tensors: Mapping[str, TensorInfo]
    context_length: int
    chunk: int  # rows of the longest phase, which a ring cache must be able to hold beyond its window
    rollback: int  # positions a windowed cache can be rolled back by
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
        capacity = cache.capacity(self.context_length, self.chunk, self.rollback)
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
        name = f"rope.{rope.head_dim}.{rope.theta!r}.{rope.factor!r}"
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
        return RopeTable(self._constant(name), low_size)

    def parameters(self, *values: int) -> Region:
        """Numbers by which layers differ that share a kernel, u32."""
        name = f"parameters.{'.'.join(map(str, values))}"
        self.program.constants[name] = pack(f"<{len(values)}I", *values)
        return self._constant(name)

    def _constant(self, name: str) -> Region:
        return self.region(self.buffer(name, len(self.program.constants[name]), "constant"), "r")

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
                packing = self.packer.vector_packing(info)
                count = prod(info.shape)
                self._load(info, packing, 0, count, count, first // packing.block_elements, (region,))
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
            packing = self.packer.matrix_packing(info)
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
            sizes = layout.region_nbytes(rows, columns)
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
                self._load(info, packing, skip, (high - low) * columns, columns, first, regions)
            tensor_start += info.shape[0]

    def _load(
        self,
        info: TensorInfo,
        packing: Packing,
        skip: int,
        elements: int,
        columns: int,
        first_block: int,
        regions: tuple[Region, ...],
    ) -> None:
        size = packing.block_bytes
        if elements % packing.block_elements:
            raise UnsupportedError(
                f"The tensor {info.name} has an odd number of elements in {info.ggml_type.name}, which "
                "cannot be loaded; convert the model with this tensor in F32."
            )
        repack = self.packer.repack(packing.repack)
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
                columns=columns,
                first_block=first_block,
                targets=tuple(replace(region, access="rw") for region in regions),
            )
        )


def _wrong_shape(name: str, found: tuple[Any, ...], expected: tuple[Any, ...]) -> str:
    return (
        f"The tensor {name} has shape {list(found)}, but the model's metadata ask for {list(expected)}; "
        "the file is inconsistent, convert or download it again."
    )
