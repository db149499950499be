"""Answers from a trained storyteller, many at a time: for judging a model, not for the page."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .chat_format import Answer, prompt_ids
from .export import SAMPLING_TEMPERATURE, SAMPLING_TOP_K, SAMPLING_TOP_P
from .model import Attention, Storyteller
from .tokenizer import END_OF_TURN, EOS, StoryTokenizer

ROWS = 100
"""How many answers are written side by side: as many as make one step's products worth their weight."""


@dataclass(frozen=True)
class Sampling:
    temperature: float = SAMPLING_TEMPERATURE
    top_k: int = SAMPLING_TOP_K
    top_p: float = SAMPLING_TOP_P


def answer_many(
    model: Storyteller,
    tokenizer: StoryTokenizer,
    conversations: list[list[str]],
    sampling: Sampling,
    seed: int,
    maximum_tokens: int = 1400,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """One answer to each conversation, whose last turn is the user's; at most `maximum_tokens` each.

    The same arguments give the same answers. `progress` is told how many are done.
    """
    generator = torch.Generator().manual_seed(seed)
    prompts = [prompt_ids(tokenizer, turns) for turns in conversations]
    order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
    answers: list[Answer | None] = [None] * len(prompts)
    for first in range(0, len(order), ROWS):
        rows = order[first : first + ROWS]
        written = _write_rows(model, [prompts[row] for row in rows], sampling, generator, maximum_tokens)
        for row, (ids, is_finished) in zip(rows, written, strict=True):
            answers[row] = Answer(tokenizer.decode(ids), is_finished)
        progress(min(first + ROWS, len(order)))
    return [answer for answer in answers if answer is not None]


def _write_rows(
    model: Storyteller,
    prompts: list[list[int]],
    sampling: Sampling,
    generator: torch.Generator,
    maximum_tokens: int,
) -> list[tuple[list[int], bool]]:
    """The ids of each answer and whether it ended by itself; rows that have ended leave the batch."""
    answers: list[list[int]] = [[] for _ in prompts]
    finished = [False] * len(prompts)
    rows = list(range(len(prompts)))
    cache = _Cache(model, len(rows))
    fed = [prompt[0] for prompt in prompts]
    for position in range(model.config.context_length - 1):
        logits = cache.step(torch.tensor(fed), position)
        sampled = _sample(logits, sampling, generator).tolist()
        staying = []
        for place, row in enumerate(rows):
            if position + 1 < len(prompts[row]):
                fed[place] = prompts[row][position + 1]
            elif sampled[place] in (END_OF_TURN, EOS):
                finished[row] = True
                continue
            else:
                answers[row].append(sampled[place])
                fed[place] = sampled[place]
                if len(answers[row]) == maximum_tokens:
                    continue
            staying.append(place)
        if not staying:
            break
        if len(staying) < len(rows):
            cache.keep(staying, position + 1)
            rows, fed = [rows[place] for place in staying], [fed[place] for place in staying]
    return list(zip(answers, finished, strict=True))


class _Cache:
    """Keys and values of `rows` sequences that advance together, one token a step."""

    def __init__(self, model: Storyteller, rows: int) -> None:
        self.model = model
        config = model.config
        shape = (config.layers, rows, config.kv_heads, config.context_length, config.head_dim)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)

    def keep(self, places: list[int], positions: int) -> None:
        """Lets all sequences go but those at `places`; `positions` have been fed."""
        for tensor in (self.keys, self.values):
            tensor[:, : len(places), :, :positions] = tensor[:, places, :, :positions]
        self.keys, self.values = self.keys[:, : len(places)], self.values[:, : len(places)]

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
        self.keys[layer, :, :, position], self.values[layer, :, :, position] = k, v
        first = 0 if attention.window is None else max(0, position + 1 - attention.window)
        keys, values = (t[layer, :, :, first : position + 1] for t in (self.keys, self.values))
        # The queries that share a key head are written as positions of one head: nothing is copied for them.
        shared = q.view(q.shape[0], keys.shape[1], -1, q.shape[2])
        out = F.scaled_dot_product_attention(shared, keys, values)
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
