"""Trains the storyteller from seeds, in one run or in many slices.

Matrices are trained with Muon, the embedding and the norms with AdamW; `schedule.py` says at what rates, and
what is read when. A checkpoint holds all there is: weights, optimisers, the place in the stream of documents,
the time spent. A run that was interrupted goes on exactly where the checkpoint was written.

Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
"""

import json
import os
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .batches import Batch, Packer
from .mixture import Documents
from .model import StoryConfig, Storyteller
from .schedule import Position, Schedule, is_quantised, mix, rate
from .tokenizer import StoryTokenizer

SAVE_EVERY_S = 120


@dataclass(frozen=True)
class TrainingPlan:
    """How to train; how long is said when a run is started."""

    batch_tokens: int = 4096
    """Twice as many take three times as long: their activations no longer fit a CPU's cache."""
    matrix_rate: float = 0.02
    """Muon's learning rate."""
    table_rate: float = 0.004
    """AdamW's learning rate, for the embedding and the norms."""
    seed: int = 1
    schedule: Schedule = field(default_factory=Schedule)


@dataclass(frozen=True)
class Budget:
    """How long a run lasts in all, and after how much of it this call pauses; in minutes or in steps."""

    total: float
    pause_after: float | None = None
    in_steps: bool = False
    polishes: bool = False
    """Whether a run that is over goes on with half an ending, instead of another trunk and ending."""


class Run:
    """A training run in a folder: `checkpoint.pt`, `trunk.pt` (before the last ending) and `log.jsonl`."""

    def __init__(
        self,
        folder: Path,
        tokenizer: StoryTokenizer,
        documents: Documents,
        plan: TrainingPlan,
        config: StoryConfig,
        device: str = "cpu",
        compiled: bool = False,
    ) -> None:
        """Goes on from the folder's checkpoint if there is one.

        `compiled` wants a C++ compiler and takes minutes to start.
        """
        self.folder, self.plan, self.device = folder, plan, torch.device(device)
        self.position = Position()
        self.packer = Packer(tokenizer, documents, plan.batch_tokens, config.context_length)
        torch.manual_seed(plan.seed)
        self.model = Storyteller(config).to(self.device)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim == 2 and name != "embedding"]
        others = [p for name, p in self.model.named_parameters() if p.ndim == 1 or name == "embedding"]
        self.optimisers = [
            torch.optim.Muon(matrices, lr=plan.matrix_rate, momentum=0.95, weight_decay=0.0),
            torch.optim.AdamW(others, lr=plan.table_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.base_rates = (plan.matrix_rate, plan.table_rate)
        if (folder / "checkpoint.pt").exists():
            self._resume()
        if compiled:
            _compile(self.model)

    def train(self, budget: Budget) -> None:
        """Trains until the run is over or its pause has come, saving on the way and at the end.

        As long as the ending has not begun, the next call may give another total; a run that is over goes
        on when it is given more.
        """
        position = self.position
        if position.ended == 1 and position.spent < budget.total:
            if budget.polishes:
                position.polish(budget.total - position.spent)
            else:
                position.begin_trunk()
        pause_at = inf if budget.pause_after is None else position.spent + budget.pause_after
        saved_at = time.monotonic()
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            while position.spent < pause_at and position.ended < 1:
                if position.ending_begins is None and position.ending_is_due(
                    self.plan.schedule, budget.total
                ):
                    self.save("trunk.pt")
                    position.begin_ending(max(budget.total - position.spent, 1e-9))
                started = time.monotonic()
                record = self._one_step()
                seconds = time.monotonic() - started
                position.spent += 1 if budget.in_steps else seconds / 60
                record |= {"seconds": round(seconds, 2), "spent": round(position.spent, 3)}
                log.write(json.dumps(record) + "\n")
                log.flush()
                if time.monotonic() - saved_at > SAVE_EVERY_S:
                    self.save()
                    saved_at = time.monotonic()
        self.save()

    def save(self, name: str = "checkpoint.pt") -> None:
        """Writes a checkpoint, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "position": asdict(self.position),
            "packer": {"next_document": self.packer.next_document, "waiting": self.packer.waiting},
            "config": self.model.config.to_dict(),
            "plan": asdict(self.plan),
        }
        partial = self.folder / (name + ".part")
        torch.save(state, partial)
        os.replace(partial, self.folder / name)

    def _resume(self) -> None:
        state = load_state(self.folder / "checkpoint.pt", self.device)
        if state["config"] != self.model.config.to_dict() or state["plan"] != asdict(self.plan):
            raise ValueError(
                f"{self.folder} holds a run of another shape or plan; give its options or another folder."
            )
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.position = Position(**state["position"])
        self.packer.next_document = state["packer"]["next_document"]
        self.packer.waiting = state["packer"]["waiting"]

    def _one_step(self) -> dict[str, float | int | bool]:
        """One optimiser step; what to log of it, the loss in nats, weighted."""
        schedule, position = self.plan.schedule, self.position
        quantised, factor = is_quantised(schedule, position), rate(schedule, position)
        self.model.set_fake_quantise(quantised)
        batch = self.packer.batch(mix(position)).to(self.device)
        loss = batch_loss(self.model, batch, bfloat16=True) / batch.learnt
        loss.backward()
        for optimiser, base_rate in zip(self.optimisers, self.base_rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = base_rate * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        position.step += 1
        return {
            "step": position.step,
            "loss": round(loss.item(), 4),
            "rate": round(factor, 4),
            "quantised": quantised,
            "documents": self.packer.next_document,
        }


def _compile(model: Storyteller) -> None:
    """Compiles what is the same for every batch, which is all but the attention between tokens."""
    for block in model.blocks:
        block.finish = torch.compile(block.finish, dynamic=False)  # type: ignore[method-assign]
        block.attention.project = torch.compile(block.attention.project, dynamic=False)  # type: ignore[union-attr]


def load_state(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """A checkpoint as it was saved."""
    return torch.load(path, weights_only=True, map_location=device)


def load_checkpoint(folder: Path) -> Storyteller:
    """The network of a run's last checkpoint, computing with its weights as they are."""
    state = load_state(folder / "checkpoint.pt")
    model = Storyteller(StoryConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model


def batch_loss(model: Storyteller, batch: Batch, bfloat16: bool) -> Tensor:
    """The summed cross-entropy of a batch's tokens in nats, each times its weight."""
    device = batch.ids.device.type
    with torch.autocast(device, torch.bfloat16) if bfloat16 else nullcontext():
        logits = model(batch.ids, batch.lengths)
    return F.cross_entropy(logits.float(), batch.targets, reduction="none") @ batch.weights
