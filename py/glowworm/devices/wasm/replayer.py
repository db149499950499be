"""What is told to ``web/worker/cpu/cpu.js``, which runs programs on the CPU, and what it tells of itself."""

import json
from collections.abc import Mapping
from typing import Any

from ...graph.plan import Program
from ...graph.storage import Limits
from ..base import DeviceInfo
from .script import MOST_NBYTES, image


def device_info(info: Mapping[str, Any]) -> DeviceInfo:
    """The description of a device from its ``CpuInfo``."""
    limits = Limits(max_binding=MOST_NBYTES, max_buffer=MOST_NBYTES)
    return DeviceInfo("wasm", info["description"], limits)


def replayed(program: Program, limits: Limits) -> tuple[str, bytes]:
    """What ``Cpu.load`` takes of a program: its image as JSON, and its script.

    Raises:
        UnsupportedError: it does not fit into the device's memory.
    """
    made = image(program)
    return json.dumps(made.as_json()), made.words
