"""How fast a model runs, and in how much memory: loading, time to first token, prefill and decode rates.

In Chromium it opens the built site's own bench page on one device after the other, each time twice with the
same profile: the first load downloads the weights, the second reads them from the browser's storage. Absolute
figures depend on the machine; compare figures of one run.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from glowworm import Engine, GlowwormError

from .browser import WEBGPU_FLAGS, chromium_path
from .page_memory import PageMemory
from .server import create_app, listen
from .shapes import SHAPES, write_shape

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ROOT = Path(__file__).parents[2]
EMBEDDED = ROOT / "web" / "models" / "glowworm-story.gguf"
TIMEOUT_S = 3600
PAGE_DEVICES = ("webgpu", "wasm")
SAMPLE_MS = {"loading": 50, "generating": 500}
"""Between looks at the page's memory, by its state: seldom while it is timed."""
MOMENTS = {
    "python_at_ms": "Python ready",
    "first_pipeline_at_ms": "first pipeline",
    "weights_at_ms": "weights on device",
    "ready_at_ms": "ready",
}
PEAKS = {
    "peak_javascript_bytes": "peak JavaScript bytes",
    "python_bytes": "Python's bytes",
    "peak_device_bytes": "peak device bytes",
    "peak_renderer_bytes": "peak resident bytes",
}


@dataclass(frozen=True)
class Target:
    """A device to be measured; of the processor's threads, 0 are as many as suit the machine."""

    device: str
    threads: int = 0


EVERY_TARGET = (Target("webgpu"), Target("wasm", 1), Target("wasm"))
"""The page's devices."""


def in_chromium(site: Path, model: Path | None, target: Target, args: argparse.Namespace) -> dict[str, Any]:
    """Figures from the bench page of the site at ``site``; ``model`` None is the site's own."""
    from playwright.sync_api import sync_playwright

    flags = [flag for flag in WEBGPU_FLAGS if args.adapter == "swiftshader" or "adapter" not in flag]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        cache = Path(folder, "cache")
        (cache / "weights").mkdir(parents=True)
        query = {name: getattr(args, name) for name in ("prompts", "tokens", "repeats")}
        query |= {"device": target.device} | ({"threads": target.threads} if target.threads else {})
        if model:
            shutil.copyfile(model, cache / "weights" / "model.gguf")
            query["model"] = "../weights/model.gguf"
        with serving(site, cache) as url:
            context = playwright.chromium.launch_persistent_context(
                str(Path(folder, "profile")), executable_path=chromium_path(), args=[*flags, "--no-sandbox"]
            )
            first, again = (
                _visit(context, f"{url}bench/?{urlencode(query | {'repeats': repeats})}", folder)
                for repeats in (args.repeats, 0)  # the second visit only loads
            )
            context.close()
    return first | {"load": {"first": first["load"], "again": again["load"]}}


def _visit(context: "BrowserContext", address: str, profile: str) -> dict[str, Any]:
    """What the bench page at ``address`` finds, and the most memory that it took."""
    page = context.new_page()
    memory = PageMemory(page)
    page.goto(address, wait_until="commit")
    deadline = time.monotonic() + TIMEOUT_S
    while (state := page.evaluate("document.body?.dataset.state ?? 'loading'")) in SAMPLE_MS:
        if time.monotonic() > deadline:
            said = f"An hour has passed, and the page is still at “{page.inner_text('#status')}”"
            raise GlowwormError(f"{said}; ask for fewer tokens or runs.")
        memory.sample()
        page.wait_for_timeout(SAMPLE_MS[state])
    if state == "error":
        raise GlowwormError(page.inner_text("#status"))
    figures = json.loads(page.inner_text("#result"))
    figures["memory"] = {
        "peak_javascript_bytes": memory.peak_nbytes,
        **{name: figures["load"].pop(name, None) for name in ("python_bytes", "peak_device_bytes")},
        "peak_renderer_bytes": _peak_renderer_bytes(profile),
    }
    page.close()
    return figures


@contextmanager
def serving(site: Path, cache: Path) -> Iterator[str]:
    """The development server in a thread; yields its URL."""
    server = listen(create_app(site.resolve(), cache), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()


def _peak_renderer_bytes(profile: str) -> int | None:
    """The largest resident set any renderer of this browser ever had; None where the system does not say.

    It includes what the debugger, through which Playwright drives the page, keeps of fetched files.
    """
    peaks = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text()
            if "--type=renderer" in command and _has_parent_with(process, profile):
                status = (process / "status").read_text()
                peaks.append(int(status.split("VmHWM:")[1].split()[0]) * 1024)
        except (OSError, IndexError):
            continue  # it has ended, or is not ours to look at
    return max(peaks, default=None)


def _has_parent_with(process: Path, text: str) -> bool:
    """Whether the process or one of its ancestors was started with ``text`` in its command."""
    while process.name not in ("0", "1"):
        if text in (process / "cmdline").read_text():
            return True
        process = process.with_name((process / "stat").read_text().rpartition(")")[2].split()[1])
    return False


def in_cpython(model: Path, device: str, args: argparse.Namespace) -> dict[str, Any]:
    """Figures of the same work on the native or the reference device."""
    begun = time.perf_counter()
    with Engine.open(model, device) as engine:
        load = {"ready_at_ms": (time.perf_counter() - begun) * 1e3}
        chance = random.Random(0)
        vocabulary = engine.info["vocabulary"]

        def answer(prompt: int, tokens: int) -> dict[str, Any]:
            ids = [chance.randrange(vocabulary) for _ in range(prompt)]
            for _ in engine.generate(ids, max_tokens=tokens, temperature=0, ignore_eos=True):
                pass
            return engine.stats

        answer(16, 4)
        rows = []
        for prompt in map(int, args.prompts.split(",")):
            runs = [answer(prompt, args.tokens + 1) for _ in range(args.repeats)]
            rows.append(
                {
                    "prompt": prompt,
                    "ttft_ms": [run["ttft_ms"] for run in runs],
                    "prefill": [run["prefill_tokens_per_second"] for run in runs],
                    "decode": [run["decode_tokens_per_second"] for run in runs],
                }
            )
        return {"info": engine.info, "load": {"first": load}, "rows": rows}


def table(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines of text; several runs as median (lowest–highest)."""
    info = figures["info"]
    device = info["device"]
    millions = info["parameters"] / 1e6
    yield f"{info['name']} ({millions:.1f} M parameters) on {device['kind']}: {device['name']}"
    yield f"  dispatches per token      {info['dispatches_per_token']}"
    yield f"  weight bytes per token    {info['weight_bytes_per_token']:,}"
    device_bytes = sum(info[f"{kind}_bytes"] for kind in ("weight", "kv", "arena"))
    yield f"  bytes on the device       {device_bytes:,}"
    for name, nbytes in figures.get("memory", {}).items():
        if nbytes is not None:
            yield f"  {PEAKS[name]:<26}{nbytes:,}"
    for visit, load in figures["load"].items():
        moments = ", ".join(f"{text} {load[name]:,.0f}" for name, text in MOMENTS.items() if name in load)
        yield f"  load, {visit:<20}{moments} ms after the start"
    for row in figures["rows"]:
        if row["ttft_ms"]:
            yield (
                f"  prompt of {row['prompt']:<5} tokens    TTFT {_spread(row['ttft_ms'])} ms, "
                f"prefill {_spread(row['prefill'])} tokens/s, decode {_spread(row['decode'])} tokens/s"
            )


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.2f} ({min(values):,.2f}–{max(values):,.2f})"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="build.py bench", description="Measure how fast a model runs.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--model", type=Path, help="a GGUF file (default: the model that ships with the site)")
    what.add_argument(
        "--shape", choices=sorted(SHAPES), help="random weights of a real model's shape, in Q4_0"
    )
    parser.add_argument(
        "--device", choices=(*PAGE_DEVICES, "native", "reference"), help="(default: all that the page has)"
    )
    parser.add_argument(
        "--threads", type=int, help="of the device wasm (default: one, then what suits the machine)"
    )
    parser.add_argument("--adapter", default="swiftshader", choices=("swiftshader", "hardware"))
    parser.add_argument("--prompts", default="128,512", help="lengths of prompts in tokens")
    parser.add_argument("--tokens", type=int, default=32, help="tokens to generate after each prompt")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--site", type=Path, default=ROOT / "dist", help="the built site")
    args = parser.parse_args(arguments)
    if args.threads and args.device not in ("wasm", None):
        parser.error("--threads is for --device wasm")
    with tempfile.TemporaryDirectory() as folder:
        model = args.model
        if args.shape:
            model = Path(folder, f"{args.shape}.gguf")
            write_shape(args.shape, model)
        try:
            runs = list(_measured(model, args))
        except GlowwormError as error:
            print(error, file=sys.stderr)
            return 1
    text = json.dumps(runs)
    if args.json:
        args.json.write_text(text)
    else:
        print(text)
    return 0


def _measured(model: Path | None, args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The figures of each device that was asked for; their tables are printed as they come.

    Raises:
        GlowwormError: none could be measured; of one among several only a sentence is printed.
    """
    targets = _targets(args)
    failure: GlowwormError | None = None
    measured = 0
    for target in targets:
        try:
            if target.device in PAGE_DEVICES:
                figures = in_chromium(args.site, model, target, args)
            else:
                figures = in_cpython(model or EMBEDDED, target.device, args)
        except GlowwormError as error:
            failure = error
            if len(targets) > 1:
                print(f"{target.device}: {error}", file=sys.stderr)
            continue
        print("\n".join(table(figures)), flush=True)
        measured += 1
        yield figures
    if failure and not measured:
        raise failure


def _targets(args: argparse.Namespace) -> tuple[Target, ...]:
    if args.threads:
        return (Target("wasm", args.threads),)
    if args.device is None:
        return EVERY_TARGET
    return tuple(target for target in EVERY_TARGET if target.device == args.device) or (Target(args.device),)


if __name__ == "__main__":
    sys.exit(main())
