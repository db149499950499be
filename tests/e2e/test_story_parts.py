"""The story page's parts by themselves, in the browser: sentences, quotation marks, titles, pictures."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from support import SiteServer


@pytest.fixture(scope="module")
def page(browser: Browser, site_server: SiteServer) -> Iterator[Page]:
    """A page of the site without anything on it."""
    page = browser.new_page()
    page.goto(site_server.url + "models/models.json")
    yield page
    page.close()


def call(page: Page, module: str, function: str, *arguments: Any) -> Any:
    return page.evaluate(
        "async ([path, name, given]) => (await import(path))[name](...given)",
        [f"/story/{module}.js", function, arguments],
    )


@pytest.mark.parametrize(
    ("paragraph", "sentences"),
    [
        ("The owl sat. The owl slept.", ["The owl sat.", "The owl slept."]),
        (
            "“Who is there?” asked the owl. “Me!” cried Ben.",
            ["“Who is there?” asked the owl.", "“Me!” cried Ben."],
        ),
        ("“I will!” she said. “Wait for me.”", ["“I will!” she said.", "“Wait for me.”"]),
        ("Mr. Bear and Mrs. Fox met Dr. Mole.", ["Mr. Bear and Mrs. Fox met Dr. Mole."]),
        ("One … two … three! Go.", ["One … two … three!", "Go."]),
        ("It was 3.5 miles away. Far!", ["It was 3.5 miles away.", "Far!"]),
        ("no end yet", ["no end yet"]),
    ],
)
def test_sentences(page: Page, paragraph: str, sentences: list[str]) -> None:
    assert call(page, "typesetting", "sentencesOf", paragraph) == sentences


@pytest.mark.parametrize(
    ("plain", "printed"),
    [
        ('"Who?" asked Ben.', "“Who?” asked Ben."),
        ("He said, \"It's Ben's.\"", "He said, “It’s Ben’s.”"),
        ("\"She said 'no' twice,\" said Ben.", "“She said ‘no’ twice,” said Ben."),
        ("\"'No,' she said.\"", "“‘No,’ she said.”"),
        ('("Ben") "', "(“Ben”) “"),
    ],
)
def test_quotation_marks(page: Page, plain: str, printed: str) -> None:
    assert call(page, "../components/quotation-marks", "typeset", plain) == printed
    for length in range(len(plain)):
        grown = call(page, "../components/quotation-marks", "typeset", plain[:length])
        assert printed.startswith(grown), "what is on the page does not change while the text grows"


def test_breaths(page: Page) -> None:
    long = ", ".join(f"and then the little fox went past tree number {number}" for number in range(9)) + "."
    breaths = call(page, "typesetting", "breathsOf", long)
    assert " ".join(breaths) == long
    assert len(breaths) > 2
    assert max(map(len, breaths)) <= 160
    assert call(page, "typesetting", "breathsOf", "Short, isn't it?") == ["Short, isn't it?"]


def test_reminder_fits_the_context(page: Page) -> None:
    paragraph = "The fox went on through the wood and met somebody new."
    tale = {"request": "Tell me a story.", "parts": ["\n\n".join([paragraph] * 90), ""], "finished": False}
    asked = call(page, "tale", "askForLastPart", tale, 1024)
    assert [message["role"] for message in asked] == ["user", "assistant", "user"]
    reminder = asked[1]["content"]
    assert 1000 < len(reminder) < 1024 * 3 * 0.75
    assert reminder.startswith(paragraph)
    assert tale["parts"][0].endswith(reminder)


SUBJECT = {
    "character": "a little fox",
    "setting": "in the forest",
    "twist": "a lost toy",
    "hour": 21,
    "seed": 5,
}
DRAW = """async (subjects) => {
  const { drawPicture } = await import("/story/illustration/picture.js");
  return subjects.map((subject) => drawPicture(subject).outerHTML);
}"""


def test_same_story_same_picture_other_story_other_picture(page: Page) -> None:
    others = [
        {"character": "a small owl"},
        {"setting": "by the sea"},
        {"twist": "a secret door"},
        {"hour": 12},
        {"seed": 6},
    ]
    drawings = page.evaluate(DRAW, [SUBJECT, SUBJECT, *({**SUBJECT, **other} for other in others)])
    assert drawings[0] == drawings[1]
    assert len(set(drawings)) == len(others) + 1
    assert "NaN" not in "".join(drawings)
    assert "undefined" not in "".join(drawings)


def test_everything_that_can_be_chosen_can_be_drawn(page: Page) -> None:
    unknown = page.evaluate(
        """async () => {
          const { readHero, readPlace, readProp } = await import("/story/illustration/vocabulary.js");
          const { character, setting, twist } = await (await fetch("/story/choices.json")).json();
          return [
            ...character.filter(({ phrase }) => readHero(phrase).kind === "traveller"),
            ...setting.filter(({ phrase }) => readPlace(phrase) === "meadow"),
            ...twist.filter(({ phrase }) => !readProp(phrase)),
          ].map(({ phrase }) => phrase);
        }"""
    )
    assert unknown == []


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("a polar bear named Fox", "polar"),
        ("two sleepy kittens", "cat"),
        ("Grandma’s purple wolves", "wolf"),
        ("a mouse who loved an elephant", "mouse"),
        ("the last dinosaur", "dinosaur"),
        ("a thingamajig", "traveller"),
        ("", "traveller"),
    ],
)
def test_hero_is_found_in_own_words(page: Page, character: str, kind: str) -> None:
    assert call(page, "illustration/vocabulary", "readHero", character)["kind"] == kind


def test_every_word_that_is_known_has_a_drawing(page: Page) -> None:
    missing = page.evaluate(
        """async () => {
          const { HEROES, PLACES, PROPS } = await import("/story/illustration/vocabulary.js");
          const { FIGURES } = await import("/story/illustration/picture.js");
          const lands = await import("/story/illustration/lands.js");
          const props = await import("/story/illustration/props.js");
          const absent = (known, drawn) => [...known.values()].filter((name) => !(name in drawn));
          return [...absent(HEROES, FIGURES), ...absent(PLACES, lands.PLACES), ...absent(PROPS, props.PROPS)];
        }"""
    )
    assert missing == []


def test_every_figure_place_and_hour_is_drawn_whole(page: Page) -> None:
    """Markup without holes: a forgotten number would be "NaN" or "undefined" in it."""
    broken = page.evaluate(
        """async () => {
          const { HEROES, PLACES, PROPS } = await import("/story/illustration/vocabulary.js");
          const { drawPicture } = await import("/story/illustration/picture.js");
          const words = (known) => [...new Map([...known].map(([word, drawn]) => [drawn, word])).values()];
          const [heroes, places, props] = [HEROES, PLACES, PROPS].map(words);
          const broken = [];
          for (let index = 0; index < Math.max(heroes.length, places.length * 4); index++) {
            const pick = (list) => list[index % list.length];
            const wishes = { character: pick(heroes), setting: "in the " + pick(places), twist: pick(props) };
            const subject = { ...wishes, hour: (index * 7) % 24, seed: index };
            if (/NaN|undefined|null/.test(drawPicture(subject).outerHTML)) broken.push(subject);
          }
          return broken;
        }"""
    )
    assert broken == []
