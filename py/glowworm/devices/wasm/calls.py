"""What a kernel in ``kernels/wasm`` is given, declared once for Python and for C.

A call travels as words: its number, how many words follow, its constants, and the addresses of its operands,
in the order declared here. The C side sees the words as a struct, which `header` writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any

from ...graph import plan

_FORMATS = {"u32": "I", "f32": "f"}


@dataclass(frozen=True)
class Call:
    """A kernel's arguments. An operand is a C declaration, such as ``const f32 *x``."""

    name: str
    constants: Mapping[str, str]  # name → "u32" or "f32"
    operands: Sequence[str]

    @property
    def words(self) -> int:
        """Length of the arguments in 32-bit words."""
        return len(self.constants) + len(self.operands)

    def encode(self, constants: Mapping[str, Any], addresses: Sequence[int]) -> bytes:
        """The arguments; an operand beyond the addresses that are given is null."""
        assert constants.keys() == self.constants.keys(), (self.name, constants.keys())
        assert len(addresses) <= len(self.operands), self.name
        values = [constants[name] for name in self.constants]
        addresses = [*addresses, *[0] * (len(self.operands) - len(addresses))]
        formats = [*(_FORMATS[kind] for kind in self.constants.values()), *"I" * len(addresses)]
        return pack("<" + "".join(formats), *values, *addresses)


def header(
    calls: Iterable[Call], numbers: Mapping[str, int], enumerations: Mapping[str, Iterable[str]]
) -> str:
    """The C header: a struct per call, a function to be defined for each, and who calls it by its number.

    Besides, what both sides must agree on: numbers by name, and names that are counted from 0.
    """
    lines = [
        "// Written by the build from what Python declares.",
        "#pragma once",
        '#include "team.h"',
        "",
        *(f"#define {name} {number}u" for name, number in numbers.items()),
        "",
    ]
    numbered = list(enumerate(calls, start=1))
    for _, call in numbered:
        fields = [f"{kind} {name};" for name, kind in call.constants.items()]
        fields += [f"{operand};" for operand in call.operands]
        lines += [f"struct {call.name} {{", *(f"    {field}" for field in fields), "};"]
        lines += [f"void {call.name}(const struct {call.name} *);", ""]
    lines += [
        "// Runs the call of that number; 0 is none of them.",
        "static inline void perform(u32 number, const void *arguments) {",
        "    switch (number) {",
        *(f"    case {number}: {call.name}(arguments); break;" for number, call in numbered),
        "    }",
        "}",
        "",
        "// Words of the state buffer.",
        "enum state {",
        *(f"    {name} = {value}," for name, value in vars(plan).items() if name.startswith("STATE_")),
        f"    OUTPUT_RING = {plan.OUTPUT_RING},",
        "};",
        "",
    ]
    for kind, names in enumerations.items():
        lines += [f"enum {kind} {{", *(f"    {name.upper()}," for name in names), "};", ""]
    return "\n".join(lines)
