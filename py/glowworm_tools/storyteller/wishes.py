"""What one may wish for in a story, and wishes drawn at random."""

import random
from dataclasses import dataclass, replace

from .choices import LENGTHS
from .heroes import PAGE_CHARACTERS, Character, random_character
from .lessons import LESSONS, PAGE_THEMES, Theme, random_theme
from .lexicon import Source
from .names import asked_name
from .places import PAGE_PLACES, Place, random_place
from .plots import PAGE_PLOTS, Twist, page_twist, random_twist

STYLES = ("simple", "funny", "song")
"""Simpler words, more to laugh at, a lullaby at the end."""


@dataclass(frozen=True)
class Wishes:
    """What a request says; `None` where it leaves the choice to the storyteller."""

    character: Character | None = None
    place: Place | None = None
    twist: Twist | None = None
    theme: Theme | None = None
    length: str | None = None
    name: str | None = None
    """What the hero is to be called."""
    companion: Character | None = None
    """Who is to be in the story as well."""
    style: str | None = None
    listener: str | None = None
    """The child the story is for."""


def random_wishes(rng: random.Random) -> Wishes:
    """Wishes such as people have: for everything, or for little."""
    character = random_character(rng)
    wishes = Wishes(
        character=character,
        place=random_place(rng),
        twist=_other_than(rng, character),
        theme=random_theme(rng),
        length=rng.choice(LENGTHS),
        name=asked_name(rng) if rng.random() < 0.5 else None,
        companion=random_character(rng) if rng.random() < 0.08 else None,
        style=rng.choice(STYLES) if rng.random() < 0.18 else None,
        listener=asked_name(rng) if rng.random() < 0.1 else None,
    )
    return _leave_open(rng, wishes) if rng.random() < 0.4 else wishes


def page_wishes(rng: random.Random, name: str | None = None) -> Wishes:
    """Wishes all of which come from the story page's lists."""
    theme = rng.choice(PAGE_THEMES)
    return Wishes(
        character=rng.choice(PAGE_CHARACTERS),
        place=rng.choice(PAGE_PLACES),
        twist=page_twist(rng, rng.choice(PAGE_PLOTS)),
        theme=Theme(theme, LESSONS[theme]),
        length=rng.choice(LENGTHS),
        name=name,
    )


def unseen_wishes(rng: random.Random) -> Wishes:
    """Wishes for a hero, a name, a place and a twist made of words held out of training."""
    character = random_character(rng, Source.HELD_OUT)
    return Wishes(
        character=character,
        place=random_place(rng, Source.HELD_OUT),
        twist=_other_than(rng, character, Source.HELD_OUT),
        theme=random_theme(rng),
        length=rng.choice(LENGTHS),
        name=asked_name(rng, Source.HELD_OUT),
    )


def completed(rng: random.Random, wishes: Wishes) -> Wishes:
    """`wishes` with a choice wherever they leave one open; names are chosen elsewhere."""
    character = wishes.character or random_character(rng, Source.LISTS)
    twist = wishes.twist or _other_than(rng, character, Source.LISTS)
    return replace(
        wishes,
        character=character,
        place=wishes.place or random_place(rng, Source.LISTS),
        twist=twist,
        theme=wishes.theme or random_theme(rng),
        length=wishes.length or rng.choice(("short", "medium", "medium")),
    )


def _other_than(rng: random.Random, character: Character, source: Source = Source.ANYWHERE) -> Twist:
    """A twist that is not about a thing of the hero's own kind."""
    while True:
        twist = random_twist(rng, source)
        if twist.thing != character.kind:
            return twist


def _leave_open(rng: random.Random, wishes: Wishes) -> Wishes:
    """`wishes` without some of them, the hero being what people name most often."""
    return replace(
        wishes,
        character=wishes.character if rng.random() < 0.85 else None,
        **{wish: None for wish in ("place", "twist", "theme", "length") if rng.random() < 0.6},
    )
