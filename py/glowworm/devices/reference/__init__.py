"""The NumPy device: the executable definition of every operation, on weights in full precision.

Fused and unfused operations are both here, written for reading and computed in float64 where that is
affordable. Activations between operations are f32, as on every device. Not made to be fast.
"""

from .dequantise import dequantise
from .device import ReferenceDevice
from .operations import uniform

__all__ = ["ReferenceDevice", "dequantise", "uniform"]
