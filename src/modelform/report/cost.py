"""The cost estimate for a person: a table with bars, routes, the limit, what changes, what it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelform.report.ink import Ink, clip
from modelform.report.text import table

BAR = 8
KEY_WIDTH, MODEL_WIDTH = 21, 21


def lines(document: Mapping[str, Any], ink: Ink, name: str) -> list[str]:
    """The whole answer of `modelform cost`."""
    currency, whole = document["currency"], document["total"]
    said = [ink.paint(f"What {name} costs a month, in {currency}", "bold"), ""]
    largest = max((row["expected"] or 0.0 for row in document["lines"]), default=0.0)
    rows = [
        [
            clip(row["key"], KEY_WIDTH),
            clip(row["model"] or "-", MODEL_WIDTH),
            money(row["expected"]),
            money(row["most"]),
            bar(row["expected"], largest),
        ]
        for row in document["lines"]
    ]
    rows.append(["all together", "", money(whole["expected"]), _most(whole), ""])
    said += table(["WHAT", "MODEL", "BY USAGE", "AT MOST", ""], _right(rows, (2, 3)), ink)
    if document["routes"]:
        routed = [
            [clip(key, 2 * KEY_WIDTH), money(row["expected"]), _most(row)] for key, row in document["routes"].items()
        ]
        said += ["", *table(["ROUTE", "BY USAGE", "AT MOST"], _right(routed, (1, 2)), ink)]
    said += ["", *_notes(document, ink)]
    return said


def line(document: Mapping[str, Any], ink: Ink) -> list[str]:
    """The estimate in a sentence, for a plan."""
    whole, currency = document["total"], document["currency"]
    said = f"Cost a month: about {money(whole['expected'])} {currency} by declared usage"
    if whole["most"] is not None:
        said += f", at most {money(whole['most'])} by capacity"
    limit = document["limit"]
    if limit is not None:
        said += f"; the limit is {limit['limit']:,.0f} {limit['currency']}"
    return ink.wrap(f"{said} (`modelform cost`).", rest="  ")


def _notes(document: Mapping[str, Any], ink: Ink) -> list[str]:
    said: list[str] = []
    limit, deployed, whole = document["limit"], document["deployed"], document["total"]
    if limit is not None:
        share = whole["expected"] / limit["limit"] if limit["limit"] else 1.0
        full = bar(min(share, 1.0), 1.0, 2 * BAR)
        said.append(f"Limit: {limit['limit']:,.2f} {limit['currency']}  {full}  {share:.0%} by usage")
    if deployed is not None:
        change = deployed["difference"]
        most = "" if change["most"] is None else f", {change['most']:+,.2f} at most"
        said += ink.wrap(f"Against what is deployed: {change['expected']:+,.2f} by usage{most}.", rest="  ")
    for key, sentence in (
        ("unpriced", "No price is known of: {}."),
        ("undeclared", "Without declared usage: {}."),
        ("unbounded", "No upper bound is known of: {}."),
    ):
        if whole[key]:
            said += ink.wrap(sentence.format(", ".join(whole[key])), rest="  ")
    said += [ink.paint(part, "dim") for text in document["assumptions"] for part in ink.wrap(text, rest="  ")]
    return said


def _most(total: Mapping[str, Any]) -> str:
    """A sum's upper bound; what is known of it and a plus sign where some parts have none."""
    return money(total["most"]) if total["most"] is not None else f"{money(total['mostKnown'])}+"


def money(value: float | None) -> str:
    """An amount, or a question mark where none is known."""
    return "?" if value is None else f"{value:,.2f}"


def bar(value: float | None, largest: float, width: int = BAR) -> str:
    """A bar of `#` as long as a value is of the largest; anything above nothing shows."""
    if not value or largest <= 0:
        return ""
    return "#" * max(1, round(width * value / largest))


def _right(rows: list[list[str]], columns: tuple[int, ...]) -> list[list[str]]:
    """The rows with numbers flush right."""
    for column in columns:
        width = max((len(row[column]) for row in rows), default=0)
        for row in rows:
            row[column] = row[column].rjust(width)
    return rows
