"""Finding fixed strings in text: the special and user-defined tokens of a vocabulary.

A vocabulary may hold thousands of them (Gemma 3: 6,400), too many for one regular expression with an
alternative each; so a small expression finds the places where one could start, and a table decides.
"""

import re
from collections.abc import Iterator, Mapping


class LiteralMatcher:
    """Finds the strings of a table in text, leftmost first and the longest at each place.

    That is how SentencePiece's prefix matcher and Hugging Face's added-token splitter choose.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        """``ids`` maps each (non-empty) string to its token id."""
        self._ids = ids
        lengths: dict[str, set[int]] = {}
        seconds: dict[str, set[str]] = {}
        for literal in ids:
            lengths.setdefault(literal[0], set()).add(len(literal))
            seconds.setdefault(literal[0], set()).add(literal[1:2])
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}
        openings = [
            re.escape(first) + ("" if "" in follow else "[" + "".join(map(re.escape, sorted(follow))) + "]")
            for first, follow in sorted(seconds.items())
        ]
        self._opening = re.compile("|".join(openings)) if openings else None

    def longest_at(self, text: str, position: int) -> tuple[int, int] | None:
        """The ``(token id, end)`` of the longest string that starts at ``position``, if there is one."""
        for length in self._lengths.get(text[position], ()):
            end = position + length
            token_id = self._ids.get(text[position:end])
            if token_id is not None:
                return token_id, end
        return None

    def starts(self, text: str) -> Iterator[int]:
        """Every position at which some string starts, overlapping ones included."""
        if self._opening is None:
            return
        position = 0
        while opening := self._opening.search(text, position):
            position = opening.start() + 1
            if self.longest_at(text, opening.start()):
                yield opening.start()

    def matches(self, text: str) -> Iterator[tuple[int, int, int]]:
        """The strings found, without overlap, as ``(start, end, token id)``."""
        if self._opening is None:
            return
        position = 0
        while opening := self._opening.search(text, position):
            start = opening.start()
            if found := self.longest_at(text, start):
                token_id, position = found
                yield start, position, token_id
            else:
                position = start + 1
