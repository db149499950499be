"""Requests for read stories: what one would have had to ask to be told them.

They are worded differently from the requests for our own stories ("Read me ...", "Use the words ...", "Go on
with this story: ..."), so that a model learns language from the read stories and the art of answering a
request for a story from our own.
"""

import random
import re
from collections import Counter
from math import log

from .conversation import Turns
from .corpus import ReadStory

_HERO = re.compile(r"\b((?:an?|the) (?:[a-z-]+ ){0,2}[a-z]+) (?:named|called|whose name was) ([A-Z][a-z]+)\b")
_OPENINGS = (
    "Read me a little story about {whom}.",
    "Read us a tiny story about {whom}",
    "Read me something about {whom}.",
    "A tiny story about {whom}, please.",
)
_WORDED = (
    "Read me a little story with the words {words}.",
    "Make a tiny story with these words: {words}.",
    "Use the words {words} in a tiny story.",
)
_CONTINUED = ("Go on with this story: {start}", "Continue: {start}", "How does this go on? {start}")
_MINIMUM_START, _MAXIMUM_START = 60, 420


class Requests:
    """Words requests for read stories; which words stand out in a story is known from all of them."""

    def __init__(self, stories: list[ReadStory]) -> None:
        self._stories_with = Counter(
            word for story in stories if story.is_whole for word in set(_plain_words(story.text))
        )
        self._count = max(1, sum(story.is_whole for story in stories))

    def turns(self, rng: random.Random, story: ReadStory) -> Turns:
        """`story` as the answer to a request that it grants."""
        if not story.is_whole or rng.random() < 0.15:
            return self._continued(rng, story.text)
        hero = _HERO.search(story.text[:300])
        if hero and rng.random() < 0.6:
            whom = f"{hero[1].replace('the ', 'a ', 1)} named {hero[2]}"
            return [(rng.choice(_OPENINGS).format(whom=whom), story.text)]
        words = self.salient_words(story.text, rng.choice((2, 3, 3)))
        listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
        return [(rng.choice(_WORDED).format(words=listed), story.text)] if words else [("", story.text)]

    def salient_words(self, text: str, count: int) -> list[str]:
        """The words that make `text` what it is: said more than once, and rarely said elsewhere."""
        said = Counter(_plain_words(text))
        weights = {
            word: times * log(self._count / (1 + self._stories_with[word]))
            for word, times in said.items()
            if times > 1 and len(word) > 3
        }
        return sorted(weights, key=lambda word: (-weights[word], word))[:count]

    @staticmethod
    def _continued(rng: random.Random, text: str) -> Turns:
        """The first sentences as the request, the rest as the answer."""
        ends = [
            match.end()
            for match in re.finditer(r'[.!?]"?(?=\s)', text)
            if _MINIMUM_START <= match.end() <= _MAXIMUM_START
        ]
        if not ends:
            return [("", text)]
        cut = rng.choice(ends)
        return [(rng.choice(_CONTINUED).format(start=text[:cut]), text[cut:].strip())]


def _plain_words(text: str) -> list[str]:
    return re.findall(r"(?<![.!?\"]\s)\b[a-z]+\b", text)
