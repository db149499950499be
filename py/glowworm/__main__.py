"""The engine in a terminal: ``python -m glowworm chat|generate|plan|inspect FILE``."""

import argparse
import asyncio
import sys
from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from typing import Any

from .errors import GlowwormError, PromptError
from .generation.blocking import Engine
from .generation.engine import Part
from .generation.load import build_program
from .graph.compile import Lowering
from .graph.dump import dump
from .graph.storage import Limits
from .weights.gguf import GgufFile, read_gguf
from .weights.source import FileSource

SAMPLING = {
    "temperature": float,
    "top-k": int,
    "top-p": float,
    "min-p": float,
    "repetition-penalty": float,
    "presence-penalty": float,
    "frequency-penalty": float,
    "seed": int,
    "max-tokens": int,
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        args.run(args)
    except GlowwormError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m glowworm", description="Run a GGUF model in the terminal."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run, text in (
        (_chat, "talk with the model"),
        (_generate, "continue a text"),
        (_plan, "print what a device replays"),
        (_inspect, "print the file's metadata and tensors"),
    ):
        command = commands.add_parser(run.__name__[1:], help=text, description=text.capitalize() + ".")
        command.set_defaults(run=run)
        command.add_argument("file", help="a GGUF file")
        if run in (_chat, _generate):
            command.add_argument("--device", default="native", choices=("native", "reference"))
            for name, kind in SAMPLING.items():
                command.add_argument(f"--{name}", type=kind)
        if run is not _inspect:
            command.add_argument("--context", type=int, help="tokens of context to make room for")
        if run is _chat:
            command.add_argument("--system", help="system prompt")
        if run is _generate:
            command.add_argument("prompt", help="the text to continue")
        if run is _plan:
            command.add_argument("--target", default="wgsl", choices=("wgsl", "reference"))
    return parser


def _options(args: argparse.Namespace) -> dict[str, Any]:
    names = (name.replace("-", "_") for name in SAMPLING)
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def _chat(args: argparse.Namespace) -> None:
    messages: list[Mapping[str, Any]] = [{"role": "system", "content": args.system}] if args.system else []
    with Engine.open(args.file, args.device, context=args.context) as engine:
        print(
            f"{engine.info['name']} on {engine.info['device']['name']}. "
            "Ctrl-C stops an answer, an empty line ends the conversation."
        )
        while text := _question():
            asked = [*messages, {"role": "user", "content": text}]
            try:
                answer = _show(engine.chat(asked, **_options(args)))
            except PromptError as error:
                print(error, file=sys.stderr)
                continue
            if answer:
                messages = [*asked, {"role": "assistant", "content": answer}]


def _question() -> str:
    """A line that was typed; nothing at the end of the input."""
    try:
        return input("> ").strip()
    except EOFError:
        print()
        return ""


def _generate(args: argparse.Namespace) -> None:
    with Engine.open(args.file, args.device, context=args.context) as engine:
        print(args.prompt, end="")
        _show(engine.generate(args.prompt, **_options(args)))
        stats = engine.stats
        print(
            f"{stats['generated_tokens']} tokens, {stats['decode_tokens_per_second']:.1f}/s", file=sys.stderr
        )


def _show(parts: Generator[Part, None, None]) -> str:
    """Print an answer as it comes; returns its text, as far as it got before a Ctrl-C."""
    text = ""
    with closing(parts), suppress(KeyboardInterrupt):
        for part in parts:
            if part.notice:
                print(f"({part.notice})")
            print(part.text, end="", flush=True)
            text += part.text
    print()
    return text


def _plan(args: argparse.Namespace) -> None:
    lowering, limits = _target(args.target)
    _, program, _ = build_program(_header(args.file), lowering, limits, context=args.context)
    print("\n".join(dump(program)))


def _target(target: str) -> tuple[Lowering, Limits]:
    if target == "wgsl":
        from .devices.wgsl import WgslLowering

        return WgslLowering(), Limits()
    from .devices.reference import ReferenceDevice

    device = ReferenceDevice()
    return device.lowering, device.info.limits


def _inspect(args: argparse.Namespace) -> None:
    file = _header(args.file)
    print(f"GGUF version {file.version}, {file.size:,} bytes, {len(file.tensors)} tensors")
    for key, value in file.metadata.items():
        print(f"  {key} = {_short(value)}")
    for tensor in file.tensors.values():
        print(f"  {tensor.name:<36}{tensor.ggml_type.name:<6}{'x'.join(map(str, tensor.shape))}")


def _header(path: str) -> GgufFile:
    with FileSource(path) as source:
        return asyncio.run(read_gguf(source))


def _short(value: Any) -> str:
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 100 else f"{text[:100]}… ({len(text):,} characters)"
    return f"{len(value):,} entries"


if __name__ == "__main__":
    sys.exit(main())
