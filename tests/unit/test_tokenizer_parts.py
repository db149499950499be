"""The pieces that tokenizers are made of: merging, splitting, finding fixed strings."""

import random
import unicodedata
from itertools import pairwise
from math import inf

import pytest
from glowworm.errors import UnsupportedError
from glowworm.text import merging
from glowworm.text.literals import LiteralMatcher
from glowworm.text.split_patterns import _expand, split_pattern


def naive_merge(symbols: list[bytes], costs: dict[bytes, float], joint: bytes) -> list[bytes]:
    """The definition: the cheapest pair, the leftmost among equals, until there is none."""
    symbols = list(symbols)
    while True:
        candidates = [
            (costs[left + joint + right], at)
            for at, (left, right) in enumerate(pairwise(symbols))
            if left + joint + right in costs
        ]
        if not candidates:
            return symbols
        _, at = min(candidates)
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]


@pytest.mark.parametrize("joint", [b"", b" "])
@pytest.mark.parametrize("way", ["_merge_by_scanning", "_merge_by_heap"])
def test_merging_follows_its_definition(way: str, joint: bytes) -> None:
    rng = random.Random(7)
    for _ in range(400):
        letters = [b"a", b"b", b"c"][: rng.randrange(1, 4)]
        pieces = letters + [b"".join(rng.choices(letters, k=rng.randrange(1, 4))) for _ in range(6)]
        costs: dict[bytes, float] = {}
        for _ in range(12):
            left, right = rng.choices(pieces, k=2)
            costs[left + joint + right] = float(rng.randrange(6))
        symbols = rng.choices(letters, k=rng.randrange(1, 40))
        merged = getattr(merging, way)(symbols, lambda pair, costs=costs: costs.get(pair, inf), joint)
        assert merged == naive_merge(symbols, costs, joint)


def test_patterns_know_the_unicode_classes() -> None:
    characters = [*map(chr, range(0x110000))]
    categories = [*map(unicodedata.category, characters)]
    letters = {c for c, category in zip(characters, categories, strict=True) if category[0] == "L"}
    numbers = {c for c, category in zip(characters, categories, strict=True) if category[0] == "N"}
    spaces = {c for c, category in zip(characters, categories, strict=True) if category[0] == "Z"}
    spaces |= set("\t\n\v\f\r\x85")
    everything = "".join(characters)
    for pattern, expected in (
        (r"\p{L}", letters),
        (r"\p{N}", numbers),
        (r"\s", spaces),
        (r"\S", {*characters} - spaces),
        (r"[^\s\p{L}\p{N}]", {*characters} - letters - numbers - spaces),
        (r"[^\r\n\p{L}\p{N}]", {*characters} - letters - numbers - {"\r", "\n"}),
    ):
        assert set(_expand(pattern).findall(everything)) == expected, pattern


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("llama-bpe", "I'll  say:\n\n 12345²", ["I", "'ll", " ", " say", ":\n\n", " ", "123", "45²"]),
        ("llama-bpe", "x'S _y_ (z)", ["x", "'S", " _", "y", "_", " (", "z", ")"]),
        ("gpt-2", "I'll  say:\n\n 12345²", ["I", "'ll", " ", " say", ":", "\n\n", " 12345²"]),
        ("qwen2", "a 123 b", ["a", " ", "1", "2", "3", " b"]),
    ],
)
def test_patterns_cut_text(name: str, text: str, words: list[str]) -> None:
    assert split_pattern(name).findall(text) == words


def test_patterns_leave_nothing_out() -> None:
    rng = random.Random(3)
    for name in ("llama-bpe", "gpt-2", "qwen2"):
        for _ in range(200):
            text = "".join(chr(rng.choice((rng.randrange(0x80), rng.randrange(0xD800)))) for _ in range(30))
            assert "".join(split_pattern(name).findall(text)) == text


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="'tekken'"):
        split_pattern("tekken")


def test_literals_match_leftmost_longest() -> None:
    matcher = LiteralMatcher({"<b>": 1, "<b>x": 2, "\n": 3, "\n\n": 4, "x<b": 5})
    assert list(matcher.matches("a<b>x<b>\n\n\n<b")) == [(1, 5, 2), (5, 8, 1), (8, 10, 4), (10, 11, 3)]
    assert list(matcher.starts("x<b>\n\n")) == [0, 1, 4, 5]
    assert list(LiteralMatcher({}).matches("abc")) == list(LiteralMatcher({}).starts("abc")) == []
