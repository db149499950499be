"""Conversations about a story: what it is to be about, and once it is told, questions, other tellings of it,
what came next, good night.

Every answer comes from the story's cast, so it agrees with what was told.
"""

import random
from dataclasses import replace

from .cast import Cast, with_hero
from .data import read
from .grammar import Story, random_story, retold, story_for
from .heroes import random_character
from .names import asked_name
from .questions import Turn, questions_about
from .small_talk import exchange, fitting_answer, small_talk
from .wishes import Wishes
from .wording import fix_articles, write

Turns = list[Turn]
"""What the user says and what the model answers, in order."""

_AGAIN = read("talk")["again"]
_IDEA = read("talk")["idea"]
_SEQUEL = read("telling")["sequel"]
MAXIMUM_CHARS = 6500
"""How long a conversation may grow: beyond that it would not fit into the context."""


def about_a_story(rng: random.Random) -> Turns:
    """A story asked for and told, and some talk about it afterwards."""
    story, before = random_story(rng), []
    if rng.random() < 0.15:
        before = small_talk(rng, exchanges=1)
        if before[-1][1].endswith("?") and rng.random() < 0.5:  # whoever offers a story is taken at his word
            story = story_for(rng, Wishes(length="short"), said(rng, "yes"))
    turns = [*before, (story.request, story.text)]
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        story, more = _follow_up(rng, story)
        if sum(len(answer) for _, answer in turns + more) > MAXIMUM_CHARS:
            break
        turns += more
    if rng.random() < 0.3:
        turns.append(_good_night(rng, story.cast))
    return turns


def _follow_up(rng: random.Random, story: Story) -> tuple[Story, Turns]:
    """What may come next, and the story that is talked of afterwards."""
    draw = rng.random()
    if draw < 0.5:
        return story, [question.turn(rng) for question in _some_questions(rng, story)]
    if draw < 0.58:
        return story, [(said(rng, "go_on"), sequel(rng, story.cast))]
    if draw < 0.78:
        return told_again(rng, story)
    if draw < 0.84:
        other = _another(rng)
        return other, [(other.request, other.text)]
    if draw < 0.96:
        return story, small_talk(rng, exchanges=1)
    return story, [exchange(rng, "thanks")]


def _some_questions(rng: random.Random, story: Story):
    questions = questions_about(rng, story)
    return list(dict.fromkeys(rng.sample(questions, min(len(questions), rng.choice((3, 4, 6, 8))))))


def told_again(rng: random.Random, story: Story) -> tuple[Story, Turns]:
    """The same story once more: shorter, longer, simpler, funnier or with another hero."""
    ways = ["simpler", "simpler", "funnier", "retell_with", "retell_with"]
    ways += ["shorter", "shorter"] if story.length != "short" else ["longer"]
    way = rng.choice(ways)
    length, style, cast = story.length, story.style, story.cast
    if way == "simpler":
        style = "simple"
    elif way == "funnier":
        style = "funny"
    elif way in ("shorter", "longer"):
        length, style = ("short" if way == "shorter" else "medium"), ("simple" if style == "simple" else None)
    request = said(rng, way)
    if way == "retell_with":
        character = replace(random_character(rng), trait="")
        phrase = character.phrase
        if rng.random() < 0.3:
            name = asked_name(rng)
            cast = replace(cast, slots={**cast.slots, "hero": name})
            phrase = f"{phrase} {rng.choice(('named', 'called'))} {name}"
        cast = with_hero(rng, cast, character)
        request = request.replace("{character}", phrase)
    if length == "long":
        length = "medium"
    # The shortest of three, so that it is plainly shorter.
    tellings = [
        retold(rng, request, story.asked, cast, length, style) for _ in range(3 if way == "shorter" else 1)
    ]
    told = min(tellings, key=lambda telling: len(telling.text))
    return told, [(told.request, told.text)]


def idea(rng: random.Random, story: Story) -> Turns:
    """What `story` is to be about, asked for before it is told; told afterwards now and then.

    An answer repeats the hero, the name, the place and the twist in a few words, and tells the theme's moral:
    that is how a model soon learns to read a request.
    """
    cast = story.cast
    slots = {
        **cast.slots,
        "length": story.length,
        "twist": cast.twist.phrase,
        "moral": rng.choice((*cast.lesson.moral, cast.lesson.simple_moral)),
    }
    asked = rng.choice(_IDEA["said"]).replace("{request}", story.request)
    turns = [(asked, write(rng, rng.choice(_IDEA["answers"]), slots))]
    return [*turns, (said(rng, "yes"), story.text)] if rng.random() < 0.2 else turns


def _another(rng: random.Random) -> Story:
    """Another story, asked for in few words; a short one, as there was one before."""
    if rng.random() < 0.5:
        return story_for(rng, Wishes(length="short"), said(rng, "another"))
    character = replace(random_character(rng), trait="")
    request = said(rng, "with").replace("{character}", character.phrase)
    return story_for(rng, Wishes(character=character, length="short"), request)


def sequel(rng: random.Random, cast: Cast) -> str:
    """What happened the day after, for "Go on"."""
    parts = (rng.choice(_SEQUEL[part]) for part in ("starts", "middles", "ends"))
    return "\n\n".join(write(rng, part, cast.slots) for part in parts)


def said(rng: random.Random, what: str) -> str:
    """One way to ask for another telling; `{character}` is left to fill in."""
    return fix_articles(rng.choice(_AGAIN[what]))


def _good_night(rng: random.Random, cast: Cast) -> Turn:
    wish, answer = exchange(rng, "good_night")
    if rng.random() < 0.5:
        answer = fitting_answer(rng, cast)
    return wish, answer
