"""A program as the image of a WebAssembly memory: where everything lies, and the script of calls to walk.

Below ``PROGRAM_BASE`` lie the module's own data and the threads' stacks. Then come the program's buffers, the
script, and the room through which weights arrive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any

from ...errors import UnsupportedError
from ...graph.plan import ALIGNMENT, Dispatch, Program
from . import CALLS
from .packing import REPACKS

PROGRAM_BASE = 8 << 20
STAGING_NBYTES = 1 << 20  # of weights repacked at once
MOST_NBYTES = 65535 << 16  # a 32-bit memory, less a page, so that its end has an address
COPY = -1

_NUMBERED = {call.name: (number, call) for number, call in enumerate(CALLS, start=1)}


@dataclass(frozen=True)
class Image:
    """What the device needs to know of a program. Addresses and sizes in bytes."""

    nbytes: int  # of the whole memory
    staging: int
    script: int
    words: bytes  # the script
    buffers: dict[str, tuple[int, int]]  # address, size
    phases: dict[str, tuple[int, int]]  # addresses of the body's and the head's part of the script
    loads: list[tuple[int, ...]]  # see `_load`

    def as_json(self) -> dict[str, Any]:
        """All but the script's words, as plain data."""
        return {
            "bytes": self.nbytes,
            "staging": self.staging,
            "stagingBytes": STAGING_NBYTES,
            "script": self.script,
            "buffers": self.buffers,
            "phases": self.phases,
            "loads": self.loads,
        }


def image(program: Program) -> Image:
    """Lay a program out; the same program always gives the same image.

    Raises:
        UnsupportedError: it needs more memory than 32 bits can address.
    """
    buffers: dict[str, tuple[int, int]] = {}
    end = PROGRAM_BASE
    for buffer in program.buffers.values():
        buffers[buffer.name] = end, buffer.nbytes
        end = _aligned(end + buffer.nbytes)
    script, words, phases = end, bytearray(), {}
    for name, plan in program.plans.items():
        starts = []
        for part in (plan.body, plan.head):
            starts.append(script + len(words))
            words += _calls(program, part, buffers)
        phases[name] = starts[0], starts[1]
    staging = _aligned(script + len(words))
    nbytes = staging + STAGING_NBYTES
    if nbytes > MOST_NBYTES:
        raise UnsupportedError(
            f"This model needs {nbytes / (1 << 30):.2f} GiB of memory, but the CPU device can address less "
            "than 4; choose a smaller model or a shorter context, or a browser with WebGPU."
        )
    loads = [_load(program, index, buffers) for index in range(len(program.loads))]
    return Image(nbytes, staging, script, bytes(words), buffers, phases, loads)


def _calls(
    program: Program, dispatches: Sequence[Dispatch], buffers: dict[str, tuple[int, int]]
) -> bytearray:
    words = bytearray()
    for dispatch in dispatches:
        kernel = program.kernels[dispatch.kernel]
        number, call = _NUMBERED[kernel.name]
        addresses = [buffers[region.buffer][0] + region.offset for region in dispatch.bindings]
        words += pack("<II", number, call.words) + call.encode(dict(kernel.constants), addresses)
    return words + pack("<I", 0)


def _load(program: Program, index: int, buffers: dict[str, tuple[int, int]]) -> tuple[int, ...]:
    """File offset, bytes, repack number (COPY: none), block bytes, first block, blocks per row, address."""
    load = program.loads[index]
    (target,) = load.targets
    number = COPY if load.repack == "copy" else REPACKS.index(load.repack)
    address = buffers[target.buffer][0] + target.offset
    row = load.columns // load.block_elements
    return load.file_offset, load.nbytes, number, load.block_bytes, load.first_block, row, address


def _aligned(address: int) -> int:
    return -(-address // ALIGNMENT) * ALIGNMENT
