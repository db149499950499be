"""Holds stories against what was asked for, by script alone.

`obeys` looks for what a request asked for, `unannounced` for names that change or come from nowhere,
`has_loop` and `self_bleu` for repetition. What a script can see is not what a reader sees: these figures find
what is broken, they do not praise what is good.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log

from .chat_format import Answer
from .data import FOLDER
from .grammar import Story
from .lessons import Lesson
from .places import Place
from .suitability import UNSAFE
from .wording import whole, without_article

LENGTH_CHARS = {"short": (1300, 2300), "medium": (1850, 3200), "long": (2600, 4400)}
"""The bands that all but one in a hundred of the grammar's own stories keep."""
LOOP_TIMES = 6
"""No story of the grammar has the same four words more often than this, save in a refrain."""
_STUTTER = re.compile(r"(\w{1,8}?)\1{6}")


@dataclass(frozen=True)
class Obedience:
    """What is true of one answer to a request for everything."""

    hero: bool
    name: bool
    setting: bool
    twist: bool
    theme: bool
    length: bool
    proper_end: bool


def obeys(story: Story, answer: Answer) -> Obedience:
    """Holds `answer` against the wishes of `story`, which leave nothing open."""
    wishes, text = story.cast.wishes, answer.text
    assert wishes.character and wishes.place and wishes.twist and wishes.length and wishes.name
    lower, twist = text.lower(), wishes.twist
    shortest, longest = LENGTH_CHARS[wishes.length]
    return Obedience(
        hero=has_words(wishes.character.kind, lower),
        name=lower.count(wishes.name.lower()) >= 3,
        setting=is_set(wishes.place, text),
        twist=any(len(whole(sign).findall(text)) >= twist.sign_times for sign in twist.signs),
        theme=has_moral(story.cast.lesson, text),
        length=shortest <= len(text) <= longest,
        proper_end=ends_properly(answer),
    )


def is_set(place: Place, text: str) -> bool:
    """Whether one of the first two paragraphs is in or at `place`, whatever else it says of it."""
    preposition, where = place.phrase.split(" ", 1)
    beginning = "\n".join(text.split("\n\n")[:2])
    nouns = "|".join(re.escape(without_article(noun)) for noun in (where, place.place))
    return (
        re.search(rf"\b{preposition} (?:[\w'’-]+ ){{0,3}}(?:{nouns})\b", beginning, re.IGNORECASE) is not None
    )


def has_moral(lesson: Lesson, text: str) -> bool:
    """Whether `text` has one of the lesson's morals: its longest part without slots and speech."""
    morals = (*lesson.moral, lesson.simple_moral)
    parts = (max(re.split(r"\{\w+\}|'", moral), key=len) for moral in morals)
    return any(part.strip() in text for part in parts)


def ends_properly(answer: Answer) -> bool:
    """Whether the model stopped by itself at the end of a sentence, with a good night or an end."""
    last = " ".join(answer.text.split()[-40:]).lower()
    says_so = re.search(r"\b(the end|end of the story|good night|sleep well|asleep|slept|night)\b", last)
    return answer.is_finished and answer.text.rstrip()[-1:] in (".", "!", '"') and says_so is not None


def has_loop(text: str) -> bool:
    """Whether some four words, or letters within a word, follow one another more often than they should."""
    if _STUTTER.search(text):
        return True
    words = text.lower().split()
    grams = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    return max(grams.values(), default=0) > LOOP_TIMES


def is_safe(text: str) -> bool:
    """Whether `text` has no word that no bedtime story may have."""
    return UNSAFE.search(text) is None


_CAPITALISED = re.compile(r"(?<![.!?:\n\"'] )(?<![\n\"'])(?<!^)\b[A-Z][\w'’-]*")
_INTRODUCED = (
    r"(?:named|called|name was|name is) (?:[A-Z]\w+ )?{0}\b"
    r"|\b{0}, (?:an?|the|with) |\b{0} (?:was|is) an? |\bknew {0}\. {0} was an? "
)


@cache
def _known_capitals() -> frozenset[str]:
    """Capitalised words inside the templates' own sentences: days, Grandmother, Tuesday."""
    known = {"I"}
    for path in FOLDER.rglob("*.toml"):
        text = re.sub(r"\{\w+\}|[|\[\]]", " ", path.read_text(encoding="utf-8"))
        known |= set(re.findall(r"\b[A-Z][\w’-]*", text)) if path.stem not in ("names", "talk") else set()
    return frozenset(known)


def names_in(text: str) -> list[str]:
    """The names in a story: capitalised words inside sentences that the templates do not have."""
    found = (re.sub(r"['’]s?$", "", word) for word in _CAPITALISED.findall(text))
    return [name for name in found if name not in _known_capitals() and not name[1:].isupper()]


def unannounced(request: str, text: str) -> list[str]:
    """The names in `text` that nobody announced: new people from nowhere, and names that have changed.

    A name is announced by the request, or where the story first mentions it ("a fox named ...").
    """
    asked = request.lower()
    return sorted(
        name for name in set(names_in(text)) if name.lower() not in asked and not _is_introduced(name, text)
    )


def _is_introduced(name: str, text: str) -> bool:
    escaped = re.escape(name)
    first = re.search(rf"\b{escaped}\b", text)
    introductions = re.finditer(_INTRODUCED.format(escaped), text)
    return first is not None and any(found.start() <= first.start() < found.end() for found in introductions)


def self_bleu(texts: Sequence[str], order: int = 4) -> float:
    """The mean BLEU of each text against all the others: 1 where they are all alike.

    Papineni et al., "BLEU", 2002; as a measure of variety: Zhu et al., "Texygen", arXiv:1802.01886.
    """
    tokens = [text.lower().split() for text in texts]
    scores = []
    for index, candidate in enumerate(tokens):
        others = tokens[:index] + tokens[index + 1 :]
        precisions = [_precision(candidate, others, size) for size in range(1, order + 1)]
        nearest = min((abs(len(other) - len(candidate)), len(other)) for other in others)[1]
        brevity = min(1.0, exp(1 - nearest / max(1, len(candidate))))
        scores.append(brevity * exp(sum(log(max(p, 1e-9)) for p in precisions) / order))
    return sum(scores) / len(scores)


def _precision(candidate: list[str], references: list[list[str]], size: int) -> float:
    """The share of `candidate`'s runs of `size` words that a reference has at least as often."""
    grams = _grams(candidate, size)
    most: Counter[tuple[str, ...]] = Counter()
    for reference in references:
        most |= _grams(reference, size)
    return sum((grams & most).values()) / max(1, sum(grams.values()))


def _grams(words: list[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(size)), strict=False))


def has_words(words: str, text: str) -> bool:
    """Whether `words` stand in `text`, whatever their case, whole but for a plural or a genitive."""
    return whole(words).search(text) is not None
