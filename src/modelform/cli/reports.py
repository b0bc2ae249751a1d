"""Report files for pipelines: what a command found, as SARIF and JUnit, whether it ended well or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.cli.arguments import Place, Reports
from modelform.errors import Diagnostic, ModelformError, StackFileError, UsageError

if TYPE_CHECKING:
    from modelform.cli.outside import Outside
    from modelform.cli.session import Session
    from modelform.cli.voice import Voice
    from modelform.report.review import Check, Review, Waived
    from modelform.spec.resolved import Policy, Stack

STDOUT = Path("-")
OFFLINE = ("validate", "check")


@dataclass
class Sheet:
    """What a command puts down while it works, for its reports."""

    stack: Stack | None = None
    name: str = ""
    file: str = ""
    root: Path = field(default_factory=Path)
    policy: Policy | None = None
    found: tuple[Diagnostic, ...] = ()
    waived: tuple[Waived, ...] = ()
    ran: bool = True
    asked: bool = False
    markdown: bool = False
    beside: str = ""
    voice: Voice | None = None

    def begin(self, session: Session) -> None:
        """Lets a session speak where stdout is still free."""
        self.stack = session.stack
        if self.voice is not None:
            session.voice.taken = self.voice.taken


@contextmanager
def reported(
    command: str, reports: Reports, voice: Voice, around: Outside, *, markdown: bool = False
) -> Iterator[Sheet]:
    """Writes the reports that are asked for when the command ends, also when it ends with findings.

    With `markdown`, a comment with them goes to stdout. A command line that is wrong is no finding: then nothing is
    written.
    """
    sheet = Sheet(markdown=markdown, voice=voice)
    started = around.clock()
    try:
        yield sheet
    except UsageError:
        raise
    except ModelformError as error:
        sheet.found = error.diagnostics
        sheet.ran = sheet.ran and not isinstance(error, StackFileError)
        _write(command, sheet, reports, voice, around.clock() - started)
        raise
    _write(command, sheet, reports, voice, around.clock() - started)


def take_stdout(place: Place, reports: Reports, voice: Voice, *, markdown: bool = False) -> None:
    """Makes sure that at most one document goes to stdout, and what a person reads then to stderr."""
    wanted = {
        "--json": place.json,
        "--markdown": markdown,
        "--sarif -": reports.sarif == STDOUT,
        "--junit -": reports.junit == STDOUT,
    }
    asked = [flag for flag, is_set in wanted.items() if is_set]
    if len(asked) > 1:
        hint = "Give all but one of them a file: --sarif FILE, --junit FILE."
        raise UsageError(f"{' and '.join(asked)} would both go to stdout", code="usage.stdout", hint=hint)
    voice.taken = bool(asked)


def review_of(command: str, sheet: Sheet, seconds: float = 0.0) -> Review:
    """What the sheet says, in the form that reports are written from."""
    from importlib.metadata import version

    from modelform.cli.outside import opened
    from modelform.report.review import Review

    session = opened()
    stack = sheet.stack or (session.stack if session else None)
    name = sheet.name or (stack.name if stack else session.name if session else "")
    file = sheet.file or (stack.file if stack else str(session.file or "") if session else "")
    policy = sheet.policy or (stack.policy if stack else None)
    found, waived = _sorted_out(sheet.found, stack)
    root = _root(session.project.folder if session else sheet.root)
    return Review(
        command=command,
        stack=name,
        file=file,
        root=str(root),
        version=version("modelform"),
        checks=checks_of(policy.rules if policy else {}, stack, offline=command in OFFLINE and not sheet.asked),
        found=tuple(_in_order(found)),
        waived=(*sheet.waived, *waived),
        ran=sheet.ran,
        seconds=seconds,
        beside=sheet.beside,
    )


def checks_of(rules: dict[str, str], stack: Stack | None = None, *, offline: bool = False) -> tuple[Check, ...]:
    """Every check of ours and of the stack's packs, with what the policies make of its level."""
    from modelform.checks.rule import ASKING, every_rule
    from modelform.checks.runner import rules_of, wanted_level
    from modelform.report.review import Check

    return tuple(
        Check(
            rule.code,
            rule.level,
            rule.sentence,
            rule.reason,
            (wanted_level(stack, rule) if stack else rules.get(rule.code)) or "",
            offline and rule.code in ASKING,
        )
        for rule in (rules_of(stack) if stack else every_rule(company=False))
    )


def _sorted_out(found: Iterable[Diagnostic], stack: Stack | None) -> tuple[list[Diagnostic], list[Waived]]:
    """What was found, and what of it an exception of the company excuses."""
    if stack is None or stack.company is None:
        return list(found), []
    from modelform.checks.waiving import excuse_of
    from modelform.report.review import Waived

    rest: list[Diagnostic] = []
    waived: list[Waived] = []
    for finding in found:
        if reason := excuse_of(finding, stack):
            waived.append(Waived(finding, reason))
        else:
            rest.append(finding)
    return rest, waived


def _in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    from modelform.errors import Report

    return Report(found).sorted()


def _root(folder: Path) -> Path:
    """The root of the repository that a folder is in, which scanners tell places from; the folder where none is."""
    here = folder.resolve()
    return next((up for up in (here, *here.parents) if (up / ".git").exists()), here)


def _write(command: str, sheet: Sheet, reports: Reports, voice: Voice, seconds: float) -> None:
    if reports.sarif is None and reports.junit is None and not sheet.markdown:
        return
    review = review_of(command, sheet, seconds)
    if sheet.markdown:
        from modelform.report import markdown

        voice.raw(markdown.validation(review).rstrip())
    if reports.sarif is not None:
        from modelform.report import json, sarif

        _put(reports.sarif, json.dumps(sarif.document(review)), voice)
    if reports.junit is not None:
        from modelform.report import junit

        _put(reports.junit, junit.document([review]), voice)


def _put(file: Path, text: str, voice: Any) -> None:
    if file == STDOUT:
        voice.raw(text.rstrip("\n"))
    else:
        file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
