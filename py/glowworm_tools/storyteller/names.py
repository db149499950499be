"""Names for heroes, helpers, towns and the children who listen: from lists, and made up."""

import random

from .data import read, words
from .lexicon import Source, WordList, blended_word, invented_word
from .wording import capitalise

_NAMES = read("names")
GIRLS, BOYS, PETS, TOWNS, ACCENTED, SURNAMES = (
    WordList(words(_NAMES[name])) for name in ("girls", "boys", "pets", "towns", "accented", "surnames")
)
BLENDED_SHARE = 0.3
"""How many names made up are made of the halves of two names."""
_GIRLS, _BOYS = frozenset(words(_NAMES["girls"])), frozenset(words(_NAMES["boys"]))


def invented_name(rng: random.Random, source: Source = Source.ANYWHERE) -> str:
    """A name made up on the spot, so that names are learnt as something to copy."""
    if rng.random() < BLENDED_SHARE:
        return blended_word(rng, GIRLS.known + BOYS.known, source)
    return capitalise(invented_word(rng, rng.choice((1, 2, 2, 2, 3)), source))


def asked_name(rng: random.Random, source: Source = Source.ANYWHERE) -> str:
    """A name somebody asks for: from the lists, made up, with foreign letters, or two words long."""
    draw = rng.random()
    if source is Source.HELD_OUT or draw < 0.4:
        is_made_up = rng.random() < 0.6
        return invented_name(rng, source) if is_made_up else rng.choice((GIRLS, BOYS)).pick(rng, source)
    if draw < 0.44:
        return ACCENTED.pick(rng)
    if draw < 0.5:
        return PETS.pick(rng)
    if draw < 0.53:
        return f"{rng.choice(('Captain', 'Little', 'Mister', 'Miss', 'Doctor'))} {invented_name(rng)}"
    return rng.choice((GIRLS, BOYS)).pick(rng)


def gender(name: str) -> str | None:
    """`she` or `he` for a name of the lists, None for any other."""
    return "she" if name in _GIRLS else "he" if name in _BOYS else None


def town_name(rng: random.Random, source: Source = Source.ANYWHERE) -> str:
    """A real town or country, or, unless `source` is the lists, one that nobody has heard of."""
    if source is Source.LISTS or rng.random() < 0.4:
        return TOWNS.pick(rng, source)
    return invented_name(rng, source) + rng.choice(("", "", "ton", "by", "burg", "ville", " Bay", " Hill"))
