"""The logits of every position of a text: for evaluation and tests, not for generating."""

from array import array
from collections.abc import Sequence

from ..devices.base import Device
from ..graph.plan import Program
from .session import Session


async def logits(device: Device, program: Program, session: Session, ids: Sequence[int]) -> list[array]:
    """One ``array('f')`` of vocabulary length per token of ``ids``; the session's caches are begun anew.

    The program must have the phase "logits".
    """
    plan = program.plans["logits"]
    session.forget()
    rows: list[array] = []
    for start in range(0, len(ids), plan.rows):
        chunk = ids[start : start + plan.rows]
        session.place(chunk, start)
        device.run("logits")
        values = array("f")
        values.frombytes(await device.read(plan.outputs["logits"]))
        width = len(values) // plan.rows
        rows += [values[row * width : (row + 1) * width] for row in range(len(chunk))]
    return rows
