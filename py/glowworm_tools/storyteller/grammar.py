"""Whole stories from wishes: the generator behind the storyteller's training pairs.

A story is a hero in a place, to whom something happens (`plots.py`), who does the right thing
(`lessons.py`), and who comes home and goes to sleep. A cast (`cast.py`) holds what is true in it; this module
decides what is told, at what length and in what order. Everything is drawn from one random generator, so the
same seed tells the same story.
"""

import random
import re
from dataclasses import dataclass

from .cast import Cast, cast_story
from .data import read
from .lessons import Scene
from .requests import phrase_request
from .wishes import Wishes, completed, random_wishes
from .wording import write

_T = read("telling")
_EXTRAS_CHANCES = {"short": 0.5, "medium": 0.6, "long": 0.75}
"""How often a story has each of the things that it may as well do without."""
_GOES_TO_BED = re.compile(r"\b(bed|eyes?|lamp|blanket|l(ay|ie) down|looked)\b").search


@dataclass(frozen=True)
class Story:
    """A request, the story that answers it, and what is true in it."""

    request: str
    text: str
    asked: Wishes
    """What the request says."""
    cast: Cast
    length: str
    style: str | None


def random_story(rng: random.Random) -> Story:
    """A story for a random request, which asks for anything from everything to nothing in particular."""
    return story_for(rng, random_wishes(rng))


def story_for(rng: random.Random, wishes: Wishes, request: str | None = None) -> Story:
    """A story that grants `wishes`, with a request for them unless one is given."""
    request = request or phrase_request(rng, wishes)
    full = completed(rng, wishes)
    return retold(rng, request, wishes, cast_story(rng, full), full.length or "", full.style)


def retold(
    rng: random.Random, request: str, asked: Wishes, cast: Cast, length: str, style: str | None
) -> Story:
    """The story of `cast` told at a length and in a style, as the answer to `request`."""
    return Story(request, tell(rng, cast, length, style), asked, cast, length, style)


def tell(rng: random.Random, cast: Cast, length: str, style: str | None) -> str:
    """The text of one telling."""
    outline = _simple_outline(rng, cast, length) if style == "simple" else _outline(rng, cast, length, style)
    paragraphs = (" ".join(part for part in paragraph if part) for paragraph in outline)
    return "\n\n".join(write(rng, paragraph, cast.slots) for paragraph in paragraphs if paragraph)


def _outline(rng: random.Random, cast: Cast, length: str, style: str | None) -> list[list[str]]:
    """The story's paragraphs, each a list of templates, in order."""
    plot, scene = cast.plot, cast.scene
    long, short = length == "long", length == "short"
    chance = _EXTRAS_CHANCES[length]
    is_early = cast.is_early and (not short or plot.needs_early)
    has_pal = cast.wishes.companion is not None

    def maybe(*templates: str) -> list[str]:
        return list(templates) if rng.random() < chance else []

    attempts = _attempts(rng, cast, style, count=1 if short else 3 if long else rng.choice((1, 2)))
    asks_around = maybe(rng.choice(_T["asks_around"])) if long else []
    has_journey = long and not is_early and not plot.set_out
    promise = rng.randrange(len(_T["promise"]["made"])) if not short and rng.random() < chance else None

    outline = [[rng.choice(_T["openings"]), "{sight}" if not short else "", cast.way[0]]]
    if long:
        outline.append([rng.choice(_T["days"])])
    if is_early:
        outline += _scene_before(rng, cast, short)
    outline.append([rng.choice(plot.happens)])
    if not short or rng.random() < chance:
        outline.append([rng.choice(_T["resolves"]), attempts[0]])
    again = rng.sample(_T["again"], len(attempts) - 1)
    outline += [list(pair) for pair in zip(again, attempts[1:], strict=True)]
    if asks_around:
        outline.append(asks_around)
    if has_journey:
        outline.append([cast.road["pack"], rng.choice(_T["journey"]["starts"])])
        outline.append([cast.road["use"]])
    if has_pal:
        outline.append([rng.choice(_T["companion"]["joins"]), *maybe(rng.choice(_T["companion"]["helps"]))])
    tells = [rng.choice(_T["tell"]["short" if short else "plain"])]
    if is_early:
        outline.append([rng.choice(_T["low"]) if not short else "", scene.again])
        outline.append(tells)
    else:
        outline += _scene_on_the_way(rng, cast, short, set_out=not has_journey)
        outline.append([scene.earn, *tells])
    outline.append([rng.choice(plot.help)])
    if promise is not None:
        outline.append([_T["promise"]["made"][promise]])
    outline.append([rng.choice(plot.outcome), *(maybe(rng.choice(_T["all_came"])) if asks_around else [])])
    moral = rng.choice(cast.lesson.moral)
    if short:
        outline.append([moral, rng.choice(_T["companion"]["ends"]) if has_pal else ""])
    else:
        home = rng.choice(plot.homes or _T["journey"]["returns" if has_journey else "homes"])
        outline.append([home, *(maybe(rng.choice(_T["evening"]["homecomings"])) if long else [])])
        if promise is not None:
            outline.append([_T["promise"]["kept"][promise]])
        if has_pal:
            outline.append([rng.choice(_T["companion"]["ends"])])
        outline.append([rng.choice(plot.remains), moral])
    return outline + _bedtime(rng, cast, length, style)


def _attempts(rng: random.Random, cast: Cast, style: str | None, count: int) -> list[str]:
    """What is tried in vain; the funniest first in a funny story."""
    if style == "funny":
        silly = list(cast.plot.silly)
        return [rng.choice(silly), *rng.sample(cast.plot.attempts, count - 1)]
    tries = [*cast.plot.attempts, rng.choice(cast.plot.silly)]
    return rng.sample(tries, min(count, len(tries)))


def _scene_before(rng: random.Random, cast: Cast, short: bool) -> list[list[str]]:
    scene = cast.scene
    if short:
        return [[rng.choice(_T["meeting"]["early"]), scene.meet], _choice(scene)]
    return [
        [rng.choice(_T["meeting"]["early"]), scene.meet],
        [scene.waver, scene.choose],
        [scene.parting],
        [rng.choice(_T["bridge"]["then"])],
    ]


def _scene_on_the_way(rng: random.Random, cast: Cast, short: bool, set_out: bool) -> list[list[str]]:
    scene = cast.scene
    way = rng.choice(cast.plot.set_out or _T["meeting"]["on_the_way"]) if set_out else ""
    if short:
        return [[way, scene.meet], _choice(scene)]
    return [[way, scene.meet], [scene.waver, scene.choose]]


def _choice(scene: Scene) -> list[str]:
    """What the hero chooses, in few words: without wavering, unless the choice is told as a "but" to that."""
    return [scene.waver, scene.choose] if scene.choose.startswith("But ") else [scene.choose]


def _bedtime(rng: random.Random, cast: Cast, length: str, style: str | None) -> list[list[str]]:
    evening = _T["evening"]
    farewell = rng.choice(evening["listener_farewells" if cast.wishes.listener else "farewells"])
    way_again = cast.way[1] if length != "short" or rng.random() < 0.3 else ""
    sleeps = "" if way_again else rng.choice(evening["sleeps"])
    nights = [night for night in evening["nights"] if not (_GOES_TO_BED(night) and _GOES_TO_BED(way_again))]
    last = [rng.choice(nights), way_again or sleeps]
    if style == "song" or (length == "long" and style is None and rng.random() < 0.12):
        return [last[:1], [rng.choice(evening["sings"])], ["{lullaby}"], [*last[1:], farewell]]
    return [[*last, farewell]] if rng.random() < 0.5 else [last, [farewell]]


def _simple_outline(rng: random.Random, cast: Cast, length: str) -> list[list[str]]:
    """The story in short sentences and simple words, as one tells it to the very small."""
    simple, companion = cast.plot.simple, _T["companion"]
    has_pal = cast.wishes.companion is not None

    def if_longer(name: str, lengths: tuple[str, ...]) -> list[str]:
        return [rng.choice(_T["simple_extras"][name])] if length in lengths else []

    return [
        [rng.choice(_T["simple_openings"]), "{sight}" if length == "long" else ""],
        if_longer("days", ("long",)),
        [simple["happens"]],
        [simple["attempt"]],
        [companion["simple_joins"] if has_pal else ""],
        [rng.choice(("Then {hero} met {a_helper}.", "{Hero} went out. {He} met {a_helper}."))],
        [rng.choice(_T["simple_deeds"][cast.lesson.name])],
        if_longer("tells", ("medium", "long")),
        [simple["help"]],
        if_longer("walks", ("long",)),
        [simple["outcome"]],
        if_longer("meals", ("medium", "long")),
        [simple["remains"], companion["simple_ends"] if has_pal else "", cast.lesson.simple_moral],
        [
            rng.choice(_T["evening"]["simple_nights"]),
            "Good night, {hero}.",
            "Good night, {listener}." if cast.wishes.listener else "",
        ],
    ]
