"""The proof of residency for a person: where each deployment is processed and kept, how well that is proven."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelform.report.ink import Ink, cells, clip
from modelform.report.markdown import escape
from modelform.report.text import table

NAMES_WIDTH = 18


def lines(document: Mapping[str, Any], ink: Ink) -> list[str]:
    """The table under its heading, then where the facts come from; nothing where there is nothing to tell of."""
    rows = _rows(document)
    if not rows:
        return []
    head = ["DEPLOYMENTS", "SKU", "PROCESSED", "AT REST", "PROOF"]
    said = [ink.paint(line, "bold") for line in ink.wrap(_heading(document))]
    sources = ink.wrap("Sources: " + "; ".join(_sources(document)), rest="  ")
    return [*said, *table(head, rows, ink), *(ink.paint(line, "dim") for line in sources)]


def folded(document: Mapping[str, Any]) -> str:
    """The same as a folded part of a Markdown comment."""
    rows = _rows(document)
    if not rows:
        return ""
    head = "\n<details><summary>" + escape(_heading(document).rstrip(":")) + "</summary>\n\n"
    head += "| deployments | sku | processed | at rest | proof |\n|---|---|---|---|---|\n"
    body = "".join("| " + " | ".join(escape(cell) for cell in row) + " |\n" for row in rows)
    return head + body + "\n" + "; ".join(escape(source) for source in _sources(document)) + "\n\n</details>\n"


def _heading(document: Mapping[str, Any]) -> str:
    policy, rest = document["policy"], document["atRest"]
    if not policy and not rest:
        return "Where prompts go (no residency policy):"
    apart = f", data in {rest}" if rest and rest != policy else ""
    least = f", proof {document['proof']}" if document["proof"] else ""
    return f"Where prompts go (policy: {policy or 'anywhere'}{apart}{least}):"


def _rows(document: Mapping[str, Any]) -> list[list[str]]:
    found = []
    for row in document["rows"]:
        proof = "NOT ALLOWED" if row["within"] is False else row["proof"]
        if row["kind"] == "deployment":
            found.append([_names(row["names"]), row["sku"], row["processed"], row["atRest"], proof])
        elif row["kind"] == "route":
            members = f"{len(row['members'])} member{'' if len(row['members']) == 1 else 's'}"
            found.append([_names([f"route {row['names'][0]}"]), members, row["processed"], row["atRest"], proof])
    holders = {row["names"][0]: row for row in document["rows"] if row["kind"] == "store"}
    used = {(row["region"]) for row in document["rows"] if row["kind"] == "deployment"}
    for name, row in holders.items():
        # A store is told of where no deployment's row says it already, or where it breaks the policy.
        if row["within"] is False or row["region"] not in used:
            proof = "NOT ALLOWED" if row["within"] is False else row["proof"]
            found.append([name, "data only", "-", row["atRest"], proof])
    return found


def _names(names: list[str]) -> str:
    """As many names as there is room for, and how many more there are."""
    room = NAMES_WIDTH - (len(f" +{len(names) - 1}") if len(names) > 1 else 0)
    shown = clip(names[0], room)
    for number, name in enumerate(names[1:], start=1):
        rest = len(names) - number
        if cells(f"{shown}, {name} +{rest}") > NAMES_WIDTH:
            return f"{shown} +{rest}"
        shown = f"{shown}, {name}"
    return shown


def _sources(document: Mapping[str, Any]) -> list[str]:
    dates = {row["source"]: row["asOf"] for row in document["rows"] if row["source"]}
    return [f"{title} ({dates[name]})" for name, title in document["sources"].items() if name in dates]
