"""A plan in a file: what `preview --out` writes and `up --plan` reads, and nothing of how the two are compared.

The file is one JSON document. It says what would be done and what that was decided on, values of it as digests and
fingerprints; secrets are in it neither in the clear nor as anything that could be guessed.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from modelform.drivers.fingerprints import encode
from modelform.drivers.repository import Commit
from modelform.errors import ModelformError, StalePlanError, UsageError
from modelform.plan import Summary
from modelform.record import dataclass

FORMAT = 1
LARGEST = 64 * 1024 * 1024
MODE = 0o600
_NAMED = re.compile(r"modelform/plan/v([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a plan stands on: it holds only as long as none of this is another.

    `files` are digests of everything the stack was read from, by their place in the project; `environment` has the
    fingerprints of the variables it asked for (None where one was not set, empty where nothing may be said of it).
    `lock` is a digest of what the lock decides, `settings` one of the configuration in `Pulumi.STACK.yaml`, `state`
    one of the exported state, empty as long as there is nothing in it. `company` is one of the company file and its
    packs, empty without one.
    """

    stack: str
    project: str
    target: str
    engine: str
    cloud: Mapping[str, str]
    version: str
    catalog: str
    files: Mapping[str, str]
    environment: Mapping[str, str | None]
    lock: str
    settings: str
    state: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be done to one resource: as a plan shows it, hidden, with the fingerprint of its inputs."""

    op: str
    urn: str
    type: str
    name: str
    keys: tuple[str, ...]
    diff: tuple[Mapping[str, Any], ...]
    reason: str
    steps: tuple[str, ...]
    inputs: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options that decide what a plan is: an `up` of it takes these."""

    refresh: bool
    targets: tuple[str, ...]
    dependents: bool
    replace: tuple[str, ...]
    continue_on_error: bool
    allow_replace: tuple[str, ...]
    allow_delete: tuple[str, ...]
    on_name_taken: str
    purge: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """One plan; `outputs` is a fingerprint, `salt` and `key` are its seal's, `proof` that of everything else."""

    created: datetime
    expires: datetime
    commit: Commit | None
    standing: Standing
    options: Chosen
    refreshed: bool
    summary: Summary
    operations: tuple[Operation, ...]
    outputs: str
    salt: str
    key: str
    proof: str = ""

    def document(self) -> dict[str, Any]:
        """Everything but the proof, as the file has it."""
        return {
            "format": f"modelform/plan/v{FORMAT}",
            "created": moment(self.created),
            "expires": moment(self.expires),
            "commit": asdict(self.commit) if self.commit else None,
            **{part.name: _jsonable(getattr(self.standing, part.name)) for part in fields(self.standing)},
            "options": _jsonable(asdict(self.options)),
            "refreshed": self.refreshed,
            "summary": self.summary.to_json(),
            "operations": [_jsonable(asdict(operation)) for operation in self.operations],
            "outputs": self.outputs,
            "seal": {"salt": self.salt, "key": self.key},
        }

    @property
    def content(self) -> bytes:
        """What the proof is of."""
        return encode(self.document())


def moment(time: datetime) -> str:
    """A time as files have it: RFC 3339, UTC, whole seconds."""
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _jsonable(item) for key, item in value.items()}
    return [_jsonable(item) for item in value] if isinstance(value, (list, tuple)) else value


# writing


def require_place(path: Path) -> None:
    """Raises `UsageError` where no plan could be written, before the work that goes before it."""
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise UsageError(f"{path} is no file that a plan could be written to", hint="--out takes the path of a file.")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"there is no folder {path.resolve().parent}", hint="--out makes the file, and no folder.")


def write(path: Path, plan: SavedPlan) -> None:
    """Writes a plan for its owner only, whole or not at all. Raises ModelformError."""
    text = json.dumps({**plan.document(), "proof": plan.proof}, indent=1, ensure_ascii=False) + "\n"
    place = path.resolve()
    half = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            with open(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            half.replace(place)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ModelformError(
            f"the plan {path} cannot be written: {error.strerror or error}",
            code="plan.unwritable",
            detail="Nothing was changed by planning.",
        ) from error


# reading


def read(path: Path) -> SavedPlan:
    """The plan in a file, its form checked. Raises `UsageError`, and `StalePlanError` for a format of another version.

    Whether it may be applied is another question.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is no file", code="plan.unreadable", hint="--plan takes what --out wrote.")
        if status.st_size > LARGEST:
            _wrong(path, f"it has {status.st_size:,} bytes, and no plan has more than {LARGEST:,}")
        content = path.read_bytes()
    except FileNotFoundError as error:
        hint = "`modelform preview --out FILE` makes one."
        raise UsageError(f"there is no plan {path}", code="plan.unreadable", hint=hint) from error
    except OSError as error:
        said = f"the plan {path} cannot be read: {error.strerror or error}"
        raise UsageError(said, code="plan.unreadable") from error
    return _plan(_Part(_parsed(path, content), "", path))


def _parsed(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8", "surrogatepass"), parse_constant=_no_number)
    except RecursionError:
        _wrong(path, "it is nested too deeply")
    except ValueError as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        _wrong(path, f"it is no JSON{place}: it was cut short, or is another file")


def _plan(document: _Part) -> SavedPlan:
    named = _NAMED.fullmatch(str(document.get("format") or ""))
    if named is None:
        _wrong(document.path, "it does not say that it is a plan of modelform (`format`)")
    if int(named.group(1)) != FORMAT:
        raise StalePlanError(
            f"{document.path} is a plan of format {named.group(1)}, and this modelform reads format {FORMAT}",
            code="plan.format",
            detail="Another version of modelform made it.",
            hint="apply it with the version that made it, or make it anew",
        )
    seal, summary = document.part("seal"), document.part("summary")
    return SavedPlan(
        created=document.time("created"),
        expires=document.time("expires"),
        commit=_commit(document),
        standing=_standing(document),
        options=_chosen(document.part("options")),
        refreshed=document.flag("refreshed"),
        summary=Summary(**{name.name: summary.number(name.name) for name in fields(Summary)}),
        operations=tuple(_operation(item) for item in document.parts("operations")),
        outputs=document.text("outputs"),
        salt=seal.text("salt"),
        key=seal.text("key"),
        proof=document.text("proof"),
    )


def _commit(document: _Part) -> Commit | None:
    if document.get("commit") is None:
        return None
    found = document.part("commit")
    return Commit(found.text("id"), found.flag("dirty"))


def _standing(document: _Part) -> Standing:
    texts = {
        name: document.text(name)
        for name in ("stack", "project", "target", "engine", "version", "catalog", "lock", "settings", "state")
    }
    environment = document.part("environment")
    return Standing(
        **texts,
        company=document.text("company") if document.get("company") else "",
        cloud=document.part("cloud").all_texts(),
        files=document.part("files").all_texts(),
        environment={
            name: None if environment.get(name) is None else environment.text(name) for name in environment.names()
        },
    )


def _chosen(options: _Part) -> Chosen:
    lists = ("targets", "replace", "allow_replace", "allow_delete", "purge")
    taken = options.text("on_name_taken")
    if taken not in ("fail", "recover", "purge"):
        _wrong(options.path, f"options.on_name_taken is {taken!r}")
    return Chosen(
        refresh=options.flag("refresh"),
        dependents=options.flag("dependents"),
        continue_on_error=options.flag("continue_on_error"),
        on_name_taken=taken,
        **{name: options.texts(name) for name in lists},
    )


def _operation(item: _Part) -> Operation:
    return Operation(
        **{name: item.text(name) for name in ("op", "urn", "type", "name", "reason", "inputs")},
        keys=item.texts("keys"),
        steps=item.texts("steps"),
        diff=tuple(part.value for part in item.parts("diff")),
    )


class _Part:
    """A map of a document, where it is, and how to take typed values out of it; whatever is wrong is said with that."""

    def __init__(self, value: Any, where: str, path: Path) -> None:
        self.where, self.path = where, path
        if not isinstance(value, dict):
            _wrong(path, f"{where or 'it'} is no map")
        self.value: dict[str, Any] = value

    def get(self, name: str) -> Any:
        """Whatever is there."""
        return self.value.get(name)

    def names(self) -> Iterable[str]:
        """The map's keys."""
        return self.value.keys()

    def text(self, name: str) -> str:
        """A text."""
        return str(self._typed(name, str, "text"))

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._typed(name, bool, "true or false"))

    def number(self, name: str) -> int:
        """A whole number."""
        found = self._typed(name, int, "a whole number")
        if isinstance(found, bool):
            _wrong(self.path, f"{self._at(name)} is not a whole number")
        return int(found)

    def time(self, name: str) -> datetime:
        """A time with its zone."""
        try:
            found = datetime.fromisoformat(self.text(name))
        except ValueError:
            found = datetime.min
        if found.tzinfo is None:
            _wrong(self.path, f"{self._at(name)} is not a time")
        return found

    def part(self, name: str) -> _Part:
        """A map."""
        return _Part(self.value.get(name), self._at(name), self.path)

    def parts(self, name: str) -> list[_Part]:
        """A list of maps."""
        found = self._typed(name, list, "a list")
        return [_Part(item, f"{self._at(name)}[{number}]", self.path) for number, item in enumerate(found)]

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self._typed(name, list, "a list of texts")
        if not all(isinstance(item, str) for item in found):
            _wrong(self.path, f"{self._at(name)} is not a list of texts")
        return tuple(found)

    def all_texts(self) -> dict[str, str]:
        """The whole map, with nothing but texts in it."""
        return {name: self.text(name) for name in self.value}

    def _typed(self, name: str, kind: type, word: str) -> Any:
        found = self.value.get(name)
        if not isinstance(found, kind):
            _wrong(self.path, f"{self._at(name)} is {'missing' if name not in self.value else f'not {word}'}")
        return found

    def _at(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _wrong(path: Path, what: str) -> NoReturn:
    raise UsageError(
        f"{path} is no plan that could be applied: {what}",
        code="plan.damaged",
        hint="--plan takes what `modelform preview --out FILE` wrote, unchanged; make it anew.",
    )
