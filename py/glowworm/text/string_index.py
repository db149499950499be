"""Finding a string's place among very many, in little memory."""

from array import array

from ..weights.string_array import StringArray


class StringIndex:
    """What ``{string: index}`` would be, as a hash table of 8 bytes a string instead of some 60.

    Of equal strings the last is found. Looking up takes several times as long as in a `dict`.
    """

    def __init__(self, strings: StringArray) -> None:
        slots = 1 << max(0, len(strings) - 1).bit_length()
        self._strings = strings
        self._mask = mask = slots - 1
        # Strings are numbered from 1. `_newest` holds the last one of each slot, `_older` the one before it.
        self._newest = newest = array("I", [0]) * slots
        self._older = older = array("I", [0]) * (1 + len(strings))
        for number, code in enumerate(map(hash, strings), start=1):
            slot = code & mask
            older[number] = newest[slot]
            newest[slot] = number

    def get(self, string: bytes) -> int | None:
        """The index of ``string``, or None."""
        data, starts = self._strings.data, self._strings.starts
        number = self._newest[hash(string) & self._mask]
        while number:
            if data[starts[number - 1] : starts[number] - 1] == string:
                return number - 1
            number = self._older[number]
        return None

    def discard(self, string: bytes) -> None:
        """Have ``string`` found no more."""
        slot = hash(string) & self._mask
        kept = []
        number = self._newest[slot]
        while number:
            if self._strings[number - 1] != string:
                kept.append(number)
            number = self._older[number]
        before = 0
        for number in reversed(kept):
            self._older[number] = before
            before = number
        self._newest[slot] = before
