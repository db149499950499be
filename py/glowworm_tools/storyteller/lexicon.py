"""Word lists, each with a part held out of training, and words that stand in no list at all.

A model learns to copy a word from the request only if it cannot know the word beforehand: the lists are
long, and some words are made up on the spot. The words held out, about one in ten, are found by a
checksum, so that a list may grow without moving any word from one side to the other.
"""

import random
import zlib
from collections.abc import Iterable

from .data import read, words
from .suitability import is_harmless

HELD_OUT_ONE_IN = 10


def is_held_out(word: str) -> bool:
    """Whether `word` is kept from training, to measure what the model does with words it has not met."""
    return zlib.crc32(word.lower().encode()) % HELD_OUT_ONE_IN == 0


class WordList:
    """A list of words in two parts: those training draws from and those held out."""

    def __init__(self, entries: Iterable[str]) -> None:
        entries = tuple(dict.fromkeys(entries))
        self.known = tuple(word for word in entries if not is_held_out(word))
        self.unseen = tuple(word for word in entries if is_held_out(word))

    def pick(self, rng: random.Random, unseen: bool = False) -> str:
        """A word of one of the two parts."""
        return rng.choice(self.unseen if unseen and self.unseen else self.known)


_WORDS = read("words")
_OBJECTS = words(_WORDS["objects"])
THINGS = {
    "objects": WordList(_OBJECTS),
    "all_objects": WordList(_OBJECTS + words(_WORDS["big_objects"])),
    "visitors": WordList(words(_WORDS["visitors"])),
}
ADJECTIVES = {
    name: words(_WORDS[f"{name}_adjectives"]) for name in ("thing", "creature", "plain")
} | {"colour": words(_WORDS["colours"])}  # fmt: skip

_ONSETS, _NUCLEI, _MIDDLES, _CODAS = (
    tuple(_WORDS[part].split()) for part in ("onsets", "nuclei", "middles", "codas")
)


def invented_word(rng: random.Random, syllables: int) -> str:
    """A word of no language that one can say: "brozzle", "quimpa"."""
    while True:
        word = rng.choice(_ONSETS) if rng.random() < 0.85 else ""
        word += rng.choice(_NUCLEI)
        for _ in range(syllables - 1):
            word += rng.choice(_MIDDLES) + rng.choice(_NUCLEI)
        if rng.random() < 0.5:
            word += rng.choice(_CODAS)
        elif rng.random() < 0.3:
            word += rng.choice(_MIDDLES) + rng.choice(("le", "y", "er", "in", "us", "ina", "ette"))
        if 3 <= len(word) <= 12 and is_harmless(word):
            return word
