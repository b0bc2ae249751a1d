"""Embeddings: vectors that depend on the words of a text alone, so that equal texts agree and similar ones are near."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from collections.abc import Sequence

from modelform.record import dataclass
from modelform.sandbox.exchange import Json
from modelform.sandbox.plane import words
from modelform.sandbox.plane.denial import invalid
from modelform.sandbox.plane.targets import Target

WORD = re.compile(r"\w+")
MARKS = 8  # places of a vector that one word touches
WIDTH = 1536  # numbers in a vector of a model whose width the catalogue does not say
MOST = 2048  # texts in one request


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, checked: the texts, how wide the vectors are, and whether they are sent as base64."""

    texts: tuple[str, ...]
    width: int
    packed: bool
    tokens: int


def read(body: Json, target: Target) -> Ask:
    """Checks a request; raises `Denial` with the parameter at fault."""
    if body.get("input") is None:
        raise invalid("Missing required parameter: 'input'.", "input", code="missing_required_parameter")
    items = _items(body["input"])
    counts = [len(item) if isinstance(item, list) else words.count(item) for item in items]
    most = target.bound("maxInput")
    if most is not None and max(counts) > most:
        said = f"This model's maximum context length is {most} tokens, however you requested {max(counts)} tokens."
        raise invalid(said, "input", code="context_length_exceeded")
    widest = target.bound("dimensions") or WIDTH
    width = body.get("dimensions", widest)
    if isinstance(width, bool) or not isinstance(width, int) or not 1 <= width <= widest:
        said = f"Invalid 'dimensions': a whole number from 1 to {widest} is expected."
        raise invalid(said, "dimensions", code="invalid_value")
    form = body.get("encoding_format", "float")
    if form not in ("float", "base64"):
        said = f"Invalid value: '{form}'. Supported values are: 'float' and 'base64'."
        raise invalid(said, "encoding_format", code="invalid_value")
    texts = tuple(item if isinstance(item, str) else " ".join(map(str, item)) for item in items)
    return Ask(texts, width, form == "base64", sum(counts))


def _items(value: object) -> list[str | list[int]]:
    """The texts of an input, which is one, a list of them, or the same in token numbers."""
    if isinstance(value, str):
        found: Sequence[object] = [value]
    elif isinstance(value, list) and value and all(_is_number(one) for one in value):
        found = [value]
    else:
        found = value if isinstance(value, list) else []
    items: list[str | list[int]] = []
    for one in found:
        if one and (isinstance(one, str) or (isinstance(one, list) and all(_is_number(part) for part in one))):
            items.append(one)
        else:
            raise invalid(
                "Invalid 'input': every text must have at least one character.", "input", code="invalid_value"
            )
    if not items or len(items) > MOST:
        raise invalid(f"Invalid 'input': from 1 to {MOST} texts are expected.", "input", code="invalid_value")
    return items


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def vector(text: str, width: int) -> list[float]:
    """The vector of a text, of length 1: every word adds to a few places that its hash picks."""
    sums = [0.0] * width
    for word in WORD.findall(text.lower()) or [text]:
        marks = hashlib.shake_256(word.encode()).digest(MARKS * 4)
        for (number,) in struct.iter_unpack("<I", marks):
            sums[(number >> 1) % width] += 1.0 if number & 1 else -1.0
    length = math.sqrt(sum(number * number for number in sums))
    if length == 0.0:  # words that cancel each other out
        sums[0], length = 1.0, 1.0
    return [number / length for number in sums]


def document(ask: Ask, target: Target) -> Json:
    """The answer."""
    data: list[Json] = []
    for index, text in enumerate(ask.texts):
        numbers = vector(text, ask.width)
        packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
        data.append({"object": "embedding", "index": index, "embedding": packed if ask.packed else numbers})
    usage = {"prompt_tokens": ask.tokens, "total_tokens": ask.tokens}
    return {"object": "list", "data": data, "model": target.reported, "usage": usage}
