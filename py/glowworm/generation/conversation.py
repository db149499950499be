"""Fits a conversation into the context: the oldest turns go, never the system prompt or the last message."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import PromptError

Message = dict[str, Any]


def checked(messages: Sequence[Message]) -> tuple[list[Message], str]:
    """The messages up to the user's last, and how the answer to it begins.

    The answer begins with the text of an assistant's message at the end, which is thus continued.

    Raises:
        PromptError: not a list of messages, or the user asks nothing at its end.
    """
    if not isinstance(messages, list | tuple) or not all(isinstance(m, Mapping) for m in messages):
        raise PromptError("A conversation is a list of messages, each with a role and a content.")
    turns, begun = list(messages), ""
    if turns and turns[-1].get("role") == "assistant":
        begun = turns.pop().get("content")
        if not isinstance(begun, str):
            raise PromptError("Only an answer that is a text can be continued.")
    if not turns or turns[-1].get("role") != "user":
        raise PromptError("There is nothing to answer: the last message must be the user's.")
    return turns, begun


class Window:
    """The part of a conversation that the model sees.

    Once turns had to go, half of the context is left free, and later questions begin at the same turn for as
    long as that lasts: so the keys and values of what is kept stay valid.
    """

    def __init__(self, context: int):
        self.context = context
        self._left_out: list[Message] = []

    def fit(
        self, messages: list[Message], encode: Callable[[list[Message]], list[int]], reserve: int
    ) -> tuple[list[int], int]:
        """Token ids that leave ``reserve`` tokens for the answer; and how many messages were left out anew.

        Whole turns go, so that the conversation still begins with the user. The last message may use the room
        meant for the answer.

        Raises:
            PromptError: the last message alone is too long.
        """
        system = messages[:1] if messages[0].get("role") == "system" else []
        turns = messages[len(system) :]
        known = len(self._left_out) if turns[: len(self._left_out)] == self._left_out else 0
        ids = encode(system + turns[known:])
        first = known
        if len(ids) + reserve > self.context:
            starts = [i for i, message in enumerate(turns) if i > known and message.get("role") == "user"]
            encoded: dict[int, list[int]] = {}

            def fits(start: int) -> bool:
                encoded[start] = encode(system + turns[start:])
                return len(encoded[start]) <= self.context // 2

            at = bisect_left(starts, True, key=fits)
            if starts:
                first = starts[min(at, len(starts) - 1)]
                ids = encoded[first]
        if len(ids) >= self.context:
            raise PromptError(
                f"This message takes {len(ids)} tokens, but the model was loaded for {self.context} in all; "
                "shorten it, or load the model with a longer context."
            )
        self._left_out = turns[:first]
        return ids, first - known
