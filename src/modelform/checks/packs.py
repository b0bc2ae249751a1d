"""Rules that others wrote: folders of Python files and of YAML conditions, run like ours.

Whatever a pack does wrong becomes a finding `pack.failed` with its file and line, and the rest still runs. A pack's
Python runs with the rights of whoever runs modelform.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from modelform.checks.rule import Rule, every_rule
from modelform.errors import Diagnostic, Severity, Span
from modelform.spec.packs import mispinned
from modelform.spec.resolved import Pack, PackFile

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.spec.resolved import Stack

FAILED = "pack.failed"
MOST = 1000
PARTS = ("code", "level", "sentence", "reason", "check")
CODE = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)+")


@dataclass(frozen=True)
class Loaded:
    """What packs gave: their rules, and a finding for each file that is none."""

    rules: tuple[Rule, ...]
    failures: tuple[Diagnostic, ...]


@dataclass
class PackRule:
    """A rule of a pack, which answers with findings whatever happens inside."""

    code: str
    level: Severity
    sentence: str
    reason: str
    file: str
    inner: Any
    line: int = 1

    def check(self, stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
        """The pack's findings, and one `pack.failed` where it raises or answers with something else."""
        found: list[Diagnostic] = []
        try:
            with redirect_stdout(sys.stderr):
                for item in self._answers(self.inner(stack, catalog, today, facts)):
                    if len(found) == MOST:
                        raise PackError(f"it has more than {MOST} findings", self.line)
                    found.append(self._finding(item, stack))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a pack's failure is a finding
            how = ":" if isinstance(error, PackError) else " raised"
            found.append(failure(f"{self.code}{how} {_said(error)}", _place(error, self.file, self.line)))
        yield from found

    def _answers(self, answer: Any) -> Iterable[object]:
        """What a check answered with, one by one: a list, or what it yields."""
        if answer is None:
            return ()
        if isinstance(answer, (str, bytes, Mapping)) or not isinstance(answer, Iterable):
            raise PackError(f"it answered with {type(answer).__name__}, and not with findings", self.line)
        return answer

    def _finding(self, item: object, stack: Stack) -> Diagnostic:
        if isinstance(item, Diagnostic) and _sound(item):
            return replace(item, code=self.code)
        texts = item if isinstance(item, tuple) else ()
        if len(texts) in (2, 3) and all(isinstance(text, str) for text in texts):
            path, summary, *rest = texts
            return Diagnostic(self.code, self.level, summary, "", stack.origins.span(path), rest[0] if rest else "")
        odd = " with parts of other kinds" if isinstance(item, (Diagnostic, tuple)) else ""
        said = f"{self.code} answered with {type(item).__name__}{odd}, which is no finding"
        return failure(said, Span(self.file, self.line, 1), "a finding is (path, summary) or (path, summary, hint)")


@cache
def pack_rules(packs: tuple[Pack, ...]) -> Loaded:
    """The rules of packs; each file's own, and none twice."""
    failures: list[Diagnostic] = []
    rules: dict[str, Rule] = {}
    ours = {rule.code for rule in every_rule()}
    for pack in dict.fromkeys(packs):
        if why := mispinned(pack):
            said = f"the pack {pack.folder} is not the one that it is pinned to: {why}"
            hint = "write the new digest where the pack is named, once somebody has looked at it; nothing of it was run"
            failures.append(Diagnostic(FAILED, Severity.ERROR, said, "", pack.span, hint))
            continue
        for file in pack.files:
            if file.problem:
                failures.append(failure(file.problem, Span(file.path, file.line, file.column)))
                continue
            try:
                found = list(_rules(file, failures))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a pack's failure is a finding
                failures.append(failure(f"it does not load: {_said(error)}", _place(error, file.path, 1)))
                continue
            for rule in found:
                place = Span(rule.file, rule.line, 1)
                if rule.code in ours:
                    failures.append(failure(f"the code {rule.code} is one of modelform's own checks", place))
                elif rule.code in rules:
                    failures.append(failure(f"the code {rule.code} is given twice", place))
                else:
                    rules[rule.code] = rule
    return Loaded(tuple(rules[code] for code in sorted(rules)), tuple(failures))


def failure(said: str, place: Span, hint: str = "") -> Diagnostic:
    """The finding about a pack that does not work."""
    hint = hint or "mend the pack, or take it out of `policy.packs`; the other checks were made"
    return Diagnostic(FAILED, Severity.ERROR, f"the pack file {place.file}: {said}", "", place, hint)


def _rules(file: PackFile, failures: list[Diagnostic]) -> Iterator[PackRule]:
    if file.path.endswith(".py"):
        if not file.path.replace("\\", "/").rpartition("/")[2].startswith("_"):
            yield from _python(file)
        return
    from modelform.checks.conditions import condition_rules

    yield from condition_rules(file, failures)


def _python(file: PackFile) -> Iterator[PackRule]:
    """The check that a module is, or those that its classes are."""
    module = ModuleType(f"modelform_pack_{abs(hash(file.path)):x}")
    module.__file__ = file.path
    code: CodeType = compile(file.text, file.path, "exec", dont_inherit=True)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    with redirect_stdout(sys.stderr):  # a document may stand on stdout
        exec(code, module.__dict__)
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    made: list[tuple[object, str]] = [(value(), value.__name__) for value in own if hasattr(value, "check")]
    if hasattr(module, "check"):
        made.insert(0, (module, "the module"))
    if not made:
        raise PackError("it has no check: neither a function `check` nor a class with one", 1)
    for part, name in made:
        yield _whole(part, name, file)


def _whole(part: object, name: str, file: PackFile) -> PackRule:
    """A rule with all its parts, each of its kind."""
    line = _line(part)
    missing = [word for word in PARTS if not hasattr(part, word)]
    if missing:
        raise PackError(f"{name} has no {', '.join(missing)}", line)
    texts = {word: getattr(part, word) for word in ("code", "level", "sentence", "reason")}
    for word, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise PackError(f"{word} of {name} must be a text", line)
    if not CODE.fullmatch(texts["code"]):
        raise PackError(f"the code {texts['code']!r} is no code such as acme.our-rule", line)
    if texts["level"] not in [str(level) for level in Severity]:
        raise PackError(f"the level of {name} is {texts['level']!r}: it may be error, warning or info", line)
    check: Any = getattr(part, "check")  # noqa: B009 - it is known to be there, and to nobody's types
    if not callable(check):
        raise PackError(f"check of {name} is no function", line)
    return PackRule(texts["code"], Severity(texts["level"]), texts["sentence"], texts["reason"], file.path, check, line)


class PackError(Exception):
    """What is wrong with a pack file, at one of its lines."""

    def __init__(self, said: str, line: int) -> None:
        super().__init__(said)
        self.line = line


def _sound(item: Diagnostic) -> bool:
    """Has a finding that a pack made parts of the kinds that every report counts on?"""
    texts = (item.summary, item.detail, item.hint, item.urn)
    span: Any = item.span
    placed = span is None or (
        isinstance(span, Span) and isinstance(span.file, str) and all(type(n) is int for n in (span.line, span.column))
    )
    return placed and isinstance(item.severity, Severity) and all(isinstance(text, str) for text in texts)


def _line(part: object) -> int:
    code = getattr(getattr(part, "check", None), "__code__", None)
    return int(code.co_firstlineno) if code is not None else 1


def _said(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception as mute:  # noqa: BLE001 - even what it says of itself is a pack's code
        text = f"its text raised {type(mute).__name__}"
    if isinstance(error, (PackError, SyntaxError)):
        return getattr(error, "msg", None) or text
    return f"{type(error).__name__}{': ' + text if text else ''}"


def _place(error: BaseException, file: str, line: int) -> Span:
    """The line of the pack at which it went wrong: the deepest one that is in its file."""
    if isinstance(error, PackError):
        return Span(file, error.line, 1)
    if isinstance(error, SyntaxError) and error.filename == file:
        return Span(file, error.lineno or 1, error.offset or 1)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return Span(file, (lines[-1] if lines else None) or line, 1)
