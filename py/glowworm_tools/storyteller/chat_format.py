"""How turns are written as tokens, for training and for the exported file's chat template.

The shape is Gemma's: `<start_of_turn>user`, a line break, the text, `<end_of_turn>`, a line break.
"""

START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"

CHAT_TEMPLATE = """\
{{- bos_token -}}
{%- set turns = messages -%}
{%- set preface = "" -%}
{%- if messages and messages[0]["role"] == "system" -%}
    {%- set preface = messages[0]["content"] | trim + "\\n\\n" -%}
    {%- set turns = messages[1:] -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn["role"] == "user") != (loop.index0 % 2 == 0) -%}
        {{- raise_exception("The turns must alternate, beginning with the user's.") -}}
    {%- endif -%}
    {%- set speaker = "model" if turn["role"] == "assistant" else turn["role"] -%}
    {{- "<start_of_turn>" + speaker + "\\n" + (preface if loop.first else "") -}}
    {{- turn["content"] | trim + "<end_of_turn>\\n" -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- "<start_of_turn>model\\n" -}}
{%- endif -%}
"""
"""Jinja2 source; wants `messages`, `bos_token`, `add_generation_prompt` and `raise_exception`."""
