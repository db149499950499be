"""WebGPU outside a browser, through wgpu-py: Vulkan, Metal or Direct3D 12.

Runs the same kernels as the page, compiled by naga, the compiler of Firefox. Used from a terminal, by tests
(a software Vulkan will do) and to measure kernels on real GPUs.
"""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from struct import pack, unpack
from time import perf_counter
from typing import Any, Self

from ..errors import DeviceError, DeviceLostError
from ..graph.plan import OUTPUT_RING, STATE_OUTPUT, STATE_STEP, STATE_WORDS, Kernel, Program, Region
from ..graph.storage import Limits
from ..weights.source import ByteSource
from .base import DeviceInfo, Progress
from .streaming import PIECE_NBYTES, pieces
from .wgsl import WgslLowering
from .wgsl.render import render

try:
    import wgpu
except ImportError as missing:
    raise DeviceError(
        "The native device needs the package wgpu, which is not installed; "
        "install glowworm with its extra `native`."
    ) from missing

_STORAGE = wgpu.BufferUsage.STORAGE | wgpu.BufferUsage.COPY_DST | wgpu.BufferUsage.COPY_SRC
_READBACK = wgpu.BufferUsage.MAP_READ | wgpu.BufferUsage.COPY_DST
_TIMESTAMP_NBYTES = 16  # a begin and an end, u64 nanoseconds
_IN_FLIGHT_NBYTES = 4 * PIECE_NBYTES  # of weights handed to the queue but not yet on the device
# wgpu 0.32 does not tell; the smallest of all of a vendor's GPUs, by PCI vendor id.
_SUBGROUP_SIZES = {0x10DE: 32, 0x1002: 32, 0x106B: 32, 0x8086: 8}  # NVIDIA, AMD, Apple, Intel

_Step = tuple[Any, Any, tuple[int, int, int]]  # pipeline, bind group, grid


class NativeDevice:
    """The `base.Device` over wgpu-py; make one with `open`."""

    lowering = WgslLowering()

    def __init__(self, adapter: Any, device: Any, info: DeviceInfo):
        self.info = info
        self._adapter = adapter
        self._device = device
        self._fence = device.create_buffer(label="fence", size=4, usage=_STORAGE)
        self._pipelines: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._buffers: dict[str, Any] = {}
        self._phases: dict[str, tuple[list[_Step], list[_Step]]] = {}

    @classmethod
    def open(cls, *, subgroups: bool | None = None, default_limits: bool = True) -> Self:
        """The fastest adapter there is.

        ``subgroups`` says whether kernels may use them (None: if the adapter has them);
        ``default_limits`` keeps to WebGPU's guaranteed sizes, as the page does on most devices.

        Raises:
            DeviceError: there is no adapter, or it lacks a feature that was asked for.
        """
        adapter = _request_adapter()
        name = adapter.info["device"] or adapter.info["description"]
        features = {"subgroup"} if _offered(adapter, name, "subgroup", subgroups) else set()
        required_limits = {}
        limits = Limits(
            subgroups="subgroup" in features,
            subgroup_size=_SUBGROUP_SIZES.get(adapter.info["vendor_id"], 4),
        )
        if not default_limits:
            required_limits = {
                key: adapter.limits[key] for key in ("max-storage-buffer-binding-size", "max-buffer-size")
            }
            max_binding, max_buffer = required_limits.values()
            limits = replace(limits, max_binding=max_binding, max_buffer=max_buffer)
        features |= {"timestamp-query"} & set(adapter.features)
        with _translated_errors():
            device = adapter.request_device_sync(
                required_features=sorted(features), required_limits=required_limits
            )
        return cls(adapter, device, DeviceInfo("native", name, limits))

    async def load(self, program: Program, source: ByteSource, on_progress: Progress | None = None) -> None:
        """See `base.Device`."""
        self._release()
        with _translated_errors():
            for buffer in program.buffers.values():
                self._buffers[buffer.name] = self._device.create_buffer(
                    label=buffer.name, size=buffer.nbytes, usage=_STORAGE
                )
            for name, data in program.constants.items():
                self.write(name, 0, data)
            pipelines = []
            for kernel in program.kernels:
                pipelines.append(self._pipeline(kernel))
                if on_progress:
                    on_progress("kernels", len(pipelines), len(program.kernels))
            for phase, plan in program.plans.items():
                body, head = (
                    [
                        (pipelines[d.kernel], self._bind_group(pipelines[d.kernel], d.bindings), d.grid)
                        for d in dispatches
                    ]
                    for dispatches in (plan.body, plan.head)
                )
                self._phases[phase] = body, head
            await self._load_weights(program, source, on_progress)

    def write(self, buffer: str, offset: int, data: bytes) -> None:
        """See `base.Device`."""
        with _translated_errors():
            self._device.queue.write_buffer(self._buffers[buffer], offset, data)

    def run(self, phase: str, *, head: bool = True, times: int = 1) -> None:
        """See `base.Device`."""
        self._submit(self._steps(phase, head), times)

    def sampled(self, count: int) -> Awaitable[list[int]]:
        """See `base.Device`."""
        words = self.read(Region("state", 0, STATE_WORDS * 4, "r"))

        async def tokens() -> list[int]:
            state = unpack(f"<{STATE_WORDS}I", await words)
            steps = range(state[STATE_STEP] - count, state[STATE_STEP])
            return [state[STATE_OUTPUT + step % OUTPUT_RING] for step in steps]

        return tokens()

    def read(self, region: Region) -> Awaitable[bytes]:
        """See `base.Device`."""
        return self._read(self._buffers[region.buffer], region.offset, region.nbytes)

    async def synchronise(self) -> None:
        """See `base.Device`."""
        # The queue does its work in order, so a copy that has arrived says that all before it is done.
        # (wgpu 0.32's own way, queue.on_submitted_work_done_async, raises a TypeError.)
        await self._read(self._fence, 0, 4)

    async def measure(self, phase: str, *, head: bool = True, times: int = 1) -> float:
        """Replay like `run`; returns the seconds it took, by the GPU's own clock where it has one."""
        await self.synchronise()
        if "timestamp-query" not in self._device.features:
            start = perf_counter()
            self._submit(self._steps(phase, head), times)
            await self.synchronise()
            return perf_counter() - start
        with _translated_errors():
            queries = self._device.create_query_set(type="timestamp", count=2)
            resolved = self._device.create_buffer(
                size=_TIMESTAMP_NBYTES,
                usage=wgpu.BufferUsage.QUERY_RESOLVE | wgpu.BufferUsage.COPY_SRC,
            )
            self._submit(self._steps(phase, head), times, queries)
            encoder = self._device.create_command_encoder()
            encoder.resolve_query_set(queries, 0, 2, resolved, 0)
            self._device.queue.submit([encoder.finish()])
        begin, end = unpack("<2Q", await self._read(resolved, 0, _TIMESTAMP_NBYTES))
        resolved.destroy()
        queries.destroy()
        return (end - begin) * 1e-9

    def close(self) -> None:
        """See `base.Device`."""
        self._release()
        self._pipelines.clear()
        self._device.destroy()

    def _release(self) -> None:
        self._phases.clear()
        for buffer in self._buffers.values():
            buffer.destroy()
        self._buffers.clear()

    def _steps(self, phase: str, head: bool) -> list[_Step]:
        body_steps, head_steps = self._phases[phase]
        return body_steps + head_steps if head else body_steps

    def _submit(self, steps: list[_Step], times: int = 1, queries: Any = None) -> None:
        timestamps = queries and {
            "query_set": queries,
            "beginning_of_pass_write_index": 0,
            "end_of_pass_write_index": 1,
        }
        with _translated_errors():
            encoder = self._device.create_command_encoder()
            compute = encoder.begin_compute_pass(timestamp_writes=timestamps)
            for _ in range(times):
                for pipeline, group, grid in steps:
                    compute.set_pipeline(pipeline)
                    compute.set_bind_group(0, group)
                    compute.dispatch_workgroups(*grid)
            compute.end()
            self._device.queue.submit([encoder.finish()])

    def _read(self, buffer: Any, offset: int, nbytes: int) -> Awaitable[bytes]:
        with _translated_errors():
            readback = self._device.create_buffer(size=nbytes, usage=_READBACK)
            encoder = self._device.create_command_encoder()
            encoder.copy_buffer_to_buffer(buffer, offset, readback, 0, nbytes)
            self._device.queue.submit([encoder.finish()])
        return _mapped(readback)

    def _pipeline(self, kernel: Kernel) -> Any:
        source = render(kernel, subgroups=self.info.limits.subgroups, dialect="naga")
        key = source, kernel.access
        if key not in self._pipelines:
            layout = self._device.create_bind_group_layout(
                entries=[
                    {
                        "binding": index,
                        "visibility": wgpu.ShaderStage.COMPUTE,
                        "buffer": {"type": "storage" if access == "rw" else "read-only-storage"},
                    }
                    for index, access in enumerate(kernel.access)
                ]
            )
            try:
                module = self._device.create_shader_module(label=kernel.label, code=source)
                self._pipelines[key] = self._device.create_compute_pipeline(
                    label=kernel.label,
                    layout=self._device.create_pipeline_layout(bind_group_layouts=[layout]),
                    compute={"module": module, "entry_point": "main"},
                )
            except wgpu.GPUValidationError as error:
                raise DeviceError(
                    f"The device refused the kernel {kernel.label}; report this as a bug.\n{error}"
                ) from error
        return self._pipelines[key]

    def _bind_group(self, pipeline: Any, regions: tuple[Region, ...]) -> Any:
        return self._device.create_bind_group(
            layout=pipeline.get_bind_group_layout(0),
            entries=[
                {
                    "binding": index,
                    "resource": {
                        "buffer": self._buffers[region.buffer],
                        "offset": region.offset,
                        "size": region.nbytes,
                    },
                }
                for index, region in enumerate(regions)
            ],
        )

    async def _load_weights(self, program: Program, source: ByteSource, on_progress: Progress | None) -> None:
        total = sum(load.nbytes for load in program.loads)
        done = in_flight = 0
        staging = Region("staging", 0, PIECE_NBYTES, "r")
        params = Region("params", 0, 16, "r")
        for region in (staging, params):
            self._buffers[region.buffer] = self._device.create_buffer(
                label=region.buffer, size=region.nbytes, usage=_STORAGE
            )
        for load in program.loads:
            repack = program.repacks.get(load.repack)
            if repack:
                pipeline = self._pipeline(repack.kernel)
                group = self._bind_group(pipeline, (staging, *load.targets, params))
            async for piece in pieces(load, source):
                data = piece.data + bytes(-len(piece.data) % 4)
                if repack:
                    self.write("staging", 0, data)
                    self.write("params", 0, pack("<4I", piece.first_block, piece.blocks, 0, 0))
                    grid = (-(-piece.blocks // repack.blocks_per_workgroup), 1, 1)
                    self._submit([(pipeline, group, grid)])
                else:
                    (target,) = load.targets
                    self.write(target.buffer, target.offset + piece.first_block * load.block_bytes, data)
                done += len(piece.data)
                in_flight += len(piece.data)
                if in_flight >= _IN_FLIGHT_NBYTES:
                    await self.synchronise()
                    in_flight = 0
                if on_progress:
                    on_progress("weights", done, total)
        await self.synchronise()
        for region in (staging, params):
            self._buffers.pop(region.buffer).destroy()


def _request_adapter() -> Any:
    try:
        return wgpu.gpu.request_adapter_sync(power_preference="high-performance")
    except RuntimeError as error:
        raise DeviceError(
            "No GPU was found through Vulkan, Metal or Direct3D 12; install a driver "
            "(mesa-vulkan-drivers brings one in software), or choose the reference device."
        ) from error


def _offered(adapter: Any, name: str, feature: str, wanted: bool | None) -> bool:
    if wanted and feature not in adapter.features:
        raise DeviceError(f"The GPU {name} lacks the feature {feature}; open it without.")
    return feature in adapter.features and wanted is not False


async def _mapped(readback: Any) -> bytes:
    with _translated_errors():
        await readback.map_async("READ")
        data = bytes(readback.read_mapped(copy=False))
        readback.unmap()
        readback.destroy()
    return data


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Turn what wgpu raises into sentences."""
    try:
        yield
    except (wgpu.GPUError, RuntimeError) as error:
        if "lost" in str(error).lower():
            raise DeviceLostError(
                "The GPU stopped or was taken away; open the model again to carry on."
            ) from error
        if isinstance(error, wgpu.GPUOutOfMemoryError) or "memory" in str(error).lower():
            raise DeviceError(
                "The GPU has too little free memory for this model; "
                "choose a smaller model or a shorter context."
            ) from error
        raise DeviceError(f"The GPU refused a command; report this as a bug.\n{error}") from error
