"""Compiles `kernels/wasm` with Zig's C compiler: a module per set of features, chosen from at run time.

No C library and no Emscripten: the kernels use nothing but WebAssembly's own instructions.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from glowworm.devices.wasm import CALLS, ENUMERATIONS, NUMBERS
from glowworm.devices.wasm.calls import header

from glowworm_tools.steps import run

STACK_BYTES = 256 << 10  # of a thread; web/worker/cpu/ places them
MOST_BYTES = 65535 << 16
FLAGS = (
    *("-target", "wasm32-freestanding", "-std=c11", "-O3", "-g0", "-nostdlib", "-ffp-contract=off"),
    *("-Wall", "-Wextra", "-Werror", "-msimd128", "-mbulk-memory"),
    *("-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--strip-all"),
    *("-Wl,--export=__stack_pointer", "-Wl,--export=__heap_base", f"-Wl,-z,stack-size={STACK_BYTES}"),
)
RELAXED = ("-mrelaxed-simd", "-DRELAXED")
THREADS = ("-DTHREADS", "-matomics", "-Wl,--shared-memory", f"-Wl,--max-memory={MOST_BYTES}")
MODULES = {
    "simd.wasm": (),
    "relaxed.wasm": RELAXED,
    "simd-threads.wasm": THREADS,
    "relaxed-threads.wasm": (*RELAXED, *THREADS),
}


def build_kernels(sources: Path, out: Path) -> None:
    """Compiles the C files in `sources` into the modules, which are put into `out`.

    Raises:
        StepError: the compiler refused them.
    """
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        Path(folder, "calls.h").write_text(header(CALLS, NUMBERS, ENUMERATIONS))
        for name, features in MODULES.items():
            run(
                [
                    *[sys.executable, "-m", "ziglang", "cc", *FLAGS, *features],
                    *[f"-I{folder}", f"-I{sources}", "-o", out / name, *sorted(sources.glob("*.c"))],
                ],
                "correct what it names in kernels/wasm and build again.",
            )
