"""Lowering of attention: split over the keys for one token, tiled over queries and keys for a chunk."""

from collections.abc import Callable
from typing import Any

from ...graph.compile import Context
from ...graph.ops import Node
from ...graph.plan import Region

SPLIT_ELEMENTS = 1 << 15  # of the keys that a workgroup takes in a decode step, as long as there are few
DECODE_WORKGROUPS = 64  # at most: those without keys still have to start
PREFILL_ROWS = 32  # queries times heads of a workgroup
SCRATCH_WORDS = 1024 + 512  # of a workgroup in prefill: weights and maxima of a tile
SCRATCH_WORDS_WITHOUT_SUBGROUPS = SCRATCH_WORDS + 4096  # and partial scores


def _largest_divisor(number: int, limit: int) -> int:
    return next(n for n in range(min(number, limit), 0, -1) if number % n == 0)


def _attention_block(context: Context, node: Node) -> None:
    rows, _ = node.outputs[0].shape
    qkv, *norms = node.inputs
    attributes = node.attributes
    cache = context.storage.cache(attributes["cache"])
    table = context.storage.rope(attributes["rope"]) if attributes["rope"] else None
    window = attributes["cache"].window
    shape = {
        "heads": attributes["heads"],
        "kv_heads": attributes["kv_heads"],
        "head_dim": attributes["head_dim"],
        "capacity": cache.capacity,
    }
    prologue = {
        "norms": attributes["norms"],
        "eps": attributes["eps"],
        "low_size": table.low_size if table else 0,
        "scale": float(attributes["scale"]),
    }
    visibility = {"window": window or 0, "softcap": attributes["softcap"] and float(attributes["softcap"])}
    before = (context.storage.state(), context.slot(qkv), cache.keys, cache.values)
    tables: tuple[Region, ...] = (
        *(context.storage.vector(n) for n in norms),
        *([table.region] if table else []),
    )
    lower = _decode if rows == 1 else _prefill
    lower(context, node, shape, prologue, visibility, before, tables)


def _decode(
    context: Context,
    node: Node,
    shape: dict[str, Any],
    prologue: dict[str, Any],
    visibility: dict[str, Any],
    before: tuple[Any, ...],
    tables: tuple[Region, ...],
) -> None:
    heads, kv_heads, head_dim = shape["heads"], shape["kv_heads"], shape["head_dim"]
    most_keys = min(visibility["window"] or context.storage.context_length, shape["capacity"])
    shortest = max(128, SPLIT_ELEMENTS // head_dim // 32 * 32)
    splits = max(1, min(-(-most_keys // shortest), DECODE_WORKGROUPS // kv_heads))
    slices = max(1, 32 // (head_dim // 4))
    division = {
        "splits": splits,
        "slices": slices,
        "shortest_split": shortest,
        "window": visibility["window"],
    }
    block = _largest_divisor(heads // kv_heads, 4)
    query = context.scratch(kv_heads * splits * block * head_dim * 4)
    partials = context.scratch(heads * splits * slices * (head_dim + 4) * 4)
    context.emit(
        "attention_decode",
        shape | prologue | visibility | division | {"block": block},
        (*before, query, partials, *tables),
        (splits, kv_heads, 1),
    )
    context.emit(
        "attention_combine",
        {"heads": heads, "head_dim": head_dim} | division,
        (context.storage.state(), partials, context.slot(node.outputs[0])),
        (-(-heads * head_dim // 256), 1, 1),
    )


def _prefill(
    context: Context,
    node: Node,
    shape: dict[str, Any],
    prologue: dict[str, Any],
    visibility: dict[str, Any],
    before: tuple[Any, ...],
    tables: tuple[Region, ...],
) -> None:
    rows, _ = node.outputs[0].shape
    heads, kv_heads, head_dim = shape["heads"], shape["kv_heads"], shape["head_dim"]
    query = context.scratch(rows * heads * head_dim * 4)
    items = rows * (heads + 2 * kv_heads)
    context.emit("qkv_write", shape | prologue, (*before, query, *tables), (-(-items // 8), 1, 1))
    block = _largest_divisor(heads // kv_heads, PREFILL_ROWS)
    query_tile = PREFILL_ROWS // block
    tiles, groups = -(-rows // query_tile), heads // block
    words = SCRATCH_WORDS if context.storage.limits.subgroups else SCRATCH_WORDS_WITHOUT_SUBGROUPS
    scratch = context.scratch(tiles * groups * words * 4)
    tiling = {"block": block, "query_tile": query_tile, "tiles": tiles, "scratch_words": words}
    state, _, keys, values = before
    context.emit(
        "attention_prefill",
        shape | visibility | tiling,
        (state, query, keys, values, scratch, context.slot(node.outputs[0])),
        (tiles, groups, 1),
    )


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {"attention_block": _attention_block}
