"""The storyteller's model file that ships with the site, held against the engine that runs it."""

import asyncio
import random
from pathlib import Path

import gguf
import pytest
from glowworm.text.chat import ChatTemplate
from glowworm.text.tokenizer import Tokenizer
from glowworm.weights.gguf import GgufFile, read_gguf
from glowworm.weights.source import FileSource
from glowworm_tools.storyteller.chat_format import encode_turns, prompt_ids
from glowworm_tools.storyteller.grammar import random_story
from glowworm_tools.storyteller.tokenizer import END_OF_TURN, FIRST_PIECE, SPACE, StoryTokenizer

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "web" / "models" / "glowworm-story.gguf"
SITE_LIMIT_BYTES = 24_000_000


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
    rng = random.Random(9)
    texts = [random_story(rng).text for _ in range(20)]
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
    left_open, said_by = encode_turns(trained, [(said[0], said[1])], is_cut=True)
    assert learnt[: len(left_open) + 1] == [*left_open, END_OF_TURN]
    assert len(said_by) == len(left_open)


def test_first_mention_of_what_a_request_asks_for_counts_more(header: GgufFile):
    tokens = [token.decode() for token in header.metadata["tokenizer.ggml.tokens"]]
    trained = StoryTokenizer(tokens[FIRST_PIECE:])
    request = "tell me about a wugglemump named mia, the quiet one"
    answer = "The wugglemump Mia was quiet. Mia, the wugglemump, saw the moon."
    ids, weights = encode_turns(trained, [(request, answer)], copied_weight=4)
    assert set(weights) == {0, 1, 4}
    assert (
        trained.decode(i for i, weight in zip(ids, weights, strict=True) if weight == 4)
        == " wugglemump Mia was"
    )
    said_by_model = [i for i, weight in zip(ids, weights, strict=True) if weight]
    assert trained.decode(said_by_model) == answer
    assert set(encode_turns(trained, [(request, answer)])[1]) == {0, 1}


def test_spelling_out_keeps_the_text(header: GgufFile):
    tokens = [token.decode() for token in header.metadata["tokenizer.ggml.tokens"]]
    trained = StoryTokenizer(tokens[FIRST_PIECE:])
    text = "Tell me a story about a fox named Quillbert,  in Łódź.\nThank you"
    spelled = [trained.encode_spelled(text, random.Random(seed)) for seed in range(10)]
    assert all(trained.decode(ids) == text for ids in spelled)
    assert any(trained.tokens[i] == SPACE for ids in spelled for i in ids)
    assert max(map(len, spelled)) > len(trained.encode(text))
