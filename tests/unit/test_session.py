"""What a session reuses, rolls back and stops, in tokens, on the NumPy device."""

import asyncio
from pathlib import Path

import pytest
from glowworm.devices.reference import ReferenceDevice
from glowworm.errors import PromptError
from glowworm.generation.load import ROLLBACK, Loaded, build_program, load
from glowworm.generation.sampling import Sampling
from glowworm.generation.session import Capacity, Figures, Session
from glowworm.weights.gguf import read_gguf
from glowworm.weights.source import FileSource

MODEL = Path(__file__).parents[1] / "fixtures" / "gemma3" / "f32.gguf"
GREEDY = Sampling(temperature=0)
PROMPT = [2, *((5 * i) % 400 + 20 for i in range(60))]
LONG = [2, *((11 * i * i + 3 * i) % 500 + 10 for i in range(100))]


@pytest.fixture(scope="module")
def loaded() -> tuple[Loaded, ReferenceDevice]:
    device = ReferenceDevice()
    return asyncio.run(load(FileSource(MODEL), device, context=200)), device


@pytest.fixture
def session(loaded) -> Session:
    return Session(loaded[1], loaded[0].capacity)


def generate(session, prompt, sampling=GREEDY, **options):
    figures = Figures()

    async def run():
        made = []
        async for tokens in session.generate(
            prompt, sampling, figures=figures, **({"max_tokens": 12} | options)
        ):
            made += tokens
        return made

    return asyncio.run(run()), figures


def test_a_continued_conversation_computes_only_what_is_new(session):
    first, _ = generate(session, PROMPT)
    follow_up = [*PROMPT, *first, 31, 32, 33]
    fresh, _ = generate(Session(session.device, session.capacity), follow_up)
    generate(session, PROMPT)
    again, figures = generate(session, follow_up)
    assert again == fresh
    assert figures.reused_tokens >= len(PROMPT) + len(first) - 1
    assert figures.prompt_tokens == len(follow_up)


def test_regenerating_reuses_all_but_the_last_token(session):
    first, _ = generate(session, PROMPT)
    again, figures = generate(session, PROMPT)
    assert again == first
    assert figures.reused_tokens == len(PROMPT) - 1


def test_an_edit_rolls_back_to_the_first_difference(session):
    generate(session, PROMPT)
    edited = [*PROMPT[:20], 99, *PROMPT[21:]]
    changed, figures = generate(session, edited)
    assert figures.reused_tokens == 20
    fresh, _ = generate(Session(session.device, session.capacity), edited)
    assert changed == fresh


def test_a_ring_that_has_moved_on_is_not_reused():
    capacity = Capacity(context=4096, chunk=128, vocabulary=10, ring=(512, 512 + 128 + ROLLBACK))
    assert capacity.can_resume(3000, 3000 + 128 + ROLLBACK + 1)
    assert not capacity.can_resume(3000, 3000 + 128 + ROLLBACK + 2)
    assert capacity.can_resume(0, 4000)


RING = 16 + 16 + 5  # positions: the model's window, the chunk and the rollback below
EDITS = (
    # tokens kept of the long prompt, tokens of the answer, tokens that can be reused
    (100, 12, 0),
    (88, 12, 0),  # 113 were written: 25 back is too far
    (96, 16, 88),
    (52, 30, 0),
    (70, 9, 0),
    (78, 9, 70),
    (66, 4, 66),  # 88 were written: 22 back is just possible
    (65, 9, 0),  # 23 are too many
)


def ask_in_a_small_ring() -> tuple[list[list[int]], list[list[int]], list[Figures]]:
    """Edit a prompt of many times the ring; returns the answers, those of fresh caches, and the figures."""

    async def small() -> Session:
        device = ReferenceDevice()
        with FileSource(MODEL) as source, pytest.MonkeyPatch.context() as patch:
            patch.setattr("glowworm.generation.load.ROLLBACK", 5)
            file = await read_gguf(source)
            _, program, capacity = build_program(
                file, device.lowering, device.info.limits, context=200, chunk=16
            )
            await device.load(program, source)
        assert capacity.ring == (16, RING)
        return Session(device, capacity)

    session, fresh = asyncio.run(small()), asyncio.run(small())
    found, expected, figures = [], [], []
    for i, (kept, max_tokens, _) in enumerate(EDITS):
        prompt = [*LONG[:kept], 70 + i, 80 + i]
        answer, its_figures = generate(session, prompt, max_tokens=max_tokens)
        found.append(answer)
        figures.append(its_figures)
        fresh.forget()
        expected.append(generate(fresh, prompt, max_tokens=max_tokens)[0])
    return found, expected, figures


def test_edits_within_a_small_ring_give_the_same_answers():
    """The ring is gone around; what is kept after an edit must be right, and what is lost be refused."""
    found, expected, figures = ask_in_a_small_ring()
    assert [figure.reused_tokens for figure in figures] == [reused for _, _, reused in EDITS]
    assert min(figure.prompt_tokens for figure in figures) > RING
    assert max(figure.prompt_tokens + figure.generated_tokens for figure in figures) > 3 * RING
    assert found == expected


def test_what_a_small_ring_has_lost_matters(monkeypatch):
    """The test above can fail: were every resume allowed, answers would rest on overwritten keys."""
    monkeypatch.setattr(Capacity, "can_resume", lambda self, position, written: True)
    found, expected, _ = ask_in_a_small_ring()
    assert found != expected


def test_a_stop_id_ends_the_answer_and_is_not_part_of_it(session):
    made, _ = generate(session, PROMPT)
    stop = made[5]
    ended, figures = generate(session, PROMPT, stop_ids={stop})
    assert ended == made[: made.index(stop)]
    assert figures.stop_reason == "stop"


def test_max_tokens_and_the_end_of_the_context(session):
    made, figures = generate(session, PROMPT, max_tokens=3)
    assert (len(made), figures.stop_reason) == (3, "length")
    made, figures = generate(session, PROMPT, max_tokens=10_000)
    assert (len(made), figures.stop_reason) == (200 - len(PROMPT) + 1, "context")


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [([], "empty"), ([1] * 201, "201 tokens"), ([1, 515], "vocabulary"), ([-1], "vocabulary")],
)
def test_impossible_prompts_are_refused(session, prompt, sentence):
    with pytest.raises(PromptError, match=sentence):
        generate(session, prompt)


def test_an_abort_in_prefill_keeps_what_was_computed(session):
    session.capacity = Capacity(**(vars(session.capacity) | {"chunk": 16}))
    calls = iter([False, False, True])
    made, figures = generate(session, PROMPT, aborted=lambda: next(calls))
    assert (made, figures.stop_reason) == ([], "abort")
    computed = len(session.tokens)  # two chunks, however long they were
    assert 0 < computed < len(PROMPT)
    assert session.tokens == PROMPT[:computed]
    _, figures = generate(session, PROMPT)
    assert figures.reused_tokens == computed


def test_an_abort_in_decode_ends_soon(session):
    calls = iter([False] * 12 + [True] * 1000)
    made, figures = generate(session, PROMPT, max_tokens=100, aborted=lambda: next(calls))
    assert figures.stop_reason == "abort"
    assert 0 < len(made) < 100


def test_seeds_reproduce_and_differ(session):
    warm = Sampling(temperature=1.5, top_k=0, top_p=1.0, seed=7)
    first, _ = generate(session, PROMPT, warm)
    assert generate(session, PROMPT, warm)[0] == first
    assert generate(session, PROMPT, Sampling(temperature=1.5, top_k=0, top_p=1.0, seed=8))[0] != first


def test_penalties_forbid_repetition(session):
    """A presence penalty beyond the logits' range lets no token come twice."""
    made, _ = generate(session, PROMPT, Sampling(temperature=0, presence_penalty=100.0), max_tokens=40)
    assert len(set(made)) == len(made)
    banned, _ = generate(session, PROMPT, Sampling(temperature=0, repetition_penalty=100.0), max_tokens=20)
    assert not set(banned) & set(PROMPT)


@pytest.mark.parametrize(
    "option",
    [
        {"temperature": -1},
        {"top_p": 1.5},
        {"top_k": 2.5},
        {"seed": -1},
        {"min_p": float("nan")},
        {"temperature": "1"},
    ],
)
def test_parameters_out_of_range_are_refused(option):
    with pytest.raises(PromptError, match=next(iter(option))):
        Sampling().updated(option)
