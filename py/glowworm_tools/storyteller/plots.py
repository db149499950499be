"""The twists: plots as chains of events with causes and consequences, one file each in `data/plots`.

A plot says what happens to the hero, what the hero then wants, what is tried in vain, what a helper
knows or has that changes everything, how it comes out and what remains of it; all of it once more in simple
words; and what may be asked about it afterwards. How the helper is won over is not the plot's business but
the theme's (`lessons.py`).

Templates use the slots of the hero (`{hero}`, `{he}`, `{him}`, `{his}`, `{himself}`), of the helper
(`{helper}`, `{the_helper}`, `{helper_he}`, ...), of the place (`{spot}`, `{other_spot}`, `{home}`, ...), the
`{thing}` the plot is about (`{full_thing}` with its adjective), and the plot's own `props`, of which one
value each is chosen per story: what is said of it in one place holds in every other.
"""

import random
from dataclasses import dataclass
from functools import cache

from .data import FOLDER, read, words
from .lexicon import ADJECTIVES, THINGS, Source, WordList, is_invented, noun_of_no_list
from .wording import fix_articles


@dataclass(frozen=True)
class Question:
    """What may be asked about a story, the right answers, and the words every right answer has."""

    asked: tuple[str, ...]
    answers: tuple[str, ...]
    key: str
    skip_simple: bool = False
    """Whether the telling in simple words leaves the fact out."""


@dataclass(frozen=True)
class Plot:
    name: str
    asks: tuple[str, ...]
    """How a request names it; may hold `{thing}`."""
    goal: str
    """What the hero wants, as an infinitive without "to"; of the hero's slots it may hold `{his}` alone."""
    happens: tuple[str, ...]
    attempts: tuple[str, ...]
    """Ways that fail, in any order."""
    silly: tuple[str, ...]
    """Ways that fail in a funny story."""
    help: tuple[str, ...]
    """What the helper then says."""
    outcome: tuple[str, ...]
    remains: tuple[str, ...]
    """How the days after differ from the days before."""
    simple: dict[str, str]
    questions: tuple[Question, ...]
    props: dict[str, tuple[str, ...]]
    signs: tuple[str, ...]
    """Words of which every telling has one; none where the thing's own name is the sign."""
    things: WordList | None
    any_things: tuple[str, ...]
    """What else it can be about, with `{noun}` for any thing; nothing where its things are no nouns."""
    page: str | None
    """The story page's phrase, "a lost toy"."""
    page_things: tuple[str, ...]
    page_sign_times: int
    """How often a story must have a sign of the page's twist; other stories may have a door or a star too."""
    adjectives: tuple[str, ...]
    set_out: tuple[str, ...]
    """How the hero sets out to find help, where the usual ways do not fit."""
    homes: tuple[str, ...]
    """How they go home, where it is later than usual."""
    needs_early: bool
    """Whether hero and helper must meet before the trouble: nobody plays games in a thunderstorm."""


@dataclass(frozen=True)
class Twist:
    """A plot with what it is about: `phrase` as a request says it, "a lost golden key"."""

    phrase: str
    plot: Plot
    thing: str = ""
    full_thing: str = ""

    @property
    def signs(self) -> tuple[str, ...]:
        """Words of which a story with this twist has at least one: "a lost toy" may be about any toy."""
        is_named = self.thing in self.phrase
        return self.plot.signs or ((self.thing,) if is_named else self.plot.page_things)

    @property
    def sign_times(self) -> int:
        """How often such a story has one of its signs at least."""
        return self.plot.page_sign_times if self.phrase == self.plot.page else 1


def _plot(name: str) -> Plot:
    entry = read(f"plots/{name}")
    things = entry.get("things")
    told = ("happens", "attempts", "silly", "help", "outcome", "remains", "asks")
    return Plot(
        name=name,
        goal=entry["goal"],
        simple=entry["simple"],
        questions=tuple(
            Question(tuple(qa["q"]), tuple(qa["a"]), qa["key"], qa.get("skip_simple", False))
            for qa in entry["qa"]
        ),
        props={prop: tuple(values) for prop, values in entry.get("props", {}).items()},
        signs=tuple(entry.get("signs", ())),
        things=THINGS[things] if isinstance(things, str) else WordList(things) if things else None,
        any_things=tuple(entry.get("any_things", ("{noun}",))),
        page=entry.get("page"),
        page_things=tuple(entry.get("page_things", ())),
        page_sign_times=entry.get("page_sign_times", 1),
        adjectives=ADJECTIVES.get(entry.get("adjectives", ""), ()),
        set_out=tuple(entry.get("set_out", ())),
        homes=tuple(entry.get("homes", ())),
        needs_early=entry.get("early", False),
        **{part: tuple(entry[part]) for part in told},
    )


PLOTS = {name: _plot(name) for name in sorted(path.stem for path in (FOLDER / "plots").glob("*.toml"))}
_PAGE_ORDER = words(read("choices")["twists"])
PAGE_PLOTS = tuple(
    next(plot for plot in PLOTS.values() if plot.page == phrase) for phrase in _PAGE_ORDER
)  # fmt: skip
_OTHER_PLOTS = tuple(plot for plot in PLOTS.values() if plot.things is None)
_FREE_PLOTS = tuple((plot, plot.things) for plot in PLOTS.values() if plot.things is not None)


def page_twist(rng: random.Random, plot: Plot) -> Twist:
    """`plot` as the story page names it, about one of its own things."""
    thing = rng.choice(plot.page_things) if plot.page_things else ""
    return Twist(plot.page or "", plot, thing, _described(rng, plot, thing))


def random_twist(rng: random.Random, source: Source = Source.ANYWHERE) -> Twist:
    """Any twist one might ask for: one of the page's, or one about a thing of `source`.

    Of the things held out, each is as likely as any, however many plots have it.
    """
    if source is Source.HELD_OUT:
        thing = rng.choice(_things_held_out())
        return _twist(
            rng, rng.choice([plot for plot, things in _FREE_PLOTS if thing in things.unseen]), thing
        )
    draw = rng.random()
    if draw < 0.4:
        return page_twist(rng, rng.choice(PAGE_PLOTS))
    if draw < 0.55:
        return _twist(rng, rng.choice(_OTHER_PLOTS), "")
    plot, things = rng.choice(_FREE_PLOTS)
    if plot.any_things and is_invented(rng, source):
        return _twist(rng, plot, rng.choice(plot.any_things).replace("{noun}", noun_of_no_list(rng)))
    return _twist(rng, plot, things.pick(rng))


@cache
def _things_held_out() -> tuple[str, ...]:
    return tuple(sorted({thing for _, things in _FREE_PLOTS for thing in things.unseen}))


def _twist(rng: random.Random, plot: Plot, thing: str) -> Twist:
    ask = rng.choice(plot.asks)
    full_thing = _described(rng, plot, thing)
    says_all = rng.random() < 0.25
    phrase = fix_articles(ask.replace("{thing}", full_thing if says_all else thing))
    return Twist(phrase, plot, thing, full_thing)


def _described(rng: random.Random, plot: Plot, thing: str) -> str:
    return f"{rng.choice(plot.adjectives)} {thing}" if thing and plot.adjectives else thing
