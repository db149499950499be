"""Talk around the stories: greetings, who the model is, what it cannot do, thanks, good night.

The answers are honest about a model that knows stories and little else.
"""

import random

from .cast import Cast
from .choices import story_request
from .data import read
from .lexicon import THINGS
from .names import BOYS, GIRLS, SURNAMES, TOWNS
from .questions import Turn
from .wishes import page_wishes
from .wording import fix_articles, write

_TALK = read("talk")
_LULLABIES = read("telling")["evening"]["lullabies"]
_EXCHANGES = [entry for entry in _TALK["exchange"] for _ in range(entry.get("often", 1))]
_NO_STORY_YET = (
    "There is no story yet. Whom shall I tell you about?",
    "I have not told you a story yet. Shall I begin one?",
)


def small_talk(rng: random.Random, exchanges: int | None = None) -> list[Turn]:
    """One to three exchanges without a story."""
    turns = [_exchange(rng, entry) for entry in rng.sample(_EXCHANGES, exchanges or rng.randint(1, 3))]
    if exchanges is None and rng.random() < 0.2:
        turns.append(exchange(rng, "good_night"))
    if exchanges is None and rng.random() < 0.06:
        again = rng.choice(("shorter", "simpler", "go_on", "funnier"))
        turns.insert(0, (rng.choice(_TALK["again"][again]), rng.choice(_NO_STORY_YET)))
    return turns


def exchange(rng: random.Random, what: str) -> Turn:
    """Thanks or a good night, and the answer to it."""
    return _exchange(rng, _TALK[what])


def fitting_answer(rng: random.Random, cast: Cast) -> str:
    """A good night that remembers the story."""
    return write(rng, rng.choice(_TALK["good_night"]["answers_after"]), cast.slots)


def _exchange(rng: random.Random, entry: dict) -> Turn:
    said, answer = rng.choice(entry["said"]), rng.choice(entry["answers"])
    if said == "{question}":
        said = unanswerable(rng)
    elif said == "{unsuitable}":
        said = _unsuitable(rng)
    if rng.random() < 0.2:
        said = said.lower().rstrip(".!?")
    return said, write(rng, answer, {"lullaby": rng.choice(_LULLABIES)})


def _unsuitable(rng: random.Random) -> str:
    """The story page's request with something in it that no bedtime story may have."""
    wishes = page_wishes(rng)
    assert wishes.character and wishes.place and wishes.twist and wishes.theme and wishes.length
    words = {"character": wishes.character.phrase, "twist": wishes.twist.phrase}
    field = rng.choice(tuple(words))
    words[field] = rng.choice(_TALK["unsuitable"][field])
    return story_request(
        setting=wishes.place.phrase, theme=wishes.theme.phrase, length=wishes.length, **words
    )


def unanswerable(rng: random.Random) -> str:
    """A question it cannot answer, or a task it cannot do."""
    slots = {
        "noun": THINGS["all_objects"].pick(rng),
        "name": rng.choice((GIRLS, BOYS)).pick(rng),
        "surname": SURNAMES.pick(rng),
        "town": TOWNS.pick(rng),
        "number": str(rng.randint(2, 999)),
        "other": str(rng.randint(2, 99)),
    }
    return fix_articles(rng.choice(_TALK["questions"]["templates"]).format(**slots))
