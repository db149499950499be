"""Writes a trained storyteller as a GGUF file: Q4_0 matrices, names and metadata as llama.cpp's own."""

import os
from pathlib import Path

import gguf
import numpy as np
import torch

from .chat_format import CHAT_TEMPLATE
from .model import StoryConfig, Storyteller
from .tokenizer import (
    BOS,
    BYTE_TOKENS,
    CONTROL_TOKENS,
    END_OF_TURN,
    EOS,
    FIRST_PIECE,
    PAD,
    UNK,
    StoryTokenizer,
)

SAMPLING_TEMPERATURE = 0.5
SAMPLING_TOP_K = 40
SAMPLING_TOP_P = 0.9

MODEL_NAME = "Glowworm Story"
DESCRIPTION = (
    "Tells bedtime stories from a request. Trained from scratch on generated and openly licensed stories."
)

BLOCK_TENSORS = {
    "attn_norm": "input_norm",
    "attn_q": "attention.q_proj",
    "attn_k": "attention.k_proj",
    "attn_v": "attention.v_proj",
    "attn_output": "attention.o_proj",
    "attn_q_norm": "attention.q_norm",
    "attn_k_norm": "attention.k_norm",
    "post_attention_norm": "post_attention_norm",
    "ffn_norm": "pre_feed_forward_norm",
    "ffn_gate": "feed_forward.gate_proj",
    "ffn_up": "feed_forward.up_proj",
    "ffn_down": "feed_forward.down_proj",
    "post_ffw_norm": "post_feed_forward_norm",
}
"""GGUF's name inside a block, and this package's."""


def tensor_names(layers: int) -> dict[str, str]:
    """GGUF tensor names to parameter names, for a network of `layers` blocks."""
    names = {"token_embd.weight": "embedding", "output_norm.weight": "output_norm.weight"}
    for layer in range(layers):
        for theirs, ours in BLOCK_TENSORS.items():
            names[f"blk.{layer}.{theirs}.weight"] = f"blocks.{layer}.{ours}.weight"
    return names


def export_gguf(model: Storyteller, tokenizer: StoryTokenizer, path: Path) -> None:
    """Writes `path` whole or not at all: a temporary file beside it is renamed at the end."""
    partial = path.with_name(path.name + ".part")
    writer = gguf.GGUFWriter(partial, "gemma3")
    _write_metadata(writer, model)
    _write_tokenizer(writer, tokenizer)
    parameters = model.state_dict()
    for theirs, ours in tensor_names(model.config.layers).items():
        values = parameters[ours].float().numpy()
        if values.ndim == 2:
            quantised = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q4_0)
            writer.add_tensor(theirs, quantised, raw_dtype=gguf.GGMLQuantizationType.Q4_0)
        else:
            writer.add_tensor(theirs, values + np.float32(1))  # the engine multiplies by the weight itself
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, path)


def _write_metadata(writer: gguf.GGUFWriter, model: Storyteller) -> None:
    config = model.config
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(MODEL_NAME)
    writer.add_description(DESCRIPTION)
    writer.add_size_label(f"{model.parameter_count() / 1e6:.1f}M")
    writer.add_license("apache-2.0")
    writer.add_languages(["en"])
    writer.add_sampling_temp(SAMPLING_TEMPERATURE)
    writer.add_sampling_top_k(SAMPLING_TOP_K)
    writer.add_sampling_top_p(SAMPLING_TOP_P)
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.feed_forward_size)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_freq_base(config.rope_theta_global)
    writer.add_rope_freq_base_swa(config.rope_theta_local)
    writer.add_sliding_window(config.sliding_window)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _write_tokenizer(writer: gguf.GGUFWriter, tokenizer: StoryTokenizer) -> None:
    kinds = (
        [gguf.TokenType.CONTROL] * len(CONTROL_TOKENS)
        + [gguf.TokenType.BYTE] * len(BYTE_TOKENS)
        + [gguf.TokenType.NORMAL] * len(tokenizer.pieces)
    )
    kinds[UNK] = gguf.TokenType.UNKNOWN
    scores = [0.0] * FIRST_PIECE + [-float(rank) for rank in range(len(tokenizer.pieces))]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_eot_token_id(END_OF_TURN)
    writer.add_unk_token_id(UNK)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def load_gguf(path: Path) -> tuple[Storyteller, StoryTokenizer]:
    """The network and tokenizer of an exported file, its matrices dequantised, to check and to sample."""
    reader = gguf.GGUFReader(path)

    def field(name: str):
        return reader.fields[name].contents()

    tokens = field("tokenizer.ggml.tokens")
    config = StoryConfig(
        vocab_size=len(tokens),
        hidden_size=field("gemma3.embedding_length"),
        layers=field("gemma3.block_count"),
        heads=field("gemma3.attention.head_count"),
        kv_heads=field("gemma3.attention.head_count_kv"),
        head_dim=field("gemma3.attention.key_length"),
        feed_forward_size=field("gemma3.feed_forward_length"),
        sliding_window=field("gemma3.attention.sliding_window"),
        context_length=field("gemma3.context_length"),
        norm_eps=field("gemma3.attention.layer_norm_rms_epsilon"),
        rope_theta_local=field("gemma3.rope.freq_base_swa"),
        rope_theta_global=field("gemma3.rope.freq_base"),
    )
    names = tensor_names(config.layers)
    parameters = {}
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        parameters[names[tensor.name]] = torch.tensor(values if values.ndim == 2 else values - np.float32(1))
    model = Storyteller(config)
    model.load_state_dict(parameters)
    return model, StoryTokenizer(tokens[FIRST_PIECE:])
