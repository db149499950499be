"""Jinja2 templates from files that nobody has vetted, rendered safely.

The environment is Hugging Face's for chat templates (an immutable sandbox, with the same functions and
white-space rules), plus bounds on what a template may cost: its source, the times it goes round, and the
length of what it writes or multiplies. A template that outgrows them is refused, not waited for.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SOURCE_CHARS = 1 << 18
MAX_STEPS = 100_000
MAX_CHARS = 1 << 24
MAX_DEPTH = 32
_MAX_EXPONENT = 64


class TemplateRefusalError(Exception):
    """The template called ``raise_exception``; its message."""


class BoundsExceededError(Exception):
    """The template asks for more than a chat template ever needs; what it asks for."""


class BoundedTemplate:
    """One compiled template."""

    def __init__(self, source: str, now: Callable[[], datetime] = datetime.now) -> None:
        """Raises ``jinja2.TemplateSyntaxError``, or `BoundsExceededError` for a source too long or too deep.

        ``now`` tells the template's ``strftime_now`` the time.
        """
        if len(source) > MAX_SOURCE_CHARS:
            raise BoundsExceededError(f"its source is longer than {MAX_SOURCE_CHARS} characters")
        self._environment = _Environment(now)
        try:
            tree = self._environment.parse(source)
            _count_steps(tree, self._environment)
            self._template = self._environment.from_string(tree)
        except (RecursionError, MemoryError) as error:
            raise BoundsExceededError("it is nested too deeply") from error

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text that the template makes of ``variables``.

        Raises `TemplateRefusalError`, `BoundsExceededError`, or whatever a faulty template runs into.
        """
        self._environment.steps = self._environment.depth = 0
        pieces: list[str] = []
        length = 0
        try:
            for piece in self._template.generate(**variables):
                pieces.append(piece)
                length += len(piece)
                _check_length(length)
        except (RecursionError, MemoryError, OverflowError) as error:
            raise BoundsExceededError("it asks for too much memory") from error
        return "".join(pieces)


class _BoundedCodeGenerator(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Compiles ``~`` to a call that checks the length, as it is no operator that a sandbox intercepts."""
        self.write("environment.join_bounded((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _GenerationBlock(Extension):
    """``{% generation %}…{% endgeneration %}`` marks answers for training; here it is transparent."""

    tags: ClassVar[set[str]] = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body alone."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = _BoundedCodeGenerator
    intercepted_binops = frozenset({"+", "*", "**"})

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _GenerationBlock])
        self.steps = 0
        self.depth = 0
        self.globals.pop("lipsum")
        self.globals["raise_exception"] = _raise_exception
        self.globals["strftime_now"] = lambda format: now().strftime(format)
        self.filters["tojson"] = _to_json

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Every call that a template makes; nested too deeply, they would end WebAssembly's stack."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BoundsExceededError(f"its calls are nested more than {MAX_DEPTH} deep")
        try:
            return super().call(context, obj, *args, **kwargs)
        finally:
            self.depth -= 1

    def step(self) -> bool:
        """Counts one turn of a loop or one call of a macro; true, so that it can stand in a condition."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise BoundsExceededError(f"it goes round more than {MAX_STEPS} times")
        return True

    def join_bounded(self, parts: tuple[Any, ...]) -> str:
        """The ``~`` operator."""
        strings = [str(part) for part in parts]
        _check_length(sum(map(len, strings)))
        return "".join(strings)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The arithmetic by which a short template could fill all memory, held within bounds."""
        if operator == "**":
            if abs(left) > MAX_CHARS or abs(right) > _MAX_EXPONENT:
                raise BoundsExceededError("it computes with numbers that are too large")
        elif operator == "*":
            for value, times in ((left, right), (right, left)):
                if isinstance(value, (str, list, tuple)) and isinstance(times, int):
                    _check_length(len(value) * times)
        elif isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
            _check_length(len(left) + len(right))
        return super().call_binop(context, operator, left, right)


def _count_steps(tree: nodes.Template, environment: _Environment) -> None:
    """Makes every loop and macro of a parsed template call ``step()`` each time it goes round."""

    def step(lineno: int) -> nodes.Call:
        method = nodes.EnvironmentAttribute("step", lineno=lineno)
        return nodes.Call(method, [], [], None, None, lineno=lineno)

    for node in tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
        node.body.insert(0, nodes.ExprStmt(step(node.lineno), lineno=node.lineno))
        if isinstance(node, nodes.For) and node.test is not None:
            node.test = nodes.And(step(node.lineno), node.test, lineno=node.lineno)
    tree.set_environment(environment)


def _check_length(length: int) -> None:
    if length > MAX_CHARS:
        raise BoundsExceededError(f"it writes more than {MAX_CHARS} characters")


def _raise_exception(message: str) -> None:
    raise TemplateRefusalError(message)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it is, where Jinja2's own filter would escape it for HTML."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
