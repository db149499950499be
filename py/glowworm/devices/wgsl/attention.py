"""Lowering of attention: split over the keys for one token, tiled over queries and keys for a chunk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import UnsupportedError
from ...graph.compile import Context
from ...graph.memory import Slot
from ...graph.ops import Node
from ...graph.plan import Region
from ...graph.storage import CacheRegions

SPLIT_ELEMENTS = 1 << 15  # of the keys that a workgroup takes in a decode step, as long as there are few
DECODE_WORKGROUPS = 64  # at most: those without keys still have to start
PREFILL_ROWS = 32  # queries times heads of a workgroup
SCRATCH_WORDS = 1024 + 512  # of a workgroup in prefill: weights and maxima of a tile
SCRATCH_WORDS_WITHOUT_SUBGROUPS = SCRATCH_WORDS + 4096  # and partial scores
EVERYTHING = 1 << 30  # a window wider than any context
LONGEST_HEAD = 256


def _largest_divisor(number: int, limit: int) -> int:
    return next(n for n in range(min(number, limit), 0, -1) if number % n == 0)


def _attention_block(context: Context, node: Node) -> None:
    a, storage = node.attributes, context.storage
    if a["head_dim"] % 8 or a["head_dim"] > LONGEST_HEAD:
        raise UnsupportedError(
            f"This model's attention heads have {a['head_dim']} columns, but only multiples of 8 up to "
            f"{LONGEST_HEAD} can be run on a GPU; choose another model."
        )
    qkv, *norms = node.inputs
    cache = storage.cache(a["cache"])
    table = storage.rope(a["rope"]) if a["rope"] else None
    layer = _Layer(
        node=node,
        shape={name: a[name] for name in ("heads", "kv_heads", "head_dim")},
        prologue={
            "norms": a["norms"],
            "eps": a["eps"],
            "low_size": table.low_size if table else 0,
            "scale": float(a["scale"]),
        },
        softcap=a["softcap"] and float(a["softcap"]),
        window=a["cache"].window or EVERYTHING,
        cache=cache,
        qkv=context.slot(qkv),
        tables=(*(storage.vector(n) for n in norms), *([table.region] if table else [])),
    )
    (_decode if node.outputs[0].shape[0] == 1 else _prefill)(context, layer)


@dataclass(frozen=True)
class _Layer:
    """What both forms of attention are made from."""

    node: Node
    shape: dict[str, int]
    prologue: dict[str, Any]
    softcap: float | None
    window: int
    cache: CacheRegions
    qkv: Slot | Region
    tables: tuple[Region, ...]


def _decode(context: Context, layer: _Layer) -> None:
    heads, kv_heads, head_dim = layer.shape.values()
    cache = layer.cache
    most_keys = min(layer.window, context.storage.context_length, cache.capacity)
    shortest = max(128, SPLIT_ELEMENTS // head_dim // 32 * 32)
    splits = max(1, min(-(-most_keys // shortest), DECODE_WORKGROUPS // kv_heads))
    slices = max(1, 32 // (head_dim // 4))
    block = _largest_divisor(heads // kv_heads, 4)
    # Vectors of four: a workgroup's queries, weights and maxima of a tile; then the partial results.
    workspace = block * head_dim // 4 + 32 + 32
    results = heads * slices * (head_dim // 4 + 1)
    division = {"slices": slices, "shortest_split": shortest, "workspace": workspace}
    scratch = context.scratch(splits * (kv_heads * workspace + results) * 16)
    parameters = context.storage.parameters(layer.window, cache.capacity, splits)
    state = context.storage.state()
    context.emit(
        "attention_decode",
        layer.shape | layer.prologue | division | {"softcap": layer.softcap, "block": block},
        (state, layer.qkv, cache.keys, cache.values, scratch, parameters, *layer.tables),
        (splits, kv_heads, 1),
    )
    context.emit(
        "attention_combine",
        layer.shape | division,
        (state, scratch, context.slot(layer.node.outputs[0]), parameters),
        (-(-heads * head_dim // 256), 1, 1),
    )


def _prefill(context: Context, layer: _Layer) -> None:
    rows, _ = layer.node.outputs[0].shape
    heads, kv_heads, head_dim = layer.shape.values()
    cache, state = layer.cache, context.storage.state()
    query = context.scratch(rows * heads * head_dim * 4)
    items = rows * (heads + 2 * kv_heads)
    context.emit(
        "qkv_write",
        layer.shape | layer.prologue | {"capacity": cache.capacity},
        (state, layer.qkv, cache.keys, cache.values, query, *layer.tables),
        (-(-items // 8), 1, 1),
    )
    block = _largest_divisor(heads // kv_heads, PREFILL_ROWS)
    query_tile = PREFILL_ROWS // block
    tiles, groups = -(-rows // query_tile), heads // block
    words = SCRATCH_WORDS if context.storage.limits.subgroups else SCRATCH_WORDS_WITHOUT_SUBGROUPS
    scratch = context.scratch(tiles * groups * words * 4)
    tiling = {"block": block, "query_tile": query_tile, "tiles": tiles, "scratch_words": words}
    parameters = context.storage.parameters(layer.window, cache.capacity)
    context.emit(
        "attention_prefill",
        layer.shape | tiling | {"softcap": layer.softcap},
        (state, query, cache.keys, cache.values, scratch, context.slot(layer.node.outputs[0]), parameters),
        (tiles, groups, 1),
    )


OPERATIONS: dict[str, Callable[[Context, Node], None]] = {"attention_block": _attention_block}
