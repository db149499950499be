"""Conversations to be taken in by the chat page, as it exports them."""

import json
from pathlib import Path
from typing import Any

MARKDOWN = """## A rainbow in three steps

Sunlight is *white*, but it holds **every colour**. What happens in a drop:

1. The light is bent when it enters.
2. It is thrown back at the far side.
3. It is bent again when it leaves, each colour by another angle.

- [x] seen from the ground
- [ ] seen from above

> The lower the sun, the higher the bow.

```python
def angle(colour: str) -> float:
    return {"red": 42.4, "violet": 40.6}[colour]
```

| Colour | Angle |
| --- | ---: |
| red | 42.4° |
| violet | 40.6° |

More in `optics.md`, or at [the library](https://library.example/rainbows).
"""


def message(chat: str, number: int, role: str, text: str, parent: str | None) -> dict[str, Any]:
    """One message of an exported chat; `number` orders them."""
    place = {"id": f"{chat}-{number}", "chat": chat, "parent": parent, "created": number}
    return place | {"role": role, "text": text, "end": "stop"}


def conversation(chat: str, title: str, texts: list[str]) -> dict[str, Any]:
    """An exported chat of questions and answers in turn."""
    messages: list[dict[str, Any]] = []
    for number, text in enumerate(texts, 1):
        parent = messages[-1]["id"] if messages else None
        messages.append(message(chat, number, ("assistant", "user")[number % 2], text, parent))
    about = {"id": chat, "title": title, "named": True, "leaf": messages[-1]["id"]}
    times = {"created": 1, "updated": 1_800_000_000_000}
    return {"chat": about | times | {"revision": 1}, "messages": messages}


def write_export(path: Path, *chats: dict[str, Any]) -> Path:
    """Writes chats as an exported file."""
    path.write_text(json.dumps({"format": "glowworm-chats", "version": 1, "chats": list(chats)}))
    return path
