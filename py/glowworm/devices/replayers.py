"""What the browser's devices are driven by: a lowering, and what their JavaScript halves are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..graph.compile import Lowering
from ..graph.plan import Program
from ..graph.storage import Limits
from . import wasm, wgsl
from .base import DeviceInfo
from .wasm import replayer as wasm_replayer
from .wgsl import replayer as wgsl_replayer


@dataclass(frozen=True)
class Replayer:
    """One kind of device in the browser."""

    lowering: Lowering
    device_info: Callable[[Mapping[str, Any]], DeviceInfo]
    replayed: Callable[[Program, Limits], tuple[Any, ...]]  # what `load` takes before source and progress


REPLAYERS = {
    "webgpu": Replayer(wgsl.WgslLowering(), wgsl_replayer.device_info, wgsl_replayer.replayed),
    "wasm": Replayer(wasm.WasmLowering(), wasm_replayer.device_info, wasm_replayer.replayed),
}
"""By the ``kind`` that the JavaScript half tells of itself."""
