"""Jinja2 templates from files that nobody has vetted, rendered safely.

The environment is Hugging Face's for chat templates (an immutable sandbox, with the same functions and
white-space rules), but for two things. Only those filters, tests and methods are there that chat templates
use and whose cost is known. And everything a template does counts against a `Budget`; a template that
outgrows it is refused, not waited for.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators
from jinja2.ext import Extension, loopcontrols
from jinja2.filters import FILTERS
from jinja2.parser import Parser
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import Namespace

from .budget import CHARS_PER_STEP, BoundsExceededError, Budget

MAX_SOURCE_CHARS = 1 << 18
MAX_INDENT = 8
MAX_TIME_FORMAT_CHARS = 100


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What each filter goes through of its input: nothing, its elements, or all that is in it.
_GLANCING = _names("length count first last default d items")
_ITERATING = _names("list map select reject selectattr rejectattr reverse")
_READING = _names(
    "trim upper lower capitalize title escape e safe string int float abs sort dictsort unique min max sum"
)
_TYPE_TESTS = _names(
    "defined undefined none string mapping iterable sequence callable "
    "number integer float boolean true false odd even divisibleby sameas"
)
_COMPARING_TESTS = _names("in eq == equalto ne != lt < lessthan le <= gt > greaterthan ge >=")
_STRING_METHODS = _names(
    "split rsplit splitlines partition rpartition join replace strip lstrip rstrip removeprefix removesuffix "
    "startswith endswith find rfind index rindex count upper lower title capitalize casefold swapcase "
    "isalnum isalpha isascii isdecimal isdigit isnumeric isspace islower isupper istitle"
)
_METHODS: tuple[tuple[type | tuple[type, ...], tuple[str, ...]], ...] = (
    (str, _STRING_METHODS),
    (dict, ("get", "items", "keys", "values")),
    ((list, tuple), ("index", "count")),
    ((int, float, bytes, range, type), ()),
)


class TemplateRefusalError(Exception):
    """The template called ``raise_exception``; its message."""


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
        except ValueError as error:
            raise BoundsExceededError("it computes with numbers that are too large") from error

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text that the template makes of ``variables``.

        Raises `TemplateRefusalError`, `BoundsExceededError`, or whatever a faulty template runs into.
        """
        budget = self._environment.budget = Budget()
        pieces: list[str] = []
        length = 0
        try:
            for piece in self._template.generate(**variables):
                pieces.append(piece)
                length += len(piece)
                budget.check_length(length)
        except (RecursionError, MemoryError, OverflowError) as error:
            raise BoundsExceededError("it asks for too much memory") from error
        return "".join(pieces)


class _CodeGenerator(CodeGenerator):
    """Sends what a sandbox does not intercept through the environment as well: ``~``, comparing, slicing."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.concatenated((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("(")
        self._visit_read(node.expr, frame)
        for operand in node.ops:
            self.visit(operand, frame)
        self.write(")")

    def visit_Operand(self, node: nodes.Operand, frame: Frame) -> None:
        self.write(f" {operators[node.op]} ")
        self._visit_read(node.expr, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self.write("{")
        for pair in node.items:
            self._visit_read(pair.key, frame)
            self.write(": ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.sliced(")
        self.visit(node.node, frame)
        self.write(")[")
        self.visit(node.arg, frame)
        self.write("]")

    def _visit_read(self, node: nodes.Node, frame: Frame) -> None:
        self.write("environment.compared(")
        self.visit(node, frame)
        self.write(")")


class _GenerationBlock(Extension):
    """``{% generation %}…{% endgeneration %}`` marks answers for training; here it is transparent."""

    tags: ClassVar[set[str]] = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body alone."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = _CodeGenerator
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[loopcontrols, _GenerationBlock],
            finalize=self._written,
        )
        self.budget = Budget()
        self.globals = {
            "range": self.globals["range"],
            "dict": dict,
            "namespace": Namespace,
            "raise_exception": _raise_exception,
            "strftime_now": lambda format: now().strftime(_short(format)),
        }
        lengthening = {
            "join": (FILTERS["join"], self._check_joined),
            "replace": (FILTERS["replace"], self._check_replaced),
            "indent": (FILTERS["indent"], self._check_indented),
            "tojson": (_to_json, self._check_json),
        }
        self.filters = {
            **{name: self._counted(FILTERS[name], _read_nothing) for name in _GLANCING},
            **{name: self._counted(FILTERS[name], self._iterate) for name in _ITERATING},
            **{name: self._counted(FILTERS[name], self._read) for name in _READING},
            **{name: self._counted(*how) for name, how in lengthening.items()},
        }
        self.tests = {
            **{name: TESTS[name] for name in _TYPE_TESTS},
            **{name: self._counted(TESTS[name], self._read) for name in _COMPARING_TESTS},
        }

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may see an attribute."""
        for kind, methods in _METHODS:
            if isinstance(obj, kind):
                return attr in methods
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Leaves ``str.format`` to `is_safe_attribute`, which refuses it: a format may ask for any width."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        """``obj[argument]``."""
        self.budget.read(argument)
        return super().getitem(obj, argument)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Every call that a template makes."""
        receiver = getattr(obj, "__self__", None)
        if receiver is self:  # `step`, which was compiled into the template
            return obj(*args)
        self.budget.enter()
        try:
            if isinstance(obj, Macro):
                return super().call(context, obj, *args, **kwargs)
            self.budget.read(args)
            self.budget.read(kwargs)
            if isinstance(receiver, str):
                self.budget.make(receiver)
                if obj.__name__ == "join" and len(args) == 1:
                    self._check_joined(args[0], receiver)
                elif obj.__name__ == "replace" and len(args) > 1:
                    self._check_replaced(receiver, args[0], args[1])
            elif isinstance(receiver, list | tuple):
                self.budget.read(receiver)
            result = super().call(context, obj, *args, **kwargs)
            self.budget.make(result)
            return result
        finally:
            self.budget.leave()

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Every arithmetic operator."""
        self.budget.check_arithmetic(operator, left, right)
        result = super().call_binop(context, operator, left, right)
        self.budget.make(result)
        return result

    def step(self, cost: int) -> bool:
        """Counts one turn of a loop or one call of a macro; true, so that it can stand in a condition."""
        self.budget.spend(cost)
        return True

    def concatenated(self, parts: tuple[Any, ...]) -> str:
        """The ``~`` operator."""
        self.budget.check_length(self.budget.read(parts))
        return "".join(map(str, parts))

    def compared(self, value: Any) -> Any:
        """``value``, which is going to be compared or hashed."""
        if not isinstance(value, Namespace):
            self.budget.read(value)
        return value

    def sliced(self, value: Any) -> Any:
        """``value``, of which a part is going to be copied."""
        self.budget.make(value)
        return value

    def _written(self, value: Any) -> Any:
        """``value``, which is going to be written."""
        self.budget.check_length(self.budget.read(value))
        return value

    def _counted(self, function: Callable[..., Any], count: Callable[..., None]) -> Callable[..., Any]:
        """A filter or test that counts what it is given and what it makes, which is never lazy."""
        skipped = 1 if hasattr(function, "jinja_pass_arg") else 0  # such as the context

        @wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            value, *options = args[skipped:]
            self.budget.spend(1)
            self.budget.read([options, kwargs])
            count(value, *options, **kwargs)
            result = function(*args, **kwargs)
            if isinstance(result, Iterator):
                result = list(result)
            self.budget.make(result)
            return result

        return counted

    def _iterate(self, value: Any, *options: Any, **more: Any) -> None:
        if isinstance(value, Collection):
            self.budget.spend(len(value))

    def _read(self, value: Any, *options: Any, **more: Any) -> None:
        self.budget.read(value)

    def _check_joined(self, value: Any, d: Any = "", attribute: Any = None) -> None:
        gaps = len(value) if isinstance(value, Collection) else 0
        self.budget.check_length(self.budget.read(value) + self.budget.read(d) * gaps)

    def _check_replaced(self, s: Any, old: Any, new: Any, count: Any = None) -> None:
        self.budget.read(s)
        text, old, new = str(s), str(old), str(new)
        self.budget.check_length(len(text) + text.count(old) * max(0, len(new) - len(old)))

    def _check_indented(self, s: Any, width: Any = 4, first: bool = False, blank: bool = False) -> None:
        self.budget.check_length(self.budget.read(s) + (str(s).count("\n") + 1) * _indent_chars(width))

    def _check_json(self, value: Any, *options: Any, **more: Any) -> None:
        """Escapes and separators at most multiply what is written by a small number."""
        self.budget.check_length(self.budget.read(value))


def _count_steps(tree: nodes.Template, environment: _Environment) -> None:
    """Makes every loop and macro of a parsed template call ``step`` each time it goes round."""

    def step(node: nodes.Node, cost: int) -> nodes.Call:
        method = nodes.EnvironmentAttribute("step", lineno=node.lineno)
        return nodes.Call(method, [nodes.Const(cost)], [], None, None, lineno=node.lineno)

    for node in tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
        written = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        node.body.insert(0, nodes.ExprStmt(step(node, 1 + written // CHARS_PER_STEP), lineno=node.lineno))
        if isinstance(node, nodes.For) and node.test is not None:
            node.test = nodes.And(step(node, 1), node.test, lineno=node.lineno)
    tree.set_environment(environment)


def _read_nothing(value: Any, *options: Any, **more: Any) -> None:
    """The count of what only glances at its input."""


def _raise_exception(message: str) -> None:
    raise TemplateRefusalError(message)


def _short(time_format: str) -> str:
    if len(time_format) > MAX_TIME_FORMAT_CHARS:
        raise BoundsExceededError(f"it writes the time in more than {MAX_TIME_FORMAT_CHARS} characters")
    return time_format


def _indent_chars(width: int | str | None) -> int:
    """How many characters an indentation has, given as a number or as it is."""
    characters = len(width) if isinstance(width, str) else width or 0
    if characters > MAX_INDENT:
        raise BoundsExceededError(f"it indents by more than {MAX_INDENT} characters")
    return characters


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it is, where Jinja2's own filter would escape it for HTML."""
    for text in (indent, *(separators or ())):
        _indent_chars(text)
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
