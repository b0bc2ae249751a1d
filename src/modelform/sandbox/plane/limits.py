"""Rate limits: how many requests and tokens a deployment takes in its windows of time, counted in this process."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

from modelform.record import dataclass
from modelform.sandbox.exchange import Json

MANY = 10_000  # windows held before those that are over are forgotten
NEVER = 86_400.0  # seconds: a day
PLURALS = {"request": "requests", "token": "tokens"}


@dataclass(slots=True)
class Window:
    """What has been taken since `start`, until `end` (Unix seconds)."""

    start: float
    end: float
    used: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a request met: the headers that say so, and, if it is one too many, which limit and for how long."""

    headers: dict[str, str]
    exceeded: str = ""
    wait: float = 0.0


class Limits:
    """The windows of every deployment; safe for threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], Window] = {}

    def take(self, deployment: str, rules: Sequence[Json], tokens: int) -> Standing:
        """Takes one request of so many tokens, or none of it if a limit would be passed.

        `rules` are a deployment's `rateLimits`: `key` (request or token), `renewalPeriod` (seconds), `count`. A request
        that is larger than a whole limit is told to come back in a day, as Azure does: no window will ever take it.
        """
        now = self._clock()
        with self._lock:
            found = [
                (rule, self._window(deployment, rule, now), tokens if rule["key"] == "token" else 1) for rule in rules
            ]
            for rule, window, need in found:
                if window.used + need > rule["count"]:
                    wait = NEVER if need > rule["count"] else max(window.end - now, 0.001)
                    return Standing(_headers(found, now), str(rule["key"]), wait)
            for _, window, need in found:
                window.used += need
            return Standing(_headers(found, now))

    def _window(self, deployment: str, rule: Json, now: float) -> Window:
        name = (deployment, str(rule["key"]))
        window = self._windows.get(name)
        if window is None or not window.start <= now < window.end:
            if len(self._windows) > MANY:
                self._windows = {key: one for key, one in self._windows.items() if one.end > now}
            window = self._windows[name] = Window(now, now + float(rule["renewalPeriod"]))
        return window


def _headers(found: Sequence[tuple[Json, Window, float]], now: float) -> dict[str, str]:
    headers: dict[str, str] = {}
    for rule, window, _ in found:
        name = PLURALS[rule["key"]]
        headers[f"x-ratelimit-limit-{name}"] = str(int(rule["count"]))
        headers[f"x-ratelimit-remaining-{name}"] = str(max(int(rule["count"] - window.used), 0))
        headers[f"x-ratelimit-reset-{name}"] = str(math.ceil(window.end - now))
    return headers
