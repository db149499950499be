"""A program as one flat array of 32-bit words and a list of strings, for replayers that are not Python.

All numbers are unsigned words; a reference to a buffer or kernel is its index. In order:

header    VERSION, number of buffers, kernels, loads, phases
buffer    bytes, and its name is the next string
kernel    number of bindings, bit i set where binding i is written; its label is the next string
load      file offset (low, high), bytes, kernel (NONE: copy), blocks per workgroup, bytes per block,
          first block, number of targets, and per target: buffer, offset, bytes
phase     rows, dispatches of the body, dispatches of the head, region of the logits (buffer, offset, bytes),
          and per dispatch: kernel, grid x, y, z, number of bindings, and per binding: buffer, offset, bytes;
          its name is the next string

``web/worker/plan.js`` is the reader.
"""

from array import array
from dataclasses import dataclass

from .plan import Dispatch, Kernel, Program, Region

VERSION = 1
NONE = 0xFFFFFFFF


@dataclass(frozen=True)
class Encoded:
    """What crosses to a replayer."""

    words: array  # of "I"
    strings: list[str]
    kernels: list[Kernel]  # the program's, then those that repack weights: one source each


def encode(program: Program) -> Encoded:
    """Flatten a program; the same program always gives the same words."""
    buffers = {name: i for i, name in enumerate(program.buffers)}
    repacks = {name: len(program.kernels) + i for i, name in enumerate(program.repacks)}
    kernels = [*program.kernels, *(repack.kernel for repack in program.repacks.values())]
    words = [VERSION, len(buffers), len(kernels), len(program.loads), len(program.plans)]
    strings: list[str] = []

    def region(r: Region) -> tuple[int, int, int]:
        return buffers[r.buffer], r.offset, r.nbytes

    def dispatch(d: Dispatch) -> None:
        words.extend((d.kernel, *d.grid, len(d.bindings)))
        for binding in d.bindings:
            words.extend(region(binding))

    for buffer in program.buffers.values():
        words.append(buffer.nbytes)
        strings.append(buffer.name)
    for kernel in kernels:
        words += len(kernel.access), sum(1 << i for i, access in enumerate(kernel.access) if access == "rw")
        strings.append(kernel.label)
    for load in program.loads:
        repack = program.repacks.get(load.repack)
        words += load.file_offset & NONE, load.file_offset >> 32, load.nbytes
        words += (repacks[load.repack], repack.blocks_per_workgroup) if repack else (NONE, 0)
        words += load.block_bytes, load.first_block, len(load.targets)
        for target in load.targets:
            words.extend(region(target))
    for name, plan in program.plans.items():
        words += plan.rows, len(plan.body), len(plan.head), *region(plan.outputs["logits"])
        for d in plan.dispatches:
            dispatch(d)
        strings.append(name)
    return Encoded(array("I", words), strings, kernels)
