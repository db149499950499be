"""How people ask: wishes turned into requests, in the story page's words and in many others."""

import random

from .choices import story_request
from .data import read, words
from .wishes import Wishes
from .wording import fix_articles, with_article, without_article

_R = read("requests")
_LITTLE_WORDS = frozenset(words(_R["little_words"]))
SURPRISE_SHARE = 0.5
"""How often who wants nothing in particular says so, rather than ask for "a story"."""
CARELESS_SHARE = 0.06
"""How often the page's fields are filled in without the little words."""
PAGE_SHARE = 0.55
"""How often a request that says everything says it as the story page does."""


MINE_SHARE = 0.04
"""How often a hero with a name is somebody's own: "my cat Tom"."""


def phrase_request(rng: random.Random, wishes: Wishes) -> str:
    """One way to ask for `wishes`: the page's own way often, when it can say them all."""
    said = (wishes.character or wishes.name, wishes.place, wishes.twist, wishes.theme, wishes.length)
    if None not in said and rng.random() < PAGE_SHARE:
        return _extras(rng, wishes, page_request(rng, wishes, rng.random() > CARELESS_SHARE))
    if not any(said) and wishes.theme is None and rng.random() < SURPRISE_SHARE:
        return _extras(rng, wishes, rng.choice(_R["surprises"]))
    return _carelessly(rng, fix_articles(_free_request(rng, wishes)))


def page_request(rng: random.Random, wishes: Wishes, is_careful: bool = True) -> str:
    """The story page's request for `wishes`, which must not leave open any of what the page asks for.

    Who is not careful leaves out little words when writing in the page's fields: "a purple cow" may become
    "purple cow", and "in a lighthouse" "lighthouse".
    """
    assert wishes.place and wishes.twist and wishes.theme and wishes.length
    whom, where, twist = _whom(rng, wishes), wishes.place.phrase, wishes.twist.phrase
    if not is_careful:
        whom, twist = without_article(whom), without_article(twist)
        where = without_article(where.split(" ", 1)[1])
    return story_request(
        character=whom,
        setting=where,
        twist=twist,
        theme=wishes.theme.phrase,
        length=wishes.length,
    )


def _free_request(rng: random.Random, wishes: Wishes) -> str:
    if rng.random() < 0.12 and (wishes.character or wishes.name):
        return _keywords(rng, wishes)
    style, extras_left = wishes.style, wishes
    word = rng.choice(_R["story_words"])
    if style in _R["style_adjectives"] and rng.random() < 0.4:
        word, extras_left = f"{_R['style_adjectives'][style]} {word}", _without_style(wishes)
    length = f"{rng.choice(words(_R['lengths'][wishes.length]))} " if wishes.length else ""
    a_story = with_article(f"{length}{word}")
    opening = rng.choice(_R["openings"])
    request = opening.format(a_story=a_story, A_story=a_story[0].upper() + a_story[1:])
    if wishes.character:
        request += f" about {_whom(rng, wishes)}"
    elif wishes.name:
        request += f" about {wishes.name}"
    if wishes.place:
        request += f" {wishes.place.phrase}"
    if wishes.twist:
        phrase = rng.choice(_R["twists"]) if wishes.character or wishes.name else "about {twist}"
        comma = phrase.startswith("with") and rng.random() < 0.6
        request += (", " if comma else " ") + phrase.format(twist=wishes.twist.phrase)
    if wishes.theme:
        tells_of_nobody = not (wishes.character or wishes.name or wishes.twist)
        phrase = " about {theme}" if tells_of_nobody else rng.choice(_R["themes"])
        request += phrase.format(theme=wishes.theme.phrase)
    asks = opening.startswith(("Can", "Could", "How")) and "." not in request
    return _extras(rng, extras_left, request + ("?" if asks else "."))


def _keywords(rng: random.Random, wishes: Wishes) -> str:
    """A request in catchwords: "fox, forest, a lost key, short"."""
    parts = [_whom(rng, wishes).rstrip(",")]
    if wishes.place:
        parts.append(wishes.place.phrase)
    if wishes.twist:
        parts.append(wishes.twist.phrase)
    if wishes.theme:
        parts.append(wishes.theme.phrase)
    if wishes.length:
        parts.append(wishes.length)
    if rng.random() < 0.5:
        parts = [without_article(part) for part in parts]
    return _extras(rng, wishes, ", ".join(parts))


def _without_style(wishes: Wishes) -> Wishes:
    return Wishes(companion=wishes.companion, listener=wishes.listener)


def _whom(rng: random.Random, wishes: Wishes) -> str:
    character = wishes.character
    if character is None:
        return wishes.name or ""
    if not wishes.name:
        return character.full_phrase
    if rng.random() < 0.12 and not character.trait:
        return f"{wishes.name}, {character.phrase},"
    if rng.random() < MINE_SHARE and not character.trait:
        return f"my {character.phrase.split(' ', 1)[1]} {wishes.name}"
    if character.trait:
        return f"{character.phrase} {rng.choice(_R['named'])} {wishes.name} {character.trait}"
    return f"{character.phrase} {rng.choice(_R['named'])} {wishes.name}"


def _extras(rng: random.Random, wishes: Wishes, request: str) -> str:
    """`request` with what nobody asks for in the first breath: a style, a companion, a listener."""
    if wishes.companion:
        request += rng.choice(_R["companions"]).format(wishes.companion.phrase)
    if wishes.style:
        request += rng.choice(_R["styles"][wishes.style])
    if wishes.listener:
        request += rng.choice(_R["listeners"]).format(wishes.listener)
    return request


def _carelessly(rng: random.Random, request: str) -> str:
    """`request`, sometimes typed as people type: without a full stop, capitals or every letter."""
    if rng.random() < 0.25:
        request = request.rstrip(".?")
    draw = rng.random()
    if draw < 0.2:
        request = request[0].lower() + request[1:]
    elif draw < 0.4:
        request = request.lower()
    if rng.random() < 0.08:
        request = _mistyped(rng, request)
    if rng.random() < 0.05:
        request = request.replace("'", "’")
    return request + "!" if request[-1].isalpha() and rng.random() < 0.05 else request


def _mistyped(rng: random.Random, request: str) -> str:
    """`request` with one of its little words misspelt: a letter doubled, dropped, or swapped with the next.

    Names and what the story is about stay as they are, so that the answer can be told from them.
    """
    said = request.split(" ")
    places = [i for i, word in enumerate(said) if word.lower() in _LITTLE_WORDS]
    if not places:
        return request
    place = rng.choice(places)
    word = said[place]
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    said[place] = rng.choice(
        (before + after, before + letter + letter + after, before + after[0] + letter + after[1:])
    )
    return " ".join(said)
