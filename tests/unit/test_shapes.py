"""Random-weight models of the true shapes. (5 s: the 270M file is really written, once.)"""

import asyncio
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize
from glowworm.errors import UnsupportedError, WeightsError
from glowworm.weights.gguf import GgmlType, GgufFile, read_gguf
from glowworm.weights.source import FileSource
from glowworm_tools import shapes
from glowworm_tools.shapes import SHAPES, Shape, synthetic_vocabulary, write_shape

PUBLISHED_PARAMETERS = {"gemma-3-270m": 268e6, "gemma-3-1b": 1000e6, "gemma-3-4b": 3880e6}
"""Of the text parts, from the model cards and configurations."""

TINY = Shape(hidden=64, layers=2, heads=2, kv_heads=1, ffn=96, window=8, context=64, head_dim=32, vocab=1000)


def read(path: Path) -> GgufFile:
    with FileSource(path) as source:
        return asyncio.run(read_gguf(source))


@pytest.fixture(scope="module")
def gemma_270m(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shapes") / "270m.gguf"
    write_shape("gemma-3-270m", path)
    return path


def test_270m_costs_what_the_real_one_costs(gemma_270m: Path) -> None:
    file = read(gemma_270m)
    kinds = {info.ggml_type for info in file.tensors.values() if len(info.shape) == 2}
    assert kinds == {GgmlType.Q4_0}
    assert all(info.ggml_type == GgmlType.F32 for info in file.tensors.values() if len(info.shape) == 1)
    assert sum(info.nbytes for info in file.tensors.values()) == pytest.approx(151e6, rel=0.01)
    assert file.tensors["token_embd.weight"].shape == (262_144, 640)
    assert file.tensors["blk.17.attn_q.weight"].shape == (1024, 640)
    assert file.tensors["blk.0.attn_k.weight"].shape == (256, 640)
    assert file.tensors["blk.5.ffn_down.weight"].shape == (640, 2048)
    assert len(file.tensors) == 2 + 13 * 18


def test_weights_are_usual_and_finite(gemma_270m: Path) -> None:
    tensors = read(gemma_270m).tensors
    for name in ("token_embd.weight", "blk.3.ffn_up.weight", "blk.11.attn_output.weight"):
        stored = np.fromfile(gemma_270m, np.uint8, 18 * 20_000, offset=tensors[name].offset)
        values = dequantize(stored.reshape(-1, 18), gguf.GGMLQuantizationType.Q4_0)
        assert np.isfinite(values).all()
        assert values.std() == pytest.approx(0.02, rel=0.1)
        assert abs(values.mean()) < 2e-4


def test_tokenizer_of_the_270m(gemma_270m: Path) -> None:
    metadata = read(gemma_270m).metadata
    tokens, types = list(metadata["tokenizer.ggml.tokens"]), metadata["tokenizer.ggml.token_type"]
    assert len(tokens) == len(set(tokens)) == len(types) == len(metadata["tokenizer.ggml.scores"]) == 262_144
    control = int(gguf.TokenType.CONTROL)
    for key, token in [
        ("bos", b"<bos>"),
        ("eos", b"<eos>"),
        ("eot", b"<end_of_turn>"),
        ("padding", b"<pad>"),
    ]:
        index = metadata[f"tokenizer.ggml.{key}_token_id"]
        assert (tokens[index], types[index]) == (token, control)
    assert types[tokens.index(b"<start_of_turn>")] == control
    assert types.count(int(gguf.TokenType.BYTE)) == 256
    assert "<start_of_turn>model" in metadata["tokenizer.chat_template"]


def test_every_piece_can_be_reached_by_merges() -> None:
    tokens, _, types = synthetic_vocabulary(262_144)
    pieces = {
        token.decode()
        for token, kind in zip(tokens, types, strict=True)
        if kind == int(gguf.TokenType.NORMAL)
    }
    for piece in pieces:
        assert len(piece) == 1 or any(
            piece[:i] in pieces and piece[i:] in pieces for i in range(1, len(piece))
        )


def test_the_largest_tensor_is_made_in_slices() -> None:
    shape = (262_144, 2560)
    tensor = shapes._random_tensor("embedding", shape, GgmlType.Q4_0, np.random.SeedSequence(1))
    slices = tensor.slices()
    assert all(next(slices).nbytes < 16 << 20 for _ in range(3))


@pytest.mark.parametrize("name", SHAPES)
def test_sizes_are_the_published_ones(name: str) -> None:
    parameters = sum(np.prod(dimensions) for _, dimensions in shapes._tensor_shapes(SHAPES[name]))
    assert parameters == pytest.approx(PUBLISHED_PARAMETERS[name], rel=0.01)


@pytest.mark.parametrize("kind", ["q4_0", "q8_0", "f16"])
def test_any_type_and_the_same_bytes_again(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHAPES, "tiny", TINY)
    for number, seed in enumerate([7, 7, 8]):
        write_shape("tiny", tmp_path / f"{number}.gguf", kind, seed)
    first, again, other = ((tmp_path / f"{number}.gguf").read_bytes() for number in range(3))
    assert first == again != other
    file = read(tmp_path / "0.gguf")
    assert file.tensors["token_embd.weight"].ggml_type.name.lower() == kind
    for tensor in gguf.GGUFReader(tmp_path / "0.gguf").tensors:
        values = dequantize(tensor.data, tensor.tensor_type)
        assert np.isfinite(values).all() and values.std() == pytest.approx(
            0.02 if values.ndim > 1 else 0.1, rel=0.5
        )


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="gemma-3-270m"):
        write_shape("gemma-9", tmp_path / "x.gguf")
    with pytest.raises(UnsupportedError, match="q4_0"):
        write_shape("gemma-3-270m", tmp_path / "x.gguf", "q2_k")
    with pytest.raises(WeightsError, match="check the folder"):
        write_shape("gemma-3-270m", tmp_path / "absent" / "x.gguf")
    assert list(tmp_path.iterdir()) == []
