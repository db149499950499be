"""Token ids to text as they arrive, never half a character."""

import codecs

from .tokenizer import Tokenizer


class StreamDecoder:
    """Turns one answer's tokens into text, piece by piece.

    The pieces joined are exactly ``tokenizer.decode(ids)``. Special tokens give no text. Bytes that do
    not yet make a character wait for the tokens that complete it.
    """

    def __init__(self, tokenizer: Tokenizer, *, continues: bool = False) -> None:
        """``continues`` says that the tokens go on from earlier text, whose own space they then keep."""
        self._tokenizer = tokenizer
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._strip_space = tokenizer.strips_first_space and not continues

    def push(self, token_id: int) -> str:
        """The text that ``token_id`` completes, perhaps empty."""
        if self._tokenizer.is_special(token_id):
            return ""
        content = self._tokenizer.token_bytes(token_id)
        if self._strip_space and content:
            content = content.removeprefix(b" ")
            self._strip_space = False
        return self._utf8.decode(content)

    def flush(self) -> str:
        """What is left at the end: U+FFFD for a character that never came to be whole, else nothing."""
        return self._utf8.decode(b"", final=True)
