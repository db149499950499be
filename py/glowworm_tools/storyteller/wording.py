"""A very small template language for sentences.

`{slot}` is replaced by the slot's value, `{Slot}` by the value with a capital first letter, `{a_slot}` and
`{A_slot}` by the value behind its article unless there is a slot of that name, `{slot_capitals}` by the
value in capitals, and `[one|two|three]` by one of the alternatives, chosen by the story's random generator.
Alternatives may nest. Speech is written in 'single quotes', which need no escaping in a template, and comes
out in double ones; double quotes are speech inside speech, and come out single.
"""

import random
import re
from collections.abc import Mapping

_INNERMOST_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b(a|an|A|An) (?=(\w+))")
_SAID_WITH_CONSONANT = re.compile(r"(uni(?!n)|one\b|once|use|usu|eu|ewe|uku|u\b)", re.IGNORECASE)
_SAID_WITH_VOWEL = re.compile(r"(hour|honest|heir|honou?r)", re.IGNORECASE)


def capitalise(text: str) -> str:
    """`text` with its first letter a capital and the rest untouched."""
    return text[:1].upper() + text[1:]


def article(following: str) -> str:
    """`a` or `an`, as the sound of `following` wants it."""
    if _SAID_WITH_VOWEL.match(following):
        return "an"
    return "an" if following[0].lower() in "aeiou" and not _SAID_WITH_CONSONANT.match(following) else "a"


def with_article(noun: str) -> str:
    """`noun` behind `a` or `an`."""
    return f"{article(noun)} {noun}"


def without_article(phrase: str) -> str:
    """`phrase` without the `a`, `an` or `the` it may begin with."""
    return re.sub(r"^(an?|the) ", "", phrase, flags=re.IGNORECASE)


def noun_of(phrase: str) -> str:
    """`phrase` without what is said after the noun: "a mouse" of "a mouse with a lantern"."""
    return re.split(r" (?:with|who|that|in|on|of) ", phrase)[0]


def fix_articles(text: str) -> str:
    """`text` with every `a` and `an` as the next word wants it."""

    def fixed(match: re.Match[str]) -> str:
        right = article(match[2])
        return (capitalise(right) if match[1][0] == "A" else right) + " "

    return _ARTICLE.sub(fixed, text)


def whole(words: str) -> re.Pattern[str]:
    """Finds `words` in a text, whatever their case, whole but for a plural or a genitive."""
    return re.compile(rf"(?<!\w){re.escape(words)}(?:'?e?s)?(?!\w)", re.IGNORECASE)


def choose_alternatives(rng: random.Random, template: str) -> str:
    """`template` with every `[one|two]` decided."""
    while "[" in template:
        template = _INNERMOST_ALTERNATIVES.sub(lambda match: rng.choice(match[1].split("|")), template)
    return template


def fill(template: str, slots: Mapping[str, str]) -> str:
    """`template` with every slot filled; raises `KeyError` for a slot that has no value."""
    while "{" in template:  # values may hold slots themselves
        template = _SLOT.sub(lambda match: _value(match[1], slots), template)
    return template


def _value(slot: str, slots: Mapping[str, str]) -> str:
    if slot in slots:
        return slots[slot]
    if slot[0].isupper():
        return capitalise(_value(slot[0].lower() + slot[1:], slots))
    if slot.startswith("a_"):
        return f"a {slots[slot[2:]]}"  # fix_articles makes it "an" where that is right
    return slots[slot.removesuffix("_capitals")].upper() if slot.endswith("_capitals") else slots[slot]


def write(rng: random.Random, template: str, slots: Mapping[str, str]) -> str:
    """A finished sentence or paragraph from `template`."""
    text = choose_alternatives(rng, fill(choose_alternatives(rng, template), slots))
    return fix_articles(speech_marks(text))


def speech_marks(text: str) -> str:
    """`text` with its 'speech' in double quotes, and "speech" inside speech in single ones.

    A quote after a letter opens nothing, and one before a letter closes nothing: those are apostrophes.
    """
    marks = list(text)
    is_open = False
    for at, mark in enumerate(text):
        if mark == '"':
            marks[at] = "'"
        elif mark == "'" and is_open and not text[at + 1 : at + 2].isalpha():
            marks[at], is_open = '"', False
        elif mark == "'" and not is_open and not text[at - 1 : at].isalpha():
            marks[at], is_open = '"', True
    return "".join(marks)
