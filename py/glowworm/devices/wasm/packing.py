"""How weights are laid out for the CPU device: as for GPUs, but with eight rows interleaved where quantised.

Floats that stay floats become f32, because WebAssembly's SIMD has no f16.
"""

from dataclasses import replace

from ...weights import layouts
from ...weights.gguf import TensorInfo
from ...weights.layouts import GROUP, Packing

INTERLEAVED = {"int4": "int4x8", "int8": "int8x8"}

# What `repack` in kernels/wasm/repack.c can do, in the order of its numbers.
REPACKS = (
    "repack_q4_0",
    "repack_q8_0",
    "quantise_f32",
    "quantise_f16",
    "quantise_bf16",
    "expand_f16",
    "expand_bf16",
)


def matrix_packing(tensor: TensorInfo) -> Packing:
    """The packing of a matrix: exact where small or already quantised, int8 where it is large floats."""
    packing = layouts.packing(tensor)
    if packing.layout in INTERLEAVED:
        return replace(packing, layout=INTERLEAVED[packing.layout], align=GROUP)
    if packing.layout == "f16":
        return replace(packing, layout="f32", repack="expand_f16")
    return packing


vector_packing = layouts.vector_packing
