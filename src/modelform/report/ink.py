"""Colour and width of what is written for a person.

Written by hand, since importing rich costs more than a whole plan of ten resources; rich draws only the live progress.
"""

from __future__ import annotations

import textwrap
import unicodedata
from typing import Literal

from modelform.record import dataclass

Colour = Literal["red", "green", "yellow", "blue", "magenta", "cyan", "bold", "dim"]

CODES: dict[Colour, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}

MINIMUM_WIDTH = 40


def cells(text: str) -> int:
    """How many terminal cells a text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def printable(text: str) -> str:
    """The text without control characters: what comes from a file or a server must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def clip(text: str, room: int) -> str:
    """The text, cut with a mark where it takes more cells than there is room for."""
    if cells(text) <= room:
        return text
    while text and cells(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


@dataclass(frozen=True, slots=True)
class Ink:
    """How to write: with or without colour, and how many columns there are."""

    color: bool = False
    width: int = 80

    def paint(self, text: str, *colours: Colour) -> str:
        """The text in these colours, or as it is where there are none."""
        if not self.color or not text or not colours:
            return text
        return f"\x1b[{';'.join(CODES[c] for c in dict.fromkeys(colours))}m{text}\x1b[0m"

    def wrap(self, text: str, *, first: str = "", rest: str = "") -> list[str]:
        """Lines no wider than the paper; words (paths, names) are never broken.

        `first` stands before the first line, `rest` before the others. The text's own line breaks are kept.
        """
        width = max(self.width, MINIMUM_WIDTH)
        lines: list[str] = []
        for part in printable(text).splitlines() or [""]:
            lines += textwrap.wrap(
                part,
                width,
                initial_indent=rest if lines else first,
                subsequent_indent=rest,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [""]
        return lines
