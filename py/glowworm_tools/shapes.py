"""Models of the true Gemma 3 shapes with random weights, so that speed can be measured without the real ones.

What such a model says is noise; what it costs is what the real one costs. The file has all that a real one
has: a vocabulary of 262,144 tokens with control and byte tokens, a chat template, and weights of the usual
magnitude.
"""

import itertools
import math
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from glowworm.errors import UnsupportedError
from glowworm.weights.gguf import BLOCKS, GgmlType

from glowworm_tools.gguf_file import Tensor, row_ranges, write_gguf


@dataclass(frozen=True)
class Shape:
    """The sizes of one published Gemma 3 (the text part, where there are others)."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    ffn: int
    window: int
    context: int
    rope_factor: float | None = None
    head_dim: int = 256
    vocab: int = 262_144


SHAPES = {
    "gemma-3-270m": Shape(hidden=640, layers=18, heads=4, kv_heads=1, ffn=2048, window=512, context=32_768),
    "gemma-3-1b": Shape(hidden=1152, layers=26, heads=4, kv_heads=1, ffn=6912, window=512, context=32_768),
    "gemma-3-4b": Shape(
        hidden=2560, layers=34, heads=8, kv_heads=4, ffn=10_240, window=1024, context=131_072, rope_factor=8.0
    ),
}

TYPES = {
    "q4_0": (GgmlType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
    "q8_0": (GgmlType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "f16": (GgmlType.F16, gguf.LlamaFileType.MOSTLY_F16),
}

WEIGHT_STD = 0.02
NORM_STD = 0.1

CHAT_TEMPLATE = """\
{{ bos_token }}{% for message in messages %}<start_of_turn>{{ 'model' if message['role'] == 'assistant' \
else message['role'] }}
{{ message['content'] | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}"""


def write_shape(name: str, path: Path, type: str = "q4_0", seed: int = 0) -> None:
    """Write a GGUF file of the shape `name` (a key of `SHAPES`) with random weights.

    Matrices are stored as `type`, norms as F32. The same arguments give the same bytes. The 270M shape
    takes a few seconds; memory stays below 200 MB whatever the shape.

    Raises:
        UnsupportedError: there is no such shape or type.
        WeightsError: the file cannot be written.
    """
    if name not in SHAPES:
        raise UnsupportedError(f"There is no shape named {name!r}; choose one of {', '.join(SHAPES)}.")
    if type not in TYPES:
        raise UnsupportedError(f"Weights cannot be made as {type!r}; choose one of {', '.join(TYPES)}.")
    shape = SHAPES[name]
    ggml_type, file_type = TYPES[type]
    writer = gguf.GGUFWriter(None, "gemma3")
    writer.add_name(f"random weights of the shape of {name}")
    _add_sizes(writer, shape)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_tokenizer(writer, shape.vocab)
    tensors = [
        _random_tensor(tensor_name, dimensions, ggml_type, np.random.SeedSequence([seed, index]))
        for index, (tensor_name, dimensions) in enumerate(_tensor_shapes(shape))
    ]
    write_gguf(path, writer, tensors)


def _add_sizes(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_rope_freq_base_swa(1e4)
    writer.add_sliding_window(shape.window)
    if shape.rope_factor is not None:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(shape.rope_factor)


def _tensor_shapes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor of a Gemma 3 text model, in the order of llama.cpp's files."""
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    yield "token_embd.weight", (shape.vocab, shape.hidden)
    for layer in range(shape.layers):
        for name, dimensions in {
            "attn_norm": (shape.hidden,),
            "ffn_down": (shape.hidden, shape.ffn),
            "ffn_gate": (shape.ffn, shape.hidden),
            "ffn_up": (shape.ffn, shape.hidden),
            "post_attention_norm": (shape.hidden,),
            "post_ffw_norm": (shape.hidden,),
            "ffn_norm": (shape.hidden,),
            "attn_k_norm": (shape.head_dim,),
            "attn_k": (keys, shape.hidden),
            "attn_output": (shape.hidden, queries),
            "attn_q_norm": (shape.head_dim,),
            "attn_q": (queries, shape.hidden),
            "attn_v": (keys, shape.hidden),
        }.items():
            yield f"blk.{layer}.{name}.weight", dimensions
    yield "output_norm.weight", (shape.hidden,)


# ---------------------------------------------------------------- weights


def _random_tensor(
    name: str, shape: tuple[int, ...], ggml_type: GgmlType, seed: np.random.SeedSequence
) -> Tensor:
    if len(shape) == 1:
        ggml_type = GgmlType.F32

    def slices() -> Iterator[np.ndarray]:
        rng = np.random.Generator(np.random.SFC64(seed))
        if len(shape) == 1:
            yield (1 + NORM_STD * rng.standard_normal(shape)).astype(np.float32)
            return
        for first, last in row_ranges(shape):
            yield _random_rows(rng, (last - first) * shape[1], ggml_type)

    return Tensor(name, shape, ggml_type, slices)


def _random_rows(rng: np.random.Generator, elements: int, ggml_type: GgmlType) -> np.ndarray:
    """Stored weights of zero mean and `WEIGHT_STD`."""
    if ggml_type == GgmlType.F16:
        return (WEIGHT_STD * rng.standard_normal(elements, dtype=np.float32)).astype(np.float16)
    block_elements, block_bytes = BLOCKS[ggml_type]
    blocks = np.frombuffer(rng.bytes(elements // block_elements * block_bytes), np.uint8).reshape(
        -1, block_bytes
    )
    blocks = blocks.copy()
    # Uniform codes have this spread; their mean of -1/2 cancels out over scales of both signs, which are as
    # usual in such files as one sign.
    levels = 16 if ggml_type == GgmlType.Q4_0 else 256
    scale = WEIGHT_STD / math.sqrt((levels**2 - 1) / 12)
    sign = np.where(blocks[:, 0] & 1, np.float32(1), np.float32(-1))
    spread = 0.75 + blocks[:, 1].astype(np.float32) / 512
    blocks[:, :2] = (scale * sign * spread).astype("<f2").view(np.uint8).reshape(-1, 2)
    return blocks


# ---------------------------------------------------------------- tokenizer

_FIRST_PIECES = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]"]
_START_OF_TURN = 105
"""As in Gemma 3, with <end_of_turn> behind it and `<unusedN>` before."""


def synthetic_vocabulary(size: int) -> tuple[list[bytes], list[float], list[int]]:
    """Tokens, scores and types of a SentencePiece BPE vocabulary like Gemma's, with made-up pieces.

    The pieces are letters and all their combinations, shortest first, so that each can be reached by merges
    and any text can be told in tokens of three or four letters. `size` must leave room for a few hundred
    special tokens.
    """
    kinds = gguf.TokenType
    special = _FIRST_PIECES + [f"<unused{i}>" for i in range(_START_OF_TURN - len(_FIRST_PIECES))]
    special += ["<start_of_turn>", "<end_of_turn>"]
    types = [int(kinds.CONTROL)] * len(special)
    types[special.index("<unk>")] = int(kinds.UNKNOWN)
    newlines = ["\n" * count for count in range(1, 32)]
    types += [int(kinds.USER_DEFINED)] * len(newlines)
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    types += [int(kinds.BYTE)] * len(bytes_)
    normal = list(itertools.islice(_pieces(), size - len(types)))
    types += [int(kinds.NORMAL)] * len(normal)
    scores = [-1000.0] * (len(special) + len(newlines)) + [0.0] * len(bytes_)
    scores += [-float(rank) for rank in range(len(normal))]
    return [token.encode() for token in special + newlines + bytes_ + normal], scores, types


def _pieces() -> Iterator[str]:
    """Letters, then pairs, triples and quadruples of them, some with a space before."""
    letters = string.ascii_lowercase
    yield from ("▁" + letter for letter in letters)
    for length in (2, 3):
        for piece in map("".join, itertools.product(letters, repeat=length)):
            yield piece
            yield "▁" + piece
    yield "▁"
    yield from string.ascii_letters + string.digits + string.punctuation
    yield from map("".join, itertools.product(letters, repeat=4))


def _add_tokenizer(writer: gguf.GGUFWriter, size: int) -> None:
    tokens, scores, types = synthetic_vocabulary(size)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_eot_token_id(_START_OF_TURN + 1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)
