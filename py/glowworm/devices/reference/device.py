"""NumPy behind the device interface."""

from collections.abc import Awaitable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ...graph import plan as p
from ...graph.plan import Dispatch, Load, Program, Region
from ...graph.storage import Limits
from ...weights.gguf import GgmlType
from ...weights.source import ByteSource
from ..base import DeviceInfo, Progress
from ..streaming import pieces
from .dequantise import dequantise
from .lowering import ReferenceLowering
from .operations import KERNELS

T = TypeVar("T")


async def _done(value: T) -> T:
    """A result that was ready when it was asked for."""
    return value


class ReferenceDevice:
    """NumPy behind the device interface. Work is done when it is asked for."""

    def __init__(self, rounded_activations: bool = False) -> None:
        self.info = DeviceInfo("reference", "NumPy", Limits(max_binding=1 << 40, max_buffer=1 << 40))
        self.lowering = ReferenceLowering(rounded_activations)

    async def load(self, program: Program, source: ByteSource, on_progress: Progress | None = None) -> None:
        """Allocate and fill the program's buffers; weights are dequantised to f32."""
        self.program = program
        self.buffers = {b.name: np.zeros(b.nbytes, np.uint8) for b in program.buffers.values()}
        for name, data in program.constants.items():
            self.write(name, 0, data)
        total, done = sum(load.nbytes for load in program.loads), 0
        for load in program.loads:
            async for piece in pieces(load, source):
                values = dequantise(piece.data, GgmlType[load.repack.removeprefix("dequantise_")])
                self._target(load)[piece.first_block * load.block_elements :][: len(values)] = values
                done += len(piece.data)
                if on_progress:
                    on_progress("weights", done, total)

    def write(self, buffer: str, offset: int, data: bytes) -> None:
        """Overwrite part of a buffer."""
        self.buffers[buffer][offset : offset + len(data)] = np.frombuffer(data, np.uint8)

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        """Replay a phase."""
        plan = self.program.plans[phase]
        for _ in range(times):
            for dispatch in plan.dispatches if head else plan.body:
                self._dispatch(dispatch)

    def sampled(self, count: int) -> Awaitable[list[int]]:
        """The tokens drawn last."""
        words = self.buffers["state"].view(np.uint32)
        step = int(words[p.STATE_STEP])
        return _done([int(words[p.STATE_OUTPUT + i % p.OUTPUT_RING]) for i in range(step - count, step)])

    def read(self, region: Region) -> Awaitable[bytes]:
        """The bytes of a region."""
        return _done(self._bytes(region).tobytes())

    async def synchronise(self) -> None:
        """Nothing is ever outstanding."""

    def close(self) -> None:
        """Drop the memory."""
        self.buffers = {}

    def _dispatch(self, dispatch: Dispatch) -> None:
        kernel = self.program.kernels[dispatch.kernel]
        arrays = [self._bytes(region).view(np.float32) for region in dispatch.bindings]
        KERNELS[kernel.name](dict(kernel.constants), arrays)

    def _bytes(self, region: Region) -> npt.NDArray[np.uint8]:
        return self.buffers[region.buffer][region.offset : region.offset + region.nbytes]

    def _target(self, load: Load) -> npt.NDArray[np.float32]:
        return self._bytes(load.targets[0]).view(np.float32)
