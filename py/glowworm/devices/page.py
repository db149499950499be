"""The browser's devices: hands a program to ``web/worker/gpu.js`` or ``cpu/cpu.js`` and passes calls on.

Runs only in the page, under Pyodide. The weights go from the source to the device without entering Python.
"""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from pyodide.ffi import JsException, to_js  # type: ignore[import-not-found]  (exists in the page only)

from ..errors import DeviceError, DeviceLostError, GlowwormError, WeightsError
from ..graph.plan import Program, Region
from ..weights.source import ByteSource
from .base import Progress
from .replayers import REPLAYERS

_ERRORS: dict[str, type[GlowwormError]] = {
    error.__name__: error for error in (DeviceError, DeviceLostError, WeightsError)
}


class PageSource:
    """A JavaScript source (``{size, read}``) as a `ByteSource`."""

    def __init__(self, source: Any):
        self.javascript = source
        self.size: int = source.size
        self._buffer: Any = None  # what the last read was put in, for the next one

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes of [offset, offset + length)."""
        data = await self.javascript.read(offset, length, self._buffer)
        self._buffer = data.buffer
        return data.to_bytes()


class PageDevice:
    """The `base.Device` over a JavaScript ``Gpu`` or ``Cpu``."""

    def __init__(self, device: Any):
        self._device = device
        self.details: dict[str, Any] = device.info.to_py()
        self._replayer = REPLAYERS[self.details["kind"]]
        self.info = self._replayer.device_info(self.details)
        self.lowering = self._replayer.lowering

    async def load(self, program: Program, source: ByteSource, on_progress: Progress | None = None) -> None:
        """See `base.Device`; ``source`` must be a `PageSource`."""
        assert isinstance(source, PageSource)
        told = [to_js(part) for part in self._replayer.replayed(program, self.info.limits)]
        with _translated_errors():
            await self._device.load(*told, source.javascript, on_progress)
            for name, data in program.constants.items():
                self.write(name, 0, data)

    def write(self, buffer: str, offset: int, data: bytes) -> None:
        """See `base.Device`."""
        with _translated_errors():
            self._device.write(buffer, offset, to_js(data))

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        """See `base.Device`."""
        with _translated_errors():
            self._device.run(phase, head, times)

    def sampled(self, count: int) -> Awaitable[list[int]]:
        """See `base.Device`."""
        with _translated_errors():
            answer = self._device.sampled(count)

        async def tokens() -> list[int]:
            with _translated_errors():
                return (await answer).to_py()

        return tokens()

    def read(self, region: Region) -> Awaitable[bytes]:
        """See `base.Device`."""
        with _translated_errors():
            answer = self._device.read(region.buffer, region.offset, region.nbytes)

        async def data() -> bytes:
            with _translated_errors():
                return (await answer).to_bytes()

        return data()

    async def synchronise(self) -> None:
        """See `base.Device`."""
        with _translated_errors():
            await self._device.synchronise()

    def close(self) -> None:
        """See `base.Device`."""
        self._device.close()


@contextmanager
def _translated_errors() -> Iterator[None]:
    """JavaScript's errors that carry a kind of ours become ours."""
    try:
        yield
    except JsException as error:
        kind = getattr(error, "kind", None)
        if kind in _ERRORS:
            raise _ERRORS[kind](error.message) from None
        raise
