"""What is told to ``web/worker/gpu.js``, the replayer of programs, and what it tells of itself."""

from array import array
from collections.abc import Mapping
from typing import Any

from ...graph.encode import encode
from ...graph.plan import Program
from ...graph.storage import Limits
from ..base import DeviceInfo
from .render import render


def device_info(info: Mapping[str, Any]) -> DeviceInfo:
    """The description of a device from its ``GpuInfo``."""
    limits = Limits(
        max_binding=info["max_binding"],
        max_buffer=info["max_buffer"],
        subgroups="subgroups" in info["features"],
        subgroup_size=info["subgroup_size"],
    )
    return DeviceInfo("webgpu", info["description"], limits)


def replayed(program: Program, limits: Limits) -> tuple["array[int]", list[str], list[str]]:
    """What ``Gpu.load`` takes of a program: its words, its strings, and the source of every kernel."""
    encoded = encode(program)
    shaders = [render(kernel, subgroups=limits.subgroups, dialect="tint") for kernel in encoded.kernels]
    return encoded.words, encoded.strings, shaders
