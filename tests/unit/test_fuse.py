"""Every rewrite rule by itself: what it makes of small graphs, which still compute the same (with NumPy)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from glowworm.devices.reference import ReferenceDevice
from glowworm.graph import fuse
from glowworm.graph.ops import (
    Cache,
    Graph,
    Rope,
    Tensor,
    attention,
    columns,
    gelu,
    last,
    linear,
    reshape,
    rms_norm,
    rotate,
    silu,
)
from glowworm.graph.plan import ALIGNMENT
from glowworm_tools.conformance.experiment import Experiment, compare

ROWS, VALID, WIDTH, EPS = 5, 4, 12, 1e-3
TOLERANCE = 1e-6  # activations between operations are f32, and fused ones have fewer of them
Build = Callable[..., Tensor]


@dataclass(frozen=True)
class Case:
    """A graph, and the operations that one rule leaves of it (inputs, weights and views aside)."""

    rule: str
    build: Build
    operations: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        options = (f"{key}={getattr(value, '__name__', value)}" for key, value in self.options.items())
        return " ".join([self.rule.strip("_"), self.build.__name__, *options])


# -- graphs --------------------------------------------------------------------------------------------


def three_products(e: Experiment) -> Tensor:
    x = e.input(ROWS, WIDTH)
    a, b, c = (linear(x, e.matrix(WIDTH, (kind, 7))) for kind in ("F32", "F16", "BF16"))
    return a * b + c


def products_of_two_inputs(e: Experiment) -> Tensor:
    x, y = e.input(ROWS, WIDTH), e.input(ROWS, WIDTH)
    a, b = linear(x, e.matrix(WIDTH, ("F32", 7))), linear(y, e.matrix(WIDTH, ("F32", 7)))
    return a * linear(x, e.matrix(WIDTH, ("F32", 7))) + b


def product_of_a_product(e: Experiment) -> Tensor:
    """The second pair hangs on the first, so the stacks must come in the right order."""
    x = e.input(ROWS, WIDTH)
    a, b = (linear(x, e.matrix(WIDTH, ("F32", WIDTH))) for _ in range(2))
    c, d = (linear(a, e.matrix(WIDTH, ("F32", WIDTH))) for _ in range(2))
    return b * c + d


def halves(e: Experiment, activation: Callable[[Tensor], Tensor]) -> Tensor:
    both = linear(e.input(ROWS, WIDTH), e.matrix(WIDTH, ("F32", 6), ("F16", 6)))
    return activation(columns(both, 0, 6)) * columns(both, 6, 12)


def swapped_halves(e: Experiment) -> Tensor:
    both = linear(e.input(ROWS, WIDTH), e.matrix(WIDTH, ("F32", 12)))
    return gelu(columns(both, 6, 12)) * columns(both, 0, 6)


def first_half_of_more(e: Experiment) -> Tensor:
    product = linear(e.input(ROWS, WIDTH), e.matrix(WIDTH, ("F32", 18)))
    return gelu(columns(product, 0, 6)) * columns(product, 6, 12)


def halves_of_an_input(e: Experiment) -> Tensor:
    both = e.input(ROWS, WIDTH)
    return gelu(columns(both, 0, 6)) * columns(both, 6, 12)


def two_inputs(e: Experiment, activation: Callable[[Tensor], Tensor]) -> Tensor:
    return activation(e.input(ROWS, WIDTH)) * e.input(ROWS, WIDTH)


def activation_used_twice(e: Experiment) -> Tensor:
    activated = gelu(e.input(ROWS, WIDTH))
    return activated * e.input(ROWS, WIDTH) + activated


def activation_squared(e: Experiment) -> Tensor:
    activated = silu(e.input(ROWS, WIDTH))
    return activated * activated


def heads(
    e: Experiment,
    norms: bool = True,
    rope: bool = True,
    window: int | None = None,
    kv_heads: int = 2,
    softcap: float | None = None,
) -> Tensor:
    """Attention of four heads over nine earlier positions and this chunk's; the window's ring ends in it."""
    head_dim, count = 8, 4
    cache = Cache(0, kv_heads, head_dim, window)
    product = e.input(ROWS, (count + 2 * kv_heads) * head_dim)
    start, chains = 0, []
    for i, n in enumerate((count, kv_heads, kv_heads)):
        x = reshape(columns(product, start, start + n * head_dim), ROWS, n, head_dim)
        if norms and i < 2:
            x = rms_norm(x, e.vector(("F32", head_dim)), EPS)
        if rope and i < 2:
            x = rotate(x, Rope(head_dim, 1e4, 2.0))
        chains.append(x)
        start += n * head_dim
    capacity = e.context_length if window is None else window + ROWS
    e.write("cache.0", e.random.standard_normal(2 * cache_words(kv_heads * capacity * head_dim), np.float32))
    e.watched.append("cache.0")
    q, k, v = chains
    attended = attention(q, k, v, cache, head_dim**-0.5, softcap)
    return linear(reshape(attended, ROWS, count * head_dim), e.matrix(count * head_dim, ("F32", 6)))


def cache_words(words: int) -> int:
    """Words of one half of a cache, which begins where a binding may."""
    return -(-words * 4 // ALIGNMENT) * ALIGNMENT // 4


def sum_and_norm(e: Experiment, weight_first: bool = True) -> Tensor:
    x, o = e.input(ROWS, WIDTH, scale=3), e.input(ROWS, WIDTH)
    weight = e.vector(("F32", WIDTH)) if weight_first else None
    y = x + o
    return y * rms_norm(y, weight or e.vector(("F32", WIDTH)), EPS)


def sum_of_norm_and_norm(e: Experiment, post_eps: float = EPS) -> Tensor:
    x, o = e.input(ROWS, WIDTH, scale=3), e.input(ROWS, WIDTH)
    y = x + rms_norm(o, e.vector(("F32", WIDTH)), post_eps)
    return y * rms_norm(y, e.vector(("F32", WIDTH)), EPS)


def norm_needed_elsewhere(e: Experiment) -> Tensor:
    x, o = e.input(ROWS, WIDTH, scale=3), e.input(ROWS, WIDTH)
    normed = rms_norm(o, e.vector(("F32", WIDTH)), EPS)
    y = x + normed
    return rms_norm(y, e.vector(("F32", WIDTH)), EPS) * normed


def norm_on_the_left(e: Experiment) -> Tensor:
    x, o = e.input(ROWS, WIDTH, scale=3), e.input(ROWS, WIDTH)
    y = rms_norm(o, e.vector(("F32", WIDTH)), EPS) + x
    return y * rms_norm(y, e.vector(("F32", WIDTH)), EPS)


def sum_without_norm(e: Experiment) -> Tensor:
    return e.input(ROWS, WIDTH) + rms_norm(e.input(ROWS, WIDTH), e.vector(("F32", WIDTH)), EPS)


def sum_with_two_norms(e: Experiment) -> Tensor:
    y = e.input(ROWS, WIDTH) + e.input(ROWS, WIDTH)
    a, b = (rms_norm(y, e.vector(("F32", WIDTH)), EPS) for _ in range(2))
    return a * b


def two_sums(e: Experiment) -> Tensor:
    """As in a model's layers: the second sum takes the first, the first norm feeds the second."""
    x, o = e.input(ROWS, WIDTH, scale=3), e.input(ROWS, WIDTH)
    w = [e.vector(("F32", WIDTH)) for _ in range(4)]
    y = x + rms_norm(o, w[0], EPS)
    z = y + rms_norm(linear(rms_norm(y, w[1], EPS), e.matrix(WIDTH, ("F32", WIDTH))), w[2], EPS)
    return rms_norm(z, w[3], EPS)


CASES = (
    Case("_stack_linears", three_products, "linear mul add"),
    Case("_stack_linears", products_of_two_inputs, "linear linear mul add"),
    Case("_stack_linears", product_of_a_product, "linear linear mul add"),
    Case("_gate", halves, "gated", {"activation": gelu}),
    Case("_gate", halves, "gated", {"activation": silu}),
    Case("_gate", swapped_halves, "linear activate_mul"),
    Case("_gate", first_half_of_more, "linear activate_mul"),
    Case("_gate", halves_of_an_input, "activate_mul"),
    Case("_gate", two_inputs, "activate_mul", {"activation": gelu}),
    Case("_gate", two_inputs, "activate_mul", {"activation": silu}),
    Case("_gate", activation_used_twice, "gelu mul add"),
    Case("_gate", activation_squared, "silu mul"),
    *(
        Case("_attend", heads, "attention_block linear", options)
        for options in (
            {},
            {"norms": False},
            {"rope": False},
            {"norms": False, "rope": False},
            {"window": 6},
            {"kv_heads": 1, "softcap": 2.0},
            {"kv_heads": 4},
        )
    ),
    Case("_join_residuals", sum_and_norm, "residual_norm mul"),
    Case("_join_residuals", sum_and_norm, "residual_norm mul", {"weight_first": False}),
    Case("_join_residuals", sum_of_norm_and_norm, "residual_norm+post mul"),
    Case("_join_residuals", sum_of_norm_and_norm, "rms_norm residual_norm mul", {"post_eps": 1e-5}),
    Case("_join_residuals", norm_needed_elsewhere, "rms_norm residual_norm mul"),
    Case("_join_residuals", norm_on_the_left, "rms_norm residual_norm mul"),
    Case("_join_residuals", sum_without_norm, "rms_norm add"),
    Case("_join_residuals", sum_with_two_norms, "add rms_norm rms_norm mul"),
    Case("_join_residuals", two_sums, "residual_norm+post linear residual_norm+post"),
)


# -- tests ---------------------------------------------------------------------------------------------


def operations(graph: Graph) -> str:
    silent = ("tokens", "input", "weight", "reshape", "columns")
    return " ".join(
        node.op + "+post" * node.attributes.get("post", False)
        for node in graph.nodes
        if node.op not in silent
    )


def experiment(case: Case) -> Experiment:
    e = Experiment(seed=sum(case.name.encode()), rows=ROWS, valid=VALID, position=9, context_length=24)
    e.output("result", case.build(e, **case.options))
    return e


def test_every_rule_has_cases() -> None:
    assert {case.rule for case in CASES} == {rule.__name__ for rule in fuse.RULES}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_rule_alone_changes_operations_but_no_result(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, fused = experiment(case), experiment(case)
    rules = tuple(rule for rule in fuse.RULES if rule.__name__ == case.rule)
    monkeypatch.setattr(fuse, "RULES", rules)
    ((name, result),) = fused.outputs
    fused.graph, result = fuse.fuse(fused.graph, result)
    fused.outputs = [(name, result)]
    assert operations(fused.graph) == case.operations
    expected = asyncio.run(plain.run(ReferenceDevice()))
    found = asyncio.run(fused.run(ReferenceDevice()))
    errors = compare(found, expected)
    assert max(errors.values()) < TOLERANCE, errors
    assert np.abs(expected[0].values).max() > 0.1


def test_what_nothing_reads_is_dropped_but_not_the_result() -> None:
    e = Experiment(seed=1)
    x = e.input(1, WIDTH)
    gelu(x)
    graph, result = fuse.fuse(e.graph, last(x))
    assert operations(graph) == "last"
    assert result.node is graph.nodes[-1]
