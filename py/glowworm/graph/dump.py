"""A program for people to read."""

from collections.abc import Iterator

from .plan import Dispatch, Program, Region


def dump(program: Program) -> Iterator[str]:
    """Lines that show memory, kernels and every phase's dispatches; the same program gives the same lines."""
    total = sum(buffer.nbytes for buffer in program.buffers.values())
    yield f"program for {program.target}: {total:,} bytes in {len(program.buffers)} buffers"
    for role in sorted({buffer.role for buffer in program.buffers.values()}):
        some = [buffer for buffer in program.buffers.values() if buffer.role == role]
        yield f"  {role:<9}{sum(buffer.nbytes for buffer in some):>15,} bytes  {len(some):>4}"
    yield f"kernels: {len(program.kernels)}"
    for index, kernel in enumerate(program.kernels):
        yield f"  k{index:<4}{kernel.label}"
    for name, plan in program.plans.items():
        yield f"phase {name}: {plan.rows} rows, {len(plan.body)} + {len(plan.head)} dispatches"
        for part, dispatches in (("body", plan.body), ("head", plan.head)):
            for index, dispatch in enumerate(dispatches):
                yield f"  {part} {index:<4}{_dispatch(program, dispatch)}"


def _dispatch(program: Program, dispatch: Dispatch) -> str:
    grid = "x".join(map(str, dispatch.grid))
    bindings = " ".join(map(_region, dispatch.bindings))
    return f"k{dispatch.kernel} {program.kernels[dispatch.kernel].name} [{grid}] {bindings}"


def _region(region: Region) -> str:
    return f"{region.buffer}@{region.offset}+{region.nbytes}{'!' if region.access == 'rw' else ''}"
