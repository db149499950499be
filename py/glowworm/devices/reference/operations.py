"""What every operation computes: the mathematics first, then each operation on its bindings."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...graph import plan as p
from ...weights.layouts import GROUP

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
ACTIVATION_STEPS = 127 * 128  # two planes of 8 bits: q = 128 * high + low
EXACT_PRODUCT_ELEMENTS = 1 << 21  # larger matrices are multiplied in f32, as BLAS does it


def uniform(seed: int, step: int) -> float:
    """The sampler's random number in [0, 1), from 24 bits of a hash.

    The seed is hashed before the step is added: neighbouring seeds then start far apart in the sequence.
    """
    return (pcg_hash(pcg_hash(seed) + step * 0x9E3779B9) >> 8) / (1 << 24)


def pcg_hash(value: int) -> int:
    """The 32-bit PCG hash (Jarzynski and Olano 2020, JCGT 9(3))."""
    mask = 0xFFFFFFFF
    state = (value * 747796405 + 2891336453) & mask
    word = (((state >> ((state >> 28) + 4)) ^ state) * 277803737) & mask
    return (word >> 22) ^ word


def rms(x: F64, eps: float) -> F64:
    """``x / sqrt(mean(x²) + eps)`` over the last axis."""
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)


def activate(x: F64, activation: str) -> F64:
    """GELU (tanh form) or SiLU."""
    if activation == "gelu":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x / (1 + np.exp(-x))


def product(x: F64, weight: F32) -> F64:
    """``x @ weight.T``."""
    if weight.size <= EXACT_PRODUCT_ELEMENTS:
        return x @ weight.T.astype(np.float64)
    return (x.astype(np.float32) @ weight.T).astype(np.float64)


def quantised_activations(x: F64) -> F64:
    """Groups of 32 columns as whole multiples of a 16,256th of their largest value, in f32 arithmetic."""
    groups = x.astype(np.float32).reshape(*x.shape[:-1], -1, GROUP)
    largest = np.abs(groups).max(-1, keepdims=True)
    most = np.float32(ACTIVATION_STEPS)
    inverse = np.divide(most, largest, out=np.zeros_like(largest), where=largest > 0)
    return (np.rint(groups * inverse).astype(np.float64) * (largest / most)).reshape(x.shape)


def rope_pairs(table: F32, low_size: int, half: int, positions: npt.NDArray[np.int64]) -> tuple[F64, F64]:
    """Cosines and sines [T, half] from a two-level table (see ``RopeTable``)."""
    rows = table.reshape(-1, half, 2).astype(np.float64)
    rows = rows[..., 0] + 1j * rows[..., 1]
    angles = rows[positions % low_size] * rows[low_size + positions // low_size]
    return angles.real, angles.imag


def rotate_heads(x: F64, cosine: F64, sine: F64) -> F64:
    """Half-split rotation of [T, heads, head_dim]."""
    a, b = np.split(x, 2, axis=-1)
    cosine, sine = cosine[:, None], sine[:, None]
    return np.concatenate([a * cosine - b * sine, b * cosine + a * sine], axis=-1)


def attend(q: F64, k: F64, v: F64, keys: F32, values: F32, position: int, c: Mapping[str, Any]) -> F64:
    """Write k, v [n, kv_heads, head_dim] into the cache, then attention of q [n, heads, head_dim]."""
    rows, heads, head_dim = q.shape
    kv_heads, capacity = k.shape[1], c["capacity"]
    cached_keys = keys[: kv_heads * capacity * head_dim].reshape(kv_heads, capacity, head_dim)
    cached_values = values[: kv_heads * capacity * head_dim].reshape(kv_heads, capacity, head_dim)
    slots = np.arange(position, position + rows) % capacity
    cached_keys[:, slots] = k.transpose(1, 0, 2)
    cached_values[:, slots] = v.transpose(1, 0, 2)
    out = np.empty_like(q)
    for row in range(rows):
        at = position + row
        visible = np.arange(max(0, at - c["window"] + 1) if c["window"] else 0, at + 1) % capacity
        for head in range(heads):
            group = head // (heads // kv_heads)
            scores = cached_keys[group, visible].astype(np.float64) @ q[row, head] * c["scale"]
            if c["softcap"]:
                scores = c["softcap"] * np.tanh(scores / c["softcap"])
            weights = np.exp(scores - scores.max())
            out[row, head] = weights @ cached_values[group, visible].astype(np.float64) / weights.sum()
    return out


def penalised(logits: F64, counts: npt.NDArray[np.uint32], state: npt.NDArray[np.uint32]) -> F64:
    """Repetition (Keskar et al. 2019, arXiv:1909.05858), presence and frequency penalties."""
    number = state.view(np.float32)
    seen = counts > 0
    generated = (counts & ~np.uint32(p.COUNT_PROMPT)).astype(np.float64)
    repetition = float(number[p.STATE_REPETITION])
    logits = np.where(seen, np.where(logits < 0, logits * repetition, logits / repetition), logits)
    return (
        logits
        - float(number[p.STATE_PRESENCE]) * (generated > 0)
        - float(number[p.STATE_FREQUENCY]) * generated
    )


def draw(logits: F64, state: npt.NDArray[np.uint32]) -> int:
    """Temperature, then top-k, top-p and min-p as thresholds, then inverse-CDF sampling in order of ids."""
    number = state.view(np.float32)
    temperature = float(number[p.STATE_TEMPERATURE])
    if temperature == 0:
        return int(np.argmax(logits))
    mass = np.exp((logits - logits.max()) / temperature)
    descending = np.sort(mass)[::-1]
    top_k = int(state[p.STATE_TOP_K]) or len(mass)
    threshold = descending[min(top_k, len(mass)) - 1]
    top_p = float(number[p.STATE_TOP_P])
    if top_p < 1:
        kept = descending[descending >= threshold]
        running = np.cumsum(kept)
        threshold = kept[min(int(np.searchsorted(running, top_p * running[-1])), len(kept) - 1)]
    threshold = max(threshold, float(number[p.STATE_MIN_P]))
    running = np.cumsum(np.where(mass >= threshold, mass, 0))
    u = uniform(int(state[p.STATE_SEED]), int(state[p.STATE_STEP]))
    return int(np.searchsorted(running, u * running[-1], side="right"))


Arrays = list[npt.NDArray[Any]]


def _embed(c: Mapping[str, Any], a: Arrays) -> None:
    tokens, table, out = a
    table = table.reshape(-1, c["width"])
    ids = np.minimum(tokens.view(np.uint32)[: c["rows"]], len(table) - 1)
    _matrix(out, c)[:] = table[ids].astype(np.float64) * c["scale"]


def _linear(c: Mapping[str, Any], a: Arrays) -> None:
    x, weight, out = a
    _matrix(out, c)[:] = _product(x, weight, c)


def _product(x: F32, weight: F32, c: Mapping[str, Any]) -> F64:
    columns = _columns(x, c["x"])
    weight = weight.reshape(-1, columns.shape[1])
    if not any(c["rounded_rows"]):
        return product(columns, weight)
    rounded = product(quantised_activations(columns), weight)
    if all(c["rounded_rows"]):
        return rounded
    return np.where(c["rounded_rows"], rounded, product(columns, weight))


def _gated(c: Mapping[str, Any], a: Arrays) -> None:
    x, weight, out = a
    both = _product(x, weight, c)
    width = both.shape[1] // 2
    _matrix(out, c)[:] = activate(both[:, :width], c["activation"]) * both[:, width:]


def _rms_norm(c: Mapping[str, Any], a: Arrays) -> None:
    x, weight, out = a
    x = _columns(x, c["x"]).reshape(-1, len(weight))
    _matrix(out, c)[:] = (rms(x, c["eps"]) * weight).reshape(c["rows"], c["width"])


def _residual_norm(c: Mapping[str, Any], a: Arrays) -> None:
    x, o, *post, weight, total, out = a
    x, o = _columns(x, c["x"]), _columns(o, c["x"])
    x = x + (rms(o, c["eps"]) * post[0] if post else o)
    _matrix(total, c)[:] = x
    _matrix(out, c)[:] = rms(x, c["eps"]) * weight


def _rotate(c: Mapping[str, Any], a: Arrays) -> None:
    state, x, table, out = a
    positions = state.view(np.uint32)[p.STATE_POSITION] + np.arange(c["rows"])
    half = c["head_dim"] // 2
    pairs = rope_pairs(table, c["low_size"], half, positions)
    rotated = rotate_heads(_columns(x, c["x"]).reshape(c["rows"], -1, 2 * half), *pairs)
    _matrix(out, c)[:] = rotated.reshape(c["rows"], c["width"])


def _attention(c: Mapping[str, Any], a: Arrays) -> None:
    state, q, k, v, keys, values, out = a
    position, rows = (int(w) for w in state.view(np.uint32)[[p.STATE_POSITION, p.STATE_ROWS]])
    q, k, v = (
        _columns(t, c[name]).reshape(c["rows"], -1, c["head_dim"])[:rows]
        for t, name in ((q, "q"), (k, "k"), (v, "v"))
    )
    result = attend(q, k, v, keys, values, position, c)
    _matrix(out, c)[:rows] = result.reshape(rows, c["width"])


def _attention_block(c: Mapping[str, Any], a: Arrays) -> None:
    state, qkv, *rest = a
    norms, rest = (rest[0], rest[1:]) if c["norms"] else (None, rest)
    table, rest = (rest[0], rest[1:]) if c["low_size"] else (None, rest)
    keys, values, out = rest
    position, rows = (int(w) for w in state.view(np.uint32)[[p.STATE_POSITION, p.STATE_ROWS]])
    heads, kv_heads, head_dim = c["heads"], c["kv_heads"], c["head_dim"]
    qkv = _columns(qkv, c["x"]).reshape(c["rows"], -1, head_dim)[:rows]
    q, k, v = np.split(qkv, [heads, heads + kv_heads], axis=1)
    if norms is not None:
        q, k = rms(q, c["eps"]) * norms[:head_dim], rms(k, c["eps"]) * norms[head_dim:]
    if table is not None:
        pairs = rope_pairs(table, c["low_size"], head_dim // 2, position + np.arange(rows))
        q, k = rotate_heads(q, *pairs), rotate_heads(k, *pairs)
    result = attend(q, k, v, keys, values, position, c)
    _matrix(out, c)[:rows] = result.reshape(rows, c["width"])


def _last(c: Mapping[str, Any], a: Arrays) -> None:
    state, x, out = a
    out[:] = _columns(x, c["x"])[int(state.view(np.uint32)[p.STATE_ROWS]) - 1]


def _sample(c: Mapping[str, Any], a: Arrays) -> None:
    state, logits, counts, tokens, out = a
    words, seen = state.view(np.uint32), counts.view(np.uint32)
    token = draw(penalised(logits.astype(np.float64), seen, words), words)
    tokens.view(np.uint32)[0] = out.view(np.uint32)[0] = token
    words[p.STATE_OUTPUT + int(words[p.STATE_STEP]) % p.OUTPUT_RING] = token
    seen[token] += 1
    words[p.STATE_POSITION] += words[p.STATE_ROWS]
    words[p.STATE_ROWS] = 1
    words[p.STATE_STEP] += 1


def _pairwise(
    function: Callable[[F64, F64, Mapping[str, Any]], F64],
) -> Callable[[Mapping[str, Any], Arrays], None]:
    def run(c: Mapping[str, Any], a: Arrays) -> None:
        x, y, out = a
        _matrix(out, c)[:] = function(_columns(x, c["x"]), _columns(y, c["y"]), c)

    return run


def _each(function: Callable[[F64, Mapping[str, Any]], F64]) -> Callable[[Mapping[str, Any], Arrays], None]:
    def run(c: Mapping[str, Any], a: Arrays) -> None:
        x, out = a
        _matrix(out, c)[:] = function(_columns(x, c["x"]), c)

    return run


KERNELS: dict[str, Callable[[Mapping[str, Any], Arrays], None]] = {
    "embed": _embed,
    "linear": _linear,
    "gated": _gated,
    "rms_norm": _rms_norm,
    "residual_norm": _residual_norm,
    "rotate": _rotate,
    "attention": _attention,
    "attention_block": _attention_block,
    "last": _last,
    "sample": _sample,
    "add": _pairwise(lambda x, y, c: x + y),
    "mul": _pairwise(lambda x, y, c: x * y),
    "activate_mul": _pairwise(lambda x, y, c: activate(x, c["activation"]) * y),
    "gelu": _each(lambda x, c: activate(x, "gelu")),
    "silu": _each(lambda x, c: activate(x, "silu")),
    "softcap": _each(lambda x, c: c["cap"] * np.tanh(x / c["cap"])),
}


def _columns(array: npt.NDArray[Any], view: tuple[int, int, int, int]) -> F64:
    """The rows of an activation seen through a view (offset, stride, rows, width)."""
    offset, stride, rows, width = view
    strides = (stride * array.itemsize, array.itemsize)
    return np.lib.stride_tricks.as_strided(array[offset:], (rows, width), strides).astype(np.float64)


def _matrix(array: npt.NDArray[Any], c: Mapping[str, Any]) -> npt.NDArray[Any]:
    return array.reshape(c["rows"], c["width"])
