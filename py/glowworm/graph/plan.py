"""The plan: what a device replays. Plain data, the same for every device.

A program is a set of buffers, a set of kernels and, per phase (one prefill chunk, one decode step), a list
of dispatches. Python builds it once; afterwards a device only writes a few words of state and replays.

Not responsible for: choosing kernels (the device's lowering does) or running them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# The state buffer, in 32-bit words. It is all that changes from step to step.
STATE_POSITION = 0  # position of the chunk's first token = tokens already in the caches
STATE_ROWS = 1  # valid rows of the chunk; the others compute garbage that nothing reads
STATE_STEP = 2  # tokens sampled since sampling began: index into the output ring, and the random counter
STATE_TEMPERATURE = 8  # f32; 0 means greedy
STATE_TOP_K = 9  # u32; 0 means off
STATE_TOP_P = 10  # f32; 1 means off
STATE_MIN_P = 11  # f32; 0 means off
STATE_REPETITION = 12  # f32; 1 means off
STATE_PRESENCE = 13  # f32; 0 means off
STATE_FREQUENCY = 14  # f32; 0 means off
STATE_SEED = 15  # u32
STATE_OUTPUT = 64  # ring of sampled tokens, OUTPUT_RING words
OUTPUT_RING = 64
STATE_WORDS = STATE_OUTPUT + OUTPUT_RING

# The counts buffer has a word per vocabulary entry: how often a token was generated, and one bit that says
# whether it stands in the prompt (the repetition penalty looks at both, the others at the count alone).
COUNT_PROMPT = 1 << 31

ALIGNMENT = 256  # bytes; WebGPU's default minStorageBufferOffsetAlignment


@dataclass(frozen=True)
class Buffer:
    """Device memory that lives as long as the program."""

    name: str
    nbytes: int
    role: str  # "state", "tokens", "counts", "cache", "weight", "constant", "arena"


@dataclass(frozen=True)
class Region:
    """A range of a buffer, as one dispatch sees it."""

    buffer: str
    offset: int  # bytes, a multiple of ALIGNMENT
    nbytes: int
    access: str  # "r" or "rw"; everything in the arena is "rw" (one buffer may not be bound both ways)


@dataclass(frozen=True)
class Kernel:
    """A kernel's name and the constants it is specialised by."""

    name: str
    constants: tuple[tuple[str, Any], ...]
    access: tuple[str, ...]  # per binding

    @property
    def label(self) -> str:
        """For people: the name and the constants."""
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.constants)})"


@dataclass(frozen=True)
class Dispatch:
    """One launch: a kernel, what it is bound to, and how many workgroups run."""

    kernel: int
    bindings: tuple[Region, ...]
    grid: tuple[int, int, int]


@dataclass(frozen=True)
class Plan:
    """One phase: ``body`` runs the layers; ``head`` turns the last row into logits and draws a token."""

    rows: int
    body: tuple[Dispatch, ...]
    head: tuple[Dispatch, ...]
    outputs: Mapping[str, Region]  # what a host may read back: "logits"

    @property
    def dispatches(self) -> Iterator[Dispatch]:
        yield from self.body
        yield from self.head


@dataclass(frozen=True)
class Load:
    """Where a tensor's bytes in the file go: through a repacking kernel, block by block.

    The device streams ``nbytes`` from ``file_offset`` in pieces of whole blocks; ``repack`` names the kernel
    that turns them into the layout. Block b of the tensor becomes block ``first_block + b`` of the target.
    """

    tensor: str
    file_offset: int
    nbytes: int
    repack: str  # kernel name
    block_bytes: int  # bytes of one block in the file
    block_elements: int  # elements in one block
    columns: int  # elements in one row of the target
    first_block: int
    targets: tuple[Region, ...]  # the layout's regions, in the kernel's order


@dataclass(frozen=True)
class Repack:
    """A kernel that turns a file's blocks into a layout. Bindings: the piece as it stands in the file, the
    targets, and four words: the target's first block, the number of blocks, 0, 0.
    """

    kernel: Kernel
    blocks_per_workgroup: int


@dataclass
class Program:
    """Everything a device needs: memory, kernels, what to load, what to run."""

    target: str  # "wgsl", "reference", …: which lowering made it
    buffers: dict[str, Buffer] = field(default_factory=dict)
    kernels: list[Kernel] = field(default_factory=list)
    constants: dict[str, bytes] = field(default_factory=dict)  # contents of "constant" buffers
    loads: list[Load] = field(default_factory=list)
    repacks: dict[str, Repack] = field(default_factory=dict)  # by ``Load.repack``; "copy" needs none
    plans: dict[str, Plan] = field(default_factory=dict)
