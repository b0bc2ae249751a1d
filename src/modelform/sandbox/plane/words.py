"""Tokens, roughly: texts cut into pieces of the length that tokens have, so that counts, limits and chunks agree."""

from __future__ import annotations

import re
from typing import Any

PIECE = re.compile(r"\s*(?:[^\W_]{1,6}|[\W_]{1,3}?)|\s+")
PER_MESSAGE = 4  # what a message costs beside its text, as with OpenAI's chat format
PER_REPLY = 3
PER_IMAGE = 85


def pieces(text: str) -> list[str]:
    """The text in pieces, each one token; together they are the text again."""
    return PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text is."""
    return len(pieces(text))


def content_text(content: Any) -> str:
    """The text of a message's content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return " ".join(str(part.get("text") or "") for part in content if isinstance(part, dict)).strip()


def prompt_tokens(messages: list[dict[str, Any]]) -> int:
    """How many tokens a conversation is."""
    total = PER_REPLY
    for message in messages:
        content = message.get("content")
        total += PER_MESSAGE + count(content_text(content))
        if isinstance(content, list):
            total += PER_IMAGE * sum(
                1 for part in content if isinstance(part, dict) and part.get("type") == "image_url"
            )
    return total
