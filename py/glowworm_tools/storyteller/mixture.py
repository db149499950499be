"""The stream of training documents: generated ones, fresh for ever, and read stories in turn.

A document is found by its number alone, so that a run that was interrupted goes on with the very next one.
"""

import random
from dataclasses import dataclass

from .conversation import Turns, about_a_story, idea
from .corpus import ReadStory
from .grammar import Story, random_story
from .reading import Requests
from .small_talk import small_talk
from .wording import whole


@dataclass(frozen=True)
class Document:
    """One training document: a conversation, or a bare text when `turns` has a single empty request."""

    turns: Turns
    is_cut: bool = False
    """Whether the last answer is left open."""


@dataclass(frozen=True)
class Mix:
    """Which documents there are, as shares from 0 to 1."""

    read_share: float
    bare_share: float
    """How many of the read ones stand without a request."""
    cut_share: float
    """How many of our own stories without talk stop after the paragraph that tells of the twist."""


PRETRAINING = Mix(read_share=0.2, bare_share=0.5, cut_share=0.6)
"""Language, and the art of reading a request: some read text, half of it bare; many beginnings."""
INSTRUCTION = Mix(read_share=0.08, bare_share=0.2, cut_share=0.2)
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
        return generated_document(rng, mix.cut_share)

    def _read(self, rng: random.Random, mix: Mix) -> Document:
        story = self.stories[rng.randrange(len(self.stories))]
        if rng.random() < mix.bare_share:
            return Document([("", story.text)])
        return Document(self._requests.turns(rng, story))


def generated_document(rng: random.Random, cut_share: float = 0.0) -> Document:
    """A fresh document from the grammar: a story, an idea for one, talk about one, or small talk."""
    draw = rng.random()
    if draw < 0.4:
        story = random_story(rng)
        is_cut = rng.random() < cut_share
        return Document([(story.request, beginning(story) if is_cut else story.text)], is_cut)
    if draw < 0.7:
        return Document(idea(rng, random_story(rng)))
    return Document(about_a_story(rng) if draw < 0.93 else small_talk(rng))


def beginning(story: Story) -> str:
    """`story` as far as the paragraph that first tells of its twist: hero, name and place stand before it.

    Nearly all that is copied from a request is copied there, so that more requests are read in the same time.
    """
    paragraphs = story.text.split("\n\n")
    signs = [whole(sign) for sign in story.cast.twist.signs]
    told = (at for at, text in enumerate(paragraphs) if any(sign.search(text) for sign in signs))
    return "\n\n".join(paragraphs[: next(told, len(paragraphs)) + 1])
