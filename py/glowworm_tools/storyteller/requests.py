"""How people ask: wishes turned into requests, in the story page's words and in many others."""

import random
from dataclasses import dataclass

from .choices import story_request


@dataclass(frozen=True)
class Wishes:
    """What a request says; `None` where it leaves the choice to the storyteller."""

    character: str | None = None
    """A noun phrase with its article, "a little fox"."""
    setting: str | None = None
    twist: str | None = None
    theme: str | None = None
    length: str | None = None
    name: str | None = None
    """What the hero is to be called."""
    listener: str | None = None
    """The child the story is for."""


_OPENINGS = (
    "Tell me {a_story}",
    "Please tell me {a_story}",
    "Can you tell me {a_story}",
    "Could you tell me {a_story}",
    "I want {a_story}",
    "I would like {a_story}",
    "Write {a_story}",
    "Make up {a_story}",
)
_STORY_WORDS = ("story", "story", "story", "bedtime story", "tale")
_TWIST_PHRASES = ("with {twist}", "in which there is {twist}", "and {twist}")
_THEME_PHRASES = (
    ". The story is about {theme}",
    ". It should be about {theme}",
    ". It is about {theme}",
    " and about {theme}",
)


def phrase_request(rng: random.Random, wishes: Wishes) -> str:
    """One way to ask for `wishes`; the page's own way half the time when it can say them all."""
    page_choices = (wishes.character, wishes.setting, wishes.twist, wishes.theme, wishes.length)
    if None not in page_choices and rng.random() < 0.6:
        character, setting, twist, theme, length = (choice or "" for choice in page_choices)
        request = story_request(
            character=_named(rng, character, wishes.name),
            setting=setting,
            twist=twist,
            theme=theme,
            length=length,
        )
        return request + _for_listener(rng, wishes)
    return _free_request(rng, wishes)


def _free_request(rng: random.Random, wishes: Wishes) -> str:
    word = rng.choice(_STORY_WORDS)
    a_story = f"a {wishes.length} {word}" if wishes.length else f"a {word}"
    opening = rng.choice(_OPENINGS)
    request = opening.format(a_story=a_story)
    if wishes.character:
        request += f" about {_named(rng, wishes.character, wishes.name)}"
    elif wishes.name:
        request += f" about {wishes.name}"
    if wishes.setting:
        request += f" {wishes.setting}"
    if wishes.twist:
        phrase = rng.choice(_TWIST_PHRASES) if wishes.character or wishes.name else "about {twist}"
        request += (", " if phrase.startswith("with") and rng.random() < 0.6 else " ") + phrase.format(
            twist=wishes.twist
        )
    if wishes.theme:
        tells_of_nobody = not (wishes.character or wishes.name or wishes.twist)
        request += (
            f" about {wishes.theme}"
            if tells_of_nobody
            else rng.choice(_THEME_PHRASES).format(theme=wishes.theme)
        )
    asks = opening.startswith(("Can", "Could")) and "." not in request
    request += "?" if asks else "."
    request += _for_listener(rng, wishes)
    return _carelessly(rng, request)


def _named(rng: random.Random, character: str, name: str | None) -> str:
    return f"{character} {rng.choice(['named', 'called'])} {name}" if name else character


def _for_listener(rng: random.Random, wishes: Wishes) -> str:
    if not wishes.listener:
        return ""
    return rng.choice([" The story is for {0}.", " It is for {0}.", " My name is {0}."]).format(
        wishes.listener
    )


def _carelessly(rng: random.Random, request: str) -> str:
    """`request`, sometimes typed as people type: without a full stop, without a capital."""
    if rng.random() < 0.25:
        request = request.rstrip(".?")
    if rng.random() < 0.25:
        request = request[0].lower() + request[1:]
    return request
