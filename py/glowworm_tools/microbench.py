"""Times the conformance table's rows of a real model's size: microseconds, bytes and products per second.

    python -m glowworm_tools.microbench [--native | --chromium | --wasm] [--threads N] [--plain] [-k TEXT]

Through the native device by the GPU's own clock; in Chromium by the wall clock over many runs at once.
"""

import argparse
import asyncio
from typing import Any

from glowworm.errors import GlowwormError

from .conformance.experiment import PHASE
from .conformance.table import CASES, Case

LEAST_SECONDS = 0.2  # long enough for the clock and for the GPU to speed up
REPEATS = 3


async def seconds_per_run(case: Case, device: Any) -> tuple[float, int, int]:
    """The best time of one run, and the bytes and multiply-accumulates it stands for."""
    experiment = case.build()
    program = await experiment.prepare(device)
    times = 1
    while (seconds := await device.measure(PHASE, times=times)) < LEAST_SECONDS and times < 1 << 14:
        times *= max(2, min(16, int(1.2 * LEAST_SECONDS / max(seconds, 1e-9))))
    best = min([seconds, *[await device.measure(PHASE, times=times) for _ in range(REPEATS - 1)]])
    return best / times, experiment.nbytes(program), experiment.macs


async def _time_all(arguments: argparse.Namespace) -> None:
    browser = None
    features: dict[str, Any] = {"features": []} if arguments.plain else {}
    if arguments.chromium or arguments.wasm:
        from .conformance.chromium import Chromium

        browser = await Chromium.launch()
        if arguments.wasm:
            device: Any = await browser.open("wasm", threads=arguments.threads, **features)
        else:
            device = await browser.open(**features)
    else:
        from glowworm.devices.native import NativeDevice

        device = NativeDevice.open(subgroups=False if arguments.plain else None)
    feature = "relaxed SIMD" if arguments.wasm else "subgroups"
    print(f"{device.info.kind}: {device.info.name}, {'without ' if arguments.plain else ''}{feature}")
    print(f"{'µs':>10} {'GB/s':>8} {'GMAC/s':>8}")
    for case in CASES:
        if case.timed and arguments.k in case.name:
            seconds, nbytes, macs = await seconds_per_run(case, device)
            figures = f"{seconds * 1e6:10.1f} {nbytes / seconds / 1e9:8.2f} {macs / seconds / 1e9:8.2f}"
            print(f"{figures}  {case.name}", flush=True)
    if browser is not None:
        await browser.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m glowworm_tools.microbench", description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--native", action="store_true", help="through wgpu-py (the default)")
    where.add_argument("--chromium", action="store_true", help="in Chromium, by the page's replayer")
    where.add_argument("--wasm", action="store_true", help="in Chromium, on the CPU")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    parser.add_argument("--plain", action="store_true", help="without subgroups, or relaxed SIMD")
    parser.add_argument("-k", default="", metavar="TEXT", help="only rows whose name contains TEXT")
    try:
        asyncio.run(_time_all(parser.parse_args()))
    except GlowwormError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
