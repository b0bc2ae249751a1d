"""The lives of all stacks' models for a person: the soonest to go first, then what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelform.report.ink import Ink, clip
from modelform.report.text import table
from modelform.report.words import count

STACK_WIDTH, KEY_WIDTH, MODEL_WIDTH = 14, 18, 24


def lines(document: Mapping[str, Any], ink: Ink) -> list[str]:
    """The whole answer of `modelform lifecycle`."""
    rows = sorted(document["deployments"], key=_soonest)
    if not rows:
        return ["No deployments."]
    said = table(["STACK", "DEPLOYMENT", "MODEL", "STATUS", "RETIRES"], [_row(row) for row in rows], ink)
    due = [row for row in rows if row["due"]]
    for row in due:
        about = f"{row['stack']}/{row['deployment']}: {row['onLastDay']}; {row['change']}"
        said += ["", *ink.wrap(about, rest="  ")]
    verdict = f"{count(len(due), 'deployment')} of {len(rows)} {'is' if len(due) == 1 else 'are'} due."
    return [*said, "", ink.paint(verdict, "yellow" if due else "green", "bold")]


def _soonest(row: Mapping[str, Any]) -> tuple[bool, str, str, str]:
    return (not row["due"], row["retires"] or "9999", row["stack"], row["deployment"])


def _row(row: Mapping[str, Any]) -> list[str]:
    day = row["retires"] or "-"
    if row["earliest"] and row["retires"]:
        day = f">= {day}"
    return [
        clip(row["stack"], STACK_WIDTH),
        clip(row["deployment"], KEY_WIDTH),
        clip(f"{row['model']}@{row['version']}", MODEL_WIDTH),
        row["status"],
        f"{'! ' if row['due'] else ''}{day}",
    ]
