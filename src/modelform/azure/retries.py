"""Which answers of ARM pass by themselves, and how long to wait before asking again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import time


class Passing(StrEnum):
    """Why it may go better next time.

    Conflicts and throttling are waited for as long as there is time: they say that somebody else comes first. Faults
    (5xx, dropped connections) are tried ten times, some 40 seconds: what fails that often does not pass.
    """

    CONFLICT = "conflict"
    THROTTLED = "throttled"
    FAULT = "fault"


BUSY = frozenset(
    {
        "RequestConflict",
        "AnotherOperationInProgress",
        "AccountProvisioningStateInvalid",
        "StorageAccountOperationInProgress",
    }
)
FAULTS = frozenset({408, 500, 502, 503, 504})
MOST_FAULTS = 10
FIRST_WAIT, LONGEST_WAIT, LONGEST_CONFLICT_WAIT = 0.05, 30.0, 5.0


def passing(status: int, code: str, message: str) -> Passing | None:
    """Does the answer pass by itself? None for what stays wrong: quota, policy, validation, names that are taken."""
    if code in BUSY:  # 409 mostly; ARM sends some of them as 400, and AnotherOperationInProgress as 429
        return Passing.CONFLICT
    if code == "Conflict" and "in conflicting state" in message:
        return Passing.CONFLICT
    if status == 429:
        return Passing.THROTTLED
    return Passing.FAULT if status in FAULTS else None


def retry_after(headers: Mapping[str, str], now: Callable[[], float] = time) -> float | None:
    """The seconds that a response asks to wait, from a number, a date, or milliseconds; header names in lower case."""
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if (found := _number(headers.get(name))) is not None:
            return found / 1000
    text = headers.get("retry-after")
    if (found := _number(text)) is not None or not text:
        return found
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(text).timestamp() - now(), 0.0)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        found = float(text) if text else None
    except ValueError:
        return None
    return found if found is not None and 0 <= found < 86400 else None


@dataclass
class Backoff:
    """The waits of one request: doubling from 50 ms, each between half and all of it, `Retry-After` before all."""

    random: Callable[[], float]
    faults: int = 0
    tries: int = field(default=0)

    def wait(self, why: Passing, asked: float | None) -> float | None:
        """How long to wait now; None when it was tried often enough."""
        if why is Passing.FAULT:
            self.faults += 1
            if self.faults >= MOST_FAULTS:
                return None
        longest = LONGEST_CONFLICT_WAIT if why is Passing.CONFLICT else LONGEST_WAIT
        wait = min(FIRST_WAIT * 2 ** min(self.tries, 12), longest)
        self.tries += 1
        if asked:
            return asked
        return float(wait * (0.5 + self.random() / 2))
