"""Chat templates for files that carry none, in the format each family was trained on.

Written from the families' published prompt formats, for text and without tools.
"""

from typing import NamedTuple

# Gemma has no system role: the system message opens the first user turn.
_GEMMA3 = """\
{{ bos_token }}
{%- if messages[0].role == 'system' %}
    {%- set preamble = messages[0].content + '\\n\\n' %}
    {%- set turns = messages[1:] %}
{%- else %}
    {%- set preamble = '' %}
    {%- set turns = messages %}
{%- endif %}
{%- for message in turns %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- endif %}
    {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' }}
    {{- (preamble if loop.first else '') + message.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<start_of_turn>model\\n' }}
{%- endif %}"""

_LLAMA3 = """\
{{ bos_token }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}
    {{- message.content | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}"""

_PHI3 = """\
{{ bos_token }}
{%- for message in messages %}
    {{- '<|' + message.role + '|>\\n' + message.content + '<|end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|assistant|>\\n' }}
{%- endif %}"""


class BuiltInTemplate(NamedTuple):
    """A template and the special tokens a vocabulary must have for it to make sense."""

    source: str
    markup: tuple[str, ...]


_BUILT_IN_LLAMA3 = BuiltInTemplate(_LLAMA3, ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"))

BUILT_IN_TEMPLATES = {
    "gemma3": BuiltInTemplate(_GEMMA3, ("<start_of_turn>", "<end_of_turn>")),
    "llama": _BUILT_IN_LLAMA3,
    "llama3": _BUILT_IN_LLAMA3,
    "phi3": BuiltInTemplate(_PHI3, ("<|user|>", "<|assistant|>", "<|end|>")),
}
"""Templates by family name and by GGUF architecture."""
