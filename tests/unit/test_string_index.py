"""Arrays of strings and their index do what a list and a dictionary would."""

import random

import pytest
from glowworm.text.string_index import StringIndex
from glowworm.weights.string_array import StringArray

STRINGS = {
    "one": [b"a"],
    "one empty": [b""],
    "empty ones": [b"", b"a", b"", b"", b"bc", b""],
    "with zeros": [b"\0", b"a\0b", b"", b"\0\0", b"c"],
    "equal ones": [b"a", b"b", b"a", b"a", b"b"],
    "many": [b"%d" % (i % 9000) for i in range(10_000)],
    "many with a zero": [b"%d" % i for i in range(9000)] + [b"\0x"],
}


@pytest.mark.parametrize("strings", STRINGS.values(), ids=STRINGS)
def test_an_array_is_as_a_list(strings: list[bytes]) -> None:
    made = StringArray(strings)
    assert list(made) == strings and [made[i] for i in range(len(made))] == strings
    grown = StringArray()
    for first in range(0, len(strings), 7):
        grown.extend(strings[first : first + 7])
    assert grown == made
    assert grown != StringArray([*strings, b""]) and grown != StringArray([*strings[:-1], b"other"])
    for index in (-1, len(strings)):
        with pytest.raises(IndexError):
            made[index]


@pytest.mark.parametrize("strings", STRINGS.values(), ids=STRINGS)
def test_an_index_is_as_a_dictionary(strings: list[bytes]) -> None:
    index = StringIndex(StringArray(strings))
    expected = {string: place for place, string in enumerate(strings)}
    rng = random.Random(1)
    for _ in range(3):
        for string in {*strings, b"", b"absent", b"\0absent"}:
            assert index.get(string) == expected.get(string)
        for string in rng.choices([*strings, b"absent"], k=100):
            index.discard(string)
            expected.pop(string, None)


def test_only_byte_strings_are_taken() -> None:
    for wrong in ([1, 2], ["a"], [b"a", None]):
        with pytest.raises(TypeError):
            StringArray(wrong)  # type: ignore[arg-type]
