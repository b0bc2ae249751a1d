"""The nearest right thing for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(wrong: str, right: Iterable[str], most: int = 3) -> list[str]:
    """The names that `wrong` may have meant, best first."""
    import difflib

    names = list(dict.fromkeys(right))
    folded = _fold(wrong)
    same = [name for name in names if _fold(name) == folded]
    if same:
        return same[:most]
    by_fold = {_fold(name): name for name in names}
    return [by_fold[found] for found in difflib.get_close_matches(folded, list(by_fold), most, 0.62)]


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """`Did you mean …?`, or nothing when no name is near."""
    found = nearest(wrong, right)
    return f"Did you mean {either(found)}?" if found else ""


def either(names: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = list(names)
    return f"{', '.join(first)} or {last}" if first else last


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")
