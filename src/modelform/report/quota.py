"""Quota for a person: one table a region, with a bar for each counter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelform.report.ink import Ink, clip
from modelform.report.text import table

BAR = 16
NAME_WIDTH = 34


def lines(document: Mapping[str, Any], ink: Ink, name: str) -> list[str]:
    """The whole answer of `modelform quota`: each place's counters, then what Azure allows beside them."""
    counters = document["counters"]
    if not counters:
        return [f"{name} draws on no quota: it has no deployments in accounts."]
    said: list[str] = []
    for place in dict.fromkeys((c["subscription"], c["region"]) for c in counters):
        here = [_row(c) for c in counters if (c["subscription"], c["region"]) == place]
        here += [_bound(c) for c in document["limits"] if (c["subscription"], c["region"]) == place]
        said += [ink.paint(line, "bold") for line in ink.wrap(f"{place[1]}, subscription {place[0]}")]
        said += [*table(["COUNTER", "USED", "NEW", "LIMIT", ""], here, ink), ""]
    legend = f"{'#'} in use  {'+'} what {name} takes more  {'!'} missing"
    units = "Thousands of tokens a minute, provisioned units, or what the counter counts."
    tail = [*ink.wrap(legend), *ink.wrap(units)]
    if not document["live"]:
        tail = [
            *ink.wrap("Not asked of Azure: LIMIT is what a subscription starts with, NEW all that is wanted."),
            *tail,
        ]
    return [*said, *(ink.paint(line, "dim") for line in tail)]


def _row(counter: Mapping[str, Any]) -> list[str]:
    asked = counter["used"] is not None
    new = counter["new"] if asked else counter["wanted"]
    used = f"{counter['used']:,.0f}" if asked else "?"
    return [
        clip(counter["counter"], NAME_WIDTH),
        used,
        f"{new:,}",
        f"{counter['limit']:,.0f}",
        bar(counter["used"] or 0, new, counter["limit"]),
    ]


def _bound(limit: Mapping[str, Any]) -> list[str]:
    used = "?" if limit["used"] is None else f"{limit['used']:,.0f}"
    full = bar(limit["used"] or 0, limit["new"], limit["limit"])
    return [clip(limit["what"], NAME_WIDTH), used, f"{limit['new']:,}", f"{limit['limit']:,.0f}", full]


def bar(used: float, new: float, limit: float) -> str:
    """A bar of the limit: what is in use, what comes, what is missing; something always shows as a mark of its own."""
    whole = max(limit, used + new)
    if whole <= 0:
        return "." * BAR
    first = min(max(round(BAR * used / whole), 1 if used else 0), BAR)
    fits = max(min(new, limit - used), 0)
    missing = new - fits
    second = min(max(round(BAR * fits / whole), 1 if fits else 0), BAR - first)
    third = min(
        max(round(BAR * missing / whole), 1 if missing > 0 else 0), max(BAR - first - second, 1 if missing else 0)
    )
    return ("#" * first + "+" * second + "!" * third).ljust(BAR, ".")[: max(BAR, first + second + third)]
