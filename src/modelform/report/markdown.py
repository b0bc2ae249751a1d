"""A plan or result as Markdown: the comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelform.errors import Diagnostic, Severity
from modelform.plan import Change, Op, Result
from modelform.report import words
from modelform.report.findings import shorter, tally
from modelform.report.ink import Ink
from modelform.report.text import change_lines

if TYPE_CHECKING:
    from modelform.report.review import Review

# GitHub refuses a comment of more than 65,536 characters; the rest is room for what a pipeline puts around it.
LIMIT = 64_000

MARKS = {Severity.ERROR: "**Error**", Severity.WARNING: "**Warning**", Severity.INFO: "Note"}


def comment(result: Result, *, limit: int = LIMIT) -> str:
    """The whole comment: the count first, details folded, never longer than `limit` with the count always in it."""
    head = [f"### modelform {result.command}: {escape(words.place(result))}", "", f"{_verdict(result)}", ""]
    if result.summary.changes:
        s = result.summary
        head += [
            "| create | update | replace | delete | unchanged |",
            "|---:|---:|---:|---:|---:|",
            f"| {s.create} | {s.update} | {s.replace} | {s.delete} | {s.same} |",
            "",
        ]
    text = "\n".join(head) + "\n"
    problems = [_finding(d) for d in result.diagnostics]
    text += _fit(problems, limit - len(text) - 400, "- {} more findings are left out here.\n")
    changes = words.shown(result)
    if changes:
        opening, closing = "\n<details open><summary>Changes</summary>\n\n```diff\n", "```\n\n</details>\n"
        blocks = [_block(change) for change in changes]
        room = limit - len(text) - len(opening) - len(closing) - 80
        text += opening + _fit(blocks, room, "# {} more changes are left out here.\n") + closing
    return text


def _verdict(result: Result) -> str:
    if not result.ok:
        return "**Failed.** Nothing can be applied." if result.command == "preview" else "**Failed.**"
    if not words.shown(result):
        return f"No changes ({result.summary.same} resources)."
    count = words.counts if result.command == "preview" else words.counts_done
    return f"**{count(result.summary)}**"


def _finding(diagnostic: Diagnostic) -> str:
    place = f"`{shorter(diagnostic.span)}` " if diagnostic.span else ""
    tail = "".join(f"  \n  {escape(part)}" for part in (diagnostic.detail, diagnostic.hint) if part)
    said = f"{place}{escape(diagnostic.summary)} (`{diagnostic.code}`)"
    return f"- {MARKS[diagnostic.severity]}: {said}{tail}\n"


def _block(change: Change) -> str:
    """A change as lines that a `diff` block colours: `+`, `-` and `!` in the first column."""
    first = {Op.CREATE: "+", Op.DELETE: "-"}.get(change.op, "!" if change.op is not Op.READ else " ")
    lines = change_lines(change, Ink(color=False, width=100))
    return "".join(f"{first if i == 0 else ' '} {line}\n" for i, line in enumerate(lines)).replace("```", "'''")


def _fit(parts: list[str], room: int, left_out: str) -> str:
    """As many parts as there is room for, and how many are left out."""
    text = ""
    for number, part in enumerate(parts):
        if len(text) + len(part) > room:
            return text + left_out.format(len(parts) - number)
        text += part
    return text


def escape(text: str) -> str:
    """Text that Markdown and HTML leave as it is, on one line."""
    text = " ".join(text.split())
    for mark in ("\\", "`", "*", "_", "[", "]", "|", "#"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def validation(review: Review, *, limit: int = LIMIT) -> str:
    """The findings of a command that only checks, as a comment: verdict, findings, worst first, and what is beside."""
    said = tally(review.found)
    stops = any(d.severity is Severity.ERROR for d in review.found)
    verdict = f"**{said}.**" if stops else f"**Nothing stops it**{f': {said}' if said else ''}."
    head = f"### modelform {review.command}: {escape(review.stack or review.file)}\n\n{verdict}\n\n"
    worst = sorted(review.found, key=lambda d: list(Severity).index(d.severity))
    waived = [f"{_finding(w.diagnostic).rstrip()}  \n  Excepted: {escape(w.reason)}\n" for w in review.waived]
    room = limit - len(head) - len(review.beside) - 200
    return (
        head + _fit([*map(_finding, worst), *waived], room, "- {} more findings are left out here.\n") + (review.beside)
    )
