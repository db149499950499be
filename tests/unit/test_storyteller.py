"""The storyteller's grammar, its choices for the story page, and the model file that ships with the site."""

import asyncio
import json
import random
from pathlib import Path

import gguf
import pytest
from glowworm.text.chat import ChatTemplate
from glowworm.text.tokenizer import Tokenizer
from glowworm.weights.gguf import GgufFile, read_gguf
from glowworm.weights.source import FileSource
from glowworm_tools.storyteller.chat_format import encode_turns, prompt_ids
from glowworm_tools.storyteller.choices import (
    CHARACTERS,
    LENGTHS,
    SETTINGS,
    THEMES,
    TWISTS,
    choices_json,
    story_request,
)
from glowworm_tools.storyteller.conversation import about_a_story, small_talk
from glowworm_tools.storyteller.grammar import Story, random_story, story_kind, tell
from glowworm_tools.storyteller.lessons import LESSONS
from glowworm_tools.storyteller.plots import PLOTS
from glowworm_tools.storyteller.requests import Wishes
from glowworm_tools.storyteller.tokenizer import END_OF_TURN, FIRST_PIECE, StoryTokenizer
from glowworm_tools.storyteller.wording import write

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "web" / "models" / "glowworm-story.gguf"
SITE_LIMIT_BYTES = 24_000_000


def all_wishes() -> list[Wishes]:
    """Wishes in which every choice of the page occurs at least five times."""
    rng = random.Random(3)
    return [
        Wishes(
            character=CHARACTERS[number % len(CHARACTERS)].phrase,
            setting=SETTINGS[number % len(SETTINGS)].phrase,
            twist=TWISTS[rng.randrange(len(TWISTS))] if number >= 50 else TWISTS[number % len(TWISTS)],
            theme=THEMES[number % len(THEMES)],
            length=LENGTHS[rng.randrange(3)],
            name="Zumilo" if number % 2 else None,
            listener="Tavo" if number % 3 == 0 else None,
        )
        for number in range(120)
    ]


def stories(count: int, seed: int = 5) -> list[Story]:
    rng = random.Random(seed)
    return [random_story(rng) for _ in range(count)]


def test_same_seed_tells_the_same_stories():
    assert stories(20) == stories(20)
    assert stories(20) != stories(20, seed=6)


@pytest.mark.parametrize("wishes", all_wishes())
def test_story_has_what_was_asked_for(wishes: Wishes):
    story = tell(random.Random(11), wishes)
    text = story.text
    setting = next(setting for setting in SETTINGS if setting.phrase == wishes.setting)
    assert story_kind(wishes.character or "") in text
    assert setting.phrase in text.lower()
    assert any(sign in text for sign in PLOTS[wishes.twist or ""].signs)
    assert any(_is_told(moral, text) for moral in LESSONS[wishes.theme or ""].moral)
    if wishes.name:
        assert text.count(wishes.name) > 3
    if wishes.listener:
        assert wishes.listener in text.splitlines()[-1]


def _is_told(moral: str, text: str) -> bool:
    """Whether the longest run of a moral's words that holds no slot stands in `text`."""
    plain = max(moral.replace("}", "{").split("{")[::2], key=len)
    return plain in text


@pytest.mark.parametrize("story", stories(60), ids=lambda story: story.request[:40])
def test_stories_are_finished_text(story: Story):
    assert not set("[]{}|") & set(story.text)
    assert "  " not in story.text
    assert story.text[-1] == "."
    assert story.text.count('"') % 2 == 0
    assert all(paragraph[0] == paragraph[0].upper() for paragraph in story.text.split("\n\n"))


def test_lengths_differ():
    def mean(length: str) -> float:
        rng = random.Random(2)
        lengths = [len(tell(rng, Wishes(length=length)).text) for _ in range(40)]
        return sum(lengths) / len(lengths)

    assert mean("short") * 1.2 < mean("medium") < mean("long") / 1.2


def test_request_says_the_wishes():
    for story in stories(200):
        for listener in filter(None, [story.wishes.listener]):
            assert listener in story.request


def test_every_theme_and_twist_is_told():
    assert set(LESSONS) == set(THEMES)
    assert set(PLOTS) == set(TWISTS)


def test_conversations_alternate_and_say_something():
    rng = random.Random(4)
    for turns in [about_a_story(rng) for _ in range(30)] + [small_talk(rng) for _ in range(30)]:
        assert turns
        assert all(said and answered for said, answered in turns)


def test_wording_fills_slots_and_makes_speech():
    text = write(random.Random(0), "{Hero}'s [hat|hat] said, 'I am {hero}.'", {"hero": "Pip"})
    assert text == 'Pip\'s hat said, "I am Pip."'
    with pytest.raises(KeyError):
        write(random.Random(0), "{nobody}", {"hero": "Pip"})


def test_page_choices_are_up_to_date():
    written = (ROOT / "web" / "story" / "choices.json").read_text(encoding="utf-8")
    assert written == choices_json(), "run: python -m glowworm_tools.storyteller choices"


def test_page_template_makes_the_request_trained_on():
    data = json.loads(choices_json())
    picked = {name: data[name][0]["phrase"] for name in ("character", "setting", "twist", "theme", "length")}
    assert data["template"].format(**picked) == story_request(**picked)


@pytest.fixture(scope="module")
def header() -> GgufFile:
    with FileSource(MODEL) as source:
        return asyncio.run(read_gguf(source))


def test_model_file_is_a_gemma_3_the_site_can_carry(header: GgufFile):
    metadata = header.metadata
    assert MODEL.stat().st_size < SITE_LIMIT_BYTES
    assert metadata["general.architecture"] == "gemma3"
    assert metadata["general.license"] == "apache-2.0"
    assert metadata["gemma3.block_count"] >= 6, "below six layers none attends to the whole context"
    assert metadata["tokenizer.ggml.model"] == "llama"
    assert metadata["tokenizer.ggml.add_space_prefix"] is False
    assert metadata["tokenizer.ggml.add_bos_token"] is True
    assert metadata["tokenizer.ggml.eot_token_id"] == END_OF_TURN
    assert 0 < metadata["general.sampling.temp"] < 2


def test_model_tensors_are_q4_0_and_finite():
    reader = gguf.GGUFReader(MODEL)
    for tensor in reader.tensors:
        matrix = len(tensor.shape) == 2
        expected = gguf.GGMLQuantizationType.Q4_0 if matrix else gguf.GGMLQuantizationType.F32
        assert tensor.tensor_type == expected, tensor.name
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert abs(values).max() < 1e3, tensor.name


def test_engine_tokenizer_agrees_with_the_training_one(header: GgufFile):
    tokens = [token.decode() for token in header.metadata["tokenizer.ggml.tokens"]]
    trained = StoryTokenizer(tokens[FIRST_PIECE:])
    engine = Tokenizer.from_gguf(header.metadata)
    texts = [story.text for story in stories(20, seed=9)]
    texts += [
        "",
        " ",
        "a  b",
        "Zoë said “hi” …",
        "42 cats,\n\n\n7 dogs",
        "don't! 'tis",
        "<eos> ok",
        "aaaaaaaaaaaaaaa",
    ]
    for text in texts:
        ids = trained.encode(text)
        assert engine.encode(text, bos=False) == ids
        assert trained.decode(ids) == text


def test_chat_template_writes_what_training_saw(header: GgufFile):
    tokens = [token.decode() for token in header.metadata["tokenizer.ggml.tokens"]]
    trained = StoryTokenizer(tokens[FIRST_PIECE:])
    engine = Tokenizer.from_gguf(header.metadata)
    template = ChatTemplate.from_gguf(header.metadata, "gemma3")
    said = ["Hello", "Good evening!", "Tell me a story about a fox."]
    roles = ["user", "assistant", "user"]
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]
    ids = template.encode(messages, engine)
    assert ids == prompt_ids(trained, said)
    learnt, _ = encode_turns(trained, [(said[0], said[1]), (said[2], "Once.")])
    assert learnt[: len(ids)] == ids
