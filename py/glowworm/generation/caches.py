"""Where the keys and values of positions lie in a program's caches: to keep them and bring them back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..graph.ops import Cache
from ..graph.plan import Program

Range = tuple[str, int, int]
"""A buffer, an offset and a length in bytes."""


@dataclass(frozen=True)
class CacheLayout:
    """One layer's cache: keys, then values, f32 [kv_heads][capacity][head_dim] (see ``CacheRegions``)."""

    buffer: str
    half: int  # bytes from the keys to the values
    kv_heads: int
    capacity: int
    head_dim: int

    def ranges(self, first: int, end: int) -> Iterator[Range]:
        """The memory of positions ``first … end - 1``, as far as they have not been overwritten."""
        first = max(first, end - self.capacity)
        row = self.head_dim * 4
        while first < end:
            slot = first % self.capacity
            count = min(end - first, self.capacity - slot)
            for offset in (0, self.half):
                for head in range(self.kv_heads):
                    yield self.buffer, offset + (head * self.capacity + slot) * row, count * row
            first += count


def layouts(caches: Mapping[Cache, int], program: Program) -> tuple[CacheLayout, ...]:
    """How caches, each of a capacity in positions, lie in a program."""
    return tuple(
        CacheLayout(name, program.buffers[name].nbytes // 2, cache.kv_heads, capacity, cache.head_dim)
        for cache, capacity in caches.items()
        for name in (f"cache.{cache.layer}",)
    )


def ranges(caches: Iterable[CacheLayout], first: int, end: int) -> list[Range]:
    """The memory of positions ``first … end - 1`` in all caches."""
    return [part for cache in caches for part in cache.ranges(first, end)]
