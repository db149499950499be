"""Places: the story page's, others told of in full, and places of every kind made from a noun."""

import random
from dataclasses import dataclass
from typing import Any

from .data import read, words
from .lexicon import OUTSIDE, Source, WordList, is_invented, noun_of_no_list
from .names import town_name
from .wording import with_article


@dataclass(frozen=True)
class Place:
    """A place, with all that the plots need to find in it."""

    phrase: str
    """Where, as a request says it: "in the forest"."""
    place: str
    """The same as a noun: "the forest"."""
    home: str
    spots: tuple[str, ...]
    """Landmarks, each of which can have something beside it."""
    sights: tuple[str, ...]
    helpers: tuple[str, ...]
    """Who may be met there."""
    shelter: str
    """A dry place; follows "in"."""
    high: str
    """The highest place; follows "up to"."""
    dark: str
    """A dark place; follows "through"."""
    gap: str
    """What a bridge crosses."""
    food: str
    """What can be gathered."""
    nights: tuple[str, ...]
    """Sentences for the end of the day."""


def _told_in_full(entry: dict[str, Any]) -> Place:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    values.pop("page", None)
    return Place(**values)


_ENTRIES = read("places")["place"]
PAGE_PLACES = tuple(_told_in_full(entry) for entry in _ENTRIES if entry.get("page"))
OTHER_PLACES = tuple(_told_in_full(entry) for entry in _ENTRIES if not entry.get("page"))
_KINDS = read("place_kinds")
NOUNS = {
    name: WordList(words(kind["nouns"]), words(OUTSIDE["places"][name])) for name, kind in _KINDS.items()
}


def random_place(rng: random.Random, source: Source = Source.ANYWHERE) -> Place:
    """One of the page's places, another told of in full, or one made from a noun of `source`."""
    draw = rng.random()
    if source is not Source.HELD_OUT and draw < 0.4:
        return rng.choice(PAGE_PLACES)
    if source is not Source.HELD_OUT and draw < 0.6:
        return rng.choice(OTHER_PLACES)
    return place_from_noun(rng, source)


def place_from_noun(rng: random.Random, source: Source = Source.ANYWHERE) -> Place:
    """A place of one of the kinds: "in a crooked theatre", "on the moor", "in a town called Brimble".

    Of the nouns held out, each is as likely as any, whatever its kind.
    """
    if source is Source.HELD_OUT:
        name, noun = rng.choice([(name, noun) for name, nouns in NOUNS.items() for noun in nouns.unseen])
    else:
        name = rng.choice(tuple(_KINDS))
        noun = noun_of_no_list(rng) if is_invented(rng, source) else NOUNS[name].pick(rng)
    kind = _KINDS[name]
    described = f"{rng.choice(words(kind['adjectives']))} {noun}" if rng.random() < 0.5 else noun
    preposition = rng.choice(kind["prepositions"])
    place = f"the {noun}"
    if kind.get("named"):
        phrase, place = _somewhere_with_a_name(rng, noun, described, source)
    elif rng.random() < 0.25:
        phrase = f"{preposition} the {described}"
    else:
        phrase = f"{preposition} {with_article(described)}"
    short_noun = noun.partition(" that ")[0]

    def one(values: list[str]) -> str:
        return rng.choice(values).replace("{noun}", short_noun)

    def all_of(values: list[str]) -> tuple[str, ...]:
        return tuple(value.replace("{noun}", short_noun) for value in values)

    return Place(
        phrase=phrase,
        place=place.partition(" that ")[0],
        home=one(kind["homes"]),
        spots=all_of(kind["spots"]),
        sights=all_of(kind["sights"]),
        helpers=tuple(kind["helpers"]),
        shelter=one(kind["shelters"]),
        high=one(kind["highs"]),
        dark=one(kind["darks"]),
        gap=one(kind["gaps"]),
        food=one(kind["foods"]),
        nights=all_of(kind["nights"]),
    )


def _somewhere_with_a_name(rng: random.Random, noun: str, described: str, source: Source) -> tuple[str, str]:
    """A town or country by its name, and what to call it afterwards."""
    name = town_name(rng, source)
    if rng.random() < 0.4:
        return f"in {name}", name
    if noun in ("kingdom", "land") and rng.random() < 0.6:
        return f"in the {noun} of {name}", f"the {noun}"
    return f"in {with_article(described)} called {name}", f"the {noun}"
