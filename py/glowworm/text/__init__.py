"""Text on one side, token ids on the other: tokenizer, chat templates, incremental detokenizer."""
