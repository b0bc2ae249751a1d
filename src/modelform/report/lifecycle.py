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
    unread = [line for name in document["broken"] for line in _unread(name, document["retired"].count(name), ink)]
    if not rows:
        return unread or ["No deployments."]
    said = table(["STACK", "DEPLOYMENT", "MODEL", "STATUS", "RETIRES"], [_row(row) for row in rows], ink)
    due = [row for row in rows if row["due"]]
    for row in due:
        place = f" ({row['place']['file']}:{row['place']['line']})" if _own(row["place"]) else ""
        about = f"{row['stack']}/{row['deployment']}{place}: {row['onLastDay']}; {row['change']}"
        said += ["", *ink.wrap(about, rest="  ")]
    number, whole = len(due) + len(document["retired"]), len(rows) + len(document["retired"])
    verdict = f"{count(number, 'deployment')} of {whole} {'is' if number == 1 else 'are'} due."
    return [*said, "", *unread, ink.paint(verdict, "yellow" if number else "green", "bold")]


def _own(place: Mapping[str, Any] | None) -> bool:
    """Is a place in a file of the project? A template's is not the user's to change."""
    return place is not None and not place["file"].startswith(("/", "..")) and ":" not in place["file"]


def _unread(name: str, gone: int, ink: Ink) -> list[str]:
    """What is to be said of a stack that cannot be read; most often for a model that is gone."""
    why = f": {count(gone, 'model')} of it {'is' if gone == 1 else 'are'} gone" if gone else ""
    return ink.wrap(f"{name} is not in the list, for its file has errors (above){why}.", rest="  ")


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
