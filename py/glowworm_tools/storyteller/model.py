"""The storyteller's network: Gemma 3's text architecture in PyTorch, sized for a night on a CPU.

This is the training-side definition; the engine has its own (`glowworm.models.gemma3`), and the
exported file is where the two meet. Weight matrices are `[out, in]`, norms multiply by `1 + weight`.

Documents are packed end to end into one flat sequence and attention runs document by document:
no padding, no cross-document mask, and exactly what the model sees when it answers.

Architecture: Gemma Team, "Gemma 3 Technical Report", arXiv:2503.19786.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .quantisation import fake_q4_0

GLOBAL_LAYER_PERIOD = 6
"""Every sixth layer attends to the whole context, the others to a sliding window, as in Gemma 3."""


@dataclass(frozen=True)
class StoryConfig:
    """Shape of the network. Every matrix's input width must be a multiple of 32, Q4_0's group."""

    vocab_size: int = 4096
    hidden_size: int = 320
    layers: int = 8
    heads: int = 5
    kv_heads: int = 1
    head_dim: int = 64
    feed_forward_size: int = 832
    sliding_window: int = 512
    context_length: int = 2048
    norm_eps: float = 1e-6
    rope_theta_local: float = 1e4
    rope_theta_global: float = 1e6

    def is_global(self, layer: int) -> bool:
        """Whether `layer` (from 0) attends to the whole context."""
        return (layer + 1) % GLOBAL_LAYER_PERIOD == 0

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


class RMSNorm(nn.Module):
    """`x / rms(x) * (1 + weight)` over the last axis, in float32."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size))
        self.size, self.eps = size, eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.float(), (self.size,), 1.0 + self.weight, self.eps)


class QuantisableLinear(nn.Module):
    """A bias-free linear layer that can compute with its weights as Q4_0 would store them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * inputs**-0.5)
        self.fake_quantise = False

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, fake_q4_0(self.weight) if self.fake_quantise else self.weight)


class Rotary(nn.Module):
    """Rotary position embedding, half-split layout, for heads of `head_dim`."""

    def __init__(self, head_dim: int, theta: float, context_length: int) -> None:
        super().__init__()
        inverse = theta ** (-torch.arange(0, head_dim, 2) / head_dim)
        angles = torch.outer(torch.arange(context_length), inverse).repeat(1, 2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """Rotates `x` `[tokens, heads, head_dim]` by `positions` `[tokens]`."""
        cos, sin = self.cos[positions, None], self.sin[positions, None]  # type: ignore[index]
        first, second = x.chunk(2, dim=-1)
        return x * cos + torch.cat((-second, first), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, config: StoryConfig, layer: int) -> None:
        super().__init__()
        self.config = config
        self.window = None if config.is_global(layer) else config.sliding_window
        theta = config.rope_theta_global if config.is_global(layer) else config.rope_theta_local
        self.rotary = Rotary(config.head_dim, theta, config.context_length)
        query_size, kv_size = config.heads * config.head_dim, config.kv_heads * config.head_dim
        self.q_proj = QuantisableLinear(config.hidden_size, query_size)
        self.k_proj = QuantisableLinear(config.hidden_size, kv_size)
        self.v_proj = QuantisableLinear(config.hidden_size, kv_size)
        self.o_proj = QuantisableLinear(query_size, config.hidden_size)
        self.q_norm = RMSNorm(config.head_dim, config.norm_eps)
        self.k_norm = RMSNorm(config.head_dim, config.norm_eps)

    def project(self, x: Tensor, positions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries `[tokens, heads, head_dim]`, keys and values `[tokens, kv_heads, head_dim]` of `x`.

        `x` is `[tokens, hidden]`. Queries and keys are normed and rotated.
        """
        tokens, dim = x.shape[0], self.config.head_dim
        q = self.rotary(self.q_norm(self.q_proj(x).view(tokens, -1, dim)), positions)
        k = self.rotary(self.k_norm(self.k_proj(x).view(tokens, -1, dim)), positions)
        v = self.v_proj(x).view(tokens, -1, dim)
        return q.to(v.dtype), k.to(v.dtype), v

    def forward(self, x: Tensor, positions: Tensor, lengths: list[int]) -> Tensor:
        q, k, v = self.project(x, positions)
        group = self.config.heads // self.config.kv_heads
        shared = (q, k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1))
        heads = (t.transpose(0, 1).split(lengths, dim=1) for t in shared)
        out = torch.cat([self._attend(*document) for document in zip(*heads, strict=True)], dim=1)
        return self.o_proj(out.transpose(0, 1).reshape(x.shape[0], -1))

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Causal attention inside one document, `[heads, tokens, head_dim]` each.

        Written out: at these lengths it takes two thirds of the time of PyTorch's fused kernel on a CPU.
        """
        index = torch.arange(q.shape[1], device=q.device)
        distance = index[:, None] - index[None, :]
        hidden = distance < 0
        if self.window is not None:
            hidden |= distance >= self.window
        scores = (q * self.config.head_dim**-0.5) @ k.transpose(1, 2)
        return scores.float().masked_fill(hidden, -torch.inf).softmax(dim=-1).to(v.dtype) @ v


class FeedForward(nn.Module):
    def __init__(self, config: StoryConfig) -> None:
        super().__init__()
        self.gate_proj = QuantisableLinear(config.hidden_size, config.feed_forward_size)
        self.up_proj = QuantisableLinear(config.hidden_size, config.feed_forward_size)
        self.down_proj = QuantisableLinear(config.feed_forward_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.gelu(self.gate_proj(x), approximate="tanh") * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, config: StoryConfig, layer: int) -> None:
        super().__init__()
        self.input_norm = RMSNorm(config.hidden_size, config.norm_eps)
        self.attention = Attention(config, layer)
        self.post_attention_norm = RMSNorm(config.hidden_size, config.norm_eps)
        self.pre_feed_forward_norm = RMSNorm(config.hidden_size, config.norm_eps)
        self.feed_forward = FeedForward(config)
        self.post_feed_forward_norm = RMSNorm(config.hidden_size, config.norm_eps)

    def forward(self, x: Tensor, positions: Tensor, lengths: list[int]) -> Tensor:
        return self.finish(x, self.attention(self.input_norm(x), positions, lengths))

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """The block's output from its input and what its attention made of that."""
        x = x + self.post_attention_norm(attended)
        return x + self.post_feed_forward_norm(self.feed_forward(self.pre_feed_forward_norm(x)))


class Storyteller(nn.Module):
    """Token ids in, logits for every next token out. Knows nothing of text."""

    def __init__(self, config: StoryConfig) -> None:
        super().__init__()
        self.config = config
        # The embedding is scaled by sqrt(hidden) on the way in and used unscaled as the output
        # matrix: this spread makes both the inputs and the first logits about one in size.
        self.embedding = nn.Parameter(
            torch.randn(config.vocab_size, config.hidden_size) * config.hidden_size**-0.5
        )
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.output_norm = RMSNorm(config.hidden_size, config.norm_eps)
        self.fake_quantise = False

    def set_fake_quantise(self, on: bool) -> None:
        """Switches every matrix, the embedding too, between its own values and their Q4_0 image."""
        self.fake_quantise = on
        for module in self.modules():
            if isinstance(module, QuantisableLinear):
                module.fake_quantise = on

    def forward(self, ids: Tensor, lengths: list[int]) -> Tensor:
        """Logits `[tokens, vocab_size]` for packed documents.

        `ids` is `[tokens]`, the documents end to end; `lengths` are their lengths, summing to `tokens`.
        """
        table = fake_q4_0(self.embedding) if self.fake_quantise else self.embedding
        positions = torch.cat([torch.arange(n, device=ids.device) for n in lengths])
        x = F.embedding(ids, table) * self.config.hidden_size**0.5
        for block in self.blocks:
            x = block(x, positions, lengths)
        return F.linear(self.output_norm(x), table)

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.parameters())
