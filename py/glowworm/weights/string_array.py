"""Many short strings in little memory: GGUF's arrays of strings, such as a vocabulary of 262,144 tokens."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, repeat
from operator import add

_AT_ONCE = 4096  # strings that are objects at the same time while all are gone through


class StringArray:
    """Byte strings, one behind the other: an object for each would take several times as much.

    String ``i`` is ``data[starts[i] : starts[i + 1] - 1]``. The zero byte behind it lets expressions look
    through all strings at once.
    """

    __slots__ = ("data", "starts")

    def __init__(self, strings: Sequence[bytes] = ()) -> None:
        self.data = bytearray()
        self.starts = array("I", [0])
        self.extend(strings)

    def extend(self, strings: Sequence[bytes]) -> None:
        """Append `strings`; raises `TypeError` if one of them is no byte string."""
        if not strings:
            return
        joined = b"\0".join(strings)
        begun = self.starts.pop()
        self.starts.extend(accumulate(map(add, map(len, strings), repeat(1)), initial=begun))
        self.data += joined
        self.data.append(0)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> bytes:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return bytes(self.data[self.starts[index] : self.starts[index + 1] - 1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StringArray):
            return NotImplemented
        return self.data == other.data and self.starts == other.starts

    def __iter__(self) -> Iterator[bytes]:
        for first in range(0, len(self), _AT_ONCE):
            last = min(first + _AT_ONCE, len(self))
            some = bytes(self.data[self.starts[first] : self.starts[last] - 1]).split(b"\0")
            # One with a zero byte in it has been split.
            yield from some if len(some) == last - first else map(self.__getitem__, range(first, last))
