"""The lowering of every operation to calls of the CPU device: C kernels compiled to WebAssembly SIMD.

A module here per family of operations says which kernels of ``kernels/wasm`` are called with what, and
declares their arguments (``CALLS``), from which the build writes the C header. `script` makes a program of
calls into the image that the WebAssembly side walks by itself.
"""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.ops import Node
from ...graph.plan import Repack
from ...weights.gguf import TensorInfo
from ...weights.layouts import Packing
from . import attention, elementwise, matmul, norm, sampling
from .calls import Call
from .packing import REPACKS, matrix_packing, vector_packing

CALLS: tuple[Call, ...] = (*matmul.CALLS, *norm.CALLS, *attention.CALLS, *elementwise.CALLS, *sampling.CALLS)

# What the kernels know besides.
NUMBERS = {
    "LONGEST_HEAD": attention.LONGEST_HEAD,
    "MOST_QUADS": attention.MOST_QUADS,
    "MOST_SPLITS": attention.MOST_SPLITS,
    "PARTIAL_HEAD": attention.PARTIAL_HEAD,
    "SLAB": sampling.SLAB,
    "BLOCK_SLABS": sampling.BLOCK_SLABS,
}
ENUMERATIONS = {"operation": elementwise.OPERATORS, "repack": REPACKS}


class WasmLowering:
    """Lowers to calls of the CPU device's kernels."""

    target = "wasm"

    def __init__(self) -> None:
        self.operations: dict[str, Callable[[Context, Node], None]] = {
            **matmul.OPERATIONS,
            **norm.OPERATIONS,
            **attention.OPERATIONS,
            **elementwise.OPERATIONS,
            **sampling.OPERATIONS,
        }

    def matrix_packing(self, tensor: TensorInfo) -> Packing:
        """How a matrix of the file is laid out for the kernels."""
        return matrix_packing(tensor)

    def vector_packing(self, tensor: TensorInfo) -> Packing:
        """How a vector of the file is laid out for the kernels."""
        return vector_packing(tensor)

    def repack(self, name: str) -> Repack | None:
        """Nothing: the device repacks by the load's own description."""
        return None
