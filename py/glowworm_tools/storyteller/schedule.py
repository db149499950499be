"""How a run's time is spent: the rates, when the weights are quantised, and which documents are read.

A run has a trunk, at full rates, which may go on for as many nights as one likes, and an ending, in which the
rates fall to zero. The ending is where the model learns to answer (instruction tuning) and, in its last
part, to compute with Q4_0 weights (quantisation-aware training). A run that has ended may be given another
trunk and another ending, or be polished, which is half an ending more. Time is counted in minutes or in
steps: in minutes a run fits the night whatever the machine, in steps it is the same on every machine.

Warm-up, stable, decay: Hu et al., "MiniCPM", arXiv:2404.06395, section 4. Going on from the ended run: Wen et
al., "Understanding warmup-stable-decay learning rates", arXiv:2410.05192, section 4.
"""

from dataclasses import dataclass

from .mixture import INSTRUCTION, PRETRAINING, Mix


@dataclass(frozen=True)
class Schedule:
    """How an ending is divided, and how a trunk begins."""

    warmup_steps: int = 100
    ending_share: float = 0.45
    """The last part of the time from a trunk's beginning that is its ending."""
    quantised_share: float = 0.4
    """The last part of the ending, which computes with Q4_0 weights."""


@dataclass
class Position:
    """Where a run stands. What is spent is in minutes or steps, as the run counts."""

    step: int = 0
    spent: float = 0.0
    trunk_began: tuple[int, float] = (0, 0.0)
    """The step, and what was spent, when the last trunk began."""
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

    def begin_trunk(self) -> None:
        self.trunk_began, self.ending_begins = (self.step, self.spent), None

    def polish(self, lasts: float) -> None:
        """Begins the second half of an ending, from half the rates down; it lasts as long as is said."""
        self.begin_trunk()
        self.ending_begins, self.ending_lasts = self.spent - lasts, 2 * lasts

    def ending_is_due(self, schedule: Schedule, total: float) -> bool:
        """Whether the trunk has had its share of what was left of `total` when it began."""
        began = self.trunk_began[1]
        return self.spent - began >= (total - began) * (1 - schedule.ending_share)


def rate(schedule: Schedule, position: Position) -> float:
    """The factor on the learning rates: up in the warm-up, one on the trunk, down to zero in the ending."""
    warm = (position.step - position.trunk_began[0] + 1) / schedule.warmup_steps
    return min(1.0, warm) * (1.0 - position.ended)


def is_quantised(schedule: Schedule, position: Position) -> bool:
    """Whether the weights are used as Q4_0 would store them."""
    return position.ending_begins is not None and position.ended >= 1 - schedule.quantised_share


def mix(position: Position) -> Mix:
    """Which documents are read: language and requests on the trunk, then answering."""
    return PRETRAINING if position.ending_begins is None else INSTRUCTION
