"""The stream of training documents: generated ones, fresh for ever, and read stories in turn.

A document is found by its number alone, so that a run that was interrupted goes on with the very next one.
"""

import random
from dataclasses import dataclass

from .conversation import Turns, about_a_story, idea
from .corpus import ReadStory
from .grammar import random_story
from .reading import Requests
from .small_talk import small_talk


@dataclass(frozen=True)
class Document:
    """One training document: a conversation, or a bare text when `turns` has a single empty request."""

    turns: Turns


@dataclass(frozen=True)
class Mix:
    """How many documents in a hundred are read, and how many of those stand bare, without a request."""

    read_share: float
    bare_share: float


PRETRAINING = Mix(read_share=0.2, bare_share=0.5)
"""Language, and the art of reading a request: some read text, half of it bare."""
INSTRUCTION = Mix(read_share=0.08, bare_share=0.2)
"""Answering: our own stories and conversations, and a little of the rest so as not to forget it."""


class Documents:
    """Every training document by its number."""

    def __init__(self, stories: list[ReadStory], seed: int) -> None:
        self.stories, self.seed = stories, seed
        self._requests = Requests(stories)

    def document(self, number: int, mix: Mix) -> Document:
        """The document `number` of a run whose seed is this one's."""
        rng = random.Random(self.seed * 1_000_000_007 + number)
        if self.stories and rng.random() < mix.read_share:
            return self._read(rng, mix)
        return generated_document(rng)

    def _read(self, rng: random.Random, mix: Mix) -> Document:
        story = self.stories[rng.randrange(len(self.stories))]
        if rng.random() < mix.bare_share:
            return Document([("", story.text)])
        return Document(self._requests.turns(rng, story))


def generated_document(rng: random.Random) -> Document:
    """A fresh document from the grammar: a story, an idea for one, talk about one, or small talk."""
    draw = rng.random()
    if draw < 0.42:
        story = random_story(rng)
        return Document([(story.request, story.text)])
    if draw < 0.67:
        return Document(idea(rng, random_story(rng)))
    return Document(about_a_story(rng) if draw < 0.92 else small_talk(rng))
