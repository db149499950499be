"""How a run's time is spent: the rates, when the weights are quantised, and which documents are read.

A run has a trunk, at full rates, which may go on for as many nights as one likes, and an ending, in which the
rates fall to zero. The ending is where the model learns to answer (instruction tuning) and, in its last
part, to compute with Q4_0 weights (quantisation-aware training). Time is counted in minutes or in steps: in
minutes a run fits the night whatever the machine, in steps it is the same on every machine.

Warm-up, stable, decay: Hu et al., "MiniCPM", arXiv:2404.06395, section 4.
"""

from dataclasses import dataclass

from .mixture import INSTRUCTION, PRETRAINING, Mix


@dataclass(frozen=True)
class Schedule:
    """How an ending is divided, and how the trunk begins."""

    warmup_steps: int = 100
    ending_share: float = 0.45
    """The last part of a run's time that is its ending."""
    quantised_share: float = 0.4
    """The last part of the ending, which computes with Q4_0 weights."""


@dataclass
class Position:
    """Where a run stands. What is spent is in minutes or steps, as the run counts."""

    step: int = 0
    spent: float = 0.0
    ending_begins: float | None = None
    """What was spent when the ending began; None on the trunk."""
    ending_lasts: float = 0.0

    @property
    def ended(self) -> float:
        """How much of the ending is done, from 0 to 1."""
        if self.ending_begins is None:
            return 0.0
        return min(1.0, (self.spent - self.ending_begins) / self.ending_lasts)

    def begin_ending(self, lasts: float) -> None:
        self.ending_begins, self.ending_lasts = self.spent, lasts


def rate(schedule: Schedule, position: Position) -> float:
    """The factor on the learning rates: up in the warm-up, one on the trunk, down to zero in the ending."""
    return min(1.0, (position.step + 1) / schedule.warmup_steps) * (1.0 - position.ended)


def is_quantised(schedule: Schedule, position: Position) -> bool:
    """Whether the weights are used as Q4_0 would store them."""
    return position.ending_begins is not None and position.ended >= 1 - schedule.quantised_share


def mix(position: Position) -> Mix:
    """Which documents are read: language on the trunk, answering in the ending."""
    return PRETRAINING if position.ending_begins is None else INSTRUCTION
