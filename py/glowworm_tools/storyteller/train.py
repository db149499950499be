"""Trains the storyteller on a CPU, from seeds, in one run that can be interrupted and resumed.

Matrices are trained with Muon, the embedding and the norms with AdamW. The learning rate warms up, stays,
and falls linearly to zero; the last part of the run computes with Q4_0 weights (quantisation-aware training).
Every batch is drawn from a seed made of the run's seed and the batch's number: a resumed run sees what an
uninterrupted one would.

Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
"""

import json
import os
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from .batches import IGNORED, Batch, pack
from .corpus import training_documents
from .model import StoryConfig, Storyteller
from .tokenizer import StoryTokenizer


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how fast to train."""

    steps: int = 2500
    batch_tokens: int = 2048
    matrix_rate: float = 0.02
    """Muon's learning rate."""
    table_rate: float = 0.004
    """AdamW's learning rate, for the embedding and the norms."""
    warmup_steps: int = 40
    decay_share: float = 0.5
    """The last part of the run in which the learning rates fall to zero."""
    quantised_share: float = 0.3
    """The last part of the run that computes with Q4_0 weights."""
    read_share: float = 0.1
    """How many documents come from the story folder; the others come from the grammar."""
    seed: int = 1

    def rate(self, step: int) -> float:
        """The factor on both learning rates at `step`, from 0."""
        decay_steps = max(1, int(self.steps * self.decay_share))
        return min(1.0, (step + 1) / self.warmup_steps, (self.steps - step) / decay_steps)

    def is_quantised(self, step: int) -> bool:
        return step >= self.steps * (1 - self.quantised_share)


class Run:
    """A training run in a folder: `checkpoint.pt` (weights, optimisers, step) and `log.jsonl`."""

    def __init__(
        self,
        folder: Path,
        tokenizer: StoryTokenizer,
        stories: list[str],
        plan: TrainingPlan,
        config: StoryConfig,
        compiled: bool = False,
    ) -> None:
        """Goes on from the folder's checkpoint if there is one.

        `compiled` wants a C++ compiler and takes minutes to start.
        """
        self.folder, self.tokenizer, self.stories, self.plan = folder, tokenizer, stories, plan
        torch.manual_seed(plan.seed)
        self.model = Storyteller(config)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim == 2 and name != "embedding"]
        others = [p for name, p in self.model.named_parameters() if p.ndim == 1 or name == "embedding"]
        self.optimisers = [
            torch.optim.Muon(matrices, lr=plan.matrix_rate, momentum=0.95, weight_decay=0.0),
            torch.optim.AdamW(others, lr=plan.table_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.base_rates = (plan.matrix_rate, plan.table_rate)
        self.step = 0
        if self._checkpoint.exists():
            self._resume()
        if compiled:
            _compile(self.model)

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step = state["step"]

    def save(self) -> None:
        partial = self._checkpoint.with_suffix(".part")
        state = {
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "config": self.model.config.to_dict(),
            "plan": asdict(self.plan),
        }
        torch.save(state, partial)
        os.replace(partial, self._checkpoint)

    def train(self, save_every: int = 25) -> None:
        """Goes on to the plan's last step, saving on the way and at the end."""
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            while self.step < self.plan.steps:
                started = time.perf_counter()
                loss = self._one_step()
                seconds = time.perf_counter() - started
                record = {
                    "step": self.step,
                    "loss": round(loss, 4),
                    "tokens_per_s": round(self.plan.batch_tokens / seconds),
                }
                log.write(json.dumps(record) + "\n")
                log.flush()
                if self.step % save_every == 0 or self.step == self.plan.steps:
                    self.save()

    def _one_step(self) -> float:
        """One optimiser step; the mean loss per learnt token, in nats."""
        self.model.set_fake_quantise(self.plan.is_quantised(self.step))
        batch = self._batch()
        loss = batch_loss(self.model, batch, bfloat16=True) / batch.learnt
        loss.backward()
        for optimiser, base_rate in zip(self.optimisers, self.base_rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = base_rate * self.plan.rate(self.step)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1
        return loss.item()

    def _batch(self) -> Batch:
        seed = self.plan.seed * 1_000_003 + self.step
        documents = training_documents(self.stories, seed, self.plan.read_share)
        return pack(self.tokenizer, documents, self.plan.batch_tokens, self.model.config.context_length)


def _compile(model: Storyteller) -> None:
    """Compiles what is the same for every batch, which is all but the attention between tokens."""
    for block in model.blocks:
        block.finish = torch.compile(block.finish, dynamic=False)  # type: ignore[method-assign]
        block.attention.project = torch.compile(block.attention.project, dynamic=False)  # type: ignore[union-attr]


def load_checkpoint(folder: Path) -> Storyteller:
    """The network of a run's last checkpoint, computing with its weights as they are."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    model = Storyteller(StoryConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model


def batch_loss(model: Storyteller, batch: Batch, bfloat16: bool) -> Tensor:
    """The summed cross-entropy of a batch's learnt tokens, in nats."""
    with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
        logits = model(batch.ids, batch.lengths)
    return F.cross_entropy(logits.float(), batch.targets, ignore_index=IGNORED, reduction="sum")


def mean_loss(model: Storyteller, batches: list[Batch]) -> float:
    """Mean loss per learnt token over `batches`, in nats."""
    with torch.no_grad():
        total = sum(batch_loss(model, batch, bfloat16=False).item() for batch in batches)
    return total / sum(batch.learnt for batch in batches)
