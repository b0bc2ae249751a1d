"""What the sandbox holds, in one SQLite file: resources, the soft-deleted, operations, names taken, quota used.

Every thread has a connection of its own; reads see the last committed state, writes are one immediate transaction each
and wait for one another, within the process and between processes.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any

from modelform.errors import StateError
from modelform.sandbox.records import Grave, Operation, Resource

__all__ = ["DATABASE", "Grave", "Operation", "Resource", "Store", "View", "folder", "unreadable"]

DATABASE = "sandbox.db"
SCHEMA = 1
APPLICATION = 0x4D464D53  # "MFMS", so that another program's database is never taken for ours
CHECKPOINT = 4000  # pages of the log that are written before they are moved into the file, which waits for the disk
WAIT = 60.0  # seconds that a writer waits for the others

# What outlives the resource that it hangs on, and is there again with the next one of that name.
LINGERING = ("Microsoft.Insights/diagnosticSettings",)

COLUMNS = "key,id,type,name,subscription,grp,parent,location,body,secrets,etag,created,modified,author,state,ready,busy"
_NAMES = tuple(COLUMNS.split(","))
# An update in place, and of what can change only: a replaced row would be taken out of every index and put back again.
_FIXED = ("key", "id", "type", "subscription", "grp", "parent")
PUT = (
    f"INSERT INTO resources ({COLUMNS}) VALUES ({','.join('?' * len(_NAMES))}) ON CONFLICT (key) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _FIXED)
)
TABLES = f"""
CREATE TABLE resources (
  key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, subscription TEXT NOT NULL,
  grp TEXT NOT NULL, parent TEXT NOT NULL, location TEXT NOT NULL, body TEXT NOT NULL, secrets TEXT NOT NULL,
  etag TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL, author TEXT NOT NULL, state TEXT NOT NULL,
  ready REAL NOT NULL, busy REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX resources_parent ON resources (parent, type);
CREATE INDEX resources_type ON resources (subscription, type);
CREATE INDEX resources_leaving ON resources (ready) WHERE state = 'Deleting';
CREATE TABLE deleted (
  grave TEXT NOT NULL, deleted REAL NOT NULL, purge REAL NOT NULL,
  {", ".join(c + (" REAL" if c in ("created", "modified", "ready", "busy") else " TEXT") for c in COLUMNS.split(","))},
  PRIMARY KEY (grave, key)) WITHOUT ROWID;
CREATE INDEX deleted_purge ON deleted (purge);
CREATE TABLE operations (
  id TEXT PRIMARY KEY, subscription TEXT NOT NULL, resource TEXT NOT NULL, verb TEXT NOT NULL, style TEXT NOT NULL,
  version TEXT NOT NULL, started REAL NOT NULL, ends REAL NOT NULL, error TEXT) WITHOUT ROWID;
CREATE TABLE taken (
  scope TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE INDEX taken_owner ON taken (owner);
CREATE TABLE quota (
  owner TEXT PRIMARY KEY, subscription TEXT NOT NULL, location TEXT NOT NULL, usage TEXT NOT NULL,
  amount INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX quota_usage ON quota (subscription, location, usage);
CREATE TABLE subscriptions (id TEXT PRIMARY KEY, created REAL NOT NULL) WITHOUT ROWID;
"""


def folder(place: Path) -> Path:
    """The sandbox's folder, made where it is not there; raises `StateError` where it cannot be."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"the sandbox's folder {place} cannot be made: {error.strerror}", code="sandbox.folder"
        ) from error
    return place


class Store:
    """The database: `read()` and `write()` give a `View` for the length of a `with`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._local = threading.local()
        self._writing = threading.Lock()  # SQLite's own waiting polls; threads of one process queue here instead
        self._open: list[sqlite3.Connection] = []
        # With its last connection closed the database is one file; a process does not look for garbage when it ends.
        weakref.finalize(self, _close, self._open)
        self._prepare()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.file, timeout=WAIT, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA synchronous = NORMAL")  # what is committed outlives the process, killed or not
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
            self._local.connection, self._local.reserved = connection, False
            self._open.append(connection)
        return connection

    def _prepare(self) -> None:
        try:
            connection = self._connection()
            found = _pragma(connection, "user_version"), _pragma(connection, "application_id")
            if found == (0, 0):
                self._create(connection)
                found = _pragma(connection, "user_version"), _pragma(connection, "application_id")
        except sqlite3.DatabaseError as error:
            raise _refused(self.file, error) from error
        if found[1] != APPLICATION:
            raise unreadable(self.file, "it is not a sandbox's database")
        if found[0] != SCHEMA:
            raise StateError(
                f"the sandbox's database {self.file} has version {found[0]}, and this modelform reads version {SCHEMA}",
                code="sandbox.version",
                hint="run `modelform sandbox reset` to start with an empty sandbox, or use the modelform that made it",
            )

    def _create(self, connection: sqlite3.Connection) -> None:
        _into_wal(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _pragma(connection, "user_version") == 0:
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise unreadable(self.file, "it is not a sandbox's database")
                for statement in TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    @contextmanager
    def read(self) -> Iterator[View]:
        """One consistent view of what is committed."""
        connection = self._connection()
        if self._local.reserved:  # what is begun is a consistent view already
            yield View(connection)
            return
        connection.execute("BEGIN")
        try:
            yield View(connection)
        finally:
            connection.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[View]:
        """One transaction: all of it is kept, or, if an exception leaves the block, none."""
        connection = self._connection()
        if self._local.reserved:
            self._local.reserved = False
        else:
            self._begin(connection)
        try:
            yield View(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has SQLite roll back by itself
                connection.execute("ROLLBACK")
            raise
        finally:
            self._writing.release()

    def _begin(self, connection: sqlite3.Connection) -> None:
        self._writing.acquire()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._writing.release()
            raise

    @contextmanager
    def reserved(self) -> Iterator[bool]:
        """Begins this thread's next `write` beforehand, without waiting; False if somebody else is writing."""
        free = self._writing.acquire(blocking=False) and self._reserve()
        try:
            yield free
        finally:
            if free and self._local.reserved:  # nothing was written
                self._local.reserved = False
                self._local.connection.execute("ROLLBACK")
                self._writing.release()

    def _reserve(self) -> bool:
        try:
            connection = self._connection()
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                connection.execute("BEGIN IMMEDIATE")
            finally:
                connection.execute(f"PRAGMA busy_timeout = {WAIT * 1000:.0f}")
        except sqlite3.Error:  # whoever waits for his turn hears of what is not mere waiting
            self._writing.release()
            return False
        self._local.reserved = True
        return True

    def due(self, now: float) -> bool:
        """Is there a deletion or a purge whose time has come?"""
        return View(self._connection()).due(now)

    def close(self) -> None:
        """Closes every thread's connection."""
        _close(self._open)
        self._local = threading.local()


def _close(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def unreadable(file: Path, why: str) -> StateError:
    """What is said of a database that cannot be read."""
    return StateError(
        f"the sandbox's database {file} cannot be read: {why}",
        code="sandbox.unreadable",
        hint="run `modelform sandbox reset` to start with an empty sandbox",
    )


def _refused(file: Path, error: sqlite3.DatabaseError) -> StateError:
    """What is said where SQLite does not open a database: one that is held, or that may not be written, is whole."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        hint = "another process holds it: wait for that to end, and run the command again"
    elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        hint = "let whoever runs modelform read and write it, and its folder"
    elif code == sqlite3.SQLITE_FULL:
        hint = "make room on the disk, and run the command again"
    else:
        return unreadable(file, str(error))
    return StateError(f"the sandbox's database {file} cannot be used: {error}", code="sandbox.unusable", hint=hint)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _into_wal(connection: sqlite3.Connection) -> None:
    """Switches to the write-ahead log; SQLite does not wait by itself while another process does the same."""
    deadline = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class View:
    """Reads and, within `Store.write`, writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    # resources

    def get(self, key: str) -> Resource | None:
        """A resource by its key."""
        row = self._db.execute(f"SELECT {COLUMNS} FROM resources WHERE key = ?", (key,)).fetchone()
        return None if row is None else _resource(row)

    def standing(self, key: str) -> tuple[str, float] | None:
        """A resource's state, and until when: less work than all of it."""
        row = self._db.execute("SELECT state, ready FROM resources WHERE key = ?", (key,)).fetchone()
        return None if row is None else (str(row[0]), float(row[1]))

    def put(self, resource: Resource) -> None:
        """Adds or replaces a resource."""
        self._db.execute(PUT, _row(resource))

    def busy(self, key: str, until: float) -> None:
        """Keeps others from writing below a resource until a moment."""
        self._db.execute("UPDATE resources SET busy = max(busy, ?) WHERE key = ?", (until, key))

    def children(self, parent: str, type: str | None = None, *, after: str = "", limit: int = -1) -> list[Resource]:
        """The resources directly below a key, by their keys; those of one type if it is given."""
        return self._select(
            "parent = ?" + (" AND type = ?" if type else ""), [parent, *([type] if type else [])], after, limit
        )

    def of_type(self, subscription: str, type: str, *, after: str = "", limit: int = -1) -> list[Resource]:
        """A subscription's resources of a type."""
        return self._select("subscription = ? AND type = ?", [subscription, type], after, limit)

    def below(self, key: str) -> list[Resource]:
        """Every resource under a key, parents before their children."""
        return self._select("key > ? AND key < ?", [key + "/", key + "0"], "", -1)

    def due(self, now: float) -> bool:
        """Is there a deletion or a purge whose time has come?"""
        row = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM resources INDEXED BY resources_leaving WHERE state = 'Deleting' "
            "AND ready <= ?1) OR EXISTS (SELECT 1 FROM deleted WHERE purge <= ?1)",
            (now,),
        ).fetchone()
        return bool(row[0])

    def leaving(self, now: float) -> list[Resource]:
        """The resources whose deletion is done by now."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM resources INDEXED BY resources_leaving WHERE state = 'Deleting' AND ready <= ?",
            (now,),
        )
        return [_resource(row) for row in rows]

    def number(self, subscription: str, type: str, location: str, kind: str) -> int:
        """How many resources of a type and a kind (as its body says) a subscription has in a region."""
        row = self._db.execute(
            "SELECT count(*) FROM resources WHERE subscription = ? AND type = ? AND location = ? "
            "AND json_extract(body, '$.kind') = ?",
            (subscription, type, location, kind),
        ).fetchone()
        return int(row[0])

    def _select(self, where: str, values: list[Any], after: str, limit: int) -> list[Resource]:
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM resources WHERE {where} AND key > ? ORDER BY key LIMIT ?", (*values, after, limit)
        )
        return [_resource(row) for row in rows]

    def drop(self, key: str) -> None:
        """Removes a resource and everything under it but what lingers, with the names and the quota that they held."""
        for one in [*(r.key for r in self.below(key) if r.type not in LINGERING), key]:
            self.release(one)
            self._db.execute("DELETE FROM resources WHERE key = ?", (one,))

    # the soft-deleted

    def bury(self, resource: Resource, grave: str, now: float, purge: float) -> None:
        """Moves a resource and everything under it but what lingers among the deleted; names and quota stay held."""
        for one in [resource, *(r for r in self.below(resource.key) if r.type not in LINGERING)]:
            marks = ",".join("?" * (3 + len(COLUMNS.split(","))))
            self._db.execute(
                f"INSERT OR REPLACE INTO deleted (grave,deleted,purge,{COLUMNS}) VALUES ({marks})",
                (grave, now, purge, *_row(one)),
            )
            self._db.execute("DELETE FROM resources WHERE key = ?", (one.key,))

    def grave(self, grave: str) -> Grave | None:
        """A soft-deleted resource by the id of its grave."""
        rows = self.graves(grave, exact=True)
        return rows[0] if rows else None

    def graves(self, prefix: str, *, exact: bool = False) -> list[Grave]:
        """The soft-deleted resources whose grave begins with a prefix (without their children)."""
        where, value = ("grave = ?", prefix) if exact else ("substr(grave, 1, length(?1)) = ?1", prefix)
        rows = self._db.execute(
            f"SELECT grave, deleted, purge, {COLUMNS} FROM deleted AS d WHERE {where} "
            "AND NOT EXISTS (SELECT 1 FROM deleted AS up WHERE up.grave = d.grave AND up.key = d.parent) "
            "ORDER BY grave",
            (value,),
        )
        return [Grave(row[0], _resource(row[3:]), row[1], row[2]) for row in rows]

    def unbury(self, grave: str) -> None:
        """Brings a soft-deleted resource and everything under it back."""
        self._db.execute(
            f"INSERT OR REPLACE INTO resources ({COLUMNS}) SELECT {COLUMNS} FROM deleted WHERE grave = ?", (grave,)
        )
        self._db.execute("DELETE FROM deleted WHERE grave = ?", (grave,))

    def purge(self, grave: str) -> None:
        """Removes a soft-deleted resource for good, and gives back what it held."""
        for (key,) in self._db.execute("SELECT key FROM deleted WHERE grave = ?", (grave,)).fetchall():
            self.release(key)
        self._db.execute("DELETE FROM deleted WHERE grave = ?", (grave,))

    def overdue(self, now: float) -> list[str]:
        """The graves whose time is up."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT grave FROM deleted WHERE purge <= ?", (now,))]

    # names and quota

    def holder(self, scope: str, name: str) -> str | None:
        """The key of the resource that holds a name in a scope."""
        row = self._db.execute("SELECT owner FROM taken WHERE scope = ? AND name = ?", (scope, name.lower())).fetchone()
        return None if row is None else str(row[0])

    def take(self, scope: str, name: str, owner: str) -> None:
        """Lets a resource hold a name."""
        self._db.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?)", (scope, name.lower(), owner))

    def release(self, owner: str) -> None:
        """Gives back every name and all quota that a resource holds."""
        self._db.execute("DELETE FROM taken WHERE owner = ?", (owner,))
        self._db.execute("DELETE FROM quota WHERE owner = ?", (owner,))

    def use(self, owner: str, subscription: str, location: str, usage: str, amount: int) -> None:
        """Writes down what a resource uses of a quota, in place of what it used before."""
        self._db.execute(
            "INSERT OR REPLACE INTO quota VALUES (?, ?, ?, ?, ?)", (owner, subscription, location, usage, amount)
        )

    def used(self, subscription: str, location: str) -> dict[str, int]:
        """What is used in a region, by usage name, the soft-deleted included."""
        rows = self._db.execute(
            "SELECT usage, sum(amount) FROM quota WHERE subscription = ? AND location = ? GROUP BY usage",
            (subscription, location),
        )
        return {name: int(amount) for name, amount in rows}

    def used_of(self, subscription: str, location: str, usage: str) -> int:
        """What is used of one quota in a region, the soft-deleted included."""
        row = self._db.execute(
            "SELECT coalesce(sum(amount), 0) FROM quota WHERE subscription = ? AND location = ? AND usage = ?",
            (subscription, location, usage),
        ).fetchone()
        return int(row[0])

    def use_of(self, owner: str) -> tuple[str, int]:
        """The usage name and amount that a resource holds; an empty name if none."""
        row = self._db.execute("SELECT usage, amount FROM quota WHERE owner = ?", (owner,)).fetchone()
        return ("", 0) if row is None else (str(row[0]), int(row[1]))

    # operations and subscriptions

    def begin(self, operation: Operation) -> None:
        """Adds an operation; those that ended more than a day before it are forgotten."""
        self._db.execute("DELETE FROM operations WHERE ends < ?", (operation.started - 86400,))
        error = None if operation.error is None else json.dumps(operation.error)
        values = [getattr(operation, name) for name in ("id", "subscription", "resource", "verb", "style", "version")]
        self._db.execute(
            "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, operation.started, operation.ends, error),
        )

    def operation(self, id: str) -> Operation | None:
        """An operation by its id."""
        row = self._db.execute("SELECT * FROM operations WHERE id = ?", (id,)).fetchone()
        if row is None:
            return None
        values = [*row]
        values[-1] = json.loads(values[-1]) if values[-1] else None
        return Operation(*values)

    def subscriptions(self) -> list[str]:
        """The subscriptions touched so far."""
        return [row[0] for row in self._db.execute("SELECT id FROM subscriptions ORDER BY created, id")]

    def subscribe(self, subscription: str, now: float) -> None:
        """Writes down that a subscription exists."""
        self._db.execute("INSERT OR IGNORE INTO subscriptions VALUES (?, ?)", (subscription, now))

    def counts(self) -> dict[str, int]:
        """How many resources of each type there are."""
        rows = self._db.execute("SELECT type, count(*) FROM resources GROUP BY type ORDER BY type")
        return {name: int(number) for name, number in rows}

    def deleted_count(self) -> int:
        """How many soft-deleted resources there are."""
        return int(self._db.execute("SELECT count(DISTINCT grave) FROM deleted").fetchone()[0])


_values = attrgetter(*_NAMES)
_written = json.JSONEncoder(separators=(",", ":")).encode
_read = json.JSONDecoder().decode


def _row(resource: Resource) -> tuple[Any, ...]:
    values = list(_values(resource))
    values[8], values[9] = _written(resource.body), _written(resource.secrets) if resource.secrets else "{}"
    return tuple(values)


def _resource(row: tuple[Any, ...]) -> Resource:
    values = list(row)
    values[8], values[9] = _read(row[8]), {} if row[9] == "{}" else _read(row[9])
    return Resource(*values)
