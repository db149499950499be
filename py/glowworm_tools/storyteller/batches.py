"""Documents as packed token sequences: whole documents end to end, with the positions to learn from."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from .chat_format import encode_turns
from .mixture import Document, Documents, Mix
from .tokenizer import PAD, StoryTokenizer

IGNORED = -100
"""The target that PyTorch's cross-entropy leaves out."""
MAXIMUM_WAITING = 8
"""How many documents too long for the space left may wait for the next batch before it is padded."""
SPELLED_ONE_IN = 4
"""Of so many documents one has some words of its requests spelled out."""


@dataclass(frozen=True)
class Batch:
    """Packed documents: `ids` and `targets` `[tokens]`, and the documents' `lengths`, which sum to `tokens`.

    A target is the next id, or `IGNORED` where nothing is learnt.
    """

    ids: Tensor
    lengths: list[int]
    targets: Tensor

    @property
    def learnt(self) -> int:
        """How many positions are learnt from."""
        return int((self.targets != IGNORED).sum())

    def to(self, device: torch.device) -> "Batch":
        return Batch(self.ids.to(device), self.lengths, self.targets.to(device))


def batch_of(tokenizer: StoryTokenizer, document: Document, context_length: int) -> Batch:
    """One document alone, cut at `context_length`."""
    ids, targets = _ids_and_targets(tokenizer, document, context_length, None)
    return Batch(torch.tensor(ids), [len(ids)], torch.tensor(targets))


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
        self._kept: dict[tuple[int, Mix], tuple[list[int], list[int]]] = {}

    def batch(self, mix: Mix) -> Batch:
        """The next batch; documents are cut at the context's length."""
        ids: list[int] = []
        targets: list[int] = []
        lengths: list[int] = []
        still_waiting: list[int] = []
        numbers = self.waiting
        while len(still_waiting) < MAXIMUM_WAITING and len(ids) < self._tokens:
            if numbers:
                number, numbers = numbers[0], numbers[1:]
            else:
                number, self.next_document = self.next_document, self.next_document + 1
            more_ids, more_targets = self._encoded(number, mix)
            if len(more_ids) > self._tokens - len(ids):
                still_waiting.append(number)
                self._kept[number, mix] = (more_ids, more_targets)
                continue
            ids += more_ids
            targets += more_targets
            lengths.append(len(more_ids))
        self.waiting = still_waiting + numbers
        if left := self._tokens - len(ids):
            ids += [PAD] * left
            targets += [IGNORED] * left
            lengths.append(left)
        return Batch(torch.tensor(ids), lengths, torch.tensor(targets))

    def _encoded(self, number: int, mix: Mix) -> tuple[list[int], list[int]]:
        if kept := self._kept.pop((number, mix), None):
            return kept
        spelling = random.Random(number) if number % SPELLED_ONE_IN == 0 else None
        document = self._documents.document(number, mix)
        return _ids_and_targets(self._tokenizer, document, self._context, spelling)


def _ids_and_targets(
    tokenizer: StoryTokenizer, document: Document, context_length: int, spelling: random.Random | None
) -> tuple[list[int], list[int]]:
    ids, said = encode_turns(tokenizer, document.turns, spelling, document.is_cut)
    ids, said = ids[:context_length], said[:context_length]
    return ids, [i if learnt else IGNORED for i, learnt in zip(ids[1:], said[1:], strict=True)] + [IGNORED]
