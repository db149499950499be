"""What a device is: memory, and something that replays plans on it.

A device takes a program (made by `graph.compile` with the device's own lowering), allocates its buffers,
streams the weights into them, and from then on only writes small pieces of state, replays phases and reads
results back. `write`, `run`, `sampled` and `read` take effect in the order in which they are called; none of
them waits for the device, only awaiting what `sampled` and `read` return does. So a caller keeps the device
busy by giving it the next steps before awaiting the tokens of the last ones.

Not responsible for: choosing kernels (the lowering does), what the state words mean to a session (positions,
reuse of the caches, stopping), text. A device serves one program at a time and one caller at a time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from ..graph.compile import Lowering
from ..graph.plan import Program, Region
from ..graph.storage import Limits
from ..weights.source import ByteSource

Progress = Callable[[str, int, int], None]
"""Called with a phase of loading, what is done and the total: "kernels" in kernels, "weights" in bytes."""


@dataclass(frozen=True)
class DeviceInfo:
    """What is known of a device before it has loaded anything."""

    kind: str  # "reference", "native", "webgpu" or "wasm"
    name: str  # for people: the adapter's own description
    limits: Limits


class Device(Protocol):
    """One of the devices. Any method may raise `DeviceError`, or `DeviceLostError` once it has gone away."""

    @property
    def info(self) -> DeviceInfo:
        """What the device is."""
        ...

    @property
    def lowering(self) -> Lowering:
        """What makes programs for it."""
        ...

    async def load(self, program: Program, source: ByteSource, on_progress: Progress | None = None) -> None:
        """Allocate the program's buffers, zeroed; fill constants and weights; build the kernels.

        Replaces the program loaded before. Holds a few pieces of the weights in memory, never all of them.

        Raises:
            WeightsError: the source ended early.
            DeviceError: not enough memory, or a kernel was refused.
        """
        ...

    def write(self, buffer: str, offset: int, data: bytes) -> None:
        """Overwrite part of a buffer (state words, tokens, counts); offset and length in whole words."""
        ...

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        """Replay a phase's body, and its head unless told otherwise, ``times`` times in a row."""
        ...

    def sampled(self, count: int) -> Awaitable[list[int]]:
        """The ``count`` tokens (at most OUTPUT_RING) drawn last by what has been run so far, oldest first."""
        ...

    def read(self, region: Region) -> Awaitable[bytes]:
        """The bytes of a region (logits, state) as what has been run so far leaves them."""
        ...

    async def synchronise(self) -> None:
        """Wait until everything asked for so far is done."""
        ...

    def close(self) -> None:
        """Free everything; the device cannot be used afterwards."""
        ...
