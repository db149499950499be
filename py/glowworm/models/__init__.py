"""Model families. One file a family; ``define`` finds the one a weights file asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import UnsupportedError, WeightsError
from ..graph.ops import Graph, Tensor
from ..weights.gguf import GgufFile
from . import gemma3
from .metadata import shown


@dataclass(frozen=True)
class Family:
    """A family's configuration and its forward pass."""

    name: str
    config: Callable[[Mapping[str, Any], int, bool], Any]  # of metadata, vocabulary, tied embedding
    model: Callable[[Any, Graph], Callable[..., Tensor]]


FAMILIES = {"gemma3": Family("gemma3", gemma3.Config.from_metadata, gemma3.Model)}


@dataclass(frozen=True)
class Definition:
    """A family applied to one file: everything needed to trace it."""

    family: Family
    config: Any

    def shortened(self, layers: int) -> "Definition":
        """The same model with its first ``layers`` layers only (all of them, if it has fewer)."""
        return replace(self, config=replace(self.config, layers=min(layers, self.config.layers)))

    def trace(self, rows: int, every_row: bool = False) -> tuple[Graph, Tensor]:
        """Record the forward pass over ``rows`` tokens; returns the graph and its logits."""
        graph = Graph()
        model = self.family.model(self.config, graph)
        return graph, model(graph.tokens(rows), every_row=every_row)


def define(file: GgufFile) -> Definition:
    """The model in a weights file; UnsupportedError for a family this version does not know."""
    architecture = file.metadata.get("general.architecture")
    if not isinstance(architecture, str):
        raise WeightsError(
            "The weights do not name their architecture (general.architecture); download the file again."
        )
    if architecture not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise UnsupportedError(
            f"This file holds a model of the architecture {shown(architecture)}, which is not supported yet; "
            f"choose a model of one of these: {known}."
        )
    table = file.tensors.get("token_embd.weight")
    if table is None or len(table.shape) != 2:
        raise WeightsError("The weights lack the embedding table token_embd.weight; download the file again.")
    family = FAMILIES[architecture]
    tied = "output.weight" not in file.tensors
    return Definition(family, family.config(file.metadata, table.shape[0], tied))
