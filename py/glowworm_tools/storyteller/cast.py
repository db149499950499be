"""Everybody and everything in one story: who is who, what is where, and the words for it.

A cast is the story's state. Each telling of it, long or short, plain or simple, draws on the same slots,
so that no telling contradicts another, and every question about it has one right answer.
"""

import random
from dataclasses import dataclass, replace

from .data import read
from .heroes import Character, Way, pronoun, random_way
from .lessons import Lesson, Scene
from .names import BOYS, GIRLS, PETS, gender
from .places import Place
from .plots import Plot, Twist
from .wishes import Wishes
from .wording import noun_of, without_article

_TELLING = read("telling")
_FORMS = {"she": ("she", "her", "her", "herself"), "he": ("he", "him", "his", "himself")}
_EARLY_CHANCE = 0.3
"""How often hero and helper meet before the trouble begins."""


@dataclass(frozen=True)
class Cast:
    """One story's people, things, plot and scene, with the slots' values."""

    wishes: Wishes
    """Complete."""
    slots: dict[str, str]
    scene: Scene
    way: Way
    road: dict[str, str]
    """What is packed for the journey, and what it is good for: the keys `pack` and `use`."""
    is_early: bool
    """Whether hero and helper meet before the trouble begins."""

    @property
    def hero(self) -> str:
        return self.slots["hero"]

    @property
    def helper(self) -> str:
        return self.slots["helper"]

    @property
    def plot(self) -> Plot:
        return self.twist.plot

    @property
    def twist(self) -> Twist:
        assert self.wishes.twist
        return self.wishes.twist

    @property
    def lesson(self) -> Lesson:
        assert self.wishes.theme
        return self.wishes.theme.lesson


def cast_story(rng: random.Random, wishes: Wishes) -> Cast:
    """Decides all that complete `wishes` leave to chance."""
    character, place, twist, theme = wishes.character, wishes.place, wishes.twist, wishes.theme
    assert character and place and twist and theme
    scene = rng.choice(theme.lesson.scenes)
    road = rng.choice(_roads(twist.plot, scene))
    props = {**{k: list(v) for k, v in twist.plot.props.items()}, **scene.props}
    slots = {
        **_hero(rng, character, wishes.name),
        **_scenery(rng, place),
        **{prop: rng.choice(values) for prop, values in props.items()},
        "listener": wishes.listener or "",
        "thing": twist.thing,
        "full_thing": twist.full_thing,
        "refrain": rng.choice(_TELLING["journey"]["refrains"]),
        "lullaby": rng.choice(_TELLING["evening"]["lullabies"]),
    }
    slots |= _others(rng, wishes, slots["hero"])
    slots["goal"] = twist.plot.goal
    slots["my_goal"] = twist.plot.goal.replace("{his}", "my")
    may_be_early = not twist.plot.set_out
    is_early = twist.plot.needs_early or (may_be_early and rng.random() < _EARLY_CHANCE)
    way = random_way(rng, character, silly=wishes.style == "funny")
    return Cast(wishes, slots, scene, way, road, is_early)


def _roads(plot: Plot, scene: Scene) -> list[dict[str, str]]:
    """The ways to travel that contradict neither the plot nor the scene."""
    told = " ".join((*plot.happens, scene.meet, scene.waver, scene.choose))
    return [road for road in _TELLING["road"] if not ("not_with" in road and road["not_with"] in told)]


def with_hero(rng: random.Random, cast: Cast, character: Character) -> Cast:
    """The same story with another kind of hero under the same name."""
    hero = _hero(rng, character, cast.hero)
    wishes = replace(cast.wishes, character=character)
    return replace(cast, wishes=wishes, slots={**cast.slots, **hero}, way=random_way(rng, character, False))


def _hero(rng: random.Random, character: Character, name: str | None) -> dict[str, str]:
    she_or_he = pronoun(rng, character.phrase, gender(name) if name else None)
    if name is None:
        name = rng.choice((GIRLS if she_or_he == "she" else BOYS, PETS)).pick(rng)
    return {
        "hero": name,
        "a_hero": character.phrase,
        "kind": character.kind,
        **_pronouns("", she_or_he),
    }


def _scenery(rng: random.Random, place: Place) -> dict[str, str]:
    spot, other_spot, third_spot = rng.sample(place.spots, 3)
    sight, other_sight = rng.sample(place.sights, 2)
    return {
        "setting": place.phrase,
        "home": place.home,
        "spot": spot,
        "other_spot": other_spot,
        "third_spot": third_spot,
        "sight": sight,
        "other_sight": other_sight,
        "night": rng.choice(place.nights),
        "shelter": place.shelter,
        "high": place.high,
        "dark": place.dark,
        "gap": place.gap,
        "food": place.food,
    }


PASSERS_BY = ("a travelling fiddler", "a postman", "a wandering tinker", "a baker", "a small boy")
"""Who may be met anywhere, should everybody else be of the hero's own kind."""


def _others(rng: random.Random, wishes: Wishes, hero: str) -> dict[str, str]:
    """Helper, two neighbours and, if wished for, a companion; nobody of the hero's own kind or name."""
    assert wishes.character and wishes.place and wishes.twist
    taken = {wishes.character.kind, wishes.twist.thing, wishes.companion.kind if wishes.companion else ""}

    def free(somebody: tuple[str, ...]) -> list[str]:
        return [one for one in somebody if not any(kind and one.endswith(kind) for kind in taken)]

    there = free(wishes.place.helpers)
    missing = max(0, 3 - len(there))
    helper, first, second = rng.sample(there + free(PASSERS_BY)[:missing], 3)
    pal = wishes.companion.phrase if wishes.companion else "friend"
    helper_he, pal_he = pronoun(rng, helper), pronoun(rng, pal)
    names = _names(rng, (helper_he, pal_he), taken=(hero, wishes.listener))
    slots = {
        "helper": names[0],
        "a_helper": introduced(helper, names[0]),
        "helper_kind": helper,
        "the_helper": _the(helper),
        **_pronouns("helper_", helper_he),
        "first": first,
        "the_first": _the(first),
        "second": second,
        "the_second": _the(second),
        **_pronouns("second_", pronoun(rng, second)),
    }
    if wishes.companion:
        slots |= {
            "pal": names[1],
            "a_pal": introduced(pal, names[1]),
            **_pronouns("pal_", pal_he),
        }
    return slots


def _names(rng: random.Random, pronouns: tuple[str, ...], taken: tuple[str | None, ...]) -> list[str]:
    """A name for each of `pronouns`: mostly such as animals have, no two alike."""
    names: list[str] = []
    while len(names) < len(pronouns):
        people = GIRLS if pronouns[len(names)] == "she" else BOYS
        name = (people if rng.random() < 0.3 else PETS).pick(rng)
        if name not in taken and name not in names:
            names.append(name)
    return names


def introduced(phrase: str, name: str) -> str:
    """Somebody with a name, as first mentioned: "a mouse named Bramble with a lantern"."""
    noun = noun_of(phrase)
    return f"{noun} named {name}{phrase[len(noun) :]}"


def _the(phrase: str) -> str:
    """Somebody as mentioned again: "the old badger"."""
    return "the " + without_article(noun_of(phrase))


def _pronouns(prefix: str, she_or_he: str) -> dict[str, str]:
    names = ("he", "him", "his", "himself")
    return {prefix + slot: form for slot, form in zip(names, _FORMS[she_or_he], strict=True)}
