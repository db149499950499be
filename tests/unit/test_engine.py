"""The public interface and the terminal, on the NumPy device."""

import asyncio
import re
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from glowworm import AsyncEngine, Engine, PromptError, UnsupportedError, WeightsError
from glowworm.__main__ import main
from glowworm.devices.reference import ReferenceDevice
from glowworm.generation.conversation import Window
from glowworm.generation.stopping import StopMatcher
from glowworm.weights.source import FileSource

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"
MODEL = FIXTURES / "q8_0.gguf"
GREEDY = {"temperature": 0, "max_tokens": 12}


@pytest.fixture(scope="module")
def engine():
    with Engine.open(MODEL, "reference", context=160) as opened:
        yield opened


def text(parts):
    return "".join(map(str, parts))


def ask(content):
    return {"role": "user", "content": content}


def test_a_second_turn_reuses_the_first(engine):
    messages = [ask("hello")]
    messages += [{"role": "assistant", "content": text(engine.chat(messages, **GREEDY))}, ask("and then")]
    text(engine.chat(messages[:1], **GREEDY))
    prompt_tokens = engine.stats["prompt_tokens"]
    text(engine.chat(messages, **GREEDY))
    assert engine.stats["reused_tokens"] >= prompt_tokens
    assert engine.stats["stop_reason"] == "length"
    assert engine.stats["generated_tokens"] == 12


def test_a_begun_answer_is_continued(engine):
    whole = text(engine.chat([ask("hello")], **GREEDY))
    begun = text(engine.chat([ask("hello")], temperature=0, max_tokens=5))
    rest = text(
        engine.chat([ask("hello"), {"role": "assistant", "content": begun}], temperature=0, max_tokens=7)
    )
    assert begun + rest == whole
    assert engine.stats["reused_tokens"] > 5


def test_generate_takes_text_or_ids_and_gives_the_same(engine):
    ids = engine.tokenizer.encode("abc")
    assert text(engine.generate("abc", **GREEDY)) == text(engine.generate(ids, **GREEDY)) != ""


def test_logits_are_a_row_per_token(engine):
    rows = engine.logits([2, 5, 9])
    assert [len(row) for row in rows] == [engine.info["vocabulary"]] * 3


def test_a_stop_string_ends_the_text_before_it(engine):
    whole = text(engine.generate("abc", temperature=0, max_tokens=30))
    stop = whole[8:11]
    assert (
        text(engine.generate("abc", temperature=0, max_tokens=30, stop=[stop])) == whole[: whole.index(stop)]
    )
    assert engine.stats["stop_reason"] == "stop"


def test_a_long_conversation_drops_its_oldest_turns_and_says_so(engine):
    turns = [
        m for i in range(12) for m in (ask(f"question {i}"), {"role": "assistant", "content": f"answer {i}"})
    ]
    parts = list(engine.chat([{"role": "system", "content": "short"}, *turns, ask("last")], **GREEDY))
    assert re.search(r"first \d+ messages were left out", parts[0].notice)
    assert text(parts[1:])


def test_a_message_longer_than_the_context_is_refused(engine):
    with pytest.raises(PromptError, match=r"takes \d+ tokens, but the model was loaded for 160"):
        list(engine.chat([ask("a b c d " * 100)]))
    assert text(engine.chat([ask("still there")], **GREEDY))


def test_closing_an_answer_early_leaves_the_engine_usable(engine):
    parts = engine.generate("abc", temperature=2, seed=1, max_tokens=100)
    next(parts)
    parts.close()
    assert engine.stats["stop_reason"] == "abort"
    assert text(engine.generate("abc", **GREEDY))


def test_an_abandoned_answer_is_closed_by_the_next(engine):
    parts = engine.generate("abc", temperature=2, seed=1, max_tokens=100)
    next(parts)
    assert text(engine.generate("abc", **GREEDY)) == text(engine.generate("abc", **GREEDY))
    assert list(parts) == []


def test_two_answers_at_the_same_moment_are_refused():
    """The second is asked for while the first waits for the device."""

    async def run():
        async with opened() as engine:
            first = asyncio.create_task(collect(engine.generate("abc", **GREEDY)))
            await asyncio.sleep(0)
            with pytest.raises(PromptError, match="still answering"):
                await collect(engine.generate("abc", **GREEDY))
            with pytest.raises(PromptError, match="still answering"):
                await engine.logits([1, 2])
            return await first

    assert asyncio.run(run())


def test_stop_before_the_first_part_counts(engine):
    async def run():
        async with opened() as engine:
            parts = engine.generate("abc", **GREEDY)
            engine.stop()
            made = await collect(parts)
            return made, engine.stats["stop_reason"], await collect(engine.generate("abc", **GREEDY))

    stopped, reason, after = asyncio.run(run())
    assert (stopped, reason) == ("", "abort")
    assert after


def test_logits_between_two_parts_do_not_disturb_what_follows(engine):
    expected = text(engine.generate("abc", **GREEDY))
    parts = engine.generate("abc", temperature=2, seed=1, max_tokens=100)
    next(parts)
    engine.logits([5, 6, 7])
    assert text(engine.generate("abc", **GREEDY)) == expected


def test_closing_the_engine_with_an_answer_open(engine):
    with Engine.open(MODEL, "reference", context=64) as other:
        parts = other.generate("abc", temperature=2, seed=1, max_tokens=60)
        next(parts)
    parts.close()


class Yielding(ReferenceDevice):
    """Gives way to others while it works, as a GPU does."""

    async def synchronise(self):
        await asyncio.sleep(0.01)


@asynccontextmanager
async def opened():
    with FileSource(MODEL) as source:
        engine = await AsyncEngine.open(source, Yielding(), context=64, every_row=True)
        yield engine
        await engine.close()


async def collect(parts):
    return "".join([str(part) async for part in parts])


@pytest.mark.parametrize(
    ("messages", "options", "sentence"),
    [
        ([], {}, "nothing to answer"),
        ([{"role": "assistant", "content": "x"}], {}, "nothing to answer"),
        ([ask("x"), {"role": "assistant", "content": None}], {}, "a text can be continued"),
        ([{"role": "wizard", "content": "x"}, ask("x")], {}, "needs a role"),
        ([ask("x")], {"temprature": 1}, "temprature"),
        ([ask("x")], {"temperature": "hot"}, "temperature"),
        ([ask("x")], {"max_tokens": 0}, "max_tokens"),
        ([ask("x")], {"max_tokens": 2.5}, "max_tokens"),
        ([ask("x")], {"stop": [3]}, "stop"),
        ([ask("x")], {"stop": [""]}, "stop"),
        ("hi", {}, "list of messages"),
        ([None], {}, "list of messages"),
    ],
)
def test_bad_requests_are_refused_in_a_sentence(engine, messages, options, sentence):
    with pytest.raises(PromptError, match=sentence):
        list(engine.chat(messages, **options))


def conversation(turns):
    answered = [m for i in range(turns) for m in (ask(f"q{i}"), {"role": "assistant", "content": f"a{i}"})]
    return [{"role": "system", "content": "s"}, *answered, ask(f"q{turns}")]


def contents(messages):
    return [m["content"] for m in messages]


def test_fit_keeps_the_system_prompt_and_whole_turns():
    assert Window(100).fit(conversation(4), contents, 10) == (contents(conversation(4)), 0)
    ids, dropped = Window(10).fit(conversation(4), contents, 2)
    assert (ids, dropped) == (["s", "q3", "a3", "q4"], 6)
    assert Window(5).fit(conversation(4), contents, 2)[0] == ["s", "q4"]
    with pytest.raises(PromptError, match="2 tokens"):
        Window(2).fit(conversation(4), contents, 1)


def test_after_an_overflow_later_turns_begin_at_the_same_place():
    """Half of the context is freed at once, so that what is kept stays a prefix for some turns."""
    window, begun, dropped = Window(20), [], []
    for turns in range(4, 20):
        ids, more = window.fit(conversation(turns), contents, 4)
        begun.append(ids[1])
        dropped.append(more)
        assert len(ids) + 4 <= 20
    assert sum(more > 0 for more in dropped) <= 4
    assert all(
        (more > 0) == (now != before)
        for before, now, more in zip(begun, begun[1:], dropped[1:], strict=False)
    )
    assert window.fit(conversation(1), contents, 4)[0] == contents(conversation(1))


def test_fit_encodes_a_long_conversation_a_few_times_only():
    calls = []

    def encode(messages):
        calls.append(len(messages))
        return contents(messages)

    Window(100).fit(conversation(2000), encode, 10)
    assert len(calls) < 15


def test_stop_strings_across_pieces():
    matcher = StopMatcher(["END", "stop"])
    assert [matcher.push(p) for p in ("a E", "N", "x st", "o", "E", "ND b")] == [
        "a ",
        "",
        "ENx ",
        "",
        "sto",
        "",
    ]
    assert matcher.stopped
    open_end = StopMatcher(["END"])
    assert (open_end.push("the EN"), open_end.flush()) == ("the ", "EN")


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (b"", WeightsError, "GGUF"),
        (b"GGUF" + bytes(8), (WeightsError, UnsupportedError), "."),
        (b"x" * 4096, WeightsError, "GGUF"),
    ],
)
def test_files_that_are_no_models(tmp_path, content, error, sentence):
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(error, match=sentence):
        Engine.open(path, "reference")


def test_terminal_commands(capsys):
    assert main(["inspect", str(MODEL)]) == 0
    assert "gemma3.block_count" in capsys.readouterr().out
    assert main(["plan", str(MODEL), "--context", "64"]) == 0
    assert "phase decode: 1 rows" in capsys.readouterr().out
    assert (
        main(["generate", str(MODEL), "abc", "--device", "reference", "--max-tokens", "4", "--seed", "1"])
        == 0
    )
    assert capsys.readouterr().out.startswith("abc")
    assert main(["inspect", "no-such-file.gguf"]) == 1
    assert "no-such-file.gguf" in capsys.readouterr().err
