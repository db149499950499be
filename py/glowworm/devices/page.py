"""WebGPU in the browser: hands a program to ``web/worker/gpu.js`` and passes calls on to it.

Runs only in the page, under Pyodide. The weights go from the source to the GPU without entering Python.
"""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from pyodide.ffi import JsException, to_js  # type: ignore[import-not-found]  (exists in the page only)

from ..errors import DeviceError, DeviceLostError, GlowwormError, WeightsError
from ..graph.plan import Program, Region
from ..weights.source import ByteSource
from .base import Progress
from .wgsl import WgslLowering
from .wgsl.replayer import device_info, replayed

_ERRORS: dict[str, type[GlowwormError]] = {
    error.__name__: error for error in (DeviceError, DeviceLostError, WeightsError)
}


class PageSource:
    """A JavaScript source (``{size, read}``) as a `ByteSource`."""

    def __init__(self, source: Any):
        self.javascript = source
        self.size: int = source.size

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes of [offset, offset + length)."""
        return (await self.javascript.read(offset, length)).to_bytes()


class PageDevice:
    """The `base.Device` over a JavaScript ``Gpu``."""

    lowering = WgslLowering()

    def __init__(self, gpu: Any):
        self._gpu = gpu
        self.details: dict[str, Any] = gpu.info.to_py()
        self.info = device_info(self.details)

    async def load(self, program: Program, source: ByteSource, on_progress: Progress | None = None) -> None:
        """See `base.Device`; ``source`` must be a `PageSource`."""
        assert isinstance(source, PageSource)
        words, strings, shaders = (to_js(part) for part in replayed(program, self.info.limits))
        with _translated_errors():
            await self._gpu.load(words, strings, shaders, source.javascript, on_progress)
            for name, data in program.constants.items():
                self.write(name, 0, data)

    def write(self, buffer: str, offset: int, data: bytes) -> None:
        """See `base.Device`."""
        with _translated_errors():
            self._gpu.write(buffer, offset, to_js(data))

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        """See `base.Device`."""
        with _translated_errors():
            self._gpu.run(phase, head, times)

    def sampled(self, count: int) -> Awaitable[list[int]]:
        """See `base.Device`."""
        with _translated_errors():
            answer = self._gpu.sampled(count)

        async def tokens() -> list[int]:
            with _translated_errors():
                return (await answer).to_py()

        return tokens()

    def read(self, region: Region) -> Awaitable[bytes]:
        """See `base.Device`."""
        with _translated_errors():
            answer = self._gpu.read(region.buffer, region.offset, region.nbytes)

        async def data() -> bytes:
            with _translated_errors():
                return (await answer).to_bytes()

        return data()

    async def synchronise(self) -> None:
        """See `base.Device`."""
        with _translated_errors():
            await self._gpu.synchronise()

    def close(self) -> None:
        """See `base.Device`."""
        self._gpu.close()


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
