"""What does not belong in a bedtime story: words that keep a read story out, and that no answer may use."""

import re

from .data import read, words

_WORDS = read("suitability")


def _any_of(*lists: str) -> re.Pattern[str]:
    """Whole words of the lists, whatever their case."""
    entries = (word for name in lists for word in words(_WORDS[name]))
    return re.compile(rf"\b(?:{'|'.join(entries)})\b", re.IGNORECASE)


UNSAFE = _any_of("cruel", "not_for_children", "dated")
"""What no story may contain, read or told."""
_SERMON = _any_of("sermon")
_RUDE_PARTS = words(_WORDS["rude_parts"])
SERMON_WORDS = 3
"""A single pious word is no sermon; so many of them are."""


def is_harmless(word: str) -> bool:
    """Whether a made-up word may be used: no rude or cruel word is part of it."""
    return UNSAFE.search(word) is None and not any(part in word.lower() for part in _RUDE_PARTS)


def is_suitable(text: str) -> bool:
    """Whether `text` suits a child: nothing cruel or dated, and no sermon."""
    return UNSAFE.search(text) is None and len(_SERMON.findall(text)) < SERMON_WORDS
