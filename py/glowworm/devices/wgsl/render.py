"""From a kernel's name and constants to WGSL source, by Jinja2.

A template sees every constant by its name, and besides:

* ``subgroups``: whether the device offers them;
* ``dialect``: "tint" (Chromium) or "naga" (Firefox, wgpu);
* ``access``: "r" or "rw" per binding;
* ``bind(index, name, type)``: the declaration of a binding, with the access the dispatches need.

What a template imports rather than includes sees them only when imported ``with context``. The same kernel
gives the same source, byte for byte, in the page and out of it.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from ...graph.plan import Kernel

_ACCESS = {"r": "read", "rw": "read_write"}
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def _folder() -> Any:
    """The kernels' folder: inside the installed package, or at the root of a source tree."""
    packaged = files("glowworm") / "kernels" / "wgsl"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "kernels" / "wgsl"


def _read(name: str) -> str | None:
    file = _KERNELS / name
    return file.read_text(encoding="utf-8") if file.is_file() else None


@pass_context
def _bind(context: Context, index: int, name: str, wgsl_type: str) -> str:
    access = _ACCESS[context["access"][index]]
    return f"@group(0) @binding({index}) var<storage, {access}> {name}: {wgsl_type};"


_KERNELS = _folder()
_ENVIRONMENT = Environment(
    loader=FunctionLoader(_read),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.globals["bind"] = _bind


def render(kernel: Kernel, *, subgroups: bool, dialect: str) -> str:
    """The WGSL source of a kernel; its entry point is ``main``."""
    template = _ENVIRONMENT.get_template(f"{kernel.name}.wgsl.jinja")
    source = template.render(
        **dict(kernel.constants), access=kernel.access, subgroups=subgroups, dialect=dialect
    )
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", source)).strip() + "\n"


def preload() -> None:
    """Compile every template now, so that a memory image taken afterwards holds them compiled."""
    for file in sorted(_KERNELS.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".wgsl.jinja"):
            _ENVIRONMENT.get_template(file.name)
