"""Which kernel turns a file's blocks into a layout (the names are those of ``weights.layouts``)."""

from ...graph.plan import Kernel, Repack

_QUANTISED = ("r", "rw", "rw", "r")  # the piece, quants, scales, parameters
_EXPANDED = ("r", "rw", "r")  # the piece, values, parameters

_REPACKS = {
    "repack_q4_0": Repack(Kernel("repack_q4_0", (), _QUANTISED), 128),
    "repack_q8_0": Repack(Kernel("repack_q8_0", (), _QUANTISED), 128),
    "expand_f16": Repack(Kernel("expand", (("type", "f16"),), _EXPANDED), 256),
    "expand_bf16": Repack(Kernel("expand", (("type", "bf16"),), _EXPANDED), 256),
    "quantise_f32": Repack(Kernel("quantise", (("type", "f32"),), _QUANTISED), 128),
    "quantise_f16": Repack(Kernel("quantise", (("type", "f16"),), _QUANTISED), 128),
    "quantise_bf16": Repack(Kernel("quantise", (("type", "bf16"),), _QUANTISED), 128),
}


def repack(name: str) -> Repack | None:
    """The kernel of a ``Packing.repack`` or ``Load.repack``; None for "copy", which needs none."""
    return None if name == "copy" else _REPACKS[name]
