"""Durations, quantities and capacities: the units that a stack file is written in."""

from __future__ import annotations

import re

DURATION = r"[0-9]{1,5}[dw]"
QUANTITY = r"[0-9]{1,12}(\.[0-9]{1,6})?[kMG]?"
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_DAYS = {"d": 1, "w": 7}


def days(text: str) -> int | None:
    """Days of a duration such as `60d` or `8w`; None when it is none."""
    return int(text[:-1]) * _DAYS[text[-1]] if re.fullmatch(DURATION, text) else None


def quantity(text: str) -> int | None:
    """The number that `50k`, `1.5M` or `800` stands for; None when it is none, or no whole number."""
    if not re.fullmatch(QUANTITY, text):
        return None
    factor = _FACTORS.get(text[-1], 1)
    digits = text[:-1] if text[-1] in _FACTORS else text
    whole, _, part = digits.partition(".")
    scaled, rest = divmod(int(whole + part) * factor, 10 ** len(part))
    return None if rest else scaled


def compact(number: int) -> str:
    """A number as a stack file writes it: 50000 is `50k`."""
    for letter in ("G", "M", "k"):
        if number and number % _FACTORS[letter] == 0:
            return f"{number // _FACTORS[letter]}{letter}"
    return str(number)
