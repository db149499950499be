"""Gemma 3, text (Gemma Team 2025, arXiv:2503.19786).

Follows Hugging Face transformers' ``modeling_gemma3.py`` with weights named and stored as in GGUF files,
whose norm weights already hold the "1 +" of Gemma's RMSNorm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from ..graph.ops import (
    Cache,
    Graph,
    Rope,
    Tensor,
    attention,
    embed,
    gelu,
    last,
    linear,
    reshape,
    rms_norm,
    rotate,
    softcap,
)
from .metadata import MOST_LAYERS, Metadata

LAYERS_27B = 62  # the one size whose query scale is not head_dim ** -0.5


@dataclass(frozen=True)
class Config:
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    window: int
    global_every: int  # every so many layers one attends to the whole context, the others to the window
    context: int
    eps: float
    query_scale: float
    local_theta: float
    global_theta: float
    global_factor: float
    logit_softcap: float | None
    tied: bool  # the head is the embedding table

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any], vocabulary: int, tied: bool) -> "Config":
        """Read the keys llama.cpp writes for the architecture ``gemma3``."""
        m = Metadata(metadata, "gemma3")
        hidden = m.positive("embedding_length")
        layers = m.positive("block_count", most=MOST_LAYERS)
        heads, kv_heads = m.heads()
        head_dim = m.positive("attention.key_length", 256, multiple_of=2)
        scale = (hidden / heads) ** -0.5 if layers == LAYERS_27B else head_dim**-0.5
        return cls(
            vocabulary=vocabulary,
            hidden=hidden,
            layers=layers,
            heads=heads,
            kv_heads=kv_heads,
            head_dim=head_dim,
            intermediate=m.positive("feed_forward_length"),
            window=m.positive("attention.sliding_window"),
            global_every=m.positive("attention.sliding_window_pattern", 6),
            context=m.positive("context_length"),
            eps=m.number("attention.layer_norm_rms_epsilon", 1e-6, above=0),
            query_scale=m.number("attention.scale", scale, above=0),
            local_theta=m.number("rope.freq_base_swa", 10_000.0, above=0),
            global_theta=m.number("rope.freq_base", 1_000_000.0, above=0),
            global_factor=m.rope_factor(),
            logit_softcap=m.softcap("final_logit_softcapping"),
            tied=tied,
        )


class Attention:
    """Grouped-query attention with normalised heads; most layers slide, a few see everything."""

    def __init__(self, config: Config, graph: Graph, layer: int):
        c = self.config = config
        sliding = (layer + 1) % c.global_every != 0
        self.cache = Cache(layer, c.kv_heads, c.head_dim, c.window if sliding else None)
        self.rope = (
            Rope(c.head_dim, c.local_theta) if sliding else Rope(c.head_dim, c.global_theta, c.global_factor)
        )
        name = f"blk.{layer}.attn_"
        self.q = graph.weight(name + "q.weight", (c.heads * c.head_dim, c.hidden))
        self.k = graph.weight(name + "k.weight", (c.kv_heads * c.head_dim, c.hidden))
        self.v = graph.weight(name + "v.weight", (c.kv_heads * c.head_dim, c.hidden))
        self.o = graph.weight(name + "output.weight", (c.hidden, c.heads * c.head_dim))
        self.q_norm = graph.weight(name + "q_norm.weight", (c.head_dim,))
        self.k_norm = graph.weight(name + "k_norm.weight", (c.head_dim,))

    def __call__(self, x: Tensor) -> Tensor:
        c, rows = self.config, x.shape[0]
        q = reshape(linear(x, self.q), rows, c.heads, c.head_dim)
        k = reshape(linear(x, self.k), rows, c.kv_heads, c.head_dim)
        v = reshape(linear(x, self.v), rows, c.kv_heads, c.head_dim)
        q = rotate(rms_norm(q, self.q_norm, c.eps), self.rope)
        k = rotate(rms_norm(k, self.k_norm, c.eps), self.rope)
        y = attention(q, k, v, self.cache, c.query_scale)
        return linear(reshape(y, rows, c.heads * c.head_dim), self.o)


class MLP:
    def __init__(self, config: Config, graph: Graph, layer: int):
        shape = (config.intermediate, config.hidden)
        self.gate = graph.weight(f"blk.{layer}.ffn_gate.weight", shape)
        self.up = graph.weight(f"blk.{layer}.ffn_up.weight", shape)
        self.down = graph.weight(f"blk.{layer}.ffn_down.weight", shape[::-1])

    def __call__(self, x: Tensor) -> Tensor:
        return linear(gelu(linear(x, self.gate)) * linear(x, self.up), self.down)


class Block:
    """Norms before and after both attention and the MLP."""

    def __init__(self, config: Config, graph: Graph, layer: int):
        self.eps = config.eps
        self.attention = Attention(config, graph, layer)
        self.mlp = MLP(config, graph, layer)
        self.attn_norm, self.post_attn_norm, self.ffn_norm, self.post_ffn_norm = (
            graph.weight(f"blk.{layer}.{name}.weight", (config.hidden,))
            for name in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
        )

    def __call__(self, x: Tensor) -> Tensor:
        h = self.attention(rms_norm(x, self.attn_norm, self.eps))
        x = x + rms_norm(h, self.post_attn_norm, self.eps)
        h = self.mlp(rms_norm(x, self.ffn_norm, self.eps))
        return x + rms_norm(h, self.post_ffn_norm, self.eps)


class Model:
    def __init__(self, config: Config, graph: Graph):
        self.config = config
        shape = (config.vocabulary, config.hidden)
        self.table = graph.weight("token_embd.weight", shape)
        self.head = self.table if config.tied else graph.weight("output.weight", shape)
        self.blocks = [Block(config, graph, layer) for layer in range(config.layers)]
        self.norm = graph.weight("output_norm.weight", (config.hidden,))

    def __call__(self, tokens: Tensor, every_row: bool = False) -> Tensor:
        """Logits of the last valid row, [1, V], or of every row, [T, V]."""
        c = self.config
        x = embed(tokens, self.table, scale=sqrt(c.hidden))
        for block in self.blocks:
            x = block(x)
        x = rms_norm(x, self.norm, c.eps)
        logits = linear(x if every_row else last(x), self.head)
        return softcap(logits, c.logit_softcap) if c.logit_softcap else logits
