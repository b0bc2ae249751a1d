"""Currencies as people write them on a command line."""

from __future__ import annotations

import re

from modelform.errors import UsageError


def currency_of(text: str) -> str:
    """The ISO 4217 code that a person means, in capitals. Raises UsageError for what is none."""
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise UsageError(f"{text!r} is no currency", code="catalog.currency", hint="a code of three letters, as EUR")
    return code
