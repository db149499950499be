"""Byte-pair merging: the step that SentencePiece-style and byte-level BPE share.

Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016): of all adjacent
pairs that may merge, merge the one of lowest cost (the leftmost among equals), until none is left.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import pairwise

from .string_index import StringIndex

# Below this many symbols, scanning a list with the built-in min() beats a heap kept in Python.
_SCAN_LIMIT = 160
_REMEMBERED_PAIRS = 8192


Cost = Callable[[bytes], float]
"""Of merging a pair into one symbol: lower comes first, infinity never does."""


def cost_of_pairs(pairs: StringIndex, cost_at: Callable[[int], float]) -> Cost:
    """The cost ``cost_at`` a pair's place in ``pairs``. Text asks for the same few over and over."""

    @lru_cache(_REMEMBERED_PAIRS)
    def cost(pair: bytes) -> float:
        index = pairs.get(pair)
        return math.inf if index is None else cost_at(index)

    return cost


def merge(symbols: list[bytes], cost: Cost, joint: bytes) -> list[bytes]:
    """Merges ``symbols`` as far as they go and returns what is left, in order.

    ``cost`` is asked for ``left + joint + right``.
    """
    if len(symbols) <= _SCAN_LIMIT:
        return _merge_by_scanning(symbols, cost, joint)
    return _merge_by_heap(symbols, cost, joint)


def _merge_by_scanning(symbols: list[bytes], cost: Cost, joint: bytes) -> list[bytes]:
    """Quadratic, but with a tiny constant: for words."""
    symbols = symbols.copy()
    pending = [cost(left + joint + right) for left, right in pairwise(symbols)]
    while pending:
        lowest = min(pending)
        if lowest == math.inf:
            break
        at = pending.index(lowest)
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
        del pending[at]
        if at > 0:
            pending[at - 1] = cost(symbols[at - 1] + joint + symbols[at])
        if at < len(pending):
            pending[at] = cost(symbols[at] + joint + symbols[at + 1])
    return symbols


def _merge_by_heap(symbols: list[bytes], cost: Cost, joint: bytes) -> list[bytes]:
    """A heap of pairs over a linked list of symbols, O(n log n): for text without boundaries."""
    count = len(symbols)
    symbols = symbols.copy()
    before = list(range(-1, count - 1))
    after = list(range(1, count + 1))
    # The one heap entry that is still true of the pair starting at each symbol; older ones are skipped.
    current: list[tuple[float, int] | None] = [None] * count

    for left in range(count - 1):
        price = cost(symbols[left] + joint + symbols[left + 1])
        if price < math.inf:
            current[left] = (price, left)
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
            price = cost(merged + joint + symbols[following])
            if price < math.inf:
                current[left] = entry = (price, left)
                heappush(heap, entry)
        previous = before[left]
        if previous >= 0:
            price = cost(symbols[previous] + joint + merged)
            if price == math.inf:
                current[previous] = None
            else:
                current[previous] = entry = (price, previous)
                heappush(heap, entry)

    remaining = []
    at = 0
    while at < count:
        remaining.append(symbols[at])
        at = after[at]
    return remaining
