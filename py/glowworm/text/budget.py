"""What rendering one template may cost, and how much the values that it works on count.

Whoever renders tells what is about to be read, or has just been made; the budget refuses what is too much.
Of Jinja2 it knows only that a namespace may hold itself.
"""

from collections.abc import Collection, Mapping
from typing import Any

from jinja2.utils import Namespace

MAX_STEPS = 100_000
MAX_CHARS = 1 << 22
"""Of any one text: several times what a long context holds."""
CHARS_PER_STEP = 256
MAX_CALLS = 32
MAX_LEVELS = 64
MAX_BITS = 1024
MAX_EXPONENT = 64


class BoundsExceededError(Exception):
    """The template asks for more than a chat template ever needs; what it asks for."""


class Budget:
    """Steps are turns of a loop, calls, elements gone through, and so many characters read or written."""

    def __init__(self) -> None:
        self._steps = self._calls = 0

    def spend(self, steps: int) -> None:
        """Counts some steps."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise BoundsExceededError(f"it takes more than {MAX_STEPS} steps")

    def enter(self) -> None:
        """A call begins; calls nested too deeply would end WebAssembly's stack."""
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise BoundsExceededError(f"its calls are nested more than {MAX_CALLS} deep")

    def leave(self) -> None:
        """A call ends."""
        self._calls -= 1

    def check_length(self, characters: int) -> None:
        """Refuses a text that is too long, before it is made."""
        if characters > MAX_CHARS:
            raise BoundsExceededError(f"it writes more than {MAX_CHARS} characters")

    def make(self, value: Any) -> None:
        """Counts a text by its characters, a collection by its elements but not by what is in them."""
        if isinstance(value, str):
            self.check_length(len(value))
            self.spend(1 + len(value) // CHARS_PER_STEP)
        elif isinstance(value, int):
            if value.bit_length() > MAX_BITS:
                raise BoundsExceededError("it computes with numbers that are too large")
        elif isinstance(value, Collection):
            self.spend(1 + len(value))

    def read(self, value: Any) -> int:
        """Counts everything in a value, as often as it is there; returns its characters when written, about.

        To write, compare or hash a value takes as long as that; a few lists in lists in lists can take ages.
        """
        characters = 0
        level = [value]
        for _ in range(MAX_LEVELS):
            below: list[Any] = []
            for item in level:
                self.make(item)
                if isinstance(item, str):
                    characters += len(item)
                elif isinstance(item, int):
                    characters += 1 + item.bit_length() // 3
                elif isinstance(item, Namespace):
                    raise BoundsExceededError("it uses a whole namespace as a value")
                elif isinstance(item, Collection):
                    below.extend(item)
                    if isinstance(item, Mapping):
                        below.extend(item.values())
            if not below:
                return characters
            level = below
        raise BoundsExceededError(f"its values are nested more than {MAX_LEVELS} deep")

    def check_arithmetic(self, operator: str, left: Any, right: Any) -> None:
        """Refuses the operations that could fill all memory, before they are done."""
        if operator == "%" and isinstance(left, str):
            raise BoundsExceededError("it formats text by %, which is not done here")
        if operator == "**" and abs(right) > MAX_EXPONENT:
            raise BoundsExceededError("it computes with numbers that are too large")
        if operator == "*":
            for value, times in ((left, right), (right, left)):
                if isinstance(value, str) and isinstance(times, int):
                    self.check_length(len(value) * times)
                elif isinstance(value, Collection) and isinstance(times, int):
                    self.spend(len(value) * max(times, 0))
        elif operator == "+":
            if isinstance(left, str) and isinstance(right, str):
                self.check_length(len(left) + len(right))
            elif isinstance(left, Collection) and isinstance(right, Collection):
                self.spend(len(left) + len(right))
