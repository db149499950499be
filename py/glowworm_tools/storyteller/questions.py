"""Questions about a story just told, with right answers from its cast."""

import random
from dataclasses import dataclass

from .data import read
from .grammar import Story
from .heroes import KINDS
from .wording import whole, write

Turn = tuple[str, str]
"""What the user says and what the model answers."""

_GENERAL = read("questions")["question"]
_CARELESS_SHARE = 0.15


@dataclass(frozen=True)
class Asked:
    """A question in several wordings, its right answers, and what each of them has in it."""

    wordings: tuple[str, ...]
    answers: tuple[str, ...]
    key: str

    def turn(self, rng: random.Random) -> Turn:
        """One wording with one answer; asked carelessly now and then."""
        question = rng.choice(self.wordings)
        if rng.random() < _CARELESS_SHARE:
            question = question.lower().rstrip("?")
        return question, rng.choice(self.answers)


def questions_about(rng: random.Random, story: Story) -> list[Asked]:
    """What can be asked about `story`; what happened in it twice, as there is more of that to know."""
    cast = story.cast
    is_simple = story.style == "simple"
    while whole(other_kind := KINDS.pick(rng)).search(story.text):
        pass
    told = {
        "companion": cast.wishes.companion is not None,
        "helped": not is_simple,
        None: True,
    }
    slots = {
        **cast.slots,
        "because": cast.scene.because,
        "because_key": cast.scene.because_key,
        "simple_moral": cast.lesson.simple_moral,
        "moral_key": cast.lesson.moral_key,
        "other_kind": other_kind,
    }

    def asked(wordings: tuple[str, ...], answers: tuple[str, ...], key: str) -> Asked:
        questions, rights = (
            tuple(write(rng, text, slots) for text in texts) for texts in (wordings, answers)
        )
        return Asked(questions, rights, write(rng, key, slots))

    general = [asked(qa["q"], qa["a"], qa["key"]) for qa in _GENERAL if told[qa.get("needs")]]
    of_the_plot = [
        asked(question.asked, question.answers, question.key)
        for question in cast.plot.questions
        if not (is_simple and question.skip_simple)
    ]
    return general + of_the_plot * 2
