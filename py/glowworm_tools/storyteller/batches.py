"""Documents as packed token sequences: whole documents end to end, with the positions that are learnt from."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .corpus import Document
from .tokenizer import BOS, END_OF_TURN, EOS, PAD, START_OF_TURN, StoryTokenizer

MAXIMUM_MISFITS = 16
"""How many documents too long for the space left are passed over before it is filled with padding."""


@dataclass(frozen=True)
class Batch:
    """`tokens` positions: `ids` `[tokens]`, the documents' `lengths`, `targets` `[tokens]` with -100 where nothing is learnt."""

    ids: Tensor
    lengths: list[int]
    targets: Tensor


def encode_document(tokenizer: StoryTokenizer, document: Document) -> tuple[list[int], list[bool]]:
    """Ids and, for each, whether the model is to learn to say it: its own turns, not the user's.

    A story without a request stands bare between `<bos>` and `<eos>`; turns are written as the chat template does.
    """
    ids, said = [BOS], [False]

    def add(new: list[int], by_model: bool) -> None:
        ids.extend(new)
        said.extend([by_model] * len(new))

    newline = tokenizer.encode("\n")
    for request, answer in document.turns:
        if not request:
            add([*tokenizer.encode(answer), EOS], True)
            continue
        add([START_OF_TURN, *tokenizer.encode("user"), *newline, *tokenizer.encode(request), END_OF_TURN, *newline], False)
        add([START_OF_TURN, *tokenizer.encode("model"), *newline], False)
        add([*tokenizer.encode(answer), END_OF_TURN], True)
        add(newline, False)
    return ids, said


def pack(tokenizer: StoryTokenizer, documents: Iterator[Document], tokens: int, context_length: int) -> Batch:
    """Fills one batch of exactly `tokens` positions from `documents`, which are cut at `context_length`."""
    ids: list[int] = []
    targets: list[int] = []
    lengths: list[int] = []
    misfits = 0
    while misfits < MAXIMUM_MISFITS:
        document, said = encode_document(tokenizer, next(documents))
        document, said = document[:context_length], said[:context_length]
        if len(document) > tokens - len(ids):
            misfits += 1
            continue
        ids += document
        targets += [i if learnt else -100 for i, learnt in zip(document[1:], said[1:], strict=True)] + [-100]
        lengths.append(len(document))
    if left := tokens - len(ids):
        ids += [PAD] * left
        targets += [-100] * left
        lengths.append(left)
    return Batch(torch.tensor(ids), lengths, torch.tensor(targets))
