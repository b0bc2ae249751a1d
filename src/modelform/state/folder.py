"""A folder of states in the layout of Pulumi's file backend: load, save, lock, history, backups, export and import.

`<root>/.pulumi/` holds `meta.yaml`, `stacks/`, `history/`, `backups/` and `locks/`. Everything in it is for its owner
only, and the Pulumi CLI reads and writes it too (`PULUMI_BACKEND_URL=file://<root>`).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelform.errors import StateError, UnsupportedError
from modelform.record import dataclass
from modelform.state import codec, faults, files, history, integrity
from modelform.state import lock as locks
from modelform.state.history import HistoryRecord
from modelform.state.model import SecretsProvider, Snapshot, timestamp
from modelform.state.secrets import Passphrase

LAYOUT = 1
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class StackEntry:
    """A stack that has a state: when it was last written, how many resources there are, and who holds it.

    `problem` says why its state could not be read; then `resources` is -1.
    """

    project: str
    stack: str
    path: Path
    updated: str
    resources: int
    locked_by: tuple[locks.Owner, ...] = ()
    problem: str = ""


class Folder:
    """The states under one root; every method may raise `StateError`, and none leaves a half-written file behind.

    Nothing is made on the disk before the first write. Methods may be called from several threads.
    """

    def __init__(self, root: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self.root = root
        self._base = root / ".pulumi"
        self._clock = clock
        self._mutex = threading.Lock()
        self._encoders: dict[tuple[str, str], tuple[Passphrase, codec.Encoder, integrity.Watch]] = {}

    def path(self, project: str, stack: str) -> Path:
        """Where a stack's state is, or would be."""
        _require_names(project, stack)
        return self._base / "stacks" / project / f"{stack}.json"

    def exists(self, project: str, stack: str) -> bool:
        """Has the stack a state?"""
        return self._read(project, stack) is not None

    def stacks(self) -> list[StackEntry]:
        """Every stack that has a state, by project and name."""
        self._require_layout()
        folder = self._base / "stacks"
        return [
            self._entry(project, name.removesuffix(".json"))
            for project in files.names(folder)
            if (folder / project).is_dir()
            for name in files.names(folder / project)
            if name.endswith(".json")
        ]

    def load(self, project: str, stack: str, crypter: Passphrase) -> Snapshot:
        """The state, decrypted and checked; an empty one where there is none yet."""
        raw = self._read(project, stack)
        if raw is None:
            return Snapshot()
        return self._decode(raw, str(self.path(project, stack)), project, stack, crypter)

    def warm(self, project: str, stack: str, crypter: Passphrase) -> None:
        """Starts deriving the key that a `load` or `save` soon after will want, beside whatever is done meanwhile."""
        raw = self._read(project, stack)
        if raw is not None:
            source = str(self.path(project, stack))
            provider = codec.secrets_provider(codec.parse(raw, source), source)
            crypter.at(provider.salt if provider else "").warm()

    def prove(self, snapshot: Snapshot, crypter: Passphrase) -> None:
        """Makes sure, before anything is begun, that a `save` of this state has its passphrase; else `StateError`."""
        provider = snapshot.secrets_providers
        (crypter.at(provider.salt) if provider else crypter).verify()

    def save(self, project: str, stack: str, snapshot: Snapshot, crypter: Passphrase) -> None:
        """Puts a state in the place of the one before, which is kept as `.bak`. The caller holds the lock.

        The passphrase is proved first. A state that breaks the rules is written all the same, since it says what was
        done to the cloud; then `StateError` tells of it.
        """
        path = self.path(project, stack)
        with self._mutex:
            self._prepare()
            encoder, watch = self._tools(project, stack, snapshot.secrets_providers, crypter)
            data = encoder.checkpoint(snapshot, f"organization/{project}/{stack}", lambda: crypter.provider)
            previous = path.with_name(path.name + ".bak")
            files.replace(path, data, previous)
            if not watch.holds(snapshot):
                integrity.require(
                    snapshot,
                    str(path),
                    f"this is a defect of modelform: please report it; the state before is {previous}",
                    "The state was written, since it says what was done, but no command will take it as it is:",
                )

    def lock(self, project: str, stack: str) -> AbstractContextManager[locks.Held]:
        """Holds the stack's lock for as long as the context lasts; `LockedError` when somebody else has it."""
        folder = self._locks(project, stack)
        self._prepare()
        return locks.hold(folder, stack)

    def owners(self, project: str, stack: str) -> list[locks.Owner]:
        """Who holds the stack's lock now."""
        return locks.owners(self._locks(project, stack))

    def unlock(self, project: str, stack: str) -> list[locks.Owner]:
        """Takes all locks of the stack away, and tells whose they were."""
        return locks.release(self._locks(project, stack))

    def history(self, project: str, stack: str) -> list[HistoryRecord]:
        """What was done to the stack, the newest first."""
        return history.read(self._part("history", project, stack))

    def add_history(self, project: str, stack: str, record: HistoryRecord) -> None:
        """Records an operation that has ended, with a copy of the state as it is now."""
        self._prepare()
        folder = self._part("history", project, stack)
        history.add(folder, stack, record, self.path(project, stack), self._clock())

    def backup(self, project: str, stack: str) -> Path | None:
        """Copies the state into the stack's backups; None where there is no state."""
        if not self.exists(project, stack):
            return None
        target = self._part("backups", project, stack) / f"{stack}.{self._clock()}.json"
        history.copy(self.path(project, stack), target)
        return target

    def export(self, project: str, stack: str) -> dict[str, Any]:
        """The document of `stack export`: the state as it is on the disk, secrets encrypted, nothing left out."""
        source = str(self.path(project, stack))
        raw = self._read(project, stack)
        if raw is None:
            raise StateError(
                f"stack {stack} has no state yet ({source})", code="state.none", hint="`modelform up` makes one"
            )
        deployment = codec.parse(raw, source)
        document = json.loads(raw)
        features = {"features": document["features"]} if document.get("features") else {}
        return {"version": document["version"], **features, "deployment": deployment}

    def import_(
        self,
        project: str,
        stack: str,
        document: bytes | str | Mapping[str, Any],
        crypter: Passphrase,
        source: str = "the document",
    ) -> Snapshot:
        """Makes an exported document (or a state file) the stack's state; the one before goes into the backups.

        Checked as a state is when it is loaded. The caller holds the lock.
        """
        snapshot = self._decode(document, source, project, stack, crypter)
        self.backup(project, stack)
        self.save(project, stack, snapshot, crypter)
        return snapshot

    def remove(self, project: str, stack: str, force: bool = False) -> None:
        """Forgets a stack: its state becomes the `.bak`, its history goes. The caller holds the lock.

        With `force` even a state that still has resources, which are then nobody's.
        """
        path = self.path(project, stack)
        raw = self._read(project, stack)
        if raw is not None and not force and codec.parse(raw, str(path)).get("resources"):
            raise StateError(
                f"stack {stack} still has resources",
                code="state.not-empty",
                detail="Without their state nobody manages them any more, and they cost what they cost.",
                hint="`modelform destroy` first",
            )
        if raw is not None:
            files.replace(path.with_name(path.name + ".bak"), raw)
            files.remove(path)
        files.remove_folder(self._part("history", project, stack))

    def digest(self, project: str, stack: str) -> str:
        """SHA-256 of the state file, hexadecimal; empty where there is none. It changes with every write."""
        raw = self._read(project, stack)
        return "" if raw is None else hashlib.sha256(raw).hexdigest()

    def _part(self, part: str, project: str, stack: str) -> Path:
        _require_names(project, stack)
        return self._base / part / project / stack

    def _locks(self, project: str, stack: str) -> Path:
        _require_names(project, stack)
        return self._base / "locks" / "organization" / project / stack

    def _read(self, project: str, stack: str) -> bytes | None:
        path = self.path(project, stack)
        self._require_layout()
        raw = files.read(path)
        for ending, name in ((".gz", "gzip"), (".zst", "zstd")):
            packed = path.with_name(path.name + ending)
            # Of several forms of a state, Pulumi takes the one that was written last.
            if packed.exists() and (raw is None or packed.stat().st_mtime_ns >= path.stat().st_mtime_ns):
                raise codec.compressed(str(packed), name)
        return raw

    def _decode(
        self, raw: bytes | str | Mapping[str, Any], source: str, project: str, stack: str, crypter: Passphrase
    ) -> Snapshot:
        deployment = codec.parse(raw, source)
        provider = codec.secrets_provider(deployment, source)
        own = crypter.at(provider.salt) if provider else crypter
        snapshot = codec.decode_deployment(deployment, own.decrypt, source)
        integrity.require(snapshot, source, faults.WAY_OUT)
        _require_stack(snapshot, source, project, stack)
        return snapshot

    def _tools(
        self, project: str, stack: str, provider: SecretsProvider | None, crypter: Passphrase
    ) -> tuple[codec.Encoder, integrity.Watch]:
        """What writes this stack, with what it kept from the write before; the passphrase is proved here."""
        own = crypter.at(provider.salt) if provider else crypter
        own.verify()
        known = self._encoders.get((project, stack))
        if known is None or known[0] is not own:
            known = self._encoders[(project, stack)] = (own, codec.Encoder(own.encrypt), integrity.Watch())
        return known[1], known[2]

    def _prepare(self) -> None:
        """Makes the folder one of states, as the Pulumi CLI does on its first use."""
        self._require_layout()
        meta = self._base / "meta.yaml"
        if not meta.exists():
            files.create(meta, f"version: {LAYOUT}\n".encode())

    def _require_layout(self) -> None:
        meta = self._base / "meta.yaml"
        raw = files.read(meta)
        if raw is None:
            old = [name for name in files.names(self._base / "stacks") if name.endswith(".json")]
            if old:
                raise _other_layout(self._base, "0 (stacks without a project)", "`pulumi state upgrade` moves it on")
            return
        match = re.fullmatch(rb"\s*version:\s*(\d+)\s*", raw)
        if match is None:
            raise StateError(
                f"{meta} does not say which layout the folder has",
                code="state.layout",
                hint=f"if there is a folder for each project in {self._base / 'stacks'}, it is `version: {LAYOUT}`",
            )
        version = int(match.group(1))
        if version < LAYOUT:
            raise _other_layout(self._base, str(version), "`pulumi state upgrade` moves it on")
        if version > LAYOUT:
            raise _other_layout(self._base, str(version), f"use a newer modelform, or {faults.ALONE}")

    def _entry(self, project: str, stack: str) -> StackEntry:
        path = self._base / "stacks" / project / f"{stack}.json"
        problem, count, updated = "", -1, ""
        try:
            updated = timestamp(datetime.fromtimestamp(path.stat().st_mtime, UTC))
            resources = codec.parse(files.read(path) or b"", str(path)).get("resources") or []
            count = len(resources)
        except (StateError, UnsupportedError, OSError, TypeError) as error:
            problem = str(error)
        return StackEntry(project, stack, path, updated, count, tuple(self.owners(project, stack)), problem)


def _other_layout(base: Path, version: str, hint: str) -> UnsupportedError:
    return UnsupportedError(
        f"{base} has the layout of version {version}, and this engine has {LAYOUT}", code="state.layout", hint=hint
    )


def _require_names(project: str, stack: str) -> None:
    """Names become parts of paths, so nothing but a plain name may pass."""
    for what, name in (("project", project), ("stack", stack)):
        if not _NAME.fullmatch(name):
            raise StateError(
                f"{name!r} cannot be the name of a {what}",
                code="state.name",
                hint="letters, digits, `-`, `_` and `.` may be in it, and `.` not at its start",
            )


def _require_stack(snapshot: Snapshot, source: str, project: str, stack: str) -> None:
    """A file of another stack would make an operation delete everything in it, and make it anew under other names."""
    prefix = f"urn:pulumi:{stack}::{project}::"
    for resource in snapshot.resources:
        if not resource.urn.startswith(prefix):
            raise StateError(
                f"{source} is not the state of stack {stack} in project {project}: it has {resource.urn}",
                code="state.other-stack",
                hint="nothing was changed; a stack is renamed with the Pulumi CLI (`pulumi stack rename`)",
            )
