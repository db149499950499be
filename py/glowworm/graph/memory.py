"""Places activations in one arena by their lifetimes."""

from collections.abc import Sequence

from .plan import ALIGNMENT


class Slot:
    """Memory of one activation while it is needed. Compared and hashed by identity."""

    def __init__(self, nbytes: int):
        self.nbytes = (nbytes + 3) // 4 * 4


def place(calls: Sequence[Sequence[Slot]], results: set[Slot]) -> tuple[dict[Slot, int], int]:
    """Assign each slot an offset; returns the offsets and the arena's size in bytes.

    ``calls`` lists the slots each call touches, in order of execution; ``results`` stay alive to the end.
    First fit in order of decreasing size (Pisarchyk and Lee 2020, arXiv:2001.03288, "greedy by size").
    Slots that live at the same time never overlap; ties keep the order of first use, so the same calls
    always give the same placement.
    """
    first: dict[Slot, int] = {}
    final: dict[Slot, int] = {}
    for index, slots in enumerate(calls):
        for slot in slots:
            first.setdefault(slot, index)
            final[slot] = index
    for slot in results:
        first.setdefault(slot, len(calls))
        final[slot] = len(calls)
    offsets: dict[Slot, int] = {}
    size = 0
    for slot in sorted(first, key=lambda s: (-s.nbytes, first[s])):
        taken = sorted(
            (offsets[other], offsets[other] + other.nbytes)
            for other in offsets
            if first[other] <= final[slot] and first[slot] <= final[other]
        )
        offset = 0
        for start, end in taken:
            if offset + slot.nbytes <= start:
                break
            offset = max(offset, -(-end // ALIGNMENT) * ALIGNMENT)
        offsets[slot] = offset
        size = max(size, offset + slot.nbytes)
    return offsets, size
