"""The GGUF reader against the `gguf` package, and against files cut short, wrong or hostile. (5 s.)"""

import asyncio
import random
import struct
import tracemalloc
from array import array
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf.quants import quantize
from glowworm.errors import GlowwormError, UnsupportedError, WeightsError
from glowworm.weights.gguf import BLOCKS, MAX_HEADER_BYTES, PIECE_BYTES, GgmlType, GgufFile, read_gguf
from glowworm.weights.source import FileSource

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"


class BytesSource:
    """Bytes in memory as a source, that counts what is read of it."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.data = data
        self.size = len(data) if size is None else size
        self.reads: list[tuple[int, int]] = []

    async def read(self, offset: int, length: int) -> bytes:
        assert offset >= 0 and length >= 0 and offset + length <= self.size
        self.reads.append((offset, length))
        return self.data[offset : offset + length]


def parse(data: bytes, size: int | None = None) -> GgufFile:
    return asyncio.run(read_gguf(BytesSource(data, size)))


def refusal(data: bytes, kind: type[GlowwormError] = WeightsError) -> str:
    """The one sentence `data` is refused with."""
    with pytest.raises(GlowwormError) as caught:
        parse(data)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 400
    return message


# ---------------------------------------------------------------- files by hand

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10


def string(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw)) + raw


def entry(key: str | bytes, kind: int, value: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + value


def array_entry(key: str, kind: int, count: int, values: bytes) -> bytes:
    return entry(key, ARRAY, struct.pack("<IQ", kind, count) + values)


def tensor(name: str, dimensions: list[int], kind: int, offset: int) -> bytes:
    return string(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, offset)


def build(
    entries: list[bytes] | None = None,
    tensors: list[bytes] | None = None,
    data: int = 0,
    version: int = 3,
    tensor_count: int | None = None,
    entry_count: int | None = None,
) -> bytes:
    """A file of these parts with `data` zero bytes of weights, the counts truthful unless given."""
    entries, tensors = entries or [], tensors or []
    counts = (
        len(tensors) if tensor_count is None else tensor_count,
        len(entries) if entry_count is None else entry_count,
    )
    head = b"GGUF" + struct.pack("<IQQ", version, *counts) + b"".join(entries) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + bytes(data)


# ---------------------------------------------------------------- the oracle


def write_reference(path: Path) -> dict[str, np.ndarray]:
    """A file with every kind of value and every tensor type, by the `gguf` package."""
    rng = np.random.default_rng(5)
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_uint8("test.u8", 200)
    writer.add_int8("test.i8", -100)
    writer.add_uint16("test.u16", 60000)
    writer.add_int16("test.i16", -30000)
    writer.add_uint32("test.u32", 4_000_000_000)
    writer.add_int32("test.i32", -2_000_000_000)
    writer.add_uint64("test.u64", 1 << 63)
    writer.add_int64("test.i64", -(1 << 62))
    writer.add_float32("test.f32", 1.5)
    writer.add_float64("test.f64", 1e-300)
    writer.add_bool("test.yes", True)
    writer.add_bool("test.no", False)
    writer.add_string("test.text", "Müller ▁ 🐛")
    writer.add_array("test.ints", [1, -2, 3])
    writer.add_array("test.floats", [0.5, -0.25])
    writer.add_array("test.bools", [True, False, True])
    writer.add_token_list([b"<bos>", b"\xff\x00\xfe", b"x" * 300, b"\x00" * 9, b"a"])
    arrays = {
        "f32": rng.standard_normal((3, 5, 7)).astype(np.float32),
        "f16": rng.standard_normal((4, 6)).astype(np.float16),
        "bf16": rng.standard_normal((2, 10)).astype(np.float32),
        "q8_0": rng.standard_normal((5, 96)).astype(np.float32),
        "q4_0": rng.standard_normal((7, 64)).astype(np.float32),
        "one": np.ones(1, np.float32),
    }
    stored = {}
    for name, value in arrays.items():
        kind = gguf.GGMLQuantizationType[name.upper()] if name.upper() in GgmlType.__members__ else None
        stored[name] = value if value.dtype == np.float16 or kind is None else quantize(value, kind)
        plain = stored[name].dtype in (np.float32, np.float16)
        writer.add_tensor(name, stored[name], raw_dtype=None if plain else kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return stored


@pytest.mark.parametrize("version", [2, 3])
def test_agrees_with_the_gguf_package(tmp_path: Path, version: int) -> None:
    path = tmp_path / "reference.gguf"
    stored = write_reference(path)
    data = bytearray(path.read_bytes())
    data[4] = version  # the two differ only in that 3 may be big-endian
    path.write_bytes(data)
    with FileSource(path) as source:
        file = asyncio.run(read_gguf(source))
    reference = gguf.GGUFReader(path)

    assert (file.version, file.alignment, file.size) == (version, 32, len(data))
    assert file.data_offset == reference.data_offset
    ours, theirs = file.metadata, reference.fields
    assert set(ours) == {key for key in theirs if not key.startswith("GGUF.")}
    for key, value in ours.items():
        if key == "tokenizer.ggml.tokens":
            field = theirs[key]
            assert list(value) == [bytes(field.parts[i]) for i in field.data]
        else:
            assert (value.tolist() if isinstance(value, array) else value) == theirs[key].contents(), key
    assert type(ours["test.yes"]) is bool and type(ours["test.f32"]) is float

    assert list(file.tensors) == [tensor.name for tensor in reference.tensors]
    for expected in reference.tensors:
        info = file.tensors[expected.name]
        assert info.ggml_type.name == expected.tensor_type.name
        assert info.shape == tuple(int(n) for n in reversed(expected.shape))
        assert (info.offset, info.nbytes) == (expected.data_offset, expected.n_bytes)
        assert bytes(data[info.offset : info.offset + info.nbytes]) == stored[info.name].tobytes()


def test_types_and_blocks_are_ggmls() -> None:
    for kind in GgmlType:
        assert gguf.GGMLQuantizationType[kind.name].value == kind
    for kind, block in BLOCKS.items():
        assert gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind.name]] == block


def test_reads_the_header_only_in_modest_pieces() -> None:
    tokens = [b"token-%d" % i for i in range(300_000)]
    entries = [
        array_entry("tokens", STRING, len(tokens), b"".join(map(string, tokens))),
        array_entry("scores", F32, len(tokens), bytes(4 * len(tokens))),
    ]
    head = build(entries, [tensor("w", [1 << 20, 1 << 10], 0, 0)])
    source = BytesSource(head, size=len(head) + (4 << 30))
    file = asyncio.run(read_gguf(source))
    assert list(file.metadata["tokens"]) == tokens
    assert file.metadata["scores"] == array("f", bytes(4 * len(tokens)))
    assert max(length for _, length in source.reads) <= PIECE_BYTES
    assert sum(length for _, length in source.reads) < len(head) + PIECE_BYTES


@pytest.mark.parametrize(
    "strings",
    [
        [b""] * 50_000,
        [b"", b"a", b"", b"bc"] * 9_999,
        [bytes(range(256)) * 3] * 3_000,
        [b"\x00\x00\x00\x00\x00\x00\x00\x00", b"\x00", b"x\x00"] * 5_000,
        [b"short"] * 70_000 + [b"y" * (3 * PIECE_BYTES)] + [b"short"] * 70_000,
        [b"y" * (PIECE_BYTES // 2 + k) for k in range(-12, 12)],
        [b"\x01\x00\x00\x00\x00\x00\x00\x00a"] * 30_000,
    ],
    ids=["empty", "some empty", "long", "zeros", "huge", "piece ends", "look like lengths"],
)
def test_string_arrays_of_every_kind(strings: list[bytes]) -> None:
    data = build([array_entry("s", STRING, len(strings), b"".join(map(string, strings)))])
    assert list(parse(data).metadata["s"]) == strings


# ---------------------------------------------------------------- refusals

GOOD = [tensor("a", [32, 2], 0, 0), tensor("b", [64], 8, 256)]


def test_the_hand_made_file_is_good() -> None:
    file = parse(build([entry("k", BOOL, b"\1")], GOOD, 324))
    assert file.metadata == {"k": True}
    assert [(t.shape, t.nbytes) for t in file.tensors.values()] == [((2, 32), 256), ((64,), 68)]


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        (b"", WeightsError, "incomplete"),
        (b"<!doctype html>" * 9, WeightsError, "not GGUF"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), UnsupportedError, "big-endian"),
        (build(version=1), UnsupportedError, "version 1 "),
        (build(version=4), UnsupportedError, "version 4 "),
        (build(tensor_count=1 << 60), WeightsError, "tensors"),
        (build(entry_count=(1 << 64) - 1), WeightsError, "metadata entries"),
        (build(tensor_count=70_000, data=4 << 20), WeightsError, "70,000 tensors, and no model has more"),
        (build(entry_count=20_000, data=4 << 20), WeightsError, "20,000 metadata entries, and no model"),
        (build([struct.pack("<Q", 1 << 63) + bytes(64)]), WeightsError, "a metadata key"),
        (build([entry(b"\xff\xfe", BOOL, b"\1")]), WeightsError, "UTF-8"),
        (build([entry("k", STRING, string(b"\xff"))]), WeightsError, "UTF-8"),
        (build([entry("k", STRING, struct.pack("<Q", 1 << 40) + bytes(64))]), WeightsError, "'k'"),
        (build([entry("k", BOOL, b"\1")] * 2), WeightsError, "twice"),
        (build([entry("k", 13, bytes(99))]), WeightsError, "unknown type 13"),
        (build([array_entry("k", 77, 1, bytes(99))]), WeightsError, "unknown type 77"),
        (build([array_entry("k", ARRAY, 1, bytes(99))]), UnsupportedError, "array of arrays"),
        (build([array_entry("k", STRING, 1 << 50, bytes(99))]), WeightsError, "strings"),
        (build([array_entry("k", U64, 1 << 61, bytes(99))]), WeightsError, "numbers"),
        (build([entry("general.alignment", U32, bytes(4))]), WeightsError, "alignment is 0"),
        (build([entry("general.alignment", U32, struct.pack("<I", 48))]), WeightsError, "alignment is 48"),
        (build([entry("general.alignment", STRING, string("32"))]), WeightsError, "alignment is '32'"),
        (build([entry("general.alignment", STRING, string("9" * 5000))]), WeightsError, "alignment is '9"),
        (build([entry("general.alignment", BOOL, b"\1")]), WeightsError, "alignment is True"),
        (build([entry("split.count", U32, struct.pack("<I", 3))]), UnsupportedError, "several files"),
        (build(tensors=[tensor("t", [], 0, 0)], data=64), WeightsError, "0 dimensions"),
        (build(tensors=[tensor("t", [1] * 5, 0, 0)], data=64), WeightsError, "5 dimensions"),
        (build(tensors=[string("t") + struct.pack("<I", 1 << 31)], data=64), WeightsError, "dimensions"),
        (build(tensors=[tensor("t", [4, 0], 0, 0)], data=64), WeightsError, "empty dimension"),
        (build(tensors=[tensor("t", [1 << 32, 1 << 32], 0, 0)], data=64), WeightsError, "reaches to"),
        (build(tensors=[tensor("t", [(1 << 64) - 32] * 4, 2, 0)], data=64), WeightsError, "reaches to"),
        (build(tensors=[tensor("t", [33], 2, 0)], data=64), WeightsError, "multiple of 32"),
        (build(tensors=[tensor("t", [4], 0, 8)], data=64), WeightsError, "aligned"),
        (build(tensors=[tensor("t", [4], 0, 64)], data=64), WeightsError, "reaches to"),
        (build(tensors=[tensor("t", [4], 0, (1 << 64) - 32)], data=64), WeightsError, "reaches to"),
        (build(tensors=GOOD, data=323), WeightsError, "'b' reaches to"),
        (build(tensors=[GOOD[0], tensor("b", [64], 8, 224)], data=324), WeightsError, "overlap"),
        (build(tensors=[GOOD[0], GOOD[0]], data=324), WeightsError, "twice"),
        (build(tensors=[tensor("t", [256], 12, 0)], data=999), UnsupportedError, "'t' is stored as Q4_K"),
        (build(tensors=[tensor("t", [256], 4, 0)], data=999), UnsupportedError, "unknown type 4"),
    ],
)
def test_refuses_with_a_sentence(data: bytes, kind: type[GlowwormError], says: str) -> None:
    assert says in refusal(data, kind)


def test_refuses_a_header_without_end() -> None:
    """A terabyte of strings would be read for ever: the header's own limit stops it before that."""
    source = BytesSource(build([array_entry("k", STRING, 1 << 36, bytes(PIECE_BYTES))]), size=1 << 40)
    tracemalloc.start()
    with pytest.raises(WeightsError, match=f"more than {MAX_HEADER_BYTES >> 20} MiB"):
        asyncio.run(read_gguf(source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * PIECE_BYTES


def test_a_source_that_lost_its_end_is_incomplete() -> None:
    whole = build([entry("k", STRING, string("x" * 5000))], GOOD, 324)
    with pytest.raises(WeightsError, match="incomplete"):
        parse(whole[:3000], size=len(whole))


def test_truncated_anywhere_is_incomplete() -> None:
    whole = (FIXTURES / "mixed.gguf").read_bytes()
    file = parse(whole)
    edges = {file.data_offset, file.size - 1}
    for info in file.tensors.values():
        edges |= {info.offset, info.offset + info.nbytes - 1}
    for cut in sorted(edges | set(range(0, file.data_offset, 13)) | set(range(100))):
        assert "incomplete" in refusal(whole[:cut])


def test_mutations_give_a_file_or_a_sentence_in_bounded_memory() -> None:
    whole = (FIXTURES / "mixed.gguf").read_bytes()
    header_end = parse(whole).data_offset
    head, size = whole[:header_end], len(whole)
    rng = random.Random(11)
    refused = 0
    tracemalloc.start()
    for _ in range(3000):
        data = bytearray(head)
        for _ in range(rng.choice([1, 1, 2, 5])):
            at = rng.randrange(len(data))
            change = rng.randrange(4)
            if change == 0:
                data[at] = rng.randrange(256)
            elif change == 1:
                data[at] ^= 1 << rng.randrange(8)
            elif change == 2:
                extreme = rng.choice([0, 1, 1 << 31, 1 << 32, 1 << 63, (1 << 64) - 1])
                data[at : at + 8] = struct.pack("<Q", extreme)
            else:
                del data[at : at + rng.randrange(1, 40)]
        try:
            parse(bytes(data), size=size)
        except GlowwormError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 400
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused > 500
    assert peak < 16 << 20


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"absent\.gguf"):
        FileSource(tmp_path / "absent.gguf")
