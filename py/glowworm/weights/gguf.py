"""GGUF, versions 2 and 3, little-endian: the header, the metadata and the tensor table, never the weights.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A header is read in pieces of 256 KiB
(that of a vocabulary of 262,144 tokens is some 7 MB), and every count, length and offset is compared with
the size of the file before anything is allocated for it, so that a truncated, corrupt or hostile file costs
one sentence. Moving the weights to a device, and what their blocks mean, is not this module's business.
"""

import sys
from array import array
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from math import prod
from struct import Struct
from typing import Any

from ..errors import UnsupportedError, WeightsError
from .source import ByteSource
from .string_array import StringArray


class GgmlType(IntEnum):
    """How a tensor's numbers are stored; not all of these can be read, but a refusal can name them."""

    F32 = 0
    F16 = 1
    Q4_0 = 2
    Q4_1 = 3
    Q5_0 = 6
    Q5_1 = 7
    Q8_0 = 8
    Q8_1 = 9
    Q2_K = 10
    Q3_K = 11
    Q4_K = 12
    Q5_K = 13
    Q6_K = 14
    Q8_K = 15
    IQ2_XXS = 16
    IQ2_XS = 17
    IQ3_XXS = 18
    IQ1_S = 19
    IQ4_NL = 20
    IQ3_S = 21
    IQ2_S = 22
    IQ4_XS = 23
    I8 = 24
    I16 = 25
    I32 = 26
    I64 = 27
    F64 = 28
    IQ1_M = 29
    BF16 = 30
    TQ1_0 = 34
    TQ2_0 = 35
    MXFP4 = 39
    NVFP4 = 40
    Q1_0 = 41


BLOCKS: dict[GgmlType, tuple[int, int]] = {
    GgmlType.F32: (1, 4),
    GgmlType.F16: (1, 2),
    GgmlType.BF16: (1, 2),
    GgmlType.Q4_0: (32, 18),
    GgmlType.Q8_0: (32, 34),
}
"""The types that can be read: elements in a block (along the last axis) and bytes in a block."""


@dataclass(frozen=True)
class TensorInfo:
    """One row of the tensor table."""

    name: str
    ggml_type: GgmlType
    shape: tuple[int, ...]
    """Row-major (the file has it the other way round): a linear layer is (outputs, inputs)."""
    offset: int
    """From the start of the file, in bytes."""
    nbytes: int


@dataclass(frozen=True)
class GgufFile:
    """What the header says.

    A metadata value is a `str`, `int`, `float` or `bool`, a `StringArray`, or an `array.array` for an array
    of numbers (of 0 and 1 for booleans).
    """

    version: int
    metadata: dict[str, Any]
    tensors: dict[str, TensorInfo]
    alignment: int
    data_offset: int
    size: int


MAGIC = b"GGUF"
PIECE_BYTES = 1 << 18
"""Read at once. While strings are told apart they take ten times as much."""
MAX_HEADER_BYTES = 64 << 20
"""Five times the largest header in the field: the bound on what a file can make us hold."""
MAX_DIMENSIONS = 4
MAX_TENSORS = 1 << 16
MAX_KEYS = 1 << 14
DEFAULT_ALIGNMENT = 32

_SCALARS = {
    0: Struct("<B"),
    1: Struct("<b"),
    2: Struct("<H"),
    3: Struct("<h"),
    4: Struct("<I"),
    5: Struct("<i"),
    6: Struct("<f"),
    7: Struct("<?"),
    10: Struct("<Q"),
    11: Struct("<q"),
    12: Struct("<d"),
}
_ARRAY_CODES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_BOOL = 7
_STRING = 8
_ARRAY = 9

_U32 = Struct("<I")
_U64 = Struct("<Q")
_ARRAY_HEAD = Struct("<IQ")
_MIN_KEY_VALUE_BYTES = 8 + 4 + 1
_MIN_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8


async def read_gguf(source: ByteSource) -> GgufFile:
    """Read the header of `source`, and check that the tensors it promises are all there.

    Raises:
        WeightsError: the file is not GGUF, is cut short, or contradicts itself.
        UnsupportedError: the file is sound, but of a kind that is not read here.
    """
    reader = _Reader(source)
    version = await _read_version(reader)
    tensor_count, key_count = await reader.u64("tensor count"), await reader.u64("metadata count")
    for count, most, least_bytes, what in (
        (key_count, MAX_KEYS, _MIN_KEY_VALUE_BYTES, "metadata entries"),
        (tensor_count, MAX_TENSORS, _MIN_TENSOR_BYTES, "tensors"),
    ):
        reader.check_count(count, least_bytes, what)
        if count > most:
            raise _corrupt(f"it promises {count:,} {what}, and no model has more than {most:,}")

    metadata: dict[str, Any] = {}
    for _ in range(key_count):
        key = await reader.text("a metadata key")
        if key in metadata:
            raise _corrupt(f"the metadata key {_shown(key)} appears twice")
        metadata[key] = await _read_value(reader, key)
    if metadata.get("split.count", 1) not in (0, 1):
        raise UnsupportedError(
            "This GGUF is one part of a model split over several files; "
            "merge the parts first with llama.cpp's `llama-gguf-split --merge`."
        )
    alignment = _alignment(metadata)

    table = [await _read_tensor(reader) for _ in range(tensor_count)]
    data_offset = _round_up(reader.position, alignment)
    tensors: dict[str, TensorInfo] = {}
    for tensor in table:
        info = _checked_tensor(tensor, alignment, data_offset, source.size)
        if info.name in tensors:
            raise _corrupt(f"the tensor {_shown(info.name)} appears twice")
        tensors[info.name] = info
    _refuse_overlaps(tensors)
    return GgufFile(version, metadata, tensors, alignment, data_offset, source.size)


class _Reader:
    """Consecutive reads from a source through a buffer of about one piece."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._limit = min(source.size, MAX_HEADER_BYTES)
        self._buffer = b""
        self._start = 0  # of the buffer, in the file
        self._cursor = 0  # in the buffer

    @property
    def position(self) -> int:
        """Of the next byte, in the file."""
        return self._start + self._cursor

    @property
    def bytes_left(self) -> int:
        """To the end of the file, or to where no header may reach."""
        return self._limit - self.position

    def check_count(self, count: int, least_bytes: int, what: str) -> None:
        """Refuse `count` things of at least `least_bytes` each if the rest of the file cannot hold them."""
        if count * least_bytes > self.bytes_left:
            self._refuse_length(f"it promises {count:,} {what}")

    async def take(self, count: int, what: str) -> bytes:
        """The next `count` bytes."""
        if self._cursor + count > len(self._buffer):
            await self._fill(count, what)
        start = self._cursor
        self._cursor += count
        return self._buffer[start : self._cursor]

    async def u64(self, what: str) -> int:
        return _U64.unpack(await self.take(8, what))[0]

    async def string(self, what: str) -> bytes:
        """A length of 64 bits, then as many bytes."""
        length = await self.u64(what)
        self.check_count(length, 1, f"bytes in {what}")
        return await self.take(length, what)

    async def text(self, what: str) -> str:
        raw = await self.string(what)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise _corrupt(f"{what} is not valid UTF-8") from None

    async def strings(self, count: int, what: str) -> StringArray:
        """`count` strings: the vocabulary, so this must be quick even where Python is slow."""
        found = StringArray()
        while len(found) < count:
            wanted = count - len(found)
            window = await self._window(what)
            strings, used = _split_short_strings(window, wanted)
            if not strings:
                strings, used = _split_strings(window, wanted)
            if strings:
                found.extend(strings)
                self._cursor += used
            else:  # one that is longer than the window, or cut off
                found.extend([await self.string(what)])
        return found

    async def numbers(self, count: int, code: str, what: str) -> "array[Any]":
        """`count` numbers of the `array` type `code`."""
        numbers = array(code)
        left = count * numbers.itemsize
        while left > 0:
            piece = min(left, PIECE_BYTES)
            numbers.frombytes(await self.take(piece, what))
            left -= piece
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    async def _window(self, what: str) -> bytes:
        """What is buffered from here on: at least half a piece, unless the header's limit is nearer."""
        left = len(self._buffer) - self._cursor
        if left < PIECE_BYTES // 2:
            await self._fill(min(PIECE_BYTES, max(self.bytes_left, 0)), what)
        return self._buffer[self._cursor :]

    async def _fill(self, count: int, what: str) -> None:
        """Hold at least `count` bytes from here on."""
        if count > self.bytes_left:
            self._refuse_length(f"{what} reaches beyond it")
        kept = self._buffer[self._cursor :]
        offset = self._start + len(self._buffer)
        length = min(max(count - len(kept), PIECE_BYTES), self._limit - offset)
        piece = await self._source.read(offset, length)
        if len(kept) + len(piece) < count:
            raise _truncated("its end could not be read")
        self._start, self._cursor = self.position, 0
        self._buffer = kept + piece

    def _refuse_length(self, problem: str) -> None:
        if self._limit < self._source.size:
            raise _corrupt(f"{problem}, and no header has more than {MAX_HEADER_BYTES >> 20} MiB")
        raise _truncated(f"it ends within its header ({problem})")


_SHORT_LENGTH_TAIL = bytes(7)


def _split_short_strings(window: bytes, count: int) -> tuple[list[bytes], int]:
    """Up to `count` whole strings from the front of `window`, and the bytes they take; none where unsure.

    A length below 256 is one byte and seven zeros, so that splitting at seven zeros gives the first length
    byte, then each string with the next one's length byte behind it, at the speed of C. That is right
    exactly if every string turns out as long as its length byte says; an empty string, a long one, or one
    with zeros in it does not.
    """
    pieces = window.split(_SHORT_LENGTH_TAIL, count)
    if len(pieces) < 3 or len(pieces[0]) != 1:
        return [], 0
    complete = pieces[1:-1]  # the last piece has no length behind it
    try:
        lengths = [piece[-1] for piece in complete]
    except IndexError:
        return [], 0
    lengths.insert(0, pieces[0][0])
    lengths.pop()
    strings = [piece[:-1] for piece in complete]
    if list(map(len, strings)) != lengths:
        return [], 0
    return strings, sum(lengths) + 8 * len(strings)


def _split_strings(window: bytes, count: int) -> tuple[list[bytes], int]:
    """Up to `count` whole strings from the front of `window`, and the bytes they take."""
    strings: list[bytes] = []
    position = 0
    unpack = _U64.unpack_from
    last_head = len(window) - 8
    while position <= last_head and len(strings) < count:
        end = position + 8 + unpack(window, position)[0]
        if end > len(window):
            break
        strings.append(window[position + 8 : end])
        position = end
    return strings, position


async def _read_version(reader: _Reader) -> int:
    if reader.bytes_left < 24:
        raise _truncated("it is shorter than the smallest header")
    if await reader.take(4, "the magic") != MAGIC:
        raise WeightsError(
            "This file is not GGUF (it does not begin with these letters); choose a .gguf file."
        )
    raw = await reader.take(4, "the version")
    version = _U32.unpack(raw)[0]
    if version in (2, 3):
        return version
    if int.from_bytes(raw, "big") in (1, 2, 3):
        raise UnsupportedError("This GGUF is big-endian; convert it with `gguf-convert-endian FILE little`.")
    raise UnsupportedError(f"GGUF version {version} cannot be read, only 2 and 3; get another file.")


async def _read_value(reader: _Reader, key: str) -> Any:
    """One metadata value: its type, then the value."""
    what = f"the metadata value {_shown(key)}"
    kind = _U32.unpack(await reader.take(4, what))[0]
    if kind == _STRING:
        return await reader.text(what)
    if kind != _ARRAY:
        scalar = _SCALARS.get(kind)
        if scalar is None:
            raise _corrupt(f"{what} has the unknown type {kind}")
        return scalar.unpack(await reader.take(scalar.size, what))[0]
    kind, count = _ARRAY_HEAD.unpack(await reader.take(_ARRAY_HEAD.size, what))
    if kind == _STRING:
        reader.check_count(count, 8, f"strings in {what}")
        return await reader.strings(count, what)
    if kind == _ARRAY:
        raise UnsupportedError(f"An array of arrays, as in {what}, cannot be read; use another file.")
    code = _ARRAY_CODES.get(kind)
    if code is None:
        raise _corrupt(f"{what} is an array of the unknown type {kind}")
    reader.check_count(count, _SCALARS[kind].size, f"numbers in {what}")
    return await reader.numbers(count, code, what)


def _alignment(metadata: dict[str, Any]) -> int:
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if type(alignment) is not int or not 8 <= alignment <= PIECE_BYTES or alignment & (alignment - 1):
        raise _corrupt(f"its alignment is {alignment!r:.80}, not a power of two from 8 to {PIECE_BYTES:,}")
    return alignment


_Row = tuple[str, tuple[int, ...], int, int]
"""A row of the tensor table as it stands in the file: name, row-major shape, type, offset in the data."""


async def _read_tensor(reader: _Reader) -> _Row:
    name = await reader.text("a tensor's name")
    what = f"the table entry of tensor {_shown(name)}"
    dimensions = _U32.unpack(await reader.take(4, what))[0]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise _corrupt(f"the tensor {_shown(name)} has {dimensions:,} dimensions, not 1 to {MAX_DIMENSIONS}")
    *shape, kind, offset = Struct(f"<{dimensions}QIQ").unpack(await reader.take(8 * dimensions + 12, what))
    return name, tuple(reversed(shape)), kind, offset


def _checked_tensor(row: _Row, alignment: int, data_offset: int, size: int) -> TensorInfo:
    """The tensor of `row`, if it can be read and lies within the file."""
    name, shape, kind, offset = row
    try:
        ggml_type = GgmlType(kind)
    except ValueError:
        raise UnsupportedError(
            f"The tensor {_shown(name)} has the unknown type {kind}; use a file in {_readable_types()}."
        ) from None
    if ggml_type not in BLOCKS:
        raise UnsupportedError(
            f"The tensor {_shown(name)} is stored as {ggml_type.name}, which cannot be read; "
            f"use a file in {_readable_types()}."
        )
    if 0 in shape:
        raise _corrupt(f"the tensor {_shown(name)} has an empty dimension")
    block_elements, block_bytes = BLOCKS[ggml_type]
    if shape[-1] % block_elements:
        raise _corrupt(
            f"the rows of tensor {_shown(name)} have {shape[-1]:,} elements, "
            f"not a multiple of {block_elements} as {ggml_type.name} needs"
        )
    nbytes = prod(shape) // block_elements * block_bytes
    if offset % alignment:
        raise _corrupt(f"the tensor {_shown(name)} is not aligned to {alignment} bytes")
    start = data_offset + offset
    if start + nbytes > size:
        raise _truncated(
            f"it has {size:,} bytes, but its tensor {_shown(name)} reaches to {start + nbytes:,}"
        )
    return TensorInfo(name, ggml_type, shape, start, nbytes)


def _readable_types() -> str:
    return ", ".join(ggml_type.name for ggml_type in BLOCKS)


def _refuse_overlaps(tensors: dict[str, TensorInfo]) -> None:
    ordered = sorted(tensors.values(), key=lambda tensor: tensor.offset)
    for before, after in pairwise(ordered):
        if before.offset + before.nbytes > after.offset:
            raise _corrupt(f"the tensors {_shown(before.name)} and {_shown(after.name)} overlap")


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _shown(name: str) -> str:
    """A name from the file as a message may show it: quoted, escaped, short."""
    return repr(name if len(name) <= 80 else name[:77] + "...")


def _corrupt(problem: str) -> WeightsError:
    return WeightsError(f"This GGUF file is corrupt: {problem}; get a new copy of it.")


def _truncated(problem: str) -> WeightsError:
    return WeightsError(f"This GGUF file is incomplete: {problem}; download or convert it again.")
