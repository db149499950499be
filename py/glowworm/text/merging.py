"""Byte-pair merging: the step that SentencePiece-style and byte-level BPE share.

Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016): of all adjacent
pairs that may merge, merge the one of lowest cost (the leftmost among equals), until none is left.
"""

import math
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

# Below this many symbols, scanning a list with the built-in min() beats a heap kept in Python.
_SCAN_LIMIT = 160


def merge(symbols: list[str], pairs: Mapping[str, int], costs: Sequence[float], joint: str) -> list[str]:
    """Merges ``symbols`` as far as they go and returns what is left, in order.

    ``left + joint + right`` is looked up in ``pairs``; the index found there is the pair's place in
    ``costs``. A pair that is not in ``pairs`` never merges.
    """
    if len(symbols) <= _SCAN_LIMIT:
        return _merge_by_scanning(symbols, pairs, costs, joint)
    return _merge_by_heap(symbols, pairs, costs, joint)


def _merge_by_scanning(
    symbols: list[str], pairs: Mapping[str, int], costs: Sequence[float], joint: str
) -> list[str]:
    """Quadratic, but with a tiny constant: for words."""

    def cost(left: str, right: str) -> float:
        index = pairs.get(left + joint + right)
        return math.inf if index is None else costs[index]

    symbols = symbols.copy()
    pending = [cost(left, right) for left, right in pairwise(symbols)]
    while pending:
        lowest = min(pending)
        if lowest == math.inf:
            break
        at = pending.index(lowest)
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
        del pending[at]
        if at > 0:
            pending[at - 1] = cost(symbols[at - 1], symbols[at])
        if at < len(pending):
            pending[at] = cost(symbols[at], symbols[at + 1])
    return symbols


def _merge_by_heap(
    symbols: list[str], pairs: Mapping[str, int], costs: Sequence[float], joint: str
) -> list[str]:
    """A heap of pairs over a linked list of symbols, O(n log n): for text without boundaries."""
    count = len(symbols)
    symbols = symbols.copy()
    before = list(range(-1, count - 1))
    after = list(range(1, count + 1))
    # The one heap entry that is still true of the pair starting at each symbol; older ones are skipped.
    current: list[tuple[float, int] | None] = [None] * count
    find = pairs.get

    for left in range(count - 1):
        index = find(symbols[left] + joint + symbols[left + 1])
        if index is not None:
            current[left] = (costs[index], left)
    heap = [entry for entry in current if entry is not None]
    heapify(heap)

    while heap:
        entry = heappop(heap)
        left = entry[1]
        if current[left] is not entry:
            continue
        right = after[left]
        merged = symbols[left] = symbols[left] + symbols[right]
        current[right] = current[left] = None
        following = after[left] = after[right]
        if following < count:
            before[following] = left
            index = find(merged + joint + symbols[following])
            if index is not None:
                current[left] = entry = (costs[index], left)
                heappush(heap, entry)
        previous = before[left]
        if previous >= 0:
            index = find(symbols[previous] + joint + merged)
            if index is None:
                current[previous] = None
            else:
                current[previous] = entry = (costs[index], previous)
                heappush(heap, entry)

    remaining = []
    at = 0
    while at < count:
        remaining.append(symbols[at])
        at = after[at]
    return remaining
