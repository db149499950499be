"""The tokenizers against published results, and against what must hold for any text at all."""

import random
import tracemalloc
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from fixtures.tokenizers.load import load_fixture, load_tokenizer
from glowworm.errors import GlowwormError, TokenizerError, UnsupportedError
from glowworm.text import merging
from glowworm.text.tokenizer import Tokenizer
from glowworm.weights.string_array import StringArray

FAMILIES = ("gemma3", "llama3", "phi3", "llama2")

ODD_TEXTS = (
    "",
    " ",
    "   \n\t ",
    "e\u0301 n\u0303 Z\u0351\u036b\u0343\u036a\u0302",
    "שלום עולם ‎‏ العربية",
    "👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 ❤️",
    "𝕏𝟙 \U000e0001\U0010ffff \ufdd0 \ufffe",
    "生活就像一盒巧克力。ไทย हिन्दी 한국어",
    "\x00\x01\x1c\x1f\x7f\x85\xa0\u2028\u3000",
    "<0x41><0x0A> <unk>",
    "a" * 500,
    "\n" * 100 + " " * 100 + "\t" * 100,
)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_published_vector(family: str) -> None:
    tokenizer = load_tokenizer(family)
    vectors = load_fixture(family)["vectors"]
    assert len(vectors) >= 84
    for vector in vectors:
        ids = tokenizer.encode(vector["text"], special=vector["special"], bos=vector["bos"])
        assert ids == vector["ids"], vector["text"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_decoding_gives_the_text_back(family: str, text: str) -> None:
    tokenizer = load_tokenizer(family)
    assert tokenizer.decode(tokenizer.encode(text, bos=False)) == text


@pytest.mark.parametrize("family", FAMILIES)
def test_decoding_gives_random_text_back(family: str) -> None:
    tokenizer = load_tokenizer(family)
    rng = random.Random(family)
    alphabet = "ab \n<>|ie'é\u0301\u200d生한🦙\x00\U0010fffd" + "".join(map(chr, range(0x20, 0x2E80, 97)))
    for _ in range(300):
        text = "".join(rng.choices(alphabet, k=rng.randrange(40)))
        # Phi-3's </s> swallows white space and SentencePiece writes spaces as U+2581.
        if "</s>" not in text and "▁" not in text:
            assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_vocabulary_takes_little_memory() -> None:
    """One object for each of 262,144 tokens took 20 MB of the page's Python, and as much again to build."""
    metadata = dict(load_fixture("gemma3")["metadata"])
    metadata["tokenizer.ggml.tokens"] = StringArray(metadata["tokenizer.ggml.tokens"])
    tracemalloc.start()
    tokenizer = Tokenizer.from_gguf(metadata)
    tokenizer.encode("Hello, how are you?")
    _, peak_nbytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_nbytes < 6 << 20


@pytest.mark.parametrize("family", FAMILIES)
def test_surrogates_are_joined_or_replaced(family: str) -> None:
    tokenizer = load_tokenizer(family)
    assert tokenizer.decode(tokenizer.encode("x\ud83e\udd99y")) == "x🦙y"
    assert tokenizer.decode(tokenizer.encode("x\ud83ey\udd99")) == "x\ufffdy\ufffd"


@pytest.mark.parametrize("family", FAMILIES)
def test_text_never_becomes_a_special_token(family: str) -> None:
    tokenizer = load_tokenizer(family)
    for spelled in tokenizer.special_texts:
        for text in (spelled, f"a {spelled}\n", spelled * 3, spelled[0] + spelled):
            ids = tokenizer.encode(text, bos=False)
            assert not any(map(tokenizer.is_special, ids)), text
            assert tokenizer.decode(ids) == text
        assert tokenizer.encode(f"a{spelled}", special=True, bos=False)[-1] == tokenizer.id_of(spelled)


@pytest.mark.parametrize("family", FAMILIES)
def test_both_ways_of_merging_agree(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = load_tokenizer(family)
    rng = random.Random(family)
    words = "".join(vector["text"] for vector in load_fixture(family)["vectors"]).split()
    for _ in range(20):
        text = "".join(rng.choices(words, k=60))
        monkeypatch.setattr(merging, "_SCAN_LIMIT", 0)
        by_heap = tokenizer.encode(text)
        monkeypatch.setattr(merging, "_SCAN_LIMIT", 1 << 30)
        assert tokenizer.encode(text) == by_heap


def test_roles_of_tokens() -> None:
    gemma3, llama3, phi3 = map(load_tokenizer, ("gemma3", "llama3", "phi3"))
    assert (gemma3.vocab_size, gemma3.bos_id, gemma3.eos_ids) == (262_144, 2, {1, 106})
    assert gemma3.id_of("<end_of_turn>") == 106 and gemma3.id_of("no such token") is None
    assert (llama3.vocab_size, llama3.bos_id, llama3.eos_ids) == (
        128_256,
        128_000,
        {128_001, 128_008, 128_009},
    )
    assert (phi3.vocab_size, phi3.bos_id, phi3.eos_ids) == (32_064, 1, {32_000, 32_007})
    assert llama3.adds_bos and llama3.encode("") == [128_000]
    assert gemma3.encode("Hello", bos=False) == gemma3.encode("Hello")[1:]


def test_bytes_of_tokens() -> None:
    gemma3, llama3 = map(load_tokenizer, ("gemma3", "llama3"))
    assert gemma3.token_bytes(gemma3.encode("\x00", bos=False)[0]) == b"\x00"
    assert gemma3.token_bytes(gemma3.encode(" world", bos=False)[0]) == b" world"
    assert gemma3.token_bytes(106) == b"<end_of_turn>"
    llama_bytes = [llama3.token_bytes(token_id) for token_id in llama3.encode("🦙", bos=False)]
    assert len(llama_bytes) > 1 and b"".join(llama_bytes) == "🦙".encode()
    for token_id in (-1, 128_256):
        with pytest.raises(TokenizerError, match="does not exist"):
            llama3.token_bytes(token_id)
        with pytest.raises(TokenizerError, match="does not exist"):
            llama3.decode([token_id])


def test_special_tokens_are_decoded_on_request() -> None:
    gemma3 = load_tokenizer("gemma3")
    ids = gemma3.encode("<start_of_turn>user\nHello", special=True)
    assert gemma3.decode(ids) == "user\nHello"
    assert gemma3.decode(ids, skip_special=False) == "<bos><start_of_turn>user\nHello"


def tiny_metadata(**changes: Any) -> dict[str, Any]:
    """A SentencePiece vocabulary of a few tokens; ``changes`` name entries of ``tokenizer.ggml``."""
    tokens = [b"<unk>", b"<s>", b"<end_of_turn>", "▁".encode(), b"a", b"b", b"ab", b"<|tool|>", b"<b>"]
    metadata = {
        "model": "llama",
        "tokens": tokens,
        "scores": array("f", [0, 0, 0, -9, -9, -9, -1, 0, 0]),
        # As in some published files, <end_of_turn> passes for a normal token.
        "token_type": array("i", [2, 3, 1, 1, 1, 1, 1, 4, 4]),
        "bos_token_id": 1,
        "unknown_token_id": 0,
        "add_space_prefix": False,
    }
    metadata |= changes
    return {f"tokenizer.ggml.{key}": value for key, value in metadata.items() if value is not None}


def test_markup_that_passes_for_text_is_special_all_the_same() -> None:
    tokenizer = Tokenizer.from_gguf(tiny_metadata())
    assert tokenizer.eos_ids == {2}
    assert tokenizer.encode("<end_of_turn><|tool|><b>", special=True) == [1, 2, 7, 8]
    assert tokenizer.encode("ab<b>", bos=False) == [6, 8]
    assert not {2, 7} & set(tokenizer.encode("<end_of_turn><|tool|>"))


def test_characters_without_a_token_are_unknown() -> None:
    tokenizer = Tokenizer.from_gguf(tiny_metadata())
    assert tokenizer.encode("abé", bos=False) == [6, 0, 0]
    with pytest.raises(TokenizerError, match="no beginning-of-text"):
        Tokenizer.from_gguf(tiny_metadata(bos_token_id=None)).encode("a", bos=True)


def test_equal_scores_merge_from_the_left() -> None:
    tokens = [b"<unk>", b"a", b"b", b"ab", b"ba"]
    tokenizer = Tokenizer.from_gguf(
        tiny_metadata(
            tokens=tokens,
            scores=array("f", [0, -9, -9, -1, -1]),
            token_type=array("i", [2, 1, 1, 1, 1]),
            bos_token_id=None,
        )
    )
    assert tokenizer.encode("aba") == [3, 1]
    assert tokenizer.encode("bab") == [4, 2]
    assert tokenizer.encode("ab" * 200) == [3] * 200


def test_a_piece_may_cross_a_space() -> None:
    tokenizer = Tokenizer.from_gguf(
        tiny_metadata(
            tokens=[b"<unk>", "▁".encode(), b"a", b"b", "b▁".encode(), "b▁a".encode(), "▁a".encode()],
            scores=array("f", [0, -9, -9, -9, -1, -2, -3]),
            token_type=array("i", [2, 1, 1, 1, 1, 1, 1]),
            bos_token_id=None,
        )
    )
    assert tokenizer.encode("b a a") == [5, 6]


def corrupt(key: str, value: Any) -> Callable[[], dict[str, Any]]:
    return lambda: tiny_metadata(**{key: value})


def corrupt_byte_level(**changes: Any) -> Callable[[], dict[str, Any]]:
    metadata = {"model": "gpt2", "pre": "llama-bpe", "merges": [b"a b"], "scores": None, **changes}
    return lambda: tiny_metadata(**metadata)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (corrupt("model", None), TokenizerError, "carries no tokenizer"),
        (corrupt("model", "bert"), UnsupportedError, "'bert'"),
        (corrupt("tokens", None), TokenizerError, "tokens is missing"),
        (corrupt("tokens", []), TokenizerError, "tokens is missing"),
        (corrupt("tokens", [1, 2]), TokenizerError, "not a list of strings"),
        (corrupt("tokens", [b"a"] * 8), TokenizerError, "8 tokens"),
        (corrupt("scores", None), TokenizerError, "scores"),
        (corrupt("scores", array("f", [0.0])), TokenizerError, "scores"),
        (corrupt("scores", array("f", [float("nan")] * 9)), TokenizerError, "scores"),
        (corrupt("token_type", None), TokenizerError, "token_type"),
        (corrupt("token_type", array("i", [1] * 8)), TokenizerError, "token_type"),
        (corrupt("token_type", array("i", [7] * 9)), TokenizerError, "token_type"),
        (corrupt("token_type", array("i", [-1] * 9)), TokenizerError, "token_type"),
        (corrupt("token_type", array("i", [2, 3, 1, 1, 1, 6, 1, 4, 4])), TokenizerError, "byte"),
        (corrupt("bos_token_id", 9), TokenizerError, "bos_token_id is 9"),
        (corrupt("eos_token_id", -1), TokenizerError, "eos_token_id"),
        (corrupt("eot_token_id", "x"), TokenizerError, "eot_token_id"),
        (corrupt("unknown_token_id", None), TokenizerError, "unknown token"),
        (corrupt_byte_level(merges=None), TokenizerError, "merges is missing"),
        (corrupt_byte_level(merges=[b"ab"]), TokenizerError, "not pairs"),
        (corrupt_byte_level(pre="tekken"), UnsupportedError, "'tekken'"),
        (corrupt_byte_level(pre=None), UnsupportedError, "splits text"),
    ],
)
def test_a_corrupt_vocabulary_is_refused(
    make: Callable[[], dict[str, Any]], error: type[GlowwormError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        Tokenizer.from_gguf(make())
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_byte_level_vocabulary_with_holes_is_reported() -> None:
    tokenizer = Tokenizer.from_gguf(corrupt_byte_level()())
    assert tokenizer.encode("ab", bos=False) == [6]
    with pytest.raises(TokenizerError, match="no token for 'c'"):
        tokenizer.encode("abc")
