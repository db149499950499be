"""Weights as f32, whatever they are stored as."""

import numpy as np
import numpy.typing as npt

from ...weights.gguf import BLOCKS, GgmlType


def dequantise(data: bytes, ggml_type: GgmlType) -> npt.NDArray[np.float32]:
    """A tensor's bytes as f32 (ggml's block formats, ``ggml-quants.c``: dequantize_row_*)."""
    if ggml_type == GgmlType.F32:
        return np.frombuffer(data, "<f4")
    if ggml_type == GgmlType.F16:
        return np.frombuffer(data, "<f2").astype(np.float32)
    if ggml_type == GgmlType.BF16:
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    blocks = np.frombuffer(data, np.uint8).reshape(-1, BLOCKS[ggml_type][1])
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    quants = blocks[:, 2:]
    if ggml_type == GgmlType.Q8_0:
        return (quants.view(np.int8) * scale).astype(np.float32).ravel()
    nibbles = np.concatenate([quants & 15, quants >> 4], axis=1).astype(np.int8) - 8
    return (nibbles * scale).astype(np.float32).ravel()
