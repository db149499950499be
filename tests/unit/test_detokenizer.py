"""The incremental detokenizer: whole characters only, and in the end the same text."""

import random

import pytest
from fixtures.tokenizers.load import load_fixture, load_tokenizer
from glowworm.errors import TokenizerError
from glowworm.text.detokenizer import StreamDecoder
from glowworm.text.tokenizer import Tokenizer

FAMILIES = ("gemma3", "llama3", "phi3", "llama2")


@pytest.mark.parametrize("family", FAMILIES)
def test_characters_arrive_whole(family: str) -> None:
    tokenizer = load_tokenizer(family)
    text = "Hello 🦙 생활 𝕏 é"
    decoder = StreamDecoder(tokenizer)
    parts = [decoder.push(token_id) for token_id in tokenizer.encode(text)]
    assert "".join(parts) == text and decoder.flush() == ""
    assert all("\ufffd" not in part for part in parts)
    assert "" in parts  # some tokens were only part of a character


@pytest.mark.parametrize("family", FAMILIES)
def test_streamed_is_decoded(family: str) -> None:
    """Any ids at all, broken characters and special tokens among them."""
    tokenizer = load_tokenizer(family)
    rng = random.Random(family)
    known = tokenizer.encode(
        "".join(map(chr, range(0x20, 0x3000, 31))) + "🦙" * 20 + " the cat's </s> \n", bos=False
    )
    known += [0, 1, 2, 3, *tokenizer.eos_ids, *tokenizer.encode("", bos=True)]
    for _ in range(500):
        ids = rng.choices(known, k=rng.randrange(20))
        decoder = StreamDecoder(tokenizer)
        streamed = "".join([*map(decoder.push, ids), decoder.flush()])
        assert streamed == tokenizer.decode(ids)


def test_an_unfinished_character_is_shown_at_the_end_only() -> None:
    tokenizer = load_tokenizer("phi3")
    ids = tokenizer.encode("x🦙")
    decoder = StreamDecoder(tokenizer)
    assert "".join(map(decoder.push, ids[:-1])) == "x"
    assert decoder.flush() == "\ufffd"


@pytest.mark.parametrize(("family", "first"), [("phi3", "Hello"), ("gemma3", " Hello")])
def test_the_first_space_is_the_encoders_own_or_the_texts(family: str, first: str) -> None:
    tokenizer = load_tokenizer(family)
    hello = tokenizer.id_of("▁Hello")
    assert hello is not None
    assert StreamDecoder(tokenizer).push(hello) == first
    assert StreamDecoder(tokenizer, continues=True).push(hello) == " Hello"
    after_special = StreamDecoder(tokenizer)
    assert after_special.push(tokenizer.bos_id or 0) + after_special.push(hello) == first


def test_tokens_without_text_do_not_count_as_the_first() -> None:
    metadata = dict(load_fixture("phi3")["metadata"])
    tokens = [*metadata["tokenizer.ggml.tokens"]]
    empty = tokens.index(b"Hello")
    tokens[empty] = b""
    tokenizer = Tokenizer.from_gguf(metadata | {"tokenizer.ggml.tokens": tokens})
    ids = [empty, *tokenizer.encode("world")]
    decoder = StreamDecoder(tokenizer)
    assert "".join(map(decoder.push, ids)) == tokenizer.decode(ids) == "world"


def test_an_id_outside_the_vocabulary_is_reported() -> None:
    with pytest.raises(TokenizerError, match="does not exist"):
        StreamDecoder(load_tokenizer("phi3")).push(99_999)
