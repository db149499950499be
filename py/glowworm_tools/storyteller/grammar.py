"""Whole stories from wishes: the generator behind the storyteller's training pairs.

A story is a hero in a place (`choices.py`), to whom something happens (`plots.py`), who does the right
thing (`lessons.py`), and who comes home and goes to sleep. Everything is drawn from one random generator,
so the same seed tells the same story.
"""

# ruff: noqa: E501, SIM905  (a template is one line, a word list is easier to read as words)

import random
from dataclasses import dataclass, replace

from .choices import CHARACTERS, LENGTHS, SETTINGS, THEMES, TWISTS, Character, Setting
from .lessons import LESSONS
from .names import BOYS, GIRLS, HELPERS, invented_name
from .plots import PLOTS
from .requests import Wishes, phrase_request
from .wording import with_article, without_article, write


@dataclass(frozen=True)
class Story:
    """A request, the story that answers it, and what is true in it."""

    request: str
    text: str
    wishes: Wishes
    """All wishes, also those the request left open."""
    helper: str
    """Whom the hero met, "an old badger named Bramble"."""


OTHER_KINDS = tuple(
    "giraffe, lion, tiger, zebra, monkey, frog, bee, ladybird, cat, dog, horse, pony, cow, pig, lamb, goat, "
    "hen, goose, swan, parrot, seal, whale, dolphin, crab, octopus, crocodile, hippo, rhino, kangaroo, koala, "
    "panda, camel, wolf, deer, moose, badger, otter, beaver, mole, bat, lizard, butterfly, caterpillar, ant, "
    "spider, girl, boy, prince, knight, fairy, giant, witch, mermaid, king, queen, snowman, scarecrow, teddy "
    "bear, doll, ghost, dwarf, monster, dinosaur, astronaut, farmer, baker, tractor, train, teapot, cloud, "
    "chicken, donkey, raccoon, worm, peacock, bird, fish".split(", ")
)
"""Heroes the page does not list, so that the model learns to tell about whoever is asked for."""
PAGE_KINDS = tuple(character.kind for character in CHARACTERS)
ADJECTIVES = tuple(
    "little, small, brave, shy, kind, curious, clever, happy, lonely, young, merry, gentle, tiny, big, funny, "
    "sleepy, cheerful".split(", ")
)
_ALWAYS_SHE = {"princess", "girl", "queen", "mermaid", "witch", "fairy", "hen", "cow"}
_ALWAYS_HE = {"boy", "prince", "king"}

_COMMON_WAYS = (
    "{He} liked to hum while {he} worked.",
    "{He} had a laugh that made everybody else laugh too.",
    "{He} collected round stones and gave each of them a name.",
    "{He} knew eleven songs and mixed them all up.",
    "{He} had a small voice, but {he} asked big questions.",
    "{He} always wore one red sock and one blue one.",
)
_OPENINGS = (
    "Once upon a time, {setting}, there lived {a_hero} named {hero}.",
    "{Setting}, in {home}, there lived {a_hero} called {hero}.",
    "There was once {a_hero} whose name was {hero}. {He} lived {setting}, in {home}.",
    "Once there was {a_hero} named {hero}, who lived {setting}.",
    "In {home} {setting} lived {a_hero}, and {his} name was {hero}.",
)
_DAYS = (
    "Every morning {he} opened the window, sniffed the air and said, 'Today will be a good day.'",
    "On most days {he} [gathered {food}|swept the floor], had a chat with the neighbours and was home for tea.",
    "{Hero} was happy there, and nothing much ever happened. But that was about to change.",
    "Each day began the same way: first breakfast, then a little song, and then a walk to {third_spot}.",
)
_RESOLVES = (
    "'I will {my_goal},' said {hero}, 'and I will start right now.'",
    "{Hero} thought hard. How could {he} {goal}?",
    "'There must be a way to {my_goal},' said {hero}.",
    "{Hero} made up {his} mind to {goal}.",
)
_AGAIN = (
    "But {hero} did not give up.",
    "{Hero} sighed, and tried something else.",
    "'Never mind,' said {hero}. 'I will try again.'",
)
_JOURNEYS = (
    "So {he} set out. {He} went past {other_spot} and on and on, and all the while {he} thought of one thing only: how to {goal}.",
    "{He} put on {his} hat, packed a little bag and went on {his} way. {Sight}",
    "{Hero} walked on. {Sight} But today {he} hardly noticed it.",
)
_TELLS = (
    "{Hero} told {helper_him} everything, and {helper} nodded slowly.",
    "{Hero} said how much {he} wanted to {goal}.",
    "'I want to {my_goal},' said {hero}, 'and I do not know how.'",
)
_HOMECOMINGS = (
    "In the evening {hero} told the whole story at home, from the beginning to the end, and then once more.",
    "That evening {hero} and {helper} drank hot chocolate together, and neither of them spoke for a while, because they were so content.",
    "When {hero} came home, {he} was tired in the way one is after a good day.",
)
_NIGHTS = (
    "{Night} {Hero} crept into bed and pulled up the blanket. [Soon {he} was fast asleep.|{He} smiled once more, and then {he} slept.]",
    "{Night} And {hero}, in {home}, closed {his} eyes and dreamed of [tomorrow|warm pancakes|everything that had happened].",
)
_FAREWELLS = (
    "Good night, {hero}.",
    "The end.",
    "Sleep well, {hero}. The end.",
    "And that is the end of the story. Good night.",
)
_FAREWELLS_TO_LISTENER = (
    "Good night, {hero}. And good night, {listener}.",
    "Now close your eyes too, {listener}. Good night.",
    "Sleep well, {hero}. Sleep well, {listener}. The end.",
)


def random_story(rng: random.Random) -> Story:
    """A story for a random request, which asks for anything from everything to nothing in particular."""
    wishes = Wishes(
        character=_random_character(rng),
        setting=rng.choice(SETTINGS).phrase,
        twist=rng.choice(TWISTS),
        theme=rng.choice(THEMES),
        length=rng.choice(LENGTHS),
        name=_random_name(rng) if rng.random() < 0.5 else None,
        listener=_random_name(rng) if rng.random() < 0.12 else None,
    )
    if rng.random() < 0.45:
        wishes = _leave_open(rng, wishes)
    return tell(rng, wishes)


def tell(rng: random.Random, wishes: Wishes) -> Story:
    """A story that grants `wishes`, with a request for them. Wishes left open are chosen here.

    `wishes.setting`, `.twist`, `.theme` and `.length` must come from the lists of `choices.py`;
    the character and the names are free.
    """
    full = _complete(rng, wishes)
    request = phrase_request(rng, wishes)
    setting = next(setting for setting in SETTINGS if setting.phrase == full.setting)
    slots, helper = _cast(rng, full, setting)
    paragraphs = _paragraphs(rng, full, slots)
    text = "\n\n".join(write(rng, paragraph, slots) for paragraph in paragraphs)
    return Story(request=request, text=text, wishes=full, helper=helper)


def _random_character(rng: random.Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(CHARACTERS).phrase
    kind = rng.choice(OTHER_KINDS + PAGE_KINDS)
    return with_article(f"{rng.choice(ADJECTIVES)} {kind}" if rng.random() < 0.7 else kind)


def _random_name(rng: random.Random) -> str:
    return invented_name(rng) if rng.random() < 0.35 else rng.choice(GIRLS + BOYS)


def _leave_open(rng: random.Random, wishes: Wishes) -> Wishes:
    """`wishes` without some of them, the hero being what people name most often."""
    return replace(
        wishes,
        character=wishes.character if rng.random() < 0.85 else None,
        **{wish: None for wish in ("setting", "twist", "theme", "length") if rng.random() < 0.6},
    )


def _complete(rng: random.Random, wishes: Wishes) -> Wishes:
    character = wishes.character or rng.choice(CHARACTERS).phrase
    kind = story_kind(character)
    names = GIRLS if kind in _ALWAYS_SHE else BOYS if kind in _ALWAYS_HE else GIRLS + BOYS
    return replace(
        wishes,
        character=character,
        setting=wishes.setting or rng.choice(SETTINGS).phrase,
        twist=wishes.twist or rng.choice(TWISTS),
        theme=wishes.theme or rng.choice(THEMES),
        length=wishes.length or rng.choice(("short", "medium")),
        name=wishes.name or rng.choice(names),
    )


def story_kind(character: str) -> str:
    """What a hero is, for "the fox": the noun of the phrase, without its adjective."""
    noun = without_article(character)
    adjective, _, rest = noun.partition(" ")
    known = next((c.kind for c in CHARACTERS if c.phrase == character), None)
    return known or (rest if rest and adjective in ADJECTIVES else noun)


def _cast(rng: random.Random, wishes: Wishes, setting: Setting) -> tuple[dict[str, str], str]:
    """Every slot's value for one story, and the helper."""
    character, name = wishes.character or "", wishes.name or ""
    kind = story_kind(character)
    female = kind in _ALWAYS_SHE or (
        kind not in _ALWAYS_HE and (name in GIRLS or (name not in BOYS and rng.random() < 0.5))
    )
    helper_kind = rng.choice([helper for helper in setting.helpers if not helper.endswith(kind)])
    helper_name = rng.choice([helper for helper in HELPERS if helper != name])
    spot, other_spot, third_spot = rng.sample(setting.spots, 3)
    slots = {
        "hero": name,
        "a_hero": character,
        "the_kind": f"the {kind}",
        "helper": helper_name,
        "a_helper": f"{helper_kind} named {helper_name}",
        "the_helper": f"the {without_article(helper_kind)}",
        "setting": setting.phrase,
        "home": setting.home,
        "spot": spot,
        "other_spot": other_spot,
        "third_spot": third_spot,
        "sight": rng.choice(setting.sights),
        "shelter": setting.shelter,
        "high": setting.high,
        "dark": setting.dark,
        "gap": setting.gap,
        "food": setting.food,
        "night": setting.night,
        "listener": wishes.listener or "",
        **_pronouns("", female),
        **_pronouns("helper_", rng.random() < 0.5),
    }
    plot = PLOTS[wishes.twist or ""]
    slots |= {prop: rng.choice(values) for prop, values in plot.props.items()}
    slots["goal"], slots["my_goal"] = plot.goal, plot.goal.replace("{his}", "my")
    return slots, slots["a_helper"]


def _pronouns(prefix: str, female: bool) -> dict[str, str]:
    forms = ("she", "her", "her", "herself") if female else ("he", "him", "his", "himself")
    return {prefix + slot: form for slot, form in zip(("he", "him", "his", "himself"), forms, strict=True)}


def _paragraphs(rng: random.Random, wishes: Wishes, slots: dict[str, str]) -> list[str]:
    """The story's paragraphs as templates: what is told at each length, in what order."""
    plot, lesson = PLOTS[wishes.twist or ""], LESSONS[wishes.theme or ""]
    long, short = wishes.length == "long", wishes.length == "short"
    way = rng.choice(_ways(wishes.character or ""))
    attempts = rng.sample(plot.attempts, 2)

    opening = [rng.choice(_OPENINGS), way]
    if not short:
        opening.insert(1, slots["sight"])
    paragraphs = [" ".join(opening)]
    if long:
        paragraphs.append(rng.choice(_DAYS))
    paragraphs.append(rng.choice(plot.happens))
    if long:
        paragraphs += [
            f"{rng.choice(_RESOLVES)} {attempts[0]}",
            f"{rng.choice(_AGAIN)} {attempts[1]}",
            rng.choice(_JOURNEYS),
        ]
    elif not short:
        paragraphs.append(f"{rng.choice(_RESOLVES)} {attempts[0]}")
    meets, chooses, earns = rng.choice(lesson.meets), rng.choice(lesson.chooses), rng.choice(lesson.earns)
    if short:
        paragraphs.append(f"{meets} {chooses}")
    else:
        paragraphs += [meets, f"{rng.choice(lesson.wavers)} {chooses}"]
    paragraphs += [earns, rng.choice(_TELLS), rng.choice(plot.help), rng.choice(plot.outcome)]
    if long:
        paragraphs.append(f"{rng.choice(plot.remains)} {rng.choice(lesson.moral)}")
        paragraphs.append(rng.choice(_HOMECOMINGS))
    else:
        paragraphs.append(
            rng.choice(lesson.moral) if short else f"{rng.choice(plot.remains)} {rng.choice(lesson.moral)}"
        )
    farewell = rng.choice(_FAREWELLS_TO_LISTENER if wishes.listener else _FAREWELLS)
    paragraphs.append(f"{rng.choice(_NIGHTS)} {farewell}")
    return paragraphs


def _ways(character: str) -> tuple[str, ...]:
    known: Character | None = next((c for c in CHARACTERS if c.phrase == character), None)
    return (known.ways if known else ()) + _COMMON_WAYS
