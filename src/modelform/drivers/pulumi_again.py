"""An error in the middle: which of ARM's answers are worth another run of the whole operation, and how long to wait.

The official azure-native plugin fails a resource at once where ARM says that an account is busy. What was made stays
in the state, so that another run goes on from there. The provider here asks again by itself, call by call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from modelform.azure.retries import Passing, passing
from modelform.drivers.pulumi_events import arm
from modelform.errors import Diagnostic

MOST_RUNS = 12
"""How often an operation is run at most; an account takes one write at a time, so that each run gets further."""
LIMIT = 3600.0
"""Seconds after which no further run is begun."""
MOST_FAULTS = 3
FIRST_WAIT, LONGEST_WAIT = 5.0, 60.0


def passes(found: Diagnostic) -> Passing | None:
    """Does an error of a resource pass by itself? None for quota, policy, validation, and what names no code of ARM.

    A create that was cut off by a fault may have been made, and is then refused as existing: that ends it.
    """
    text = f"{found.summary}\n{found.detail}"
    code, status = arm(text)
    return passing(status, code, text) if code or status else None


@dataclass
class Again:
    """The runs of one operation. `wait` sleeps until it is worth another one, or is woken by a Ctrl-C."""

    cancelled: threading.Event
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None
    first_wait: float = FIRST_WAIT
    runs: int = 0
    faults: int = 0
    began: float = field(default=-1.0)

    def reason(self, failures: Iterable[Diagnostic], progressed: bool) -> str:
        """Why another run is worth it, to be said; empty where it is not."""
        if self.began < 0:
            self.began = self.clock()
        self.runs += 1
        found = list(failures)
        why = [passes(one) for one in found]
        if not found or None in why or self.cancelled.is_set():
            return ""
        if progressed:
            self.faults = 0
        self.faults += Passing.FAULT in why
        if self.runs >= MOST_RUNS or self.faults > MOST_FAULTS or self.clock() - self.began > LIMIT:
            return ""
        codes = ", ".join(sorted({arm(f"{one.summary}\n{one.detail}")[0] or "a fault" for one in found}))
        many = f"{len(found)} resource{'s' if len(found) > 1 else ''} could not be changed for now ({codes})"
        return f"{many}: waiting {self.seconds:g} s, then run {self.runs + 1} goes on from what is done"

    @property
    def seconds(self) -> float:
        """How long the next wait is."""
        return float(min(self.first_wait * 2 ** max(self.runs - 1, 0), LONGEST_WAIT))

    def wait(self) -> bool:
        """Waits; False when it was interrupted meanwhile."""
        if self.sleep is not None:
            self.sleep(self.seconds)
        else:
            self.cancelled.wait(self.seconds)
        return not self.cancelled.is_set()
