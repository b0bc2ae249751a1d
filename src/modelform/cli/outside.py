"""What the commands reach the world through, as one value: streams, environment, clock, and how a driver is opened."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TextIO

from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.cli.session import Session
    from modelform.drivers.driver import Driver


def _today() -> date:
    return datetime.now(UTC).date()


def _now() -> datetime:
    return datetime.now(UTC)


def _open_driver(session: Session) -> Driver:
    from modelform.cli.wiring import open_session_driver

    return open_session_driver(session)


@dataclass(frozen=True, slots=True)
class Outside:
    """The process's surroundings; a test gives others."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    today: Callable[[], date] = _today
    now: Callable[[], datetime] = _now
    open_driver: Callable[[Session], Driver] = _open_driver

    @property
    def interactive(self) -> bool:
        """May questions be asked: is there somebody at a terminal, and is this no pipeline?"""
        return _is_terminal(self.stdin) and _is_terminal(self.stderr) and "CI" not in self.environment


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


_CURRENT: ContextVar[Outside] = ContextVar("modelform.outside")


def outside() -> Outside:
    """The surroundings of the command that runs."""
    return _CURRENT.get()


def surround(value: Outside) -> None:
    """Sets the surroundings; once a process, or once a test."""
    _CURRENT.set(value)
    _OPENED.set(None)


_OPENED: ContextVar[Session | None] = ContextVar("modelform.session", default=None)


def remember(session: Session) -> None:
    """Keeps the session of the stack that was chosen."""
    _OPENED.set(session)


def opened() -> Session | None:
    """The session of the stack that the command which runs has chosen: what a failure is about."""
    return _OPENED.get()
