"""Answers from a trained storyteller, many at a time: for judging a model, not for the page."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .chat_format import prompt_ids
from .export import SAMPLING_TEMPERATURE, SAMPLING_TOP_K, SAMPLING_TOP_P
from .model import Attention, Storyteller
from .tokenizer import END_OF_TURN, EOS, PAD, StoryTokenizer


@dataclass(frozen=True)
class Sampling:
    temperature: float = SAMPLING_TEMPERATURE
    top_k: int = SAMPLING_TOP_K
    top_p: float = SAMPLING_TOP_P


@dataclass(frozen=True)
class Answer:
    text: str
    is_finished: bool
    """Whether the model ended its turn by itself, rather than by running out of context."""


def answer_many(
    model: Storyteller,
    tokenizer: StoryTokenizer,
    conversations: list[list[str]],
    sampling: Sampling,
    seed: int,
) -> list[Answer]:
    """One answer to each conversation, whose last turn is the user's.

    The same arguments give the same answers.
    """
    generator = torch.Generator().manual_seed(seed)
    prompts = [prompt_ids(tokenizer, turns) for turns in conversations]
    answers: list[list[int]] = [[] for _ in prompts]
    finished = [False] * len(prompts)
    cache = _Cache(model, len(prompts))
    fed = [prompt[0] for prompt in prompts]
    for position in range(model.config.context_length - 1):
        logits = cache.step(torch.tensor(fed), position)
        sampled = _sample(logits, sampling, generator).tolist()
        for row, prompt in enumerate(prompts):
            if position + 1 < len(prompt):
                fed[row] = prompt[position + 1]
            elif finished[row] or sampled[row] in (END_OF_TURN, EOS):
                finished[row], fed[row] = True, PAD
            else:
                answers[row].append(sampled[row])
                fed[row] = sampled[row]
        if all(finished):
            break
    return [Answer(tokenizer.decode(ids), done) for ids, done in zip(answers, finished, strict=True)]


class _Cache:
    """Keys and values of `rows` sequences that advance together, one token a step."""

    def __init__(self, model: Storyteller, rows: int) -> None:
        self.model = model
        config = model.config
        shape = (config.layers, rows, config.context_length, config.heads, config.head_dim)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)

    @torch.no_grad()
    def step(self, ids: Tensor, position: int) -> Tensor:
        """Feeds `ids` `[rows]` at `position`; the logits `[rows, vocab_size]` that follow."""
        model = self.model
        positions = torch.full_like(ids, position)
        x = F.embedding(ids, model.embedding) * model.config.hidden_size**0.5
        for layer, block in enumerate(model.blocks):
            attended = self._attend(block.attention, layer, block.input_norm(x), positions, position)  # type: ignore[arg-type]
            x = block.finish(x, attended)  # type: ignore[operator]
        return F.linear(model.output_norm(x), model.embedding)

    def _attend(
        self, attention: Attention, layer: int, x: Tensor, positions: Tensor, position: int
    ) -> Tensor:
        q, k, v = attention.project(x, positions)
        self.keys[layer, :, position], self.values[layer, :, position] = k, v
        first = 0 if attention.window is None else max(0, position + 1 - attention.window)
        keys, values = (t[layer, :, first : position + 1].transpose(1, 2) for t in (self.keys, self.values))
        out = F.scaled_dot_product_attention(q[:, :, None], keys, values)
        return attention.o_proj(out.reshape(x.shape[0], -1))


def _sample(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    """One token for each row of `logits` `[rows, vocab_size]`; greedy at temperature 0."""
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    best, ids = torch.topk(logits, sampling.top_k)
    probabilities = (best / sampling.temperature).softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    probabilities = probabilities.masked_fill(before >= sampling.top_p, 0.0)
    return ids.gather(1, torch.multinomial(probabilities, 1, generator=generator))[:, 0]
