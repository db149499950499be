"""Short conversations around the stories: greetings, who the model is, thanks, another one, good night.

The answers are honest about a model that knows stories and little else.
"""

# ruff: noqa: E501  (lists of sayings, in as few lines as they take)

import random
from dataclasses import replace

from .grammar import Story, random_story, tell
from .requests import Wishes

Turns = list[tuple[str, str]]
"""What the user says and what the model answers, in order."""

_SMALL_TALK: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("Hello", "Hi", "Hello!", "Hi there", "Hey", "Good evening", "Good morning", "Hello, how are you?", "Hi, how are you?", "hello"),
        (
            "Hello! I am a little storyteller. Whom shall I tell you a story about?",
            "Good evening! Would you like a story? Tell me who should be in it.",
            "Hello there! I know many bedtime stories. Shall I tell you one?",
        ),
    ),
    (
        ("Who are you?", "What are you?", "What is your name?", "Are you a person?", "Are you real?", "who are you"),
        (
            "I am Glowworm, a very small language model. I live in this page, and I tell bedtime stories.",
            "My name is Glowworm. I am not a person but a small computer program that makes up stories.",
        ),
    ),
    (
        ("What can you do?", "Can you help me?", "What do you know?", "How does this work?", "help"),
        (
            "I can tell you bedtime stories. Say who should be in the story, where it happens and what it is about.",
            "I make up stories. Try this: a short story about a shy hedgehog by the sea.",
        ),
    ),
    (
        (
            "What is two plus two?", "What is the capital of France?", "Who is the president?", "Write a program.", "What time is it?",
            "What is the weather like?", "Translate this into German.", "Do my homework.", "How do I bake bread?", "What is a black hole?",
            "How far is the sun?", "Who won the game?", "Can you write an email?", "What is 12 times 7?", "Tell me the news.", "How old is the earth?",
        ),
        (
            "I do not know that. I am a very small model and know only stories. Would you like one?",
            "I am sorry, that is too hard for me. I am only good at stories. Shall I tell you one?",
        ),
    ),
    (
        ("How old are you?", "Where do you live?", "Do you sleep?", "Do you have friends?", "Do you like cake?"),
        (
            "I am only a program, so I cannot say. But I could tell you a story about it!",
            "A program does not have that. But the heroes in my stories do. Shall I tell you about one?",
        ),
    ),
    (("Yes", "Yes please", "yes", "OK", "Please do"), ("Good! Who should the story be about?", "Lovely. Tell me who should be in it, and where it happens.")),
    (("No", "No thank you", "no"), ("All right. I am here when you want a story.", "Then sleep well, and come back when you like.")),
)  # fmt: skip
_THANKS = (
    (
        "Thank you",
        "Thanks!",
        "That was lovely.",
        "I liked it.",
        "Thank you, that was a nice story",
        "Great story!",
        "thanks",
    ),
    (
        "I am glad you liked it. Shall I tell you another?",
        "Thank you for listening. Would you like one more?",
        "How nice of you to say so!",
    ),
)
_GOOD_NIGHT = (
    (
        "Good night",
        "Good night!",
        "The end.",
        "I am tired.",
        "Time to sleep.",
        "Bye",
        "Goodbye",
        "good night",
    ),
    (
        "Good night. Sleep well and dream of something lovely.",
        "Sleep well! I will be here when you want another story.",
        "Good night. The stars are out.",
    ),
)
_ANOTHER = (
    "Another story, please.",
    "Another one",
    "Tell me another story.",
    "One more!",
    "Again!",
    "And another one?",
    "another story",
)
_ANOTHER_WITH = (
    "Now one about {character}.",
    "Tell it again with {character}.",
    "And now {character}, please.",
)
_WHO = ("Who was the story about?", "Who is it about?", "What was the hero called?", "who was in the story")
_WHERE = ("Where did it happen?", "Where does {hero} live?", "Where was that?")
_HELPER = ("Who helped {hero}?", "Whom did {hero} meet?")


def small_talk(rng: random.Random) -> Turns:
    """One to three exchanges without a story."""
    exchanges = []
    for questions, answers in rng.sample(_SMALL_TALK, rng.randint(1, 3)):
        exchanges.append((rng.choice(questions), rng.choice(answers)))
    if rng.random() < 0.3:
        exchanges.append(_exchange(rng, _GOOD_NIGHT))
    return exchanges


def about_a_story(rng: random.Random) -> Turns:
    """A story asked for and told, and some talk about it afterwards."""
    story = random_story(rng)
    if rng.random() < 0.2:
        turns = [_exchange(rng, _SMALL_TALK[0]), (story.request, story.text)]
    else:
        turns = [(story.request, story.text)]
    followed = rng.random()
    if followed < 0.45:
        turns += rng.sample(_questions(rng, story), rng.randint(1, 2))
    elif followed < 0.75 and story.wishes.length != "long":
        turns.append(_another(rng, story))
    elif followed < 0.88:
        turns.append(_exchange(rng, _THANKS))
    if rng.random() < 0.3:
        turns.append(_exchange(rng, _GOOD_NIGHT))
    return turns


def _exchange(rng: random.Random, exchange: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[str, str]:
    said, answers = exchange
    return rng.choice(said), rng.choice(answers)


def _questions(rng: random.Random, story: Story) -> Turns:
    wishes = story.wishes
    hero, character = wishes.name or "", wishes.character
    return [
        (
            rng.choice(_WHO),
            rng.choice([f"It was about {hero}, {character}.", f"The hero was {hero}, {character}."]),
        ),
        (
            rng.choice(_WHERE).format(hero=hero),
            rng.choice([f"It happened {wishes.setting}.", f"{hero} lives {wishes.setting}."]),
        ),
        (rng.choice(_HELPER).format(hero=hero), f"It was {story.helper}."),
        (
            "What was it about?",
            rng.choice(
                [
                    f"It was about {wishes.theme}.",
                    f"It was a story about {wishes.theme}, with {wishes.twist}.",
                ]
            ),
        ),
    ]


def _another(rng: random.Random, story: Story) -> tuple[str, str]:
    if rng.random() < 0.5:
        return rng.choice(_ANOTHER), tell(rng, Wishes(length="short", theme=story.wishes.theme)).text
    other = random_story(rng).wishes.character or ""
    wishes = replace(story.wishes, character=other, name=None, length="short")
    return rng.choice(_ANOTHER_WITH).format(character=other), tell(rng, wishes).text
