"""Lowering of attention: split over the keys for one token, over the queries for a chunk."""

from collections.abc import Callable

from ...errors import UnsupportedError
from ...graph.compile import Context
from ...graph.ops import Node
from .calls import Call

LONGEST_HEAD = 256
MOST_QUADS = 8  # fours of queries that a thread attends to at once
LARGEST_GROUP = 4 * MOST_QUADS  # query heads of a key-value head
MOST_SPLITS = 16  # of one key-value head: a few for each thread
PARTIAL_HEAD = 8  # floats before a partial result: the largest score and the total of four queries
EVERYTHING = 1 << 30  # a window wider than any context

_SHAPE = {"heads": "u32", "kv_heads": "u32", "head_dim": "u32", "window": "u32"}
_HEADS = {"capacity": "u32", "normed": "u32", "low_size": "u32", "eps": "f32"}
_ATTENTION = {"scale": "f32", "softcap": "f32"}
_CHUNK = {"rows": "u32"}
_CACHES = ("f32 *keys", "f32 *values")
_TABLES = ("const f32 *norms", "const f32 *table")

CALLS = (
    Call(
        "attention_decode",
        _SHAPE | _HEADS | _ATTENTION | {"splits": "u32"},
        ("const u32 *state", "const f32 *qkv", *_CACHES, "f32 *scratch", *_TABLES),
    ),
    Call(
        "attention_combine",
        _SHAPE | {"splits": "u32"},
        ("const u32 *state", "f32 *scratch", "f32 *out"),
    ),
    Call("kv_write", _SHAPE | _HEADS | _CHUNK, ("const u32 *state", "const f32 *qkv", *_CACHES, *_TABLES)),
    Call(
        "attention_prefill",
        _SHAPE | _HEADS | _ATTENTION | _CHUNK,
        ("const u32 *state", "const f32 *qkv", *_CACHES, "f32 *out", *_TABLES),
    ),
)


def _attention_block(context: Context, node: Node) -> None:
    a, storage = node.attributes, context.storage
    if a["head_dim"] % 8 or a["head_dim"] > LONGEST_HEAD or a["heads"] > LARGEST_GROUP * a["kv_heads"]:
        raise UnsupportedError(
            f"This model's attention heads have {a['head_dim']} columns, {a['heads'] // a['kv_heads']} heads "
            f"to a key, but the CPU device runs multiples of 8 columns up to {LONGEST_HEAD} and at most "
            f"{LARGEST_GROUP} heads; choose another model."
        )
    qkv, *norms = node.inputs
    cache = storage.cache(a["cache"])
    table = storage.rope(a["rope"]) if a["rope"] else None
    shape = {name: a[name] for name in ("heads", "kv_heads", "head_dim")}
    shape["window"] = a["cache"].window or EVERYTHING
    heads = {
        "capacity": cache.capacity,
        "normed": int(a["norms"]),
        "low_size": table.low_size if table else 0,
        "eps": a["eps"],
    }
    attention = {"scale": float(a["scale"]), "softcap": float(a["softcap"] or 0)}
    tables = [storage.vector(norm) for norm in norms]
    if table:
        tables = [*(tables or [table.region]), table.region]  # without norms, anything in their place
    state, out = storage.state(), context.slot(node.outputs[0])
    given = (state, context.slot(qkv), cache.keys, cache.values)
    if (rows := node.outputs[0].shape[0]) > 1:
        chunk = {"rows": rows}
        context.emit("kv_write", shape | heads | chunk, (*given, *tables))
        context.emit("attention_prefill", shape | heads | attention | chunk, (*given, out, *tables))
        return
    splits = {"splits": -(-MOST_SPLITS // a["kv_heads"])}
    quads = -(-a["heads"] // a["kv_heads"] // 4)
    partial = PARTIAL_HEAD + 4 * a["head_dim"]  # floats
    scratch = context.scratch(a["kv_heads"] * splits["splits"] * quads * partial * 4)
    context.emit("attention_decode", shape | heads | attention | splits, (*given, scratch, *tables))
    context.emit("attention_combine", shape | splits, (state, scratch, out))


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {"attention_block": _attention_block}
