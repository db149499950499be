"""Loading holds little of the weights in Python's memory, whatever the file's size."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path

import pytest
from glowworm.devices.streaming import pieces
from glowworm.devices.wgsl import WgslLowering
from glowworm.devices.wgsl.render import preload
from glowworm.graph.compile import compile_graphs
from glowworm.graph.ops import Graph, embed
from glowworm.graph.plan import Program
from glowworm.graph.storage import Limits
from glowworm.weights.gguf import BLOCKS, GgmlType, TensorInfo
from glowworm.weights.source import ByteSource, FileSource
from support import open_native

HEAP_NBYTES = 16 << 20
WEIGHTS_NBYTES = 72 << 20  # of a file that is one large tensor
SHAPES = {GgmlType.Q4_0: (209_720, 640), GgmlType.F32: (29_496, 640)}
"""Repacked as they are, and quantised on the way."""


@dataclass
class Peak:
    """Bytes of Python's heap at the highest, beyond those at the beginning."""

    nbytes: int = 0


@contextmanager
def traced() -> Iterator[Peak]:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        peak = Peak()
        yield peak
        peak.nbytes = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@dataclass
class Watched:
    """A source that notes what is asked of it."""

    source: ByteSource
    total: int = 0
    largest: int = 0

    @property
    def size(self) -> int:
        return self.source.size

    async def read(self, offset: int, length: int) -> bytes:
        self.total += length
        self.largest = max(self.largest, length)
        return await self.source.read(offset, length)


@pytest.fixture(params=SHAPES, ids=lambda kind: kind.name)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Program, Path]:
    """A program with one large table, and a file of zeros for it, which takes no room on the disk."""
    kind: GgmlType = request.param
    elements, block_nbytes = BLOCKS[kind]
    nbytes = prod(SHAPES[kind]) // elements * block_nbytes
    assert nbytes >= WEIGHTS_NBYTES
    path = tmp_path / "weights"
    with path.open("wb") as file:
        file.truncate(nbytes)
    graph = Graph()
    table = graph.weight("table", SHAPES[kind])
    row = embed(graph.tokens(1), table)
    tensors = {"table": TensorInfo("table", kind, table.shape, 0, nbytes)}
    program = compile_graphs(
        {"embed": (graph, row)}, WgslLowering(), tensors, context_length=1, chunk=1, limits=Limits()
    )
    return program, path


def test_reading_pieces(model: tuple[Program, Path]) -> None:
    program, path = model

    async def read() -> int:
        total = 0
        with FileSource(path) as source:
            for load in program.loads:
                async for piece in pieces(load, source):
                    total += len(piece.data)
        return total

    with traced() as peak:
        total = asyncio.run(read())
    assert total == path.stat().st_size
    assert peak.nbytes <= HEAP_NBYTES


def test_loading_a_device(model: tuple[Program, Path]) -> None:
    program, path = model
    device = open_native()
    preload()

    async def load() -> Watched:
        with FileSource(path) as file:
            source = Watched(file)
            await device.load(program, source)
        return source

    with traced() as peak:
        source = asyncio.run(load())
    device.close()
    assert source.total == source.size
    assert 0 < source.largest <= peak.nbytes <= HEAP_NBYTES
