"""Conversations in a terminal: how they end, and what becomes of a turn that fails or is stopped."""

import io
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from glowworm import Engine
from glowworm.__main__ import main
from glowworm.devices.reference import ReferenceDevice

MODEL = Path(__file__).parents[1] / "fixtures" / "gemma3" / "q8_0.gguf"
COMMAND = [str(MODEL), "--device", "reference", "--context", "96", "--temperature", "0", "--max-tokens", "8"]

Chat = Callable[..., list[list[str]]]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Chat:
    """Types some text into a conversation; returns the contents of the messages of every turn."""

    def run(typed: str, *options: str) -> list[list[str]]:
        turns: list[list[str]] = []
        answer = Engine.chat

        def recorded(self: Engine, messages: Any, **kept: Any) -> Any:
            turns.append([message["content"] for message in messages])
            return answer(self, messages, **kept)

        monkeypatch.setattr(Engine, "chat", recorded)
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert main(["chat", *COMMAND, *options]) == 0
        return turns

    return run


@pytest.mark.parametrize("end", ["", "\n", "\nnever read\n"], ids=["Ctrl-D", "an empty line", "and more"])
def test_a_conversation_goes_on_until_it_is_ended(
    chat: Chat, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = chat(f"hello\nand then\n{end}")
    assert first == ["hello"]
    assert second[0] == "hello" and second[1] and second[2:] == ["and then"]
    shown = capsys.readouterr()
    assert second[1] in shown.out and shown.err == ""


def test_a_turn_that_cannot_be_answered_is_dropped_and_the_conversation_kept(
    chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    first, refused, third = chat(f"hello\n{'far too long ' * 200}\nand then\n")
    assert refused[:2] == third[:2] and third[0] == "hello"
    assert third[2:] == ["and then"] and first == ["hello"]
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1 and "Traceback" not in complaint


@pytest.mark.parametrize("moment", ["while computing", "while printing"])
def test_ctrl_c_ends_the_answer_and_keeps_what_was_said(
    chat: Chat, moment: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = 0
    # Where tests run in the background it is ignored.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)

    def after_some(call: Callable[..., Any], interrupted_call: int) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == interrupted_call:
                signal.raise_signal(signal.SIGINT)
            return call(*args, **options)

        return counted

    if moment == "while computing":
        monkeypatch.setattr(ReferenceDevice, "run", after_some(ReferenceDevice.run, 8))
    else:
        monkeypatch.setattr(sys.stdout, "flush", after_some(sys.stdout.flush, 6))
    try:
        first, second = chat("hello\nand then\n", "--max-tokens", "60")
    finally:
        signal.signal(signal.SIGINT, former)
    assert first == ["hello"] and second[0] == "hello" and second[2:] == ["and then"]
    assert len(second[1]) > 0
    shown = capsys.readouterr()
    assert second[1] in shown.out and shown.err == ""
    monkeypatch.undo()
    with Engine.open(MODEL, "reference", context=96) as engine:
        whole = "".join(
            map(str, engine.chat([{"role": "user", "content": "hello"}], temperature=0, max_tokens=60))
        )
    assert whole.startswith(second[1]) and len(second[1]) < len(whole)
