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
    shown = currency if _knows(document) else " and ".join(document["otherwise"])
    said = [ink.paint(f"What {name} costs a month, in {shown}", "bold"), ""]
    here = [row["expected"] or 0.0 for row in document["lines"] if row["currency"] == currency]
    largest = max(here, default=0.0)
    rows = [
        [
            clip(row["key"], KEY_WIDTH),
            clip(row["model"] or "-", MODEL_WIDTH),
            money(row["expected"]),
            money(row["most"]),
            bar(row["expected"], largest) if row["currency"] == currency else f"in {row['currency']}",
        ]
        for row in document["lines"]
    ]
    others = document["otherwise"]
    if _knows(document):
        rows.append([f"all in {currency}" if others else "all together", "", _usual(whole), _most(whole), ""])
    rows += [[f"all in {code}", "", _usual(row), _most(row), f"in {code}"] for code, row in others.items()]
    said += table(["WHAT", "MODEL", "BY USAGE", "AT MOST", ""], _right(rows, (2, 3)), ink)
    if document["routes"]:
        routed = [[clip(key, 2 * KEY_WIDTH), _usual(row), _most(row)] for key, row in document["routes"].items()]
        said += ["", *table(["ROUTE", "BY USAGE", "AT MOST"], _right(routed, (1, 2)), ink)]
    said += ["", *_notes(document, ink)]
    return said


def line(document: Mapping[str, Any], ink: Ink) -> list[str]:
    """The estimate in a sentence, for a plan."""
    sums = [(document["currency"], document["total"])] if _knows(document) else []
    amounts = []
    for code, whole in (*sums, *document["otherwise"].items()):
        most = "" if whole["most"] is None else f", at most {money(whole['most'])} by capacity"
        amounts.append(f"about {money(whole['expected'])} {code} by declared usage{most}")
    said = f"Cost a month: {'; and '.join(amounts)}"
    limit = document["limit"]
    if limit is not None:
        said += f"; the limit is {limit['limit']:,.0f} {limit['currency']}"
    return ink.wrap(f"{said} (`modelform cost`).", rest="  ")


def _knows(document: Mapping[str, Any]) -> bool:
    """Is anything known in the wanted currency? Always, where nothing is in another one."""
    return not document["otherwise"] or len(document["total"]["unpriced"]) < len(document["lines"])


def _notes(document: Mapping[str, Any], ink: Ink) -> list[str]:
    said: list[str] = []
    limit, deployed, whole = document["limit"], document["deployed"], document["total"]
    if limit is not None and limit["currency"] != document["currency"]:
        said.append(f"Limit: {limit['limit']:,.2f} {limit['currency']}, which is not held against amounts in others.")
    elif limit is not None:
        share = whole["expected"] / limit["limit"] if limit["limit"] else 1.0
        full = bar(min(share, 1.0), 1.0, 2 * BAR)
        said.append(f"Limit: {limit['limit']:,.2f} {limit['currency']}  {full}  {share:.0%} by usage")
    if deployed is not None:
        change = deployed["difference"]
        most = "" if change["most"] is None else f", {change['most']:+,.2f} at most"
        said += ink.wrap(f"Against what is deployed: {change['expected']:+,.2f} by usage{most}.", rest="  ")
    foreign = [row["key"] for row in document["lines"] if row["currency"] != document["currency"]]
    for keys, sentence in (
        ([key for key in whole["unpriced"] if key not in foreign], "No price is known of: {}."),
        (whole["undeclared"], "Without declared usage: {}."),
        (whole["unbounded"], "No upper bound is known of: {}."),
    ):
        if keys:
            said += ink.wrap(sentence.format(", ".join(keys)), rest="  ")
    said += [ink.paint(part, "dim") for text in document["assumptions"] for part in ink.wrap(text, rest="  ")]
    return said


def _usual(total: Mapping[str, Any]) -> str:
    """A sum by usage; with a plus sign where a part has no price in it."""
    return money(total["expected"]) + ("+" if total["unpriced"] else "")


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
