"""The lowering of every operation to WGSL compute kernels, for WebGPU in the page and out of it.

A module here per family of operations says which kernels run, specialised by which constants, on what grid;
the kernels themselves are the templates in ``kernels/wgsl``, which `render` turns into source.
"""

from collections.abc import Callable

from ...graph.compile import Context
from ...graph.ops import Node
from ...graph.plan import Repack
from ...weights.gguf import TensorInfo
from ...weights.layouts import Packing, packing, vector_packing
from . import attention, elementwise, matmul, norm, sampling
from .repack import repack


class WgslLowering:
    """Lowers to WGSL; what the device offers (subgroups, sizes of bindings) is read from the context."""

    target = "wgsl"

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
        return packing(tensor)

    def vector_packing(self, tensor: TensorInfo) -> Packing:
        """How a vector of the file is laid out for the kernels."""
        return vector_packing(tensor)

    def repack(self, name: str) -> Repack | None:
        """The kernel that makes a layout of a file's blocks; None where they are copied as they are."""
        return repack(name)
