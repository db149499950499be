"""Converts a Hugging Face Gemma 3 checkpoint to GGUF.

    python -m glowworm_tools.convert DIR --out FILE.gguf --type q4_0

Names and metadata are those of llama.cpp's own converter, so that files are interchangeable. Two
differences in what is stored: `q4_0` and `q8_0` apply to the embedding as well (llama.cpp's quantiser keeps
it at 6 to 8 bits; ask for that with `--embedding q8_0`, at the price of twice the bytes read per token in
the small models), and a model whose `query_pre_attn_scalar` is not its head's dimension says so with
`gemma3.attention.scale`.

Memory does not grow with the model: tensors are read, quantised and written by slices of rows.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import gguf
import numpy as np
from gguf.quants import quantize
from glowworm.errors import GlowwormError, UnsupportedError, WeightsError
from glowworm.weights.gguf import BLOCKS, GgmlType

from glowworm_tools.checkpoint import DEFAULT_PATTERN, Checkpoint, TextConfig, read_config, read_json
from glowworm_tools.gguf_file import Tensor, row_ranges, write_gguf
from glowworm_tools.hf_tokenizer import add_tokenizer, read_vocabulary

TYPES = {
    "q4_0": (GgmlType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
    "q8_0": (GgmlType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "f16": (GgmlType.F16, gguf.LlamaFileType.MOSTLY_F16),
}

LAYER_TENSORS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_feedforward_layernorm": "post_ffw_norm",
}
"""Hugging Face's names within a layer, and llama.cpp's."""

TEXT_PREFIXES = ("model.language_model.", "language_model.model.", "model.")
"""Where the text model sits: with images in transformers 5 and 4, and on its own."""

OTHER_PARTS = (
    "vision_tower.",
    "multi_modal_projector.",
    "model.vision_tower.",
    "model.multi_modal_projector.",
)


def convert(
    directory: Path, out: Path, type: str = "q4_0", embedding: str | None = None, progress: bool = False
) -> list[str]:
    """Convert the checkpoint in `directory` to the GGUF file `out`; return remarks for the user.

    Matrices are stored as `type`, the embedding as `embedding` (by default as the others), norms in F32; a
    matrix whose rows do not fill blocks of 32 in F16. `out` appears when it is complete.

    Raises:
        WeightsError: a file is missing or broken, or `out` cannot be written.
        UnsupportedError: the model is not a Gemma 3, or there is no such type.
    """
    for name in (type, embedding or type):
        if name not in TYPES:
            raise UnsupportedError(f"Weights cannot be stored as {name!r}; choose one of {', '.join(TYPES)}.")
    if not directory.is_dir():
        raise WeightsError(f"There is no folder {directory}; give the folder with the checkpoint's files.")
    config = read_config(directory)
    checkpoint = Checkpoint(directory)
    vocabulary = read_vocabulary(directory, config.vocab)
    writer = gguf.GGUFWriter(None, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.GEMMA3])
    names = _text_names(checkpoint)
    tensors = list(_tensors(checkpoint, names, config, len(vocabulary.tokens), type, embedding or type))
    _add_general(writer, directory, tensors, TYPES[type][1])
    _add_sizes(writer, config)
    add_tokenizer(writer, directory, vocabulary, config.end_tokens)
    write_gguf(out, writer, tensors, progress)

    remarks = []
    if fallbacks := [
        t.name for t in tensors if len(t.shape) == 2 and t.ggml_type == GgmlType.F16 and type != "f16"
    ]:
        remarks.append(
            f"{len(fallbacks)} matrices are stored as F16, because their rows do not fill blocks of 32."
        )
    if vocabulary.missing_merges:
        remarks.append(
            "The tokenizer's merges are not SentencePiece's, so that some texts may be split differently."
        )
    return remarks


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="convert", description="Convert a Hugging Face Gemma 3 checkpoint to GGUF."
    )
    parser.add_argument(
        "directory", metavar="DIR", type=Path, help="the folder with config.json and *.safetensors"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the GGUF file to write")
    parser.add_argument(
        "--type", choices=TYPES, default="q4_0", help="how matrices are stored (default: q4_0)"
    )
    parser.add_argument(
        "--embedding", choices=TYPES, help="how the embedding is stored (default: as the others)"
    )
    options = parser.parse_args(arguments)
    try:
        remarks = convert(options.directory, options.out, options.type, options.embedding, progress=True)
    except GlowwormError as error:
        print(error, file=sys.stderr)
        return 1
    for remark in remarks:
        print(remark)
    print(f"Wrote {options.out} ({options.out.stat().st_size / 1e6:,.0f} MB).")
    return 0


# ---------------------------------------------------------------- metadata


def _add_general(
    writer: gguf.GGUFWriter, directory: Path, tensors: Sequence[Tensor], file_type: gguf.LlamaFileType
) -> None:
    parameters = sum(int(np.prod(tensor.shape)) for tensor in tensors)
    writer.add_type(gguf.GGUFType.MODEL)
    name = read_json(directory / "config.json").get("_name_or_path")
    writer.add_name(Path(name).name if isinstance(name, str) and name else directory.resolve().name)
    writer.add_size_label(gguf.size_label(parameters, 0, 0, 0))
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_sizes(writer: gguf.GGUFWriter, config: TextConfig) -> None:
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.hidden)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.ffn)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.eps)
    writer.add_rope_freq_base(config.theta)
    writer.add_rope_freq_base_swa(config.local_theta)
    writer.add_sliding_window(config.window)
    if config.pattern != DEFAULT_PATTERN:
        writer.add_sliding_window_pattern(config.pattern)
    if config.query_pre_attn_scalar != config.head_dim:
        writer.add_attention_scale(config.query_pre_attn_scalar**-0.5)
    if config.rope_factor is not None:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope_factor)
    if config.softcap is not None:
        writer.add_final_logit_softcapping(config.softcap)


# ---------------------------------------------------------------- tensors


def _text_names(checkpoint: Checkpoint) -> dict[str, str]:
    """The text model's tensors by their names within it; those of the image tower are left out."""
    names = {}
    for name in checkpoint.tensors:
        if name.startswith(OTHER_PARTS):
            continue
        prefix = next((prefix for prefix in TEXT_PREFIXES if name.startswith(prefix)), "")
        names[name.removeprefix(prefix).removeprefix("language_model.")] = name
    return names


def _tensors(
    checkpoint: Checkpoint, names: dict[str, str], config: TextConfig, vocab: int, type: str, embedding: str
) -> Iterator[Tensor]:
    """What is to be written, each tensor checked to be there and of the right shape."""
    expected = list(_expected(config, vocab))
    if config.tied:
        names.pop("lm_head.weight", None)
    if unknown := set(names) - {inner for inner, _, _ in expected}:
        raise UnsupportedError(
            f"The checkpoint has a tensor {names[min(unknown)]!r}, unknown to Gemma 3; use another model."
        )
    for inner, gguf_name, shape in expected:
        if inner not in names:
            raise WeightsError(f"The checkpoint lacks the tensor {inner!r}; download all of its files.")
        name = names[inner]
        stored = checkpoint.tensors[name]
        # Embeddings may have rows beyond the vocabulary, put there for alignment.
        rows_fit = stored.shape[:1] == shape[:1] or (gguf_name in EMBEDDINGS and stored.shape[:1] > shape[:1])
        if not rows_fit or stored.shape[1:] != shape[1:]:
            raise WeightsError(
                f"The tensor {name!r} has the shape {stored.shape}, but config.json says {shape}."
            )
        if stored.dtype not in ("F32", "F16", "BF16"):
            raise UnsupportedError(
                f"The tensor {name!r} is stored as {stored.dtype}; get the model in bfloat16."
            )
        kind = TYPES[embedding if gguf_name in EMBEDDINGS else type][0]
        yield _converted(checkpoint, name, gguf_name, shape, kind)


EMBEDDINGS = ("token_embd.weight", "output.weight")


def _expected(config: TextConfig, vocab: int) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """The tensors of a Gemma 3 text model: name within the checkpoint, name in GGUF, shape."""
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    shapes = {
        "attn_q": (queries, config.hidden),
        "attn_k": (keys, config.hidden),
        "attn_v": (keys, config.hidden),
        "attn_output": (config.hidden, queries),
        "attn_q_norm": (config.head_dim,),
        "attn_k_norm": (config.head_dim,),
        "ffn_gate": (config.ffn, config.hidden),
        "ffn_up": (config.ffn, config.hidden),
        "ffn_down": (config.hidden, config.ffn),
    }
    yield "embed_tokens.weight", "token_embd.weight", (vocab, config.hidden)
    for layer in range(config.layers):
        for inner, name in LAYER_TENSORS.items():
            shape = shapes.get(name, (config.hidden,))
            yield f"layers.{layer}.{inner}.weight", f"blk.{layer}.{name}.weight", shape
    yield "norm.weight", "output_norm.weight", (config.hidden,)
    if not config.tied:
        yield "lm_head.weight", "output.weight", (vocab, config.hidden)


def _converted(
    checkpoint: Checkpoint, name: str, gguf_name: str, shape: tuple[int, ...], ggml_type: GgmlType
) -> Tensor:
    """The tensor `name` as it is to be written: norms with their one added, matrices quantised."""
    if len(shape) == 1:
        # Gemma 3 multiplies by 1 + weight; the file holds the sum.
        return Tensor(
            gguf_name, shape, GgmlType.F32, lambda: iter([checkpoint.rows(name, 0, shape[0]) + np.float32(1)])
        )
    if shape[-1] % BLOCKS[ggml_type][0]:
        ggml_type = GgmlType.F16
    kind = gguf.GGMLQuantizationType(ggml_type)

    def slices() -> Iterator[np.ndarray]:
        for first, last in row_ranges(shape):
            yield quantize(checkpoint.rows(name, first, last), kind)

    return Tensor(gguf_name, shape, ggml_type, slices)


if __name__ == "__main__":
    sys.exit(main())
