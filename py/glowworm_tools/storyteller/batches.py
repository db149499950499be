"""Documents as packed token sequences: whole documents end to end, with the positions to learn from."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .chat_format import encode_turns
from .corpus import Document
from .tokenizer import PAD, StoryTokenizer

IGNORED = -100
"""The target that PyTorch's cross-entropy leaves out."""
MAXIMUM_MISFITS = 16
"""How many documents too long for the space left are passed over before it is filled with padding."""


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


def batch_of(tokenizer: StoryTokenizer, document: Document, context_length: int) -> Batch:
    """One document alone, cut at `context_length`."""
    ids, targets = _ids_and_targets(tokenizer, document, context_length)
    return Batch(torch.tensor(ids), [len(ids)], torch.tensor(targets))


def pack(tokenizer: StoryTokenizer, documents: Iterator[Document], tokens: int, context_length: int) -> Batch:
    """Fills one batch of exactly `tokens` positions from `documents`, which are cut at `context_length`."""
    ids: list[int] = []
    targets: list[int] = []
    lengths: list[int] = []
    misfits = 0
    while misfits < MAXIMUM_MISFITS:
        more_ids, more_targets = _ids_and_targets(tokenizer, next(documents), context_length)
        if len(more_ids) > tokens - len(ids):
            misfits += 1
            continue
        ids += more_ids
        targets += more_targets
        lengths.append(len(more_ids))
    if left := tokens - len(ids):
        ids += [PAD] * left
        targets += [IGNORED] * left
        lengths.append(left)
    return Batch(torch.tensor(ids), lengths, torch.tensor(targets))


def _ids_and_targets(
    tokenizer: StoryTokenizer, document: Document, context_length: int
) -> tuple[list[int], list[int]]:
    ids, said = encode_turns(tokenizer, document.turns)
    ids, said = ids[:context_length], said[:context_length]
    return ids, [i if learnt else IGNORED for i, learnt in zip(ids[1:], said[1:], strict=True)] + [IGNORED]
