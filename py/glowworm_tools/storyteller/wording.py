"""A very small template language for sentences.

`{slot}` is replaced by the slot's value, `{Slot}` by the value with a capital first letter, and
`[one|two|three]` by one of the alternatives, chosen by the story's random generator. Alternatives may nest.
Speech is written in 'single quotes', which need no escaping in a template, and comes out in double ones.
"""

import random
import re
from collections.abc import Mapping

_INNERMOST_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_SPEECH_MARK = re.compile(r"(?<!\w)'|(?<=[.,!?])'")


def capitalise(text: str) -> str:
    """`text` with its first letter a capital and the rest untouched."""
    return text[:1].upper() + text[1:]


def with_article(noun: str) -> str:
    """`noun` behind `a` or `an`."""
    is_vowel = noun[0].lower() in "aeiou" and not noun.startswith("uni")
    return f"{'an' if is_vowel else 'a'} {noun}"


def without_article(phrase: str) -> str:
    """`phrase` without the `a`, `an` or `the` it may begin with."""
    return re.sub(r"^(an?|the) ", "", phrase, flags=re.IGNORECASE)


def choose_alternatives(rng: random.Random, template: str) -> str:
    """`template` with every `[one|two]` decided."""
    while True:
        decided = _INNERMOST_ALTERNATIVES.sub(lambda match: rng.choice(match[1].split("|")), template)
        if decided == template:
            return decided
        template = decided


def fill(template: str, slots: Mapping[str, str]) -> str:
    """`template` with every slot filled; raises `KeyError` for a slot that has no value."""

    def value(match: re.Match[str]) -> str:
        slot = match[1]
        return slots[slot] if slot in slots else capitalise(slots[slot[0].lower() + slot[1:]])

    while _SLOT.search(template):  # values may hold slots themselves
        template = _SLOT.sub(value, template)
    return template


def write(rng: random.Random, template: str, slots: Mapping[str, str]) -> str:
    """A finished sentence or paragraph from `template`."""
    text = fill(choose_alternatives(rng, template), slots)
    return _SPEECH_MARK.sub('"', choose_alternatives(rng, text))
