"""Word lists, each with a part held out of training, and words that stand in no list at all.

A model learns to copy a word from the request only if it cannot know the word beforehand: the lists are
long, and some words are made up on the spot. The words held out, about one in ten, are found by a
checksum, so that a list may grow without moving any word from one side to the other.
"""

import random
import zlib
from collections.abc import Iterable
from functools import cache, cached_property

from .data import FOLDER, read, words
from .suitability import is_harmless
from .wording import whole

HELD_OUT_ONE_IN = 10


def is_held_out(word: str) -> bool:
    """Whether `word` is kept from training, to measure what the model does with words it has not met."""
    return zlib.crc32(word.lower().encode()) % HELD_OUT_ONE_IN == 0


@cache
def _all_data() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*.toml")))


def _stands_once(word: str) -> bool:
    """Whether `word` stands in one place of the data only, its own list: no helper and no prop has it."""
    return len(whole(word).findall(_all_data())) <= 1


class WordList:
    """A list of words in two parts: those training draws from and those held out."""

    def __init__(self, entries: Iterable[str], outside: Iterable[str] = ()) -> None:
        """`outside` are words that are held out whatever their checksum."""
        entries = tuple(dict.fromkeys(entries))
        self.known = tuple(word for word in entries if not is_held_out(word))
        self._held_out = (*(word for word in entries if is_held_out(word)), *outside)

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Words that training has not met, neither from this list nor from any other part of the data."""
        return tuple(word for word in self._held_out if _stands_once(word))

    def pick(self, rng: random.Random, unseen: bool = False) -> str:
        """A word of one of the two parts; raises `IndexError` if there is none."""
        return rng.choice(self.unseen if unseen else self.known)


_WORDS = read("words")
OUTSIDE = read("outside")
_OBJECTS, _OUTSIDE_OBJECTS = words(_WORDS["objects"]), words(OUTSIDE["objects"])
THINGS = {
    "objects": WordList(_OBJECTS, _OUTSIDE_OBJECTS),
    "all_objects": WordList(
        _OBJECTS + words(_WORDS["big_objects"]), _OUTSIDE_OBJECTS + words(OUTSIDE["big_objects"])
    ),
    "visitors": WordList(words(_WORDS["visitors"]), words(OUTSIDE["visitors"])),
}
ADJECTIVES = {
    name: words(_WORDS[f"{name}_adjectives"]) for name in ("thing", "creature", "plain")
} | {"colour": words(_WORDS["colours"])}  # fmt: skip

INVENTED_SHARE = 0.15
"""How often who asks for a hero, a place or a thing of their own asks for one nobody has heard of."""
_ONSETS, _NUCLEI, _MIDDLES, _CODAS = (
    tuple(_WORDS[part].split()) for part in ("onsets", "nuclei", "middles", "codas")
)


def is_invented(rng: random.Random, unseen: bool, asked: bool) -> bool:
    """Whether a word is to be made up, rather than drawn from a list's known or `unseen` part."""
    return asked and not unseen and rng.random() < INVENTED_SHARE


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
