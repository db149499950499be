"""How weights lie on a device: few layouts, so that kernels need to know few.

====== ============================ =========================================================================
layout regions (in this order)      meaning
====== ============================ =========================================================================
int4   quants u32[N·K/8],           groups of 32 along K; value = (q - 8) * scale. Group g's 4 words hold its
       scales u32[N·K/64] (2 × f16) 16 bytes as Q4_0 stores them: byte b has element b low, element b+16 high
int8   quants u32[N·K/4],           groups of 32 along K; value = q * scale, q in -127…127, element order
       scales u32[N·K/64] (2 × f16)
f16    values u32[N·K/2] (2 × f16)  as they are; K is even
f32    values f32[N·K]              as they are
int4x8 tiles u8[⌈N/8⌉·K/32·144]     int4 for the CPU device: 8 rows interleaved, see ``kernels/wasm/tiles.h``
int8x8 tiles u8[⌈N/8⌉·K/32·272]     int8 for the CPU device, likewise
====== ============================ =========================================================================

Groups of the first two are numbered row by row: group of row n, column k is ``n * K / 32 + k / 32``.
Scales are read with ``unpack2x16float``, which needs no WebGPU feature. The regions of a matrix lie in one
buffer, each at a multiple of 256 bytes.
"""

from dataclasses import dataclass

from ..errors import UnsupportedError
from .gguf import GgmlType, TensorInfo

GROUP = 32
QUANTISE_ABOVE = 1 << 22  # elements: larger matrices of floats become int8 on load


@dataclass(frozen=True)
class Layout:
    """Bytes per 32 elements of each region of a layout."""

    name: str
    regions: tuple[tuple[str, int], ...]  # (name, bytes per GROUP elements)
    row_tile: int = 1  # rows that are interleaved: the matrix takes the memory of a multiple of so many

    def region_nbytes(self, rows: int, columns: int) -> tuple[int, ...]:
        """Size of each region in bytes, for a matrix of [rows, columns]; rounded up to whole words."""
        elements = -(-rows // self.row_tile) * self.row_tile * columns
        return tuple((elements * nbytes // GROUP + 3) // 4 * 4 for _, nbytes in self.regions)


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("int4", (("quants", 16), ("scales", 2))),
        Layout("int8", (("quants", 32), ("scales", 2))),
        Layout("f16", (("values", 64),)),
        Layout("f32", (("values", 128),)),
        Layout("int4x8", (("tiles", 18),), row_tile=8),
        Layout("int8x8", (("tiles", 34),), row_tile=8),
    )
}


@dataclass(frozen=True)
class Packing:
    """How one tensor type of a file becomes a layout."""

    layout: str
    repack: str  # kernel that does it
    block_elements: int
    block_bytes: int
    align: int = 1  # elements: where in the target another tensor's first block may lie


_EXACT = {
    GgmlType.Q4_0: Packing("int4", "repack_q4_0", 32, 18, 64),
    GgmlType.Q8_0: Packing("int8", "repack_q8_0", 32, 34, 64),
    GgmlType.F32: Packing("f32", "copy", 1, 4),
    GgmlType.F16: Packing("f16", "copy", 2, 4, 2),
    GgmlType.BF16: Packing("f32", "expand_bf16", 2, 4, 2),
}
_EXPANDED_F16 = Packing("f32", "expand_f16", 2, 4, 2)
_QUANTISED = {
    GgmlType.F32: Packing("int8", "quantise_f32", 32, 128, 64),
    GgmlType.F16: Packing("int8", "quantise_f16", 32, 64, 64),
    GgmlType.BF16: Packing("int8", "quantise_bf16", 32, 64, 64),
}


def packing(tensor: TensorInfo) -> Packing:
    """The packing of a matrix: exact where small or already quantised, int8 where it is large floats."""
    rows, columns = tensor.shape[0], tensor.shape[-1]
    if rows * columns > QUANTISE_ABOVE and columns % GROUP == 0 and tensor.ggml_type in _QUANTISED:
        return _QUANTISED[tensor.ggml_type]
    if tensor.ggml_type == GgmlType.F16 and columns % 2:
        return _EXPANDED_F16  # rows of pairs would not begin at words
    return _EXACT[tensor.ggml_type]


def vector_packing(tensor: TensorInfo) -> Packing:
    """The packing of a vector (norm weights): always exact, always f32."""
    if tensor.ggml_type == GgmlType.F32:
        return _EXACT[GgmlType.F32]
    if tensor.ggml_type == GgmlType.BF16:
        return _EXACT[GgmlType.BF16]
    if tensor.ggml_type == GgmlType.F16:
        return _EXPANDED_F16
    raise UnsupportedError(
        f"The weights hold {tensor.name} as {tensor.ggml_type.name}, but norm weights must be F32, F16 or "
        "BF16; convert the model again."
    )
