"""The themes: how the hero wins the helper, and what the story is about in the end.

The heart of every story is a scene in which the hero meets somebody, must choose, and chooses well. It may
come on the way, when the hero already wants something, or earlier in the day, and then the helper comes back
and remembers.
"""

import random
from dataclasses import dataclass, field

from .data import read, words


@dataclass(frozen=True)
class Scene:
    meet: str
    waver: str
    """What makes the choice hard; told in the longer stories."""
    choose: str
    parting: str
    """What follows when the scene comes before the trouble."""
    earn: str
    """The helper's offer when the scene comes on the way."""
    again: str
    """How the helper comes back when the scene came before the trouble."""
    because: str
    """Why the helper helped."""
    because_key: str
    """What every right answer to that question has in it."""
    props: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    name: str
    names: tuple[str, ...]
    """How a request names the theme, the story page's way first."""
    moral: tuple[str, ...]
    simple_moral: str
    moral_key: str
    """What every right answer to what can be learnt from the story has in it."""
    scenes: tuple[Scene, ...]


@dataclass(frozen=True)
class Theme:
    """A lesson as a request names it."""

    phrase: str
    lesson: Lesson


LESSONS = {
    name: Lesson(
        name,
        tuple(entry["names"]),
        tuple(entry["moral"]),
        entry["simple_moral"],
        entry["moral_key"],
        tuple(Scene(**scene) for scene in entry["scene"]),
    )
    for name, entry in read("lessons").items()
}
PAGE_THEMES = words(read("choices")["themes"])


def random_theme(rng: random.Random) -> Theme:
    """A theme, in the page's word most of the time."""
    if rng.random() < 0.7:
        name = rng.choice(PAGE_THEMES)
        return Theme(name, LESSONS[name])
    lesson = rng.choice(tuple(LESSONS.values()))
    return Theme(rng.choice(lesson.names), lesson)
