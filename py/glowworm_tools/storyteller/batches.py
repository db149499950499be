"""Documents as packed token sequences: whole documents end to end, with the positions to learn from."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from .chat_format import encode_turns
from .mixture import Document, Documents, Mix
from .tokenizer import PAD, StoryTokenizer

MAXIMUM_WAITING = 8
"""How many documents too long for the space left may wait for the next batch before it is padded."""
SPELLED_ONE_IN = 4
"""Of so many documents one has some words of its requests spelled out."""
COPIED_WEIGHT = 4.0
"""How much the first mention of a word copied from the request counts, beside 1 for the rest.

A story may go on in many ways, but the hero asked for has one name.
"""


@dataclass(frozen=True)
class Batch:
    """Packed documents: `ids`, `targets`, `weights` `[tokens]`, and `lengths`, which sum to `tokens`.

    A target is the next id; its weight says how much it counts in the loss, 0 where nothing is learnt.
    """

    ids: Tensor
    lengths: list[int]
    targets: Tensor
    weights: Tensor

    @property
    def learnt(self) -> float:
        """The sum of the weights: how many positions are learnt from, if each counts 1."""
        return float(self.weights.sum())

    def to(self, device: torch.device) -> "Batch":
        return Batch(self.ids.to(device), self.lengths, self.targets.to(device), self.weights.to(device))


def batch_of(tokenizer: StoryTokenizer, document: Document, context_length: int) -> Batch:
    """One document alone, cut at `context_length`; all that is learnt counts the same."""
    ids, weights = _ids_and_weights(tokenizer, document, context_length)
    return _batch(ids, [len(ids)], weights)


class Packer:
    """Fills batches of exactly `tokens` positions from the stream of documents, leaving none out.

    Its state is two short lists of numbers: what comes next, and what is waiting because it was too long
    for the space left.
    """

    def __init__(self, tokenizer: StoryTokenizer, documents: Documents, tokens: int, context: int) -> None:
        self._tokenizer, self._documents = tokenizer, documents
        self._tokens, self._context = tokens, context
        self.next_document = 0
        self.waiting: list[int] = []
        self._kept: dict[tuple[int, Mix], tuple[list[int], list[float]]] = {}

    def batch(self, mix: Mix) -> Batch:
        """The next batch; documents are cut at the context's length."""
        ids: list[int] = []
        weights: list[float] = []
        lengths: list[int] = []
        still_waiting: list[int] = []
        numbers = self.waiting
        while len(still_waiting) < MAXIMUM_WAITING and len(ids) < self._tokens:
            if numbers:
                number, numbers = numbers[0], numbers[1:]
            else:
                number, self.next_document = self.next_document, self.next_document + 1
            more_ids, more_weights = self._encoded(number, mix)
            if len(more_ids) > self._tokens - len(ids):
                still_waiting.append(number)
                self._kept[number, mix] = (more_ids, more_weights)
                continue
            ids += more_ids
            weights += more_weights
            lengths.append(len(more_ids))
        self.waiting = still_waiting + numbers
        if left := self._tokens - len(ids):
            ids += [PAD] * left
            weights += [0.0] * left
            lengths.append(left)
        return _batch(ids, lengths, weights)

    def _encoded(self, number: int, mix: Mix) -> tuple[list[int], list[float]]:
        if kept := self._kept.pop((number, mix), None):
            return kept
        spelling = random.Random(number) if number % SPELLED_ONE_IN == 0 else None
        document = self._documents.document(number, mix)
        return _ids_and_weights(self._tokenizer, document, self._context, spelling, COPIED_WEIGHT)


def _ids_and_weights(
    tokenizer: StoryTokenizer,
    document: Document,
    context_length: int,
    spelling: random.Random | None = None,
    copied_weight: float = 1.0,
) -> tuple[list[int], list[float]]:
    """A document's ids and their weights, cut at `context_length`."""
    ids, weights = encode_turns(tokenizer, document.turns, spelling, document.is_cut, copied_weight)
    return ids[:context_length], weights[:context_length]


def _batch(ids: list[int], lengths: list[int], weights: list[float]) -> Batch:
    """The batch of documents whose `ids` have the `weights`; no document's first id is learnt."""
    return Batch(torch.tensor(ids), lengths, torch.tensor([*ids[1:], PAD]), torch.tensor([*weights[1:], 0.0]))
