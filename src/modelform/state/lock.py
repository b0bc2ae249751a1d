"""The lock of a stack, as Pulumi's file backend has it: a file of one's own in the stack's lock folder.

Look for others, write, look again; whoever finds another one takes its own away and gives up. A file that a dead
process on this very machine left behind holds nobody off: it is taken away, and said so.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelform.errors import LockedError
from modelform.record import dataclass
from modelform.state import files
from modelform.state.model import timestamp

_PROC = Path("/proc")
_UNKNOWN = "unknown"
_FINISHED = ("Z", "X")  # a zombie runs no more, whether or not its parent has asked for it


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock. `machine` is this boot of this machine and its process space, `started` when `pid` began there.

    Pulumi's own locks have neither; of such an owner nobody can tell whether it lives.
    """

    path: Path
    username: str = ""
    hostname: str = ""
    pid: int = 0
    since: str = ""
    machine: str = ""
    started: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return f"an unreadable lock file, {self.path}"
        return f"{self.username}@{self.hostname} (pid {self.pid}) since {self.since}"

    @property
    def dead(self) -> bool:
        """Is it certain that the owner is gone? Only for a process of this very machine."""
        if not self.pid or not self.machine or (self.hostname, self.machine) != (_hostname(), _machine()):
            return False
        now = _started(self.pid)
        return not now or (now != self.started and _UNKNOWN not in (now, self.started))


@dataclass(slots=True)
class Held:
    """A lock that is held; `taken_over` are the dead owners whose locks were taken away."""

    path: Path
    taken_over: list[Owner] = field(default_factory=list)


@contextmanager
def hold(folder: Path, stack: str) -> Iterator[Held]:
    """Holds the lock of the stack whose lock files are in `folder`; `LockedError` when somebody else does."""
    held = Held(folder / f"{uuid.uuid4()}.json")
    _give_way(folder, stack, held)
    document = json.dumps(_myself(), separators=(",", ":")).encode()
    try:
        # Every file in the folder is a lock, so the unfinished one is written outside of it.
        files.create(held.path, document, folder.parent / f"{held.path.name}.tmp")
        _give_way(folder, stack, held)
        yield held
    finally:
        files.remove(held.path)


def owners(folder: Path) -> list[Owner]:
    """Everybody whose lock file is in the folder."""
    found = []
    for name in files.names(folder):
        if name.endswith(".json"):
            data = files.read(folder / name)
            if data is not None:
                found.append(_owner(folder / name, data))
    return found


def release(folder: Path) -> list[Owner]:
    """Takes all locks away, whoever holds them, and tells whose they were."""
    found = owners(folder)
    for owner in found:
        files.remove(owner.path)
    return found


def _give_way(folder: Path, stack: str, held: Held) -> None:
    others = [owner for owner in owners(folder) if owner.path != held.path]
    for owner in others:
        if owner.dead:
            files.remove(owner.path)
            held.taken_over.append(owner)
    living = [owner for owner in others if owner not in held.taken_over]
    if living:
        raise LockedError(
            f"stack {stack} is locked by {', and by '.join(str(owner) for owner in living)}",
            detail="Two operations on one stack at once would lose each other's changes. Nothing was changed.",
            hint=f"wait for it to end; if it is gone for certain: `modelform stack unlock -s {stack}`",
        )


def _owner(path: Path, data: bytes) -> Owner:
    try:
        document: dict[str, Any] = json.loads(data)
        return Owner(
            path,
            username=str(document.get("username", "")),
            hostname=str(document.get("hostname", "")),
            pid=int(document.get("pid", 0)),
            since=str(document.get("timestamp", "")),
            machine=str(document.get("machine", "")),
            started=str(document.get("started", "")),
        )
    except (ValueError, TypeError, AttributeError):
        # Whatever it says, it is a lock: an owner of whom nothing is known holds the stack until it is unlocked.
        return Owner(path)


def _myself() -> dict[str, Any]:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return {
        "pid": os.getpid(),
        "username": name,
        "hostname": _hostname(),
        "timestamp": timestamp(datetime.now(UTC)),
        "machine": _machine(),
        "started": _started(os.getpid()),
    }


def _hostname() -> str:
    return socket.gethostname()


def _machine() -> str:
    """This boot and this space of process ids (a container has its own); empty where neither can be told."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:
        with suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(["sysctl", "-n", "kern.boottime"], capture_output=True, text=True, timeout=5)
            return told.stdout.strip()
        return ""


def _started(pid: int) -> str:
    """When a process of this machine began, in a form that is only good for comparing; empty if it is gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except (PermissionError, OverflowError):
        pass
    try:
        # What follows the command, which is in parentheses and may hold anything: the third field and on, to the
        # 22nd, the start.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in _FINISHED else fields[19]
    except (OSError, IndexError):
        if (_PROC / "self/stat").exists():
            return _UNKNOWN
    try:
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return _UNKNOWN
    return told.stdout.strip()
