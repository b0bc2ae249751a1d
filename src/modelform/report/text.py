"""Plans, results and outputs as text for a person; every line fits the paper where its words do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelform.errors import Exit, Severity
from modelform.plan import Change, Difference, Op, Result
from modelform.report import words
from modelform.report.findings import Source, findings, read_source
from modelform.report.ink import Colour, Ink, cells, printable
from modelform.values import bare, hide

INDENT = " " * 9
NAME_WIDTH = 24
KIND_WIDTH = 16


def plan(result: Result, ink: Ink, source: Source = read_source, *, beside: Sequence[str] = ()) -> list[str]:
    """A preview: what would happen, resource by resource, what is told `beside` it, what was found, then the count."""
    fresh = " after a refresh" if result.refreshed else ""
    title = f"Plan for {words.place(result)}{fresh}"
    if result.command == "refresh":
        title = f"What is there, and is not what the state says: {words.place(result)}"
    lines = [*(ink.paint(line, "bold") for line in ink.wrap(title)), "", *changes(result, ink)]
    if beside:
        lines += [*beside, ""]
    lines += found(result, ink, source)
    lines += plan_summary(result, ink)
    return lines


def changes(result: Result, ink: Ink) -> list[str]:
    """Each resource that is not as before, with an empty line at the end; nothing where there is none."""
    lines = [line for change in words.shown(result) for line in change_lines(change, ink)]
    return [*lines, ""] if lines else []


def plan_summary(result: Result, ink: Ink) -> list[str]:
    """The last line of a plan."""
    colour: Colour = "bold"
    if any(d.severity is Severity.ERROR for d in result.diagnostics) or not result.ok:
        said, colour = "The plan has errors: nothing can be applied.", "red"
    elif not result.summary.changes and not words.shown(result):
        said, colour = f"No changes: {words.count(result.summary.same, 'resource')} as the file says.", "green"
    elif result.command == "refresh":
        said = f"Found: {words.counts_found(result.summary)}."
    else:
        said = f"Plan: {words.counts(result.summary)}."
    return [ink.paint(line, colour, "bold") for line in ink.wrap(said)]


def done(result: Result, ink: Ink, source: Source = read_source) -> list[str]:
    """The end of an `up`, `destroy` or `refresh`: what was found, and what was done."""
    lines = found(result, ink, source)
    took = f" in {words.duration(result.seconds)}" if result.seconds else ""
    if not result.ok:
        nothing = "nothing was changed"
        if result.exit_code is Exit.PARTIAL:
            nothing = "what failed was done in part"
        what = words.counts_done(result.summary) if result.summary.changes else nothing
        how = {Exit.INTERRUPTED: "was interrupted", Exit.PARTIAL: "failed halfway"}.get(result.exit_code, "failed")
        said = f"{result.command} of {result.stack} {how}{took}: {what}."
        return [*lines, *(ink.paint(line, "red", "bold") for line in ink.wrap(said))]
    if not result.summary.changes:
        same = result.summary.same
        tail = f": {words.count(same, 'resource')} as before" if same else ""
        return [*lines, ink.paint(f"No changes{tail}{took}.", "green", "bold")]
    count = words.counts_found if result.command == "refresh" else words.counts_done
    said = f"{result.command} of {result.stack} done{took}: {count(result.summary)}."
    return [*lines, *(ink.paint(line, "green", "bold") for line in ink.wrap(said))]


def found(result: Result, ink: Ink, source: Source = read_source) -> list[str]:
    """The result's diagnostics under a line of their own, with an empty line after them."""
    if not result.diagnostics:
        return []
    return [*findings(result.diagnostics, ink, source), ""]


def change_lines(change: Change, ink: Ink) -> list[str]:
    """One resource of a plan.

    +- deployment      assistant                replaced: model.name
         properties.model.name   gpt-5 -> gpt-5.4-mini   (forces replacement)
    """
    sign, colour = words.SIGNS[change.op]
    kind, name = words.kind(change.type, change.name), printable(change.name)
    head = f"{sign:>3} {kind:<{KIND_WIDTH}} {name}"
    note = _note(change)
    pad = " " * max(NAME_WIDTH - cells(name), 0)
    if not note:
        lines = [head]
    elif cells(head + pad + " " + note) <= ink.width:
        lines = [f"{head}{pad} {ink.paint(note, 'dim')}"]
    else:
        lines = [head, *(ink.paint(line, "dim") for line in ink.wrap(note, first=INDENT, rest=INDENT))]
    lines[0] = lines[0].replace(head, ink.paint(f"{sign:>3}", colour, "bold") + ink.paint(head[3:], colour), 1)
    if change.op not in (Op.CREATE, Op.DELETE, Op.DELETE_REPLACED):
        lines += _differences(change.diff, ink)
    return lines


def _note(change: Change) -> str:
    if change.op is Op.CREATE:
        return "; ".join(part for part in (words.facts(change), change.reason) if part)
    if change.op in (Op.REPLACE, Op.CREATE_REPLACEMENT) and change.keys and not any(d.replaces for d in change.diff):
        because = f"replaced: {', '.join(change.keys)}"
        return f"{because}; {change.reason}" if change.reason else because
    return change.reason


def _differences(diff: Sequence[Difference], ink: Ink) -> list[str]:
    column = min(max((cells(d.path) for d in diff), default=0), 30)
    lines: list[str] = []
    for item in diff:
        lines += _difference(item, column, ink)
    return lines


def _difference(item: Difference, column: int, ink: Ink) -> list[str]:
    """`path   old -> new`, or over several lines where that is too wide."""
    forces = "  (forces replacement)" if item.replaces else ""
    old, new = words.value_text(item.old), words.value_text(item.new)
    if item.kind.startswith("add"):
        short = f"+ {new}"
    elif item.kind.startswith("delete"):
        short = f"- {old}"
    else:
        short = f"{old} -> {new}"
    path = printable(item.path)
    head = f"{INDENT}{path:<{column}}  "
    if cells(head + short + forces) <= ink.width:
        return [f"{head}{short}{ink.paint(forces, 'magenta')}"]
    lines = [f"{INDENT}{path}{ink.paint(forces, 'magenta')}"]
    deeper = INDENT + "  "
    if not item.kind.startswith("add"):
        lines += _value_lines(old, f"{deeper}- ", ink)
    if not item.kind.startswith("delete"):
        lines += _value_lines(new, f"{deeper}+ ", ink)
    return lines


def _value_lines(value: str, first: str, ink: Ink) -> list[str]:
    """A long value, cut after a few lines: a plan is read, not parsed; `--json` has the whole."""
    room = max(ink.width - len(first), 20)
    parts = [value[i : i + room] for i in range(0, len(value), room)] or [""]
    if len(parts) > 4:
        parts = [*parts[:4], f"... {len(value)} characters"]
    return [f"{first if i == 0 else ' ' * len(first)}{part}" for i, part in enumerate(parts)]


def outputs(values: dict[str, Any], ink: Ink, *, show_secrets: bool = False) -> list[str]:
    """Outputs as an indented list; lists of plain values on one line."""
    shown = bare(values) if show_secrets else hide(values)
    return _tree(shown, "  ", ink)


def deployments(values: dict[str, Any], ink: Ink) -> list[str]:
    """What an `up` has to say of the outputs: each deployed model and where it answers; empty if there is none."""
    shown = hide(values.get("deployments"))
    if not isinstance(shown, dict) or not all(isinstance(item, dict) for item in shown.values()) or not shown:
        return []
    hosts: dict[str, list[tuple[str, str]]] = {}
    for key, item in shown.items():
        model = "@".join(filter(None, (str(item.get("model", "")), str(item.get("version", "")))))
        hosts.setdefault(words.value_text(item.get("endpoint")), []).append((printable(key), model))
    column = max(cells(printable(key)) for key in shown)
    lines: list[str] = []
    for host, models in hosts.items():
        lines.append(ink.paint(host, "bold"))
        lines += [f"  {ink.paint(key, 'cyan')}{' ' * (column - cells(key))}  {model}" for key, model in models]
    return lines


def _tree(value: dict[str, Any], indent: str, ink: Ink) -> list[str]:
    plain = [key for key, item in value.items() if not _nested(item)]
    column = max((cells(key) for key in plain), default=0)
    lines: list[str] = []
    for key, item in value.items():
        name = printable(key)
        if not _nested(item):
            text = ", ".join(map(words.value_text, item)) if isinstance(item, list) else words.value_text(item)
            pad = " " * (column - cells(name))
            lines.append(f"{indent}{ink.paint(name, 'cyan')}{pad}  {text}")
        elif isinstance(item, dict):
            lines += [f"{indent}{ink.paint(name, 'bold')}", *_tree(item, indent + "  ", ink)]
        else:
            numbered = {str(number): part for number, part in enumerate(item, start=1)}
            lines += [f"{indent}{ink.paint(name, 'bold')}", *_tree(numbered, indent + "  ", ink)]
    return lines


def _nested(item: Any) -> bool:
    return (isinstance(item, dict) and bool(item)) or (isinstance(item, list) and any(map(_nested_or_map, item)))


def _nested_or_map(item: Any) -> bool:
    return isinstance(item, (dict, list))


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], ink: Ink) -> list[str]:
    """Columns as wide as they need; where the paper is too narrow, each row becomes a small list."""
    cleaned = [[printable(cell) for cell in row] for row in rows]
    widths = [max(cells(r[i]) for r in [list(headers), *cleaned]) for i in range(len(headers))]
    if sum(widths) + 2 * (len(widths) - 1) <= ink.width:
        lines = [_row(headers, widths, ink, head=True)]
        return lines + [_row(row, widths, ink) for row in cleaned]
    label = max(map(cells, headers))
    lines = []
    for row in cleaned:
        for header, cell in zip(headers, row, strict=True):
            lead = f"{header}{' ' * (label - cells(header))}  "
            lines += ink.wrap(cell, first=lead, rest=" " * len(lead))
        lines.append("")
    return lines[:-1]


def _row(row: Sequence[str], widths: Sequence[int], ink: Ink, *, head: bool = False) -> str:
    parts = [cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)]
    line = "  ".join(parts).rstrip()
    return ink.paint(line, "bold") if head else line
