"""Rewrites what the paper says into what a device does well.

Each rule turns a graph into an equivalent one with fewer nodes; ``fuse`` applies them in order. A rule looks
only at operations, shapes and who uses what, never at a model's name. Fused operations:

``linear`` / ``gated``   over stacked weights: projections of the same input in one product
``attention_block``      (qkv, norms?) head norms, rotary embedding, cache write and attention
``residual_norm``        (x, o, post?, weight) → (x + norm(o) or x + o, norm of that)
``activate_mul``         (a, b) activation(a) * b, where ``gated`` does not apply
"""

from collections.abc import Callable
from math import prod

from .ops import Graph, Node, Rope, Tensor

ACTIVATIONS = ("gelu", "silu")


class _Rewriter:
    """Copies a graph node by node while rules replace some of them."""

    def __init__(self, source: Graph):
        self.source = source
        self.graph = Graph()
        self.replaced: dict[Tensor, Tensor] = {}
        self.users: dict[Tensor, list[Node]] = {}
        for node in source.nodes:
            for tensor in node.inputs:
                self.users.setdefault(tensor, []).append(node)

    def of(self, tensor: Tensor) -> Tensor:
        """The copy of a source tensor."""
        return self.replaced[tensor]

    def only_user(self, tensor: Tensor) -> Node | None:
        """The one node that reads a source tensor."""
        users = self.users.get(tensor, [])
        return users[0] if len(users) == 1 else None

    def copy(self, node: Node) -> None:
        if node.op == "weight":
            self.replaced[node.outputs[0]] = self.graph.weight(
                node.attributes["names"], node.outputs[0].shape
            )
            return
        shapes = [tensor.shape for tensor in node.outputs]
        made = self.graph.apply(node.op, [self.of(t) for t in node.inputs], *shapes, **node.attributes)
        self.replace(node, made if isinstance(made, tuple) else (made,))

    def replace(self, node: Node, made: tuple[Tensor, ...]) -> None:
        for old, new in zip(node.outputs, made, strict=True):
            self.replaced[old] = new


Rule = Callable[[Graph], tuple[Graph, dict[Tensor, Tensor]]]


def _stack_linears(source: Graph) -> tuple[Graph, dict[Tensor, Tensor]]:
    """Products of the same input become one product over stacked weights, and views of its columns."""
    r = _Rewriter(source)
    position = {node: i for i, node in enumerate(source.nodes)}
    for node in source.nodes:
        if node.op != "linear":
            r.copy(node)
            continue
        x = node.inputs[0]
        group = [u for u in r.users[x] if u.op == "linear"]
        group.sort(key=position.__getitem__)
        if len(group) == 1:
            r.copy(node)
        elif node is group[0]:
            names = tuple(name for n in group for name in n.inputs[1].node.attributes["names"])
            widths = [n.outputs[0].shape[1] for n in group]
            weight = r.graph.weight(names, (sum(widths), x.shape[1]))
            product = r.graph.apply("linear", (r.of(x), weight), (x.shape[0], sum(widths)))
            start = 0
            for member, width in zip(group, widths, strict=True):
                view = r.graph.apply("columns", (product,), (x.shape[0], width), start=start)
                r.replace(member, (view,))
                start += width
    return r.graph, r.replaced


def _gate(source: Graph) -> tuple[Graph, dict[Tensor, Tensor]]:
    """``activation(gate) * up`` becomes ``gated`` if both are halves of a product, else ``activate_mul``."""
    r = _Rewriter(source)
    for node in source.nodes:
        activated = node.inputs[0] if node.op == "mul" else None
        if activated is None or activated.node.op not in ACTIVATIONS or r.only_user(activated) is not node:
            r.copy(node)
            continue
        activation = activated.node.op
        a, b = activated.node.inputs[0], node.inputs[1]
        product = _halves(a, b)
        if product is None:
            made = r.graph.apply("activate_mul", (r.of(a), r.of(b)), a.shape, activation=activation)
        else:
            x, weight = product.node.inputs
            made = r.graph.apply("gated", (r.of(x), r.of(weight)), a.shape, activation=activation)
        r.replace(node, (made,))
    return r.graph, r.replaced


def _halves(a: Tensor, b: Tensor) -> Tensor | None:
    """The product of which a and b are the two halves."""
    if a.node.op != "columns" or b.node.op != "columns" or a.node.inputs != b.node.inputs:
        return None
    product = a.node.inputs[0]
    width = product.shape[1] // 2
    starts = a.node.attributes["start"], b.node.attributes["start"]
    if product.node.op == "linear" and starts == (0, width) and a.shape[1] == b.shape[1] == width:
        return product
    return None


def _attend(source: Graph) -> tuple[Graph, dict[Tensor, Tensor]]:
    """Head norms, rotary embedding and attention over the columns of one q|k|v product become one block."""
    r = _Rewriter(source)
    merged: set[Node] = set()
    for node in source.nodes:
        if node in merged:
            continue
        if node.op != "attention":
            r.copy(node)
            continue
        q, k, v = (_HeadChain(tensor) for tensor in node.inputs)
        product = q.base
        heads, head_dim = node.inputs[0].shape[1:]
        kv_heads = node.inputs[1].shape[1]
        starts = (0, heads * head_dim, (heads + kv_heads) * head_dim)
        assert (q.start, k.start, v.start) == starts and k.base is v.base is product, (
            "q, k, v share a product"
        )
        assert q.rope == k.rope and v.rope is None and v.norm is None and (q.norm is None) == (k.norm is None)
        inputs = [r.of(product)]
        if q.norm is not None and k.norm is not None:
            names = q.norm.node.attributes["names"] + k.norm.node.attributes["names"]
            inputs.append(r.graph.weight(names, (2 * head_dim,)))
        block = r.graph.apply(
            "attention_block",
            inputs,
            (product.shape[0], heads * head_dim),
            heads=heads,
            kv_heads=kv_heads,
            head_dim=head_dim,
            norms=q.norm is not None,
            eps=q.eps,
            rope=q.rope,
            **node.attributes,
        )
        user = r.only_user(node.outputs[0])
        assert user is not None and user.op == "reshape" and user.outputs[0].shape == block.shape
        r.replace(user, (block,))
        merged.add(user)
    return r.graph, r.replaced


class _HeadChain:
    """Walks from an attention input up to its columns of a product: rotate?, rms_norm?, reshape, columns."""

    def __init__(self, tensor: Tensor):
        self.rope: Rope | None = None
        self.norm: Tensor | None = None
        self.eps = 0.0
        if tensor.node.op == "rotate":
            self.rope = tensor.node.attributes["rope"]
            tensor = tensor.node.inputs[0]
        if tensor.node.op == "rms_norm":
            self.eps = tensor.node.attributes["eps"]
            tensor, self.norm = tensor.node.inputs
        assert tensor.node.op == "reshape" and prod(tensor.shape[1:]) == tensor.node.inputs[0].shape[1]
        columns = tensor.node.inputs[0]
        assert columns.node.op == "columns", "stack the projections first"
        self.base, self.start = columns.node.inputs[0], columns.node.attributes["start"]


def _join_residuals(source: Graph) -> tuple[Graph, dict[Tensor, Tensor]]:
    """``y = x + norm(o)`` (or ``x + o``) followed by ``norm(y)`` becomes one ``residual_norm``."""
    r = _Rewriter(source)
    merged: set[Node] = set()
    for node in source.nodes:
        if node in merged:
            continue
        following = _norm_of(r, node) if node.op == "add" else None
        if following is None:
            r.copy(node)
            continue
        x, o = node.inputs
        inputs = [r.of(x)]
        post = (
            o.node.op == "rms_norm" and r.only_user(o) is node and o.node.attributes == following.attributes
        )
        if post:
            inputs += [r.of(o.node.inputs[0]), r.of(o.node.inputs[1])]
        else:
            inputs.append(r.of(o))
        inputs.append(
            r.of(following.inputs[1]) if following.inputs[1] in r.replaced else _early(r, following)
        )
        y, h = r.graph.apply("residual_norm", inputs, x.shape, x.shape, post=post, **following.attributes)
        r.replace(node, (y,))
        r.replace(following, (h,))
        merged.add(following)
    return r.graph, r.replaced


def _norm_of(r: _Rewriter, add: Node) -> Node | None:
    norms = [u for u in r.users.get(add.outputs[0], []) if u.op == "rms_norm"]
    return norms[0] if len(norms) == 1 and len(add.outputs[0].shape) == 2 else None


def _early(r: _Rewriter, norm: Node) -> Tensor:
    """The copy of a norm's weight that the source records only after the addition."""
    weight = norm.inputs[1]
    return r.graph.weight(weight.node.attributes["names"], weight.shape)


def _sweep(source: Graph, keep: Tensor) -> tuple[Graph, dict[Tensor, Tensor]]:
    """Drop what nothing reads."""
    r = _Rewriter(source)
    needed: set[Node] = set()
    for node in reversed(source.nodes):
        effect = node.op in ("sample", "attention", "attention_block") or keep in node.outputs
        if effect or any(user in needed for t in node.outputs for user in r.users.get(t, [])):
            needed.add(node)
    for node in source.nodes:
        if node in needed:
            r.copy(node)
    return r.graph, r.replaced


RULES: tuple[Rule, ...] = (_stack_linears, _gate, _attend, _join_residuals)


def fuse(graph: Graph, result: Tensor) -> tuple[Graph, Tensor]:
    """Apply every rule; returns the new graph and where ``result`` is in it."""
    for rule in RULES:
        graph, replaced = rule(graph)
        result = replaced[result]
        graph, replaced = _sweep(graph, result)
        result = replaced[result]
    return graph, result
