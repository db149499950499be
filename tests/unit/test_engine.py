"""The public interface and the terminal, on the NumPy device."""

import re
from pathlib import Path

import pytest
from glowworm import Engine, PromptError, UnsupportedError, WeightsError
from glowworm.__main__ import main
from glowworm.generation.conversation import fit
from glowworm.generation.stopping import StopMatcher

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


def test_a_second_answer_at_once_is_refused(engine):
    parts = engine.generate("abc", temperature=2, seed=1, max_tokens=100)
    next(parts)
    with pytest.raises(PromptError, match="still answering"):
        next(engine.generate("abc"))
    parts.close()


@pytest.mark.parametrize(
    ("messages", "options", "sentence"),
    [
        ([], {}, "nothing to answer"),
        ([{"role": "assistant", "content": "x"}], {}, "nothing to answer"),
        ([{"role": "wizard", "content": "x"}, ask("x")], {}, "needs a role"),
        ([ask("x")], {"temprature": 1}, "temprature"),
        ([ask("x")], {"temperature": "hot"}, "temperature"),
    ],
)
def test_bad_requests_are_refused_in_a_sentence(engine, messages, options, sentence):
    with pytest.raises(PromptError, match=sentence):
        list(engine.chat(messages, **options))


def test_fit_keeps_the_system_prompt_and_whole_turns():
    turns = [m for i in range(4) for m in (ask(f"q{i}"), {"role": "assistant", "content": f"a{i}"})]
    messages = [{"role": "system", "content": "s"}, *turns, ask("q4")]

    def encode(some):
        return [m["content"] for m in some]

    assert fit(messages, encode, 100, 10) == (encode(messages), 0)
    ids, dropped = fit(messages, encode, 8, 2)
    assert (ids, dropped) == (["s", "q2", "a2", "q3", "a3", "q4"], 4)
    assert fit(messages, encode, 3, 2)[0] == ["s", "q4"]
    with pytest.raises(PromptError, match="2 tokens"):
        fit(messages, encode, 2, 1)


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
