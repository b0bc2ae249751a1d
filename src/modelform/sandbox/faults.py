"""Fault plans: what is to go wrong, with which requests, and how often; read from YAML or from a request's header.

    seed: 7                       # the same plan goes wrong in the same way again
    faults:
      - {kind: throttle, seconds: 2, chance: 0.1}
      - {kind: drop-after, methods: [PUT], path: "*/deployments/*", after: 1, times: 2}

A header says the same in one line: `throttle; seconds=2, hide; reads=3`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Any

from modelform.errors import Diagnostic, ModelformError, Severity, Span
from modelform.record import dataclass

VARIABLE = "MODELFORM_SANDBOX_FAULTS"
WRITES = ("PUT", "PATCH", "DELETE")
METHODS = ("GET", "HEAD", "POST", *WRITES)
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

# What each kind does with a request, its own settings, and the methods that it is for.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "throttle": (("seconds",), METHODS),  # 429 with Retry-After
    "error": (("status",), METHODS),  # 5xx
    "drop-before": ((), METHODS),  # the connection is cut, and nothing was done
    "drop-after": ((), METHODS),  # the connection is cut when it was done
    "slow": (("seconds",), WRITES),  # the operation takes longer
    "fail": (("code", "message"), WRITES),  # the operation ends Failed
    "cancel": (("code", "message"), WRITES),  # the operation ends Canceled
    "expire": ((), METHODS),  # the token is over
    "deny": ((), METHODS),  # 403: no role has the action
    "garble": ((), METHODS),  # 200 with a page of HTML, as of a proxy in between
    "hide": (("reads",), ("PUT",)),  # what was made is not there for some reads
    "alter": (("answer", "header", "state", "code", "without", "instead"), METHODS),  # an answer that differs
}
EVERYWHERE = ("methods", "path", "chance", "after", "times")


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of a plan: a kind, the requests that it is for, and how often it happens.

    `path` is a glob over the whole path in any case; `chance` (0 to 1) is asked of every request that fits, the first
    `after` of which are let through; it happens `times` at most.
    """

    kind: str
    methods: tuple[str, ...] = ()
    path: str = "*"
    chance: float = 1.0
    after: int = 0
    times: int | None = None
    seconds: float = 1.0
    status: int = 503
    reads: int = 2
    answer: int = 0
    header: str = ""
    state: str = ""
    without: str = ""
    instead: str = ""
    code: str = ""
    message: str = "The operation did not succeed, as the sandbox was asked to have it."

    def fits(self, method: str, path: str) -> bool:
        """Is it for this request? The path in lower case."""
        wanted = self.methods or KINDS[self.kind][1]
        return method in wanted and fnmatch.fnmatchcase(path, self.path.lower())

    def to_json(self) -> dict[str, Any]:
        """The line as it is written: what differs from what holds anyway."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """The faults of a sandbox; `record` is a file that gets one JSON line for each that happened."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    record: Path | None = None


@dataclass(slots=True)
class Rule:
    """A fault with what it has seen and done so far."""

    fault: Fault
    seed: str
    seen: int = 0
    fired: int = 0
    _asked: dict[tuple[str, str], int] = field(default_factory=dict)

    def fires(self, method: str, path: str) -> bool:
        """Does it happen to this request (its path in lower case)?

        The chance is drawn from the seed, the request and how often the same one was seen before, never from the order
        of different requests: threads change that from run to run. Ids that are made up do not count.
        """
        fault = self.fault
        if not fault.fits(method, path):
            return False
        self.seen += 1
        same = (method, GUID.sub("*", path))
        turn = self._asked[same] = self._asked.get(same, 0) + 1
        if self.seen <= fault.after or (fault.times is not None and self.fired >= fault.times):
            return False
        if fault.chance < 1 and _drawn(f"{self.seed}/{method}/{same[1]}/{turn}") >= fault.chance:
            return False
        self.fired += 1
        return True


def rules(plan: Plan) -> list[Rule]:
    """A plan's faults, none of which has happened yet."""
    return [Rule(fault, f"{plan.seed}/{n}") for n, fault in enumerate(plan.faults)]


def _drawn(text: str) -> float:
    """A number from 0 to 1 (never 1) that a text stands for."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7]) / 2**56


# reading


def load_plan(file: Path) -> Plan:
    """Reads a plan; raises `ModelformError` with everything that is wrong with it, each at its place."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ModelformError(f"the fault plan {file} cannot be read: {why}", code="sandbox.faults") from error
    plan = read_plan(text, str(file))
    return plan if plan.record is None else Plan(plan.faults, plan.seed, file.parent / plan.record)


def read_plan(text: str, name: str) -> Plan:
    """Reads a plan's text; `name` is what places are told with."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        span = Span(name, mark.line + 1, mark.column + 1) if mark else None
        what = getattr(error, "problem", None) or "it cannot be read"
        raise ModelformError(f"the fault plan is not YAML: {what}", code="sandbox.faults", span=span) from error
    found: list[Diagnostic] = []
    problems = _problems(value)
    for where, what in problems:
        place = _mark(node, where)
        span = Span(name, place.line + 1, place.column + 1) if place else None
        found.append(Diagnostic("sandbox.faults", Severity.ERROR, what, span=span))
    if found:
        raise ModelformError(diagnostics=found)
    lines = (value or {}).get("faults") or []
    record = (value or {}).get("record")
    return Plan(
        tuple(_fault(one) for one in lines), int((value or {}).get("seed", 0)), Path(record) if record else None
    )


def read_header(text: str) -> tuple[Fault, ...]:
    """Reads the faults of a header, `kind; name=value`, separated by commas; raises `ValueError`."""
    found: list[Fault] = []
    for part in text.split(","):
        kind, *settings = [one.strip() for one in part.split(";")]
        line: dict[str, Any] = {"kind": kind}
        for setting in settings:
            name, _, value = setting.partition("=")
            line[name.strip()] = _number(value.strip())
        problems = list(_line_problems(line))
        if problems:
            raise ValueError(problems[0][1])
        found.append(_fault(line))
    return tuple(found)


def _number(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _fault(line: Mapping[str, Any]) -> Fault:
    methods = tuple(str(one).upper() for one in line.get("methods", ()))
    return Fault(**{**line, "methods": methods})


def _problems(value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Everything that is wrong with a plan: where (as keys and indexes) and what."""
    if value is None:
        return []
    if not isinstance(value, dict):
        return [((), "a fault plan is a mapping with `faults` and `seed`")]
    found: list[tuple[tuple[str | int, ...], str]] = [
        ((key,), f"a fault plan has no `{key}`: it has faults, seed and record")
        for key in value
        if key not in ("faults", "seed", "record")
    ]
    if not isinstance(value.get("seed", 0), int):
        found.append((("seed",), "`seed` is a whole number"))
    if not isinstance(value.get("record", ""), str):
        found.append((("record",), "`record` is a file's name"))
    lines = value.get("faults") or []
    if not isinstance(lines, list):
        return [*found, (("faults",), "`faults` is a list")]
    for n, line in enumerate(lines):
        if isinstance(line, dict):
            found += [(("faults", n, *where), what) for where, what in _line_problems(line)]
        else:
            found.append((("faults", n), "a fault is a mapping with `kind`"))
    return found


def _line_problems(line: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    kind = line.get("kind")
    if kind not in KINDS:
        what = f"there is no fault `{kind}`" if kind else "a fault has a `kind`"
        yield (("kind",) if kind else ()), f"{what}: one of {', '.join(KINDS)}"
        return
    own, methods = KINDS[kind]
    for name, value in line.items():
        if name == "kind":
            continue
        if name not in (*EVERYWHERE, *own):
            yield (name,), f"`{kind}` has no `{name}`: it has {', '.join((*own, *EVERYWHERE))}"
        elif what := _wrong(name, value, methods):
            yield (name,), f"`{name}` of `{kind}` is {what}"


def _wrong(name: str, value: Any, methods: Iterable[str]) -> str:
    """What a setting has to be, if it is not."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "methods":
        fine = isinstance(value, list) and value and all(str(one).upper() in methods for one in value)
        return "" if fine else f"a list of {', '.join(methods)}"
    if name in ("path", "code", "message", "header", "state", "without", "instead"):
        return "" if isinstance(value, str) and value else "a text"
    if name == "chance":
        return "" if is_number and 0 <= value <= 1 else "a number from 0 to 1"
    if name == "seconds":
        return "" if is_number and 0 <= value <= 3600 else "a number of seconds from 0 to 3600"
    if name == "answer":
        return "" if is_number and 200 <= value <= 599 else "an HTTP status"
    if name == "status":
        return "" if value in (500, 502, 503, 504) else "500, 502, 503 or 504"
    return "" if is_number and isinstance(value, int) and value >= 0 else "a whole number"


def _mark(node: Any, where: Iterable[str | int]) -> Any:
    """The place of the key or item that keys and indexes lead to; of what is above it, where it is not there."""
    mark = node.start_mark if node is not None else None
    for step in where:
        if isinstance(step, int):
            node = node.value[step]
            mark = node.start_mark
            continue
        for key, value in node.value:
            if key.value == str(step):
                node, mark = value, key.start_mark
    return mark
