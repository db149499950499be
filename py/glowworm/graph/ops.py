"""The vocabulary in which models are written: symbolic tensors and the operations on them.

Calling an operation computes nothing: it appends a node to the graph its inputs belong to. Shapes are
static (``T`` rows for a chunk of ``T`` tokens); what changes from step to step (the position, the number
of valid rows) is read by the device from its state buffer. Activations are f32.

Not responsible for: memory, kernels, quantisation. A weight here is a name and a shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any


@dataclass(frozen=True)
class Cache:
    """Keys and values of one attention layer.

    ``window`` is the number of positions a query may look back on, itself included (None: all of them);
    a device may keep a windowed cache as a ring.
    """

    layer: int
    kv_heads: int
    head_dim: int
    window: int | None = None

    def capacity(self, context: int, chunk: int, rollback: int) -> int:
        """Positions to keep for a context of that length, chunks of ``chunk`` rows, and going back so far."""
        return context if self.window is None else min(context, self.window + chunk + rollback)


@dataclass(frozen=True)
class Rope:
    """Rotary position embedding, half-split (NeoX) pairs (Su et al. 2021, arXiv:2104.09864).

    Angle of pair i at position p: ``p / factor * theta ** (-2 * i / head_dim)``.
    """

    head_dim: int
    theta: float
    factor: float = 1.0


@dataclass(eq=False)
class Node:
    """One operation: its name, its inputs, its static attributes, and the shapes of its outputs."""

    op: str
    inputs: tuple["Tensor", ...]
    attributes: dict[str, Any]
    outputs: tuple["Tensor", ...] = ()


@dataclass(eq=False)
class Tensor:
    """The symbolic result of a node. Compared and hashed by identity."""

    graph: "Graph"
    node: Node
    shape: tuple[int, ...]

    def __add__(self, other: "Tensor") -> "Tensor":
        return self.graph.apply("add", (self, other), self.shape)

    def __mul__(self, other: "Tensor") -> "Tensor":
        return self.graph.apply("mul", (self, other), self.shape)

    def __repr__(self) -> str:
        return f"{self.node.op}{list(self.shape)}"


@dataclass
class Graph:
    """Nodes in the order in which they were recorded, which is a valid order of execution."""

    nodes: list[Node] = field(default_factory=list)
    _weights: dict[tuple[str, ...], Tensor] = field(default_factory=dict)

    def apply(self, op: str, inputs: Sequence[Tensor], *shapes: tuple[int, ...], **attributes: Any) -> Any:
        """Append a node; returns its output, or a tuple of them when there are several."""
        node = Node(op, tuple(inputs), attributes)
        node.outputs = tuple(Tensor(self, node, shape) for shape in shapes)
        self.nodes.append(node)
        return node.outputs[0] if len(shapes) == 1 else node.outputs

    def tokens(self, count: int) -> Tensor:
        """The input: ``count`` token ids (u32)."""
        return self.apply("tokens", (), (count,))

    def weight(self, names: str | tuple[str, ...], shape: tuple[int, ...]) -> Tensor:
        """A weight of the checkpoint; several names are stacked along the first axis."""
        names = (names,) if isinstance(names, str) else names
        if names not in self._weights:
            self._weights[names] = self.apply("weight", (), shape, names=names)
        return self._weights[names]


def embed(tokens: Tensor, table: Tensor, scale: float = 1.0) -> Tensor:
    """Rows of ``table`` [V, H] times ``scale``: [T] → [T, H]. Ids beyond the table read its last row."""
    return tokens.graph.apply("embed", (tokens, table), (tokens.shape[0], table.shape[1]), scale=scale)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """``x / sqrt(mean(x², last axis) + eps) * weight`` (Zhang and Sennrich 2019, arXiv:1910.07467)."""
    return x.graph.apply("rms_norm", (x, weight), x.shape, eps=eps)


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """``x @ weight.T`` with weight [N, K]: [T, K] → [T, N]."""
    return x.graph.apply("linear", (x, weight), (x.shape[0], weight.shape[0]))


def gelu(x: Tensor) -> Tensor:
    """GELU, tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""
    return x.graph.apply("gelu", (x,), x.shape)


def silu(x: Tensor) -> Tensor:
    """``x * sigmoid(x)``."""
    return x.graph.apply("silu", (x,), x.shape)


def reshape(x: Tensor, *shape: int) -> Tensor:
    """The same elements seen with another shape; the first axis stays."""
    assert prod(shape) == prod(x.shape) and shape[0] == x.shape[0]
    return x.graph.apply("reshape", (x,), shape)


def columns(x: Tensor, start: int, stop: int) -> Tensor:
    """Columns ``start:stop`` of a matrix [T, N], as a view."""
    return x.graph.apply("columns", (x,), (x.shape[0], stop - start), start=start)


def rotate(x: Tensor, rope: Rope) -> Tensor:
    """Rotary embedding of [T, heads, head_dim] at the positions of the chunk's rows."""
    return x.graph.apply("rotate", (x,), x.shape, rope=rope)


def attention(
    q: Tensor, k: Tensor, v: Tensor, cache: Cache, scale: float, softcap: float | None = None
) -> Tensor:
    """Append k and v to the cache, then causal grouped-query attention over it: → [T, heads, head_dim].

    Query head h reads key-value head ``h // (heads / kv_heads)``. A query at position i sees keys j with
    ``j <= i`` and, in a windowed cache, ``j > i - window``. ``softcap``: ``c * tanh(scores / c)``.
    """
    return q.graph.apply("attention", (q, k, v), q.shape, cache=cache, scale=scale, softcap=softcap)


def last(x: Tensor) -> Tensor:
    """The chunk's last valid row: [T, H] → [1, H]."""
    return x.graph.apply("last", (x,), (1, x.shape[1]))


def softcap(x: Tensor, cap: float) -> Tensor:
    """``cap * tanh(x / cap)``."""
    return x.graph.apply("softcap", (x,), x.shape, cap=cap)


def sample(logits: Tensor) -> Tensor:
    """Draw the next token from one row of logits [1, V] and make it the next step's input: → [1] (u32)."""
    return logits.graph.apply("sample", (logits,), (1,))
