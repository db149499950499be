"""Heroes: whom a story can be about, and the ways that make each somebody."""

import random
import re
from dataclasses import dataclass
from functools import cache

from .data import read, words
from .lexicon import ADJECTIVES as ADJECTIVES_OF
from .lexicon import OUTSIDE, Source, WordList, is_invented, noun_of_no_list
from .wording import noun_of, with_article, without_article

_HEROES = read("heroes")

Way = tuple[str, str]
"""How a hero's way is told at the start, and how it comes back at the end; templates."""


@dataclass(frozen=True)
class Character:
    """Somebody to tell about: `phrase` in a request ("a little fox"), `kind` in the story ("fox")."""

    phrase: str
    kind: str
    trait: str = ""
    """What a request adds, "who loves cheese"; empty for most."""

    @property
    def full_phrase(self) -> str:
        return f"{self.phrase} {self.trait}".rstrip()


PAGE_CHARACTERS = tuple(Character(entry["phrase"], entry["kind"]) for entry in _HEROES["character"])
ADJECTIVES = words(_HEROES["adjectives"])
_ADJECTIVES_OF_PEOPLE = tuple(a for a in ADJECTIVES if a not in words(_HEROES["not_of_people"]))
_CATEGORIES = {name: words(kinds) for name, kinds in _HEROES["kinds"].items()}
KINDS = WordList((kind for kinds in _CATEGORIES.values() for kind in kinds), words(OUTSIDE["kinds"]))
_ALWAYS_SHE = frozenset(words(_HEROES["always_she"]))
_ALWAYS_HE = frozenset(words(_HEROES["always_he"]))
_SHE_ENDINGS = ("woman", "lady", "girl", "hen", "cow", "goose", "maid")
_HE_ENDINGS = ("man", "boy", "father", "bull")

_TRAITS = _HEROES["trait"]
_TREATS = words(_HEROES["treats"])


def random_character(rng: random.Random, source: Source = Source.ANYWHERE) -> Character:
    """One of the page's heroes, or any other kind of hero, its noun from `source`."""
    if source is not Source.HELD_OUT and rng.random() < 0.4:
        return rng.choice(PAGE_CHARACTERS)
    kind = noun_of_no_list(rng) if is_invented(rng, source) else KINDS.pick(rng, source)
    fitting = _ADJECTIVES_OF_PEOPLE if _category(kind) == "person" else ADJECTIVES
    adjectives = [rng.choice(fitting)] if rng.random() < 0.7 else []
    if adjectives and rng.random() < 0.08:
        adjectives.append(rng.choice([a for a in fitting if a != adjectives[0] and " " not in a]))
    character = Character(with_article(" ".join([*adjectives, kind])), kind)
    if rng.random() < 0.08:
        trait = rng.choice(_TRAITS)["asked"]
        trait = trait.format(treat=rng.choice(_TREATS), colour=rng.choice(ADJECTIVES_OF["colour"]))
        character = Character(character.phrase, kind, trait)
    return character


def pronoun(rng: random.Random, phrase: str, name_gender: str | None = None) -> str:
    """`she` or `he` for somebody: as the kind demands, else as the name suggests, else by chance."""
    noun = without_article(phrase)
    last = noun_of(noun).split()[-1]
    if noun in _ALWAYS_SHE or last in _ALWAYS_SHE or last.endswith(_SHE_ENDINGS):
        return "she"
    if noun in _ALWAYS_HE or last in _ALWAYS_HE or last.endswith(_HE_ENDINGS):
        return "he"
    return name_gender or rng.choice(("she", "he"))


@cache
def _category(kind: str) -> str | None:
    return next((name for name, kinds in _CATEGORIES.items() if kind in kinds), None)


@cache
def _ways(kind: str, silly: bool) -> tuple[Way, ...]:
    own = next((entry["ways"] for entry in _HEROES["character"] if entry["kind"] == kind), None)
    ways = own or _HEROES["ways"].get(_category(kind), [])
    fitting = [*ways, *(_HEROES["ways"]["silly"] if silly else [])]
    return tuple((way[0], way[1]) for way in fitting)


def random_way(rng: random.Random, character: Character, silly: bool) -> Way:
    """A way of this hero: the one the request names, the kind's own, or one that suits anybody."""
    if character.trait:
        return _trait_way(character.trait)
    fitting = _ways(character.kind, silly)
    if silly or (fitting and rng.random() < 0.5):
        return rng.choice(fitting)
    way = rng.choice(_HEROES["ways"]["any"])
    return way[0], way[1]


def _trait_way(trait: str) -> Way:
    """The way that belongs to a trait a request names, with the trait's own word in it."""
    for entry in _TRAITS:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(entry["asked"]))
        if match := re.fullmatch(pattern, trait):
            told, again = entry["way"]
            for slot, word in match.groupdict().items():
                told, again = (text.replace("{" + slot + "}", word) for text in (told, again))
            return told, again
    raise ValueError(f"no way for {trait!r}")
