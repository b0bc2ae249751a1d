"""Checks that are a condition in a YAML file: `when: deployment.sku == "globalStandard" and stack.target == "azure"`.

The condition is an expression of Python's form over the fields below, and nothing else: no calls but a few functions,
no attribute that is no field. It is checked as a whole when it is read, and cannot reach anything of the process.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from modelform.checks.fields import FIELDS, scopes
from modelform.errors import Diagnostic, Report, Severity, Span
from modelform.spec.companyfile import A_CODE
from modelform.spec.kinds import BROKEN, Choice, Reading
from modelform.spec.records import ListOf, Record, key
from modelform.spec.suggest import did_you_mean
from modelform.spec.words import A_TEXT
from modelform.spec.yamlnodes import parse

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.checks.packs import PackRule
    from modelform.spec.resolved import PackFile, Stack

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matches": lambda text, pattern: re.fullmatch(pattern, text or "") is not None,
    "startswith": lambda text, start: (text or "").startswith(start),
    "endswith": lambda text, end: (text or "").endswith(end),
    "lower": lambda text: (text or "").lower(),
    "count": len,
}
_ARGUMENTS = {"matches": 2, "startswith": 2, "endswith": 2, "lower": 1, "count": 1}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: bool(a == b),
    ast.NotEq: lambda a, b: bool(a != b),
    ast.In: lambda a, b: a in b if b is not None else False,
    ast.NotIn: lambda a, b: a not in b if b is not None else True,
    ast.Lt: lambda a, b: a is not None and b is not None and bool(a < b),
    ast.LtE: lambda a, b: a is not None and b is not None and bool(a <= b),
    ast.Gt: lambda a, b: a is not None and b is not None and bool(a > b),
    ast.GtE: lambda a, b: a is not None and b is not None and bool(a >= b),
}
LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionForm:
    """One check: a condition, and what is found where it is true."""

    code: str = key(A_CODE, "The code of its findings.", required=True, example="acme.no-global")
    level: str = key(Choice(("error", "warning", "info")), "What a finding is.", default="error", example="warning")
    sentence: str = key(A_TEXT, "What must hold, in one sentence.", required=True, example="Nothing is global.")
    reason: str = key(A_TEXT, "Why.", required=True, example="Our contracts say so.")
    each: str = key(
        Choice(("deployment", "workspace", "stack")),
        "What is looked at, one by one.",
        default="deployment",
        example="deployment",
    )
    when: str = key(
        A_TEXT, "The condition that is a breach.", required=True, example='deployment.sku == "globalStandard"'
    )
    at: str | None = key(A_TEXT, "The key of it that a finding points at; default: all of it.", example="sku")
    says: str | None = key(
        A_TEXT,
        "The finding's words, with fields in braces; default: the sentence.",
        example="{deployment.sku} is global",
    )
    hint: str | None = key(A_TEXT, "What to do instead.", example="write `sku: dataZoneStandard`")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsForm:
    """A file of a pack with conditions."""

    checks: tuple[ConditionForm, ...] = key(
        ListOf(Record(ConditionForm, complete=True), least=1), "The checks.", required=True, example=[{"code": "a.b"}]
    )


def condition_rules(file: PackFile, failures: list[Diagnostic]) -> Iterator[PackRule]:
    """The rules of a YAML file; what is wrong with it goes into `failures`, with its place."""
    from modelform.checks.packs import PackRule, failure

    if not file.text.strip():
        failures.append(failure("the file is empty", Span(file.path, 1, 1)))
        return
    report = Report()
    tree = parse(file.text, file.path, report, "pack file")
    reading = Reading(report)
    form = Record(ConditionsForm, title="a file of conditions").read(tree, "", reading) if tree is not None else BROKEN
    for item in report:
        failures.append(failure(item.summary, item.span or Span(file.path, 1, 1), item.hint))
    if form is BROKEN:
        return
    for index, one in enumerate(cast(ConditionsForm, form).checks):
        span = reading.origins[f"checks.{index}"]
        place = reading.origins.get(f"checks.{index}.when", span)
        try:
            condition = Condition(one, _words(one.says or ""))
        except ValueError as error:
            failures.append(failure(f"{one.code}: {error}", place))
            continue
        level = Severity(one.level)
        yield PackRule(one.code, level, one.sentence, one.reason, file.path, condition.check, place.line)


class Condition:
    """One condition, read and found to be safe."""

    def __init__(self, form: ConditionForm, words: list[str]) -> None:
        """Raises ValueError for what is no condition, or asks for what is no field."""
        self.form = form
        self.known = FIELDS["stack"] if form.each == "stack" else {**FIELDS["stack"], **FIELDS[form.each]}
        self.tree = _parsed(form.when)
        self._require(self.tree)
        self.words = {word: _parsed(word) for word in words}
        for tree in self.words.values():
            self._require(tree)

    def check(self, stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[tuple[str, ...]]:
        """One finding each deployment, workspace or stack for which the condition is true."""
        for path, values in scopes(self.form.each, stack, catalog, today):
            if not _value(self.tree, values):
                continue
            at = f"{path}.{self.form.at}" if self.form.at and path else self.form.at or path
            key = path.partition(".")[2]
            said = self._said(values)
            summary = f"{key}: {said}" if key and not said.startswith(f"{key}:") else said
            yield (at, summary, self.form.hint) if self.form.hint else (at, summary)

    def _said(self, values: Mapping[str, Any]) -> str:
        if self.form.says is None:
            return f"not so: {self.form.sentence}"
        return re.sub(r"\{([^{}]+)\}", lambda found: _text(_value(self.words[found.group(1)], values)), self.form.says)

    def _require(self, node: ast.expr) -> None:
        """Raises ValueError for anything but the few forms that a condition has."""
        if isinstance(node, ast.Attribute | ast.Name):
            path = _path(node)
            if path not in self.known:
                hint = did_you_mean(path, self.known) or f"the fields are {', '.join(self.known)}"
                raise ValueError(f"there is no field {path!r}: {hint[:1].lower()}{hint[1:]}")
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name not in FUNCTIONS or node.keywords:
                raise ValueError(f"the functions are {', '.join(FUNCTIONS)}, not {ast.unparse(node.func)}")
            if len(node.args) != _ARGUMENTS[name]:
                raise ValueError(f"{name} takes {_ARGUMENTS[name]} values")
            for part in node.args:
                self._require(part)
            if name == "matches" and not isinstance(node.args[1], ast.Constant):
                raise ValueError("the pattern of matches must stand there as text")
            if name == "matches":
                _pattern(node.args[1])
        elif isinstance(node, ast.Compare):
            for operator in node.ops:
                if type(operator) not in _COMPARISONS:
                    raise ValueError(f"no condition compares like this: {ast.unparse(node)}")
            for part in (node.left, *node.comparators):
                self._require(part)
        elif isinstance(node, ast.BoolOp | ast.List | ast.Tuple):
            for part in node.values if isinstance(node, ast.BoolOp) else node.elts:
                self._require(part)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            self._require(node.operand)
        elif isinstance(node, ast.Subscript):
            self._require(node.value)
            self._require(node.slice)
        elif not isinstance(node, ast.Constant):
            raise ValueError(f"a condition has no such thing: {ast.unparse(node)}")


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text.strip()!r} is no condition: {getattr(error, 'msg', error)}") from error


def _pattern(node: ast.expr) -> None:
    value = node.value if isinstance(node, ast.Constant) else None
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error.msg}") from error


def _path(node: ast.expr) -> str:
    """`deployment.model.name`; empty for what is no chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _path(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """The value of an expression that `_require` has let through."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Attribute | ast.Name):
        return values[_path(node)]
    if isinstance(node, ast.BoolOp):
        parts = (bool(_value(part, values)) for part in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, values)
        return not inner if isinstance(node.op, ast.Not) else -inner
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS[node.func.id](*(_value(part, values) for part in node.args))
    if isinstance(node, ast.Compare):
        left = _value(node.left, values)
        for operator, part in zip(node.ops, node.comparators, strict=True):
            right = _value(part, values)
            if not _COMPARISONS[type(operator)](left, right):
                return False
            left = right
        return True
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(part, values) for part in node.elts]
    assert isinstance(node, ast.Subscript)
    whole, index = _value(node.value, values), _value(node.slice, values)
    return whole.get(index) if isinstance(whole, Mapping) else whole[index]


def _words(text: str) -> list[str]:
    """The fields in braces of a finding's words."""
    return re.findall(r"\{([^{}]+)\}", text)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return "nothing" if value is None else str(value)
