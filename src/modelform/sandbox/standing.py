"""What a sandbox's folder holds (`sandbox status`), and how it is emptied (`sandbox reset`)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from modelform.errors import LockedError, StateError
from modelform.record import dataclass
from modelform.sandbox.kinds import Evidence
from modelform.sandbox.providers import PROVIDERS
from modelform.sandbox.store import DATABASE, Store

EVIDENCE = "evidence.yaml"


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A resource type: how many there are, the api-versions it takes, and how well its behaviour is known."""

    type: str
    count: int
    versions: tuple[str, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sandbox holds; `file` does not exist before the first use."""

    file: Path
    exists: bool
    size: int
    subscriptions: tuple[str, ...]
    types: tuple[TypeRow, ...]
    deleted: int

    @property
    def resources(self) -> int:
        """How many resources there are."""
        return sum(row.count for row in self.types)


def status(data_dir: Path) -> Standing:
    """Looks into a sandbox's folder; raises `StateError` for a database that cannot be read."""
    file = data_dir / DATABASE
    counts: dict[str, int] = {}
    subscriptions: list[str] = []
    deleted = 0
    if file.exists():
        store = Store(file)
        try:
            with store.read() as view:
                counts, subscriptions, deleted = view.counts(), view.subscriptions(), view.deleted_count()
        finally:
            store.close()
    known = verified(data_dir / EVIDENCE)
    rows = tuple(
        TypeRow(kind.type, counts.get(kind.type, 0), kind.versions, known.get(kind.type.lower()) or str(kind.evidence))
        for provider in PROVIDERS
        for kind in provider.kinds
    )
    size = file.stat().st_size if file.exists() else 0
    return Standing(file, file.exists(), size, tuple(subscriptions), rows, deleted)


def verified(file: Path) -> dict[str, str]:
    """What `verify-azure` found out: `live-verified on DATE`, by type in lower case; nothing where it found nothing.

    Raises `StateError` for a file that is none of its.
    """
    if not file.exists():
        return {}
    import yaml

    try:
        types = yaml.safe_load(file.read_text())["types"]
        found = {str(name).lower(): str(row["evidence"]) for name, row in types.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            f"{file} is no evidence of `verify-azure`: {error}",
            code="sandbox.evidence",
            hint="Remove it, or put the file there that `modelform verify-azure` wrote.",
        ) from error
    return {name: text for name, text in found.items() if text.startswith(str(Evidence.LIVE))}


def reset(data_dir: Path) -> bool:
    """Removes a sandbox's database, whatever is the matter with it; False if there was none.

    Certificates and states beside it stay. Raises `LockedError` while anybody has it open, a server say, and
    `StateError` if a file cannot be removed.
    """
    if _is_open(data_dir / DATABASE):
        raise LockedError(
            f"the sandbox in {data_dir} is in use",
            code="sandbox.in-use",
            detail="`modelform sandbox serve` or another command has its database open.",
            hint="End it first; what it holds would go on living there, and nowhere else.",
        )
    files = [data_dir / f"{DATABASE}{ending}" for ending in ("", "-wal", "-shm", "-journal")]
    found = [file for file in files if file.exists()]
    for file in found:
        try:
            file.unlink()
        except OSError as error:
            raise StateError(f"{file} cannot be removed: {error.strerror}", code="sandbox.reset") from error
    return bool(found)


def _is_open(file: Path) -> bool:
    """Has anybody a database open? Whoever has keeps SQLite from ending the write-ahead log."""
    if not file.exists():
        return False
    try:
        connection = sqlite3.connect(file, timeout=0.2, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            connection.close()
    except sqlite3.Error as error:  # a damaged one is nobody's
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return False
