"""Word lists, each with a part held out of training, and words that stand in no list at all.

A model learns to copy a word from the request only if it cannot know the word beforehand: the lists are
long, and some words are made up on the spot, blended of two others or set together of two. The words held
out, about one in ten, are found by a checksum, so that a list may grow without moving any word from one side
to the other.
"""

import random
import re
import zlib
from collections.abc import Iterable
from enum import Enum
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
    """Whether `word` stands in one place of the data only, its own list: no helper and no prop has it.

    The stories read in training may have it all the same; they ask for nothing by it.
    """
    return len(whole(word).findall(_all_data())) <= 1


class Source(Enum):
    """Where the words of a wish come from."""

    LISTS = 0
    """What the storyteller chooses: the known parts of the lists."""
    ANYWHERE = 1
    """What people ask for: the known parts, and words that no list has."""
    HELD_OUT = 2
    """What measures: the parts of the lists that training is never asked for."""


class WordList:
    """A list of words in two parts: those training draws from and those held out."""

    def __init__(self, entries: Iterable[str], outside: Iterable[str] = ()) -> None:
        """`outside` are words that are held out whatever their checksum."""
        entries = tuple(dict.fromkeys(entries))
        self.known = tuple(word for word in entries if not is_held_out(word))
        self._held_out = (*(word for word in entries if is_held_out(word)), *outside)

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Words that training is never asked for, by this list or by any other part of the data."""
        return tuple(word for word in self._held_out if _stands_once(word))

    def pick(self, rng: random.Random, source: Source = Source.LISTS) -> str:
        """A word held out if that is the `source`, else one that is not; `IndexError` if there is none."""
        return rng.choice(self.unseen if source is Source.HELD_OUT else self.known)


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

INVENTED_SHARE = 0.45
"""How often who asks for a hero, a place or a thing of their own asks for `noun_of_no_list`."""
_ONSETS, _NUCLEI, _MIDDLES, _CODAS, _LITTLE_BEGINNINGS = (
    tuple(_WORDS[part].split()) for part in ("onsets", "nuclei", "middles", "codas", "little_beginnings")
)
_UNSAYABLE = re.compile(r"[^aeiouy]{4}|[^aeiouy]{3}$|(.)\1\1|^(.)\2", re.IGNORECASE)


def is_invented(rng: random.Random, source: Source) -> bool:
    """Whether a noun is to be `noun_of_no_list`, rather than drawn from a list."""
    return source is Source.ANYWHERE and rng.random() < INVENTED_SHARE


def noun_of_no_list(rng: random.Random) -> str:
    """A noun that cannot be guessed: made up, blended of two words, two nouns in one, or any thing at all."""
    draw = rng.random()
    if draw < 0.25:
        return invented_word(rng, rng.choice((1, 2, 2, 3)))
    if draw < 0.55:
        return blended_word(rng, _vocabulary())
    nouns = _single_nouns()
    if draw > 0.9:
        return rng.choice(nouns)
    while True:
        made_up = invented_word(rng, rng.choice((1, 2)), little_share=0.6)
        second = rng.choice((rng.choice(nouns), blended_word(rng, _vocabulary()), made_up))
        if not _is_kept_out(noun := f"{rng.choice(nouns)} {second}"):
            return noun


def invented_word(
    rng: random.Random, syllables: int, source: Source = Source.ANYWHERE, little_share: float = 0.25
) -> str:
    """A word of no language that one can say: "brozzle", "lolo", "inquimpa".

    It is held out if that is the `source`. A `little_share` begins as a little word does: "stick insect" is
    cut into "stick", "in" and the rest, and must not be read as a stick in something.
    """
    while True:
        word = rng.choice(_LITTLE_BEGINNINGS) if rng.random() < little_share else ""
        word += rng.choice(_ONSETS) if rng.random() < 0.85 else ""
        word += rng.choice(_NUCLEI)
        if rng.random() < 0.05:
            word *= 2
        for _ in range(syllables - 1):
            word += rng.choice(_MIDDLES) + rng.choice(_NUCLEI)
        if rng.random() < 0.5:
            word += rng.choice(_CODAS)
        elif rng.random() < 0.3:
            word += rng.choice(_MIDDLES) + rng.choice(("le", "y", "er", "in", "us", "ina", "ette"))
        if 3 <= len(word) <= 12 and _may_be_said(word, source):
            return word


def blended_word(rng: random.Random, known: tuple[str, ...], source: Source = Source.ANYWHERE) -> str:
    """The beginning of one `known` word and the end of another; held out if that is the `source`.

    Rare beginnings and ends are as likely as common ones, so that every piece a tokenizer makes of words is
    met often enough to be copied: "echidna" begins as hardly another word does.
    """
    while True:
        word = rng.choice(_beginnings(known, rng.randint(2, 4))) + rng.choice(_ends(known, rng.randint(2, 5)))
        if 4 <= len(word) <= 12 and not _UNSAYABLE.search(word) and _may_be_said(word, source):
            return word


@cache
def _beginnings(known: tuple[str, ...], length: int) -> tuple[str, ...]:
    return tuple(sorted({word[:length] for word in known if len(word) > length}))


@cache
def _ends(known: tuple[str, ...], length: int) -> tuple[str, ...]:
    return tuple(sorted({word[-length:] for word in known if len(word) > length}))


def _may_be_said(word: str, source: Source) -> bool:
    """Whether a word made up may be used: it suits a child, and is held out or not as `source` says."""
    return is_harmless(word) and _is_kept_out(word) == (source is Source.HELD_OUT)


def _is_kept_out(word: str) -> bool:
    """Whether `word` is held out, by its checksum or because it stands outside the lists."""
    return is_held_out(word) or word.lower() in _outside()


@cache
def _outside() -> frozenset[str]:
    """The words that are held out whatever their checksum."""
    lists = (OUTSIDE["kinds"], OUTSIDE["objects"], OUTSIDE["big_objects"], OUTSIDE["visitors"])
    return frozenset(word.lower() for names in (*lists, *OUTSIDE["places"].values()) for word in words(names))


@cache
def _vocabulary() -> tuple[str, ...]:
    """Every longer word of the data, save those that are held out or unfit."""
    paths = (path for path in sorted(FOLDER.rglob("*.toml")) if path.stem not in ("outside", "suitability"))
    found = {
        word for path in paths for word in re.findall(r"\b[a-z]{4,}\b", path.read_text(encoding="utf-8"))
    }
    return tuple(sorted(word for word in found if is_harmless(word) and not is_held_out(word)))


@cache
def _single_nouns() -> tuple[str, ...]:
    """The nouns of one word for things and places, save those that are held out.

    Nobody alive is among them, as plots break, lose and stack up their things.
    """
    lists = [
        read("heroes")["kinds"]["thing"],
        *(kind["nouns"] for kind in read("place_kinds").values()),
        *(_WORDS[name] for name in ("objects", "big_objects")),
    ]
    nouns = {noun for names in lists for noun in words(names)}
    return tuple(sorted(noun for noun in nouns if " " not in noun and not is_held_out(noun)))
