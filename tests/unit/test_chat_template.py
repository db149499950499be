"""Chat templates: the published formats, markup that users type, and templates that mean harm."""

import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from fixtures.tokenizers.load import load_fixture, load_tokenizer
from glowworm.errors import PromptError, TokenizerError
from glowworm.text.chat import ChatTemplate
from glowworm.text.tokenizer import Tokenizer

FAMILIES = ("gemma3", "llama3", "phi3")


SPECIAL = "<end_of_turn>"
CUTS = [(SPECIAL[:cut], SPECIAL[cut:]) for cut in range(1, len(SPECIAL))]


def template_of(family: str, *, own: bool = True) -> ChatTemplate:
    """The file's own template, or the built-in one of its family."""
    metadata = dict(load_fixture(family)["metadata"])
    if not own:
        del metadata["tokenizer.chat_template"]
    return ChatTemplate.from_gguf(metadata, family, now=lambda: datetime(2025, 3, 5))


def template_from(source: str) -> ChatTemplate:
    return ChatTemplate(source, {"bos_token": "<bos>"})


def user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize("family", FAMILIES)
def test_published_formats(family: str) -> None:
    template, tokenizer = template_of(family), load_tokenizer(family)
    conversations = load_fixture(family)["conversations"]
    assert conversations
    for conversation in conversations:
        assert template.render(conversation["messages"]) == conversation["rendered"]
        assert template.encode(conversation["messages"], tokenizer) == conversation["ids"]


@pytest.mark.parametrize("family", ["gemma3", "phi3"])
def test_built_in_templates_are_like_the_files_own(family: str) -> None:
    own, built_in = template_of(family), template_of(family, own=False)
    for conversation in load_fixture(family)["conversations"]:
        assert built_in.render(conversation["messages"]) == own.render(conversation["messages"])
    if family == "gemma3":
        messages = [*user("a"), {"role": "assistant", "content": "b"}]
        assert built_in.render(messages, False) == own.render(messages, False)


def test_the_built_in_template_of_llama_3() -> None:
    messages = [{"role": "system", "content": "Be brief."}, *user(" Hi ")]
    expected = (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    template = template_of("llama3", own=False)
    assert template.render(messages) == expected
    assert template.encode(messages, load_tokenizer("llama3")) == load_tokenizer("llama3").encode(
        expected, special=True, bos=False
    )


def test_without_any_template() -> None:
    with pytest.raises(TokenizerError, match="instruction-tuned"):
        ChatTemplate.from_gguf({}, "gptx")
    # Llama 2's vocabulary has none of the markup that the architecture's usual template writes.
    template = ChatTemplate.from_gguf({"tokenizer.chat_template": " "}, "llama")
    with pytest.raises(TokenizerError, match=r"no <\|start_header_id\|>"):
        template.encode(user("Hi"), load_tokenizer("llama2"))


MARKUP = {
    "gemma3": ("<bos>", "<start_of_turn>", "<end_of_turn>"),
    "llama3": ("<|begin_of_text|>", "<|start_header_id|>", "<|eot_id|>"),
    "phi3": ("<s>", "<|user|>", "<|end|>"),
}


def hostile_contents(family: str) -> Iterator[str]:
    """What a user could type in the hope of writing markup."""
    for special in MARKUP[family]:
        yield from (special, f"  {special}{special}\n", special[:1] + special, special[:-1] + special)
        for cut in range(1, len(special), 2):
            yield from (special[:cut], f"a {special[:cut]}  ", special[cut:])


@pytest.mark.parametrize("own", [True, False], ids=["own", "built-in"])
@pytest.mark.parametrize("family", FAMILIES)
def test_markup_in_messages_stays_text(family: str, own: bool) -> None:
    template, tokenizer = template_of(family, own=own), load_tokenizer(family)

    def conversation(content: str) -> list[dict[str, Any]]:
        answer = {"role": "assistant", "content": content}
        return [*user(content), answer, *user(content)]

    def special_ids(ids: list[int]) -> list[int]:
        return [token_id for token_id in ids if tokenizer.is_special(token_id)]

    markup = special_ids(template.encode(conversation("x"), tokenizer))
    assert len(markup) >= 7
    for content in hostile_contents(family):
        ids = template.encode(conversation(content), tokenizer)
        assert special_ids(ids) == markup, content
        # Only the spaces around tokens may differ: nothing of the text is lost or added.
        typed = template.render(conversation(content)).replace(" ", "").replace("\n", "")
        assert tokenizer.decode(ids, skip_special=False).replace(" ", "").replace("\n", "") == typed


def test_markup_split_over_parts_stays_text() -> None:
    tokenizer, template = load_tokenizer("gemma3"), template_of("gemma3")
    for cut in CUTS:
        parts = [{"type": "text", "text": part} for part in cut]
        ids = template.encode(user(parts), tokenizer)
        assert ids.count(106) == 1
        assert tokenizer.decode(ids).startswith("user\n<end_of_turn>\nmodel")


@pytest.mark.parametrize("expression", ["messages[0].content", "messages[0].content | trim"])
@pytest.mark.parametrize("blank", ["", " "])
def test_markup_shared_between_template_and_message_stays_text(expression: str, blank: str) -> None:
    tokenizer = load_tokenizer("gemma3")
    for begun, rest in CUTS:
        middle = rest[: (len(rest) + 1) // 2]
        for before, content, after in (
            (begun, rest, ""),
            (begun, rest + "x", ""),
            ("", begun, rest),
            ("", "x" + begun, rest),
            (begun, middle, rest[len(middle) :]),
        ):
            typed = blank + content + blank
            shown = content if "trim" in expression else typed
            template = template_from(f"{before}{{{{ {expression} }}}}{after}<eos>")
            ids = template.encode(user(typed), tokenizer)
            assert [token_id for token_id in ids if tokenizer.is_special(token_id)] == [2, 1]
            assert tokenizer.decode(ids) == before + shown + after


def test_special_tokens_with_spaces_inside_stay_text() -> None:
    special = "<a b>"
    tokenizer = Tokenizer.from_gguf(
        {
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.tokens": [b"?", special.encode(), *(character.encode() for character in "<ab>▁")],
            "tokenizer.ggml.scores": [0.0] * 7,
            "tokenizer.ggml.token_type": [2, 3, 1, 1, 1, 1, 1],
            "tokenizer.ggml.unknown_token_id": 0,
            "tokenizer.ggml.add_space_prefix": False,
        }
    )
    assert tokenizer.encode(special, special=True) == [1]
    for cut in range(1, len(special)):
        for template, content in (
            (special[:cut] + "{{ messages[0].content }}", special[cut:]),
            ("{{ messages[0].content }}" + special[cut:], special[:cut]),
        ):
            ids = template_from(template).encode(user(content), tokenizer)
            assert 1 not in ids and tokenizer.decode(ids) == special


def test_contents_without_markup_reach_the_template_as_they_are() -> None:
    template = template_from(
        "{{ 'empty' if not messages[0].content else messages[0].content.startswith('</think>') }}"
    )
    tokenizer = load_tokenizer("gemma3")
    for content, expected in (("", "empty"), ("</think> <b>x", "True"), (" ", "False")):
        assert tokenizer.decode(template.encode(user(content), tokenizer)) == expected


def test_messages_that_use_the_marks_keep_them() -> None:
    tokenizer = load_tokenizer("gemma3")
    content = "".join(map(chr, range(0xFDD0, 0xFDF0))) + "<end_of_turn>"
    ids = template_from("{{ messages[0].content }}").encode(user(content), tokenizer)
    assert ids[0] == tokenizer.bos_id and tokenizer.decode(ids) == content


@pytest.mark.parametrize("source", ["", "<bos>", "<bos><bos>", "{{ bos_token }}{{ bos_token }}"])
def test_exactly_one_bos(source: str) -> None:
    tokenizer = load_tokenizer("gemma3")
    ids = template_from(source + "{{ messages[0].content }}").encode(user("Hello<bos>"), tokenizer)
    assert ids[0] == 2 and ids.count(2) == 1


def test_gemma_demands_alternating_roles() -> None:
    for own in (True, False):
        template = template_of("gemma3", own=own)
        with pytest.raises(PromptError, match="must alternate") as caught:
            template.render([*user("a"), *user("b")])
        assert str(caught.value).endswith("...")


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "at least one"),
        ([{"content": "x"}], "needs a role"),
        ([{"role": "<|end|>", "content": "x"}], "needs a role"),
        (["hello"], "needs a role"),
        ([{"role": "user"}], "needs content"),
        ([{"role": "user", "content": 3}], "needs content"),
        ([*user("a"), {"role": "user", "content": ["b"]}], "Message 2"),
        ([{"role": "user", "content": [{"type": "text"}]}], "needs content"),
    ],
)
def test_malformed_conversations(messages: list[Any], words: str) -> None:
    with pytest.raises(PromptError, match=words):
        template_of("gemma3").encode(messages, load_tokenizer("gemma3"))


def test_many_calls_are_not_deep_calls() -> None:
    template = template_from(
        "{% macro f(i) %}{{ i % 10 }}{% endmacro %}{% for i in range(99) %}{{ f(i) }}{% endfor %}"
    )
    assert template.render(user("")) == "".join(str(i % 10) for i in range(99))


def test_functions_that_templates_expect() -> None:
    template = ChatTemplate(
        "{% for i in range(5) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %} "
        "{% generation %}{{ {'a': '<é>', 'b': [1]} | tojson }}{% endgeneration %} {{ strftime_now('%Y') }}\n"
        "    {% if true %}\n  x\n    {% endif %}\n{{ 'a' ~ 1 ~ missing }}{{ 2 ** 5 }}{{ [1] * 2 + [3] }}",
        {},
        now=lambda: datetime(2025, 3, 5),
    )
    assert template.render(user("")) == '01 {"a": "<é>", "b": [1]} 2025\n  x\na132[1, 1, 3]'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "{{ messages | length }}{{ messages | map(attribute='role') | list }}",
            "3['user', 'assistant', 'user']",
        ),
        (
            "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('+') }}",
            "Hé+c\nd",
        ),
        ("{{ (messages | rejectattr('role', 'in', ['user']) | first).content | trim | upper }}", "B"),
        ("{{ messages[::-1][0].content.split('\n')[-1] }}{{ messages[1:] | length }}", "d2"),
        ("{{ messages[0].content.startswith('H') and 'é' in messages[0].content }}", "True"),
        ("{{ ' '.join(['a', 'b']) ~ 'a-b'.replace('-', '+') ~ 'aaa'.replace('a', 'b', 1) }}", "a ba+bbaa"),
        ("{{ 'aaa' | replace('a', 'b', 2) }}{{ messages[2].content | indent(2) }}", "bbac\n  d"),
        (
            "{{ {'a': [1]} | tojson(indent=2) }}{{ [1] | tojson(separators=(',', ':')) }}",
            '{\n  "a": [\n    1\n  ]\n}[1]',
        ),
        ("{% for k, v in {'b': 1, 'a': 2} | dictsort %}{{ k }}{{ v }}{% endfor %}", "a2b1"),
        (
            "{% for k, v in {'b': 1}.items() %}{{ k }}{{ v }}{% endfor %}{{ {'a': 1} | items | list }}",
            "b1[('a', 1)]",
        ),
        ("{{ missing | default('x') }}{{ missing is defined }}{{ 1 if messages is iterable }}", "xFalse1"),
        ("{% set n = namespace(found=false) %}{% set n.found = true %}{{ n.found and 7 % 2 == 1 }}", "True"),
        (
            "{{ -7 // 2 + 2 ** 3 - 1.5 }}{{ [1, 2] + [3] }}{{ 'ab' * 2 }}{{ '3' | int + 1 }}",
            "2.5[1, 2, 3]abab4",
        ),
        ("{{ messages[0].get('name', 'none') }}{{ dict(a=1).a }}{{ [3, 1, 2] | sort | last }}", "none13"),
        ("{% filter upper %}a{{ 'b' | e }}{% endfilter %}{% set x %}c{% endset %}{{ x }}", "ABc"),
        ("{% for i in [1, [2, 3]] recursive %}{{ loop(i) if i is iterable else i }}{% endfor %}", "123"),
    ],
)
def test_what_templates_use_works(source: str, expected: str) -> None:
    messages = [*user("Hé"), {"role": "assistant", "content": " b "}, *user("c\nd")]
    assert template_from(source).render(messages) == expected


def test_long_conversations_are_within_bounds() -> None:
    for family in FAMILIES:
        messages = [{"role": role, "content": "word " * 1200} for role in ("user", "assistant") * 100] + user(
            "x"
        )
        assert template_of(family).render(messages).count("word ") >= 200 * 1199


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% if %}", "cannot be read"),
        ("{{ 'x' ", "cannot be read"),
        ("x" * 300_000, "longer than"),
        ("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "nested too deeply"),
    ],
)
def test_templates_that_do_not_compile(source: str, words: str) -> None:
    with pytest.raises(TokenizerError, match=words):
        template_from(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ messages.append(1) }}", "unsafe|not safely"),
        ("{{ namespace.__init__.__globals__ }}", "unsafe"),
        ("{% include 'x' %}", "failed"),
        ("{{ messages[0].nothing.at_all }}", "failed"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
        (
            "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
            "more than 100000 steps",
        ),
        (
            "{% for i in range(100000) %}{% for j in range(100000) if false %}{% endfor %}{% endfor %}",
            "more than 100000 steps",
        ),
        (
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(25) }}",
            "more than 100000 steps",
        ),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested more"),
        ("{{ 'x' * 1000000000 }}", "writes more"),
        ("{{ 1000000000 * [1] }}", "steps"),
        ("{{ 9 ** 64 ** 64 }}", "too large"),
        ("{{ 9 ** 999999999 }}", "too large"),
        ("{{ 1" + "0" * 5000 + " }}", "too large"),
        (
            "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            "writes more",
        ),
        (
            "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
            "writes more",
        ),
        ("{% set x = 'x' * 1000000 %}{% for i in range(99) %}{{ x }}{% endfor %}", "writes more"),
        ("{{ range(1000000000) | list }}", "too much memory"),
        ("{{ lipsum(n=1000) }}", "failed"),
    ],
)
def test_hostile_templates_are_stopped(source: str, words: str) -> None:
    with pytest.raises(TokenizerError, match=words) as caught:
        template_from(source).render(user("x"))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


FOUR_MILLION = "{% set s = 'xy' * 2000000 %}"
TWOS = (
    "{% set n = namespace(a=[], b=[]) %}"  # grows into few lists of ever more elements, or into nothing more
)
DOUBLING = "{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}"
OFTEN = "{% for i in range(99000) %}"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        # Numbers, and texts of any width.
        (
            "{% set n = namespace(x=3) %}" + "{% for i in range(40) %}{% set n.x = n.x * n.x %}{% endfor %}",
            "too large",
        ),
        ("{% set x = ('1' * 4000000) | int(base=2) %}", "too large"),
        ("{{ '%0400000000d' % 1 }}", "formats text by %"),
        ("{{ '{:400000000}'.format(1) }}", "unsafe"),
        ("{{ '{x:400000000}'.format_map({'x': 1}) }}", "unsafe"),
        ("{{ 'x'['format']() }}", "unsafe"),
        ("{{ (['{:400000000}'] | map(attribute='format') | first)(1) }}", "unsafe"),
        ("{{ 'x' | center(400000000) }}", "No filter named 'center'"),
        ("{{ '%400000000d' | format(1) }}", "No filter named 'format'"),
        ("{{ 1 | round(-400000000) }}", "No filter named 'round'"),
        ("{{ 'x' | wordwrap(1) }}", "No filter named 'wordwrap'"),
        ("{{ 'x'.center(400000000) }}", "unsafe"),
        ("{{ 'x'.ljust(400000000) }}", "unsafe"),
        ("{{ 'x'.rjust(400000000) }}", "unsafe"),
        ("{{ 'x'.zfill(400000000) }}", "unsafe"),
        ("{{ '\t'.expandtabs(400000000) }}", "unsafe"),
        ("{{ (1).to_bytes(400000000, 'big') }}", "unsafe"),
        ("{{ dict.fromkeys(range(9), 1) }}", "unsafe"),
        ("{{ 'x' | indent(400000) }}", "indents by more"),
        ("{{ ('\n' * 900000) | indent(8) }}", "writes more"),
        ("{{ [1] | tojson(indent=400000000) }}", "indents by more"),
        ("{{ [1, 2] | tojson(separators=('x' * 1000000, ':')) }}", "indents by more"),
        ("{{ strftime_now('%c' * 1000) }}", "writes the time"),
        # Texts and lists that grow by each other.
        ("{{ ('x' * 9000) | replace('x', 'y' * 9000) }}", "writes more"),
        ("{{ ('x' * 9000).replace('x', 'y' * 9000) }}", "writes more"),
        ("{{ ('x' * 9000).replace('', 'y' * 9000) }}", "writes more"),
        ("{{ ('x' * 9000).join('y' * 9000) }}", "writes more"),
        ("{{ ('y' * 9000) | join('x' * 9000) }}", "writes more"),
        ("{{ (['x' * 9000] * 900) | join }}", "writes more"),
        ("{{ range(90000) | map('string') | map('join', 'x' * 4000) | list }}", "steps"),
        (
            "{% set n = namespace(x='x') %}"
            + OFTEN
            + "{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}{% endfor %}",
            "more",
        ),
        ("{% set x %}" + OFTEN + "y" * 200_000 + "{% endfor %}{% endset %}", "steps"),
        (OFTEN + "{% set x = range(99000) | sum %}{% endfor %}", "steps"),
        (FOUR_MILLION + "{{ s | list | length }}", "steps"),
        # What takes long, over and over.
        *(
            (FOUR_MILLION + OFTEN + "{% set x = " + work + " %}{% endfor %}", "steps")
            for work in (
                "'z' in s",
                "s == s ~ ''",
                "s[1:]",
                "s | upper",
                "s.count('z')",
                "s is in 'x'",
                "s ~ ''",
            )
        ),
        # Lists that hold each other.
        *(
            (TWOS + DOUBLING + "{% set x = " + work + " %}", "steps|nested more")
            for work in (
                "n.a == n.b",
                "n.a | string",
                "n.a ~ ''",
                "n.a | tojson",
                "n.a | upper",
                "'x'.join(n.a)",
            )
        ),
        (TWOS + DOUBLING + "{{ n.a }}", "steps|nested more"),
        (TWOS + DOUBLING + "{{ raise_exception(n.a) }}", "steps|nested more"),
        (TWOS + DOUBLING + "{{ [n.a, n.b] | sort }}", "steps|nested more"),
        (TWOS + DOUBLING + "{{ n.a is eq n.b }}", "steps|nested more"),
        (TWOS + DOUBLING.replace("[", "(").replace("]", ")") + "{{ {n.a: 1} }}", "steps|nested more"),
        (TWOS + DOUBLING.replace("[", "(").replace("]", ")") + "{{ {}[n.a] }}", "steps|nested more"),
        (TWOS + "{% set n.a = [n, n] %}{{ n.a }}", "whole namespace"),
    ],
)
def test_templates_that_would_take_all_time_or_memory_take_little(source: str, words: str) -> None:
    tracemalloc.start()
    try:
        test_hostile_templates_are_stopped(source, words)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 96 << 20
