"""What a plain YAML scalar is: YAML 1.2's core types, with leading zeros kept as text."""

from __future__ import annotations

import re

ScalarValue = str | int | float | bool | None

# Pulumi carries numbers as doubles: a larger integer would change silently on its way.
LARGEST_INTEGER = 2**53

_WORDS: dict[str, ScalarValue] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)")
# A leading zero (`010`, `007.5`) says that somebody means an identifier; YAML 1.2 alone would read a number.
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_STARTS = frozenset("+-.0123456789")


class NumberRefused(ValueError):
    """A plain scalar that is a number, but none that can be carried exactly."""


def plain_value(text: str) -> ScalarValue:
    """The value of a plain scalar; `NO`, `on`, `12:30`, `2024-11-20` and `010` are text. Raises NumberRefused."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    return _number(text)


def _number(text: str) -> ScalarValue:
    if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
        # Ever longer digits take ever longer to convert, and Python refuses more than 4,300 of them.
        value = LARGEST_INTEGER + 1 if len(text) > 30 else int(text, 0 if text[:2] in ("0o", "0x") else 10)
        if abs(value) > LARGEST_INTEGER:
            raise NumberRefused(f"{text[:40]} is larger than 2^53 and would lose digits")
        return value
    if _SPECIAL.fullmatch(text):
        raise NumberRefused(f"{text} is no number that a stack file can use")
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise NumberRefused(f"{text[:40]} is too large")
        return number
    return text
