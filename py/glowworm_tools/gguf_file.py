"""Writes a GGUF file with the `gguf` package, a slice of a tensor at a time, and all of it or none.

The `gguf` package's own writer takes whole tensors; the largest embeddings are a gigabyte. What the file
says and where the slices come from is the caller's business.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import gguf
import numpy as np
from glowworm.errors import WeightsError
from glowworm.weights.gguf import BLOCKS, GgmlType
from tqdm import tqdm

SLICE_ELEMENTS = 1 << 22
"""What a slice should hold: 16 MiB in float32."""


@dataclass(frozen=True)
class Tensor:
    """A tensor to be written: what the table says of it, and a way to its bytes."""

    name: str
    shape: tuple[int, ...]
    """Row-major."""
    ggml_type: GgmlType
    slices: Callable[[], Iterator[np.ndarray]]
    """Gives consecutive arrays that together are the stored bytes."""

    @property
    def nbytes(self) -> int:
        block_elements, block_bytes = BLOCKS[self.ggml_type]
        return prod(self.shape) // block_elements * block_bytes


def row_ranges(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Cuts a tensor along its first axis into ranges [first, last) of about `SLICE_ELEMENTS` elements."""
    rows = shape[0]
    step = max(1, SLICE_ELEMENTS // max(1, prod(shape[1:])))
    return ((first, min(first + step, rows)) for first in range(0, rows, step))


def write_gguf(
    path: Path, writer: gguf.GGUFWriter, tensors: Sequence[Tensor], progress: bool = False
) -> None:
    """Write `tensors` behind the metadata that `writer` (made without a path) holds.

    The file appears under its name when it is complete; `progress` shows a bar where there is a terminal.

    Raises:
        WeightsError: the file cannot be written, for instance because the disk is full.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    for tensor in tensors:
        kind = gguf.GGMLQuantizationType(tensor.ggml_type)
        byte_shape = gguf.quant_shape_to_byte_shape(tensor.shape, kind)
        writer.add_tensor_info(tensor.name, byte_shape, np.dtype(np.uint8), tensor.nbytes, raw_dtype=kind)
    try:
        writer.write_header_to_file(partial)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        _write_data(writer, tensors, progress)
        writer.close()
        os.replace(partial, path)
    except OSError as error:
        raise WeightsError(_cannot_write(path, error)) from error
    finally:
        with contextlib.suppress(OSError):  # what could not be written is thrown away in any case
            writer.close()
        partial.unlink(missing_ok=True)


def _write_data(writer: gguf.GGUFWriter, tensors: Sequence[Tensor], progress: bool) -> None:
    assert writer.fout is not None
    file = writer.fout[0]
    writer.write_padding(file, file.tell())
    total = sum(tensor.nbytes for tensor in tensors)
    disable = None if progress else True  # None: only where there is no terminal
    with tqdm(total=total, unit="B", unit_scale=True, desc="Writing", disable=disable) as bar:
        for tensor in tensors:
            written = 0
            for piece in tensor.slices():
                file.write(np.ascontiguousarray(piece).data)
                written += piece.nbytes
                bar.update(piece.nbytes)
            if written != tensor.nbytes:
                raise AssertionError(f"{tensor.name}: {written} bytes instead of {tensor.nbytes}")
            writer.write_padding(file, written)
    file.flush()
    os.fsync(file.fileno())


def _cannot_write(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"The disk is full: {path} was not written; free some space or choose another place."
    return f"Cannot write {path}: {error.strerror or error}; check the folder and its permissions."
