"""Which resources an operation is limited to."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Targets:
    """URNs and patterns; with none of them every URN is meant. `*` stays within a part of a URN, `**` crosses parts."""

    def __init__(self, texts: Iterable[str]) -> None:
        listed = list(texts)
        self.literals = {text for text in listed if "*" not in text}
        self._patterns = [_pattern(text) for text in listed if "*" in text]

    def __bool__(self) -> bool:
        return bool(self.literals or self._patterns)

    def __contains__(self, urn: str) -> bool:
        if not self:
            return True
        return urn in self.literals or any(pattern.fullmatch(urn) for pattern in self._patterns)


def _pattern(text: str) -> re.Pattern[str]:
    crossing = ["[^:]*".join(map(re.escape, part.split("*"))) for part in text.split("**")]
    return re.compile(".*".join(crossing), re.DOTALL)
