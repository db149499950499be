"""Fits a conversation into the context: the oldest turns go, never the system prompt or the last message."""

from collections.abc import Callable
from typing import Any

from ..errors import PromptError

Message = dict[str, Any]


def fit(
    messages: list[Message], encode: Callable[[list[Message]], list[int]], context: int, reserve: int
) -> tuple[list[int], int]:
    """Token ids of as many of the last turns as leave ``reserve`` tokens of the context for the answer.

    Whole turns go, oldest first, so that the conversation still begins with the user (or the system prompt).
    Returns the ids and how many messages were dropped.

    Raises:
        PromptError: the last message is not the user's, or alone too long.
    """
    if not messages or messages[-1].get("role") != "user":
        raise PromptError("There is nothing to answer: the last message must be the user's.")
    system = messages[:1] if messages[0].get("role") == "system" else []
    turns = messages[len(system) :]
    starts = [i for i, message in enumerate(turns) if i == 0 or message.get("role") == "user"]
    for start in starts:
        ids = encode(system + turns[start:])
        # The last message may use the room meant for the answer before it is refused.
        if len(ids) + (reserve if start != starts[-1] else 1) <= context:
            return ids, start
    raise PromptError(
        f"This message takes {len(ids)} tokens, but the model was loaded for {context} in all; "
        "shorten it, or load the model with a longer context."
    )
