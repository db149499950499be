"""The table: operations, each on small odd shapes and on the shapes of Gemma 3 270M, in every weight layout.

A row names an operation, its shape and the tensor types; a builder per operation turns it into an
experiment. Features (subgroups or not) are a property of the device a row is run on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from glowworm.graph import plan as p
from glowworm.graph.ops import (
    Cache,
    Rope,
    Tensor,
    columns,
    embed,
    gelu,
    last,
    linear,
    reshape,
    rms_norm,
    sample,
    silu,
    softcap,
)
from glowworm.graph.plan import ALIGNMENT

from .experiment import Experiment, f32_word

TOLERANCE = 1e-5
EPS = 1e-6
Stack = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    op: str
    shape: tuple[tuple[str, Any], ...]  # the builder's arguments, and Experiment's
    timed: bool = False  # of a real model's size, worth timing

    @property
    def name(self) -> str:
        """What a failure and a line of the benchmark are called."""
        return " ".join([self.op, *(_label(key, value) for key, value in self.shape)])

    def build(self) -> Experiment:
        """The experiment, the same every time."""
        arguments = dict(self.shape)
        seed = sum(self.name.encode())
        frame = {key: arguments.pop(key) for key in _FRAME if key in arguments}
        frame.setdefault("valid", frame.get("rows", 1))
        experiment = Experiment(seed, **frame)
        BUILDERS[self.op](experiment, **arguments)
        return experiment


_FRAME = ("rows", "valid", "position", "context_length", "max_binding", "runs")


def _label(key: str, value: Any) -> str:
    if key == "weights":
        return "+".join(f"{name.lower()}:{rows}" for name, rows in value)
    return f"{key}={value}"


# -- builders ------------------------------------------------------------------------------------------


def _embed(e: Experiment, weights: Stack, width: int, scale: float = 1.0) -> None:
    table = e.matrix(width, *weights)
    vocabulary = table.shape[0]
    ids = e.random.integers(0, vocabulary, e.rows).astype(np.uint32)
    ids[0] = vocabulary - 1
    ids[-1] = 0 if e.rows > 1 else ids[-1]
    if e.rows > 2:
        ids[1] = vocabulary + 5  # beyond the table: reads its last row
    e.write("tokens", ids)
    e.weight_share = e.rows / vocabulary
    e.output("embedding", embed(e.tokens, table, scale))


def _linear(e: Experiment, weights: Stack, width: int, exact_int8: bool = False) -> None:
    weight = e.matrix(width, *weights, exact_int8=exact_int8)
    e.macs = e.rows * width * weight.shape[0]
    e.output("product", linear(e.input(e.rows, width), weight))


def _gated(e: Experiment, weights: Stack, width: int, activation: str = "gelu") -> None:
    weight = e.matrix(width, *weights)
    e.macs = e.rows * width * weight.shape[0]
    inputs = (e.input(e.rows, width), weight)
    e.output("gated", e.graph.apply("gated", inputs, (e.rows, weight.shape[0] // 2), activation=activation))


def _rms_norm(e: Experiment, width: int, heads: int | None = None, stored: str = "F32") -> None:
    x = e.input(e.rows, width, scale=30)
    if heads:
        x = reshape(x, e.rows, heads, width // heads)
    e.output("normed", rms_norm(x, e.vector((stored, x.shape[-1])), EPS))


def _residual_norm(e: Experiment, width: int, post: bool) -> None:
    x, o = e.input(e.rows, width, scale=10), e.input(e.rows, width)
    weights = [e.vector(("F32", width)) for _ in range(2 if post else 1)]
    total, normed = e.graph.apply(
        "residual_norm", (x, o, *weights), (e.rows, width), (e.rows, width), eps=EPS, post=post
    )
    e.output("total", total)
    e.output("normed", normed)


def _attention_block(
    e: Experiment,
    heads: int,
    kv_heads: int,
    head_dim: int,
    window: int | None = None,
    norms: bool = True,
    rope: float | None = 1.0,
    softcap: float | None = None,
) -> None:
    cache = Cache(0, kv_heads, head_dim, window)
    _fill_cache(e, cache)
    qkv = e.input(e.rows, (heads + 2 * kv_heads) * head_dim)
    inputs = (qkv, e.vector(("F32", head_dim), ("F32", head_dim))) if norms else (qkv,)
    block = e.graph.apply(
        "attention_block",
        inputs,
        (e.rows, heads * head_dim),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        norms=norms,
        eps=EPS,
        rope=None if rope is None else Rope(head_dim, 1e4, rope),
        cache=cache,
        scale=head_dim**-0.5,
        softcap=softcap,
    )
    e.output("attended", block)
    e.watched.append("cache.0")
    seen = [min(e.position + i + 1, window or e.context_length) for i in range(e.valid)]
    e.macs = sum(seen) * heads * head_dim * 2
    e.cache_nbytes = (
        min(e.position + e.valid, (window or e.context_length) + e.valid) * kv_heads * head_dim * 8
    )


def _fill_cache(e: Experiment, cache: Cache) -> None:
    """Random keys and values for the positions before the chunk; NaN where nothing was written yet."""
    capacity = e.context_length
    if cache.window is not None:
        capacity = min(capacity, cache.window + e.rows)
    half = -(-cache.kv_heads * capacity * cache.head_dim * 4 // ALIGNMENT) * ALIGNMENT
    written = np.arange(max(0, e.position - capacity), e.position) % capacity
    for offset in (0, half):
        values = np.full((cache.kv_heads, capacity, cache.head_dim), np.nan, np.float32)
        values[:, written] = e.random.standard_normal((cache.kv_heads, len(written), cache.head_dim))
        e.write(f"cache.{cache.layer}", values, offset // 4)


def _last(e: Experiment, width: int) -> None:
    row = last(e.input(e.rows, width))
    e.output("row", row)


def _elementwise(apply: Callable[..., Tensor], operands: int) -> Callable[..., None]:
    def build(e: Experiment, width: int, **attributes: Any) -> None:
        inputs = [e.input(e.rows, width, scale=3) for _ in range(operands)]
        e.output("result", apply(*inputs, **attributes))

    return build


def _activate_mul(e: Experiment, width: int, activation: str, views: bool) -> None:
    if views:  # halves of one product, as the fallback of `gated` and unfused graphs see them
        both = e.input(e.rows, 2 * width, scale=3)
        a, b = columns(both, 0, width), columns(both, width, 2 * width)
    else:
        a, b = e.input(e.rows, width, scale=3), e.input(e.rows, width)
    e.output("product", e.graph.apply("activate_mul", (a, b), (e.rows, width), activation=activation))


def _sample(
    e: Experiment,
    vocabulary: int,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition: float = 1.0,
    presence: float = 0.0,
    frequency: float = 0.0,
    peak: float = 3.0,
    ties: bool = False,
) -> None:
    logits = (e.random.standard_normal((1, vocabulary)) * peak).astype(np.float32)
    if ties:
        logits = np.round(logits)
    counts = e.random.choice(
        np.array([0, 0, 0, 1, 3, p.COUNT_PROMPT, p.COUNT_PROMPT + 2], np.uint32), vocabulary
    )
    e.write("counts", counts)
    e.write("tokens", np.zeros(1, np.uint32))
    e.write("state", np.zeros(p.OUTPUT_RING, np.uint32), p.STATE_OUTPUT)
    e.write("state", np.array([top_k], np.uint32), p.STATE_TOP_K)
    e.write("state", np.array([0xC0FFEE + vocabulary], np.uint32), p.STATE_SEED)
    for word, value in (
        (p.STATE_TEMPERATURE, temperature),
        (p.STATE_TOP_P, top_p),
        (p.STATE_MIN_P, min_p),
        (p.STATE_REPETITION, repetition),
        (p.STATE_PRESENCE, presence),
        (p.STATE_FREQUENCY, frequency),
    ):
        e.write("state", f32_word(value), word)
    x = e.graph.apply("input", (), (1, vocabulary), name="logits")
    e.write("logits", logits)
    e.exact = True
    e.watched += ["tokens", "state", "counts"]
    e.output("token", sample(x))


BUILDERS: dict[str, Callable[..., None]] = {
    "embed": _embed,
    "linear": _linear,
    "gated": _gated,
    "rms_norm": _rms_norm,
    "residual_norm": _residual_norm,
    "attention_block": _attention_block,
    "last": _last,
    "softcap": _elementwise(softcap, 1),
    "gelu": _elementwise(gelu, 1),
    "silu": _elementwise(silu, 1),
    "add": _elementwise(lambda a, b: a + b, 2),
    "mul": _elementwise(lambda a, b: a * b, 2),
    "activate_mul": _activate_mul,
    "sample": _sample,
}


# -- rows ----------------------------------------------------------------------------------------------


def _case(op: str, timed: bool = False, **shape: Any) -> Case:
    return Case(op, tuple(shape.items()), timed)


def _one(type_name: str, rows: int) -> Stack:
    return ((type_name, rows),)


QUANTISED = ("Q4_0", "Q8_0")
FLOATS = ("F16", "F32", "BF16")
# Gemma 3 270M, per layer: width in, and the stacked projections.
QKV = (640, 1536)
OUT = (1024, 640)
GATE_UP = (640, 4096)
DOWN = (2048, 640)
VOCABULARY = 262144

CASES: tuple[Case, ...] = (
    # Weights to activations.
    *(_case("embed", weights=_one(t, 37), width=96, rows=5, valid=4, scale=1.5) for t in QUANTISED + FLOATS),
    _case("embed", weights=_one("F32", 7), width=10, rows=1, scale=3.0),
    _case("embed", weights=_one("F16", 8), width=7, rows=3, scale=3.0),
    _case("embed", weights=(("Q4_0", 64), ("Q8_0", 31)), width=64, rows=9),
    _case("embed", weights=_one("Q4_0", 1300), width=64, rows=33, max_binding=16384),
    _case("embed", True, weights=_one("Q4_0", 4096), width=640, rows=1, scale=25.298221),
    _case("embed", True, weights=_one("Q8_0", 4096), width=640, rows=128, scale=25.298221),
    # One row times a matrix.
    *(
        _case("linear", weights=_one(t, n), width=k)
        for t in QUANTISED
        for k, n in ((32, 1), (32, 6), (96, 7), (160, 33), (608, 130))
    ),
    *(_case("linear", weights=_one(t, n), width=k) for t in FLOATS for k, n in ((4, 3), (20, 5), (96, 65))),
    _case("linear", weights=_one("F32", 9), width=7),
    _case("linear", weights=_one("F16", 10), width=7),
    _case("linear", weights=(("F16", 4), ("F16", 6)), width=7),
    _case("linear", weights=(("Q4_0", 64), ("Q8_0", 10), ("Q8_0", 7)), width=64),
    _case("linear", weights=_one("Q8_0", 700), width=64, max_binding=16384),
    *(_case("linear", weights=_one(t, 2080), width=2048, exact_int8=True) for t in FLOATS),
    *(_case("linear", True, weights=_one("Q4_0", n), width=k) for k, n in (QKV, OUT, DOWN)),
    *(_case("linear", True, weights=_one("Q8_0", n), width=k) for k, n in (QKV, DOWN)),
    _case("linear", True, weights=_one("F16", QKV[1]), width=QKV[0]),
    _case("linear", True, weights=_one("F32", QKV[1]), width=QKV[0]),
    _case("linear", True, weights=_one("Q4_0", VOCABULARY), width=640),
    # Many rows times a matrix.
    *(
        _case("linear", weights=_one(t, n), width=k, rows=rows, valid=valid)
        for t in QUANTISED
        for k, n, rows, valid in ((32, 3, 2, 1), (96, 7, 5, 4), (160, 70, 33, 20), (224, 129, 70, 70))
    ),
    *(_case("linear", weights=_one(t, 37), width=100, rows=19, valid=18) for t in FLOATS),
    _case("linear", weights=_one("F32", 9), width=7, rows=3),
    _case("linear", weights=_one("F16", 10), width=7, rows=3),
    _case("linear", weights=(("Q4_0", 64), ("Q8_0", 10)), width=64, rows=8, valid=7),
    _case("linear", weights=_one("Q4_0", 1100), width=64, rows=6, max_binding=32768),
    *(_case("linear", True, weights=_one("Q4_0", n), width=k, rows=128) for k, n in (QKV, OUT, DOWN)),
    _case("linear", True, weights=_one("Q8_0", QKV[1]), width=QKV[0], rows=128),
    _case("linear", True, weights=_one("F16", QKV[1]), width=QKV[0], rows=128),
    # Gate, up and activation.
    *(
        _case("gated", weights=((t, n), (t, n)), width=k, rows=rows, activation=activation)
        for t in (*QUANTISED, "F16", "F32")
        for rows in (1, 6)
        for k, n, activation in ((64, 6, "gelu"), (96, 34, "silu"))
    ),
    _case("gated", weights=(("Q4_0", 10), ("Q8_0", 10)), width=64),
    _case("gated", weights=(("Q4_0", 10), ("Q8_0", 10)), width=64, rows=5, valid=3),
    _case("gated", weights=(("Q4_0", 480), ("Q4_0", 480)), width=64, max_binding=16384),
    _case("gated", True, weights=(("Q4_0", 2048), ("Q4_0", 2048)), width=640),
    _case("gated", True, weights=(("Q8_0", 2048), ("Q8_0", 2048)), width=640),
    _case("gated", True, weights=(("Q4_0", 2048), ("Q4_0", 2048)), width=640, rows=128),
    # Norms.
    *(_case("rms_norm", width=width, rows=rows) for width, rows in ((5, 1), (37, 3), (129, 1), (1152, 2))),
    _case("rms_norm", width=72, rows=3, heads=3),
    *(_case("rms_norm", width=36, stored=t) for t in ("F16", "BF16")),
    _case("rms_norm", True, width=640),
    _case("rms_norm", True, width=1024, heads=4, rows=128),
    *(
        _case("residual_norm", width=width, rows=rows, valid=valid, post=post)
        for width, rows, valid in ((5, 1, 1), (37, 3, 2), (1152, 2, 2))
        for post in (True, False)
    ),
    _case("residual_norm", True, width=640, post=True),
    _case("residual_norm", True, width=640, post=True, rows=128),
    # Attention: one row.
    *(
        _case(
            "attention_block",
            heads=heads,
            kv_heads=kv_heads,
            head_dim=head_dim,
            position=position,
            window=window,
        )
        for heads, kv_heads, head_dim in ((2, 1, 24), (3, 3, 32), (4, 2, 64), (5, 1, 8))
        for position, window in ((0, None), (1, None), (37, None), (17, 7), (61, 7))
    ),
    _case("attention_block", heads=8, kv_heads=4, head_dim=96, position=40, norms=False),
    _case("attention_block", heads=8, kv_heads=2, head_dim=128, position=63, rope=None),
    _case("attention_block", heads=2, kv_heads=1, head_dim=32, position=9, norms=False, rope=None),
    _case("attention_block", heads=4, kv_heads=2, head_dim=32, position=33, softcap=5.0, rope=8.0),
    *(
        _case(
            "attention_block",
            True,
            heads=4,
            kv_heads=1,
            head_dim=256,
            position=position,
            window=window,
            context_length=2048,
        )
        for position, window in ((0, 512), (511, 512), (1500, 512), (200, None), (2047, None))
    ),
    # Attention: a chunk.
    *(
        _case(
            "attention_block",
            heads=heads,
            kv_heads=kv_heads,
            head_dim=head_dim,
            position=position,
            window=window,
            rows=40,
            valid=valid,
            context_length=128,
        )
        for heads, kv_heads, head_dim in ((2, 1, 24), (3, 3, 32), (4, 2, 64))
        for position, window, valid in ((0, None, 1), (0, None, 40), (37, None, 29), (0, 7, 31), (61, 7, 20))
    ),
    *(  # heads that do not fill whole vectors or blocks of them
        _case("attention_block", heads=heads, kv_heads=kv, head_dim=16, rows=24, valid=valid, position=9)
        for heads, kv in ((3, 1), (5, 1), (14, 2))
        for valid in (11, 24)
    ),
    _case("attention_block", heads=8, kv_heads=4, head_dim=96, rows=17, position=5, norms=False),
    _case("attention_block", heads=4, kv_heads=2, head_dim=128, rows=17, position=5, rope=None),
    _case("attention_block", heads=4, kv_heads=2, head_dim=32, rows=18, position=3, softcap=5.0, rope=8.0),
    *(
        _case(
            "attention_block",
            True,
            heads=4,
            kv_heads=1,
            head_dim=256,
            position=position,
            window=window,
            rows=rows,
            context_length=2048,
        )
        for position, window, rows in ((0, 512, 128), (700, 512, 64), (400, None, 64))
    ),
    # The rest of a layer.
    _case("last", width=37, rows=5, valid=3),
    _case("last", width=640, rows=128, valid=128),
    _case("softcap", width=1001, cap=30.0),
    *(
        _case(op, width=width, rows=rows)
        for op in ("gelu", "silu", "add", "mul")
        for width, rows in ((1, 1), (333, 7))
    ),
    *(
        _case("activate_mul", width=37, rows=5, activation=activation, views=views)
        for activation, views in (("gelu", True), ("silu", False))
    ),
    _case("activate_mul", True, width=2048, rows=128, activation="gelu", views=True),
    # Sampling, several draws each.
    *(_case("sample", vocabulary=v, temperature=0.0, runs=3) for v in (5, 1001)),
    _case("sample", vocabulary=1001, temperature=0.0, runs=3, ties=True),
    _case("sample", vocabulary=1001, temperature=0.0, repetition=1.3, presence=0.5, frequency=0.4, runs=20),
    *(_case("sample", vocabulary=v, runs=20) for v in (5, 64, 1001)),
    _case("sample", vocabulary=1001, temperature=0.8, top_k=40, runs=20),
    _case("sample", vocabulary=1001, temperature=0.8, top_k=40, runs=20, ties=True),
    _case("sample", vocabulary=1001, top_k=1, runs=5),
    _case("sample", vocabulary=1001, top_p=0.9, runs=20),
    _case("sample", vocabulary=1001, min_p=0.05, runs=20),
    _case(
        "sample",
        vocabulary=8191,
        temperature=1.3,
        top_k=64,
        top_p=0.95,
        min_p=0.02,
        repetition=1.1,
        presence=0.3,
        frequency=0.2,
        runs=20,
    ),
    _case("sample", True, vocabulary=VOCABULARY, temperature=0.0),
    _case("sample", True, vocabulary=VOCABULARY, top_k=64, top_p=0.95, runs=3),
)
