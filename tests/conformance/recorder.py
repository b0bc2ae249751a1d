"""The recording provider: package `rec`, whose one type `rec:index:Thing` obeys properties that a scenario sets.

Its world is a dictionary, id to properties. Properties whose name starts with `key` force a replacement and the one
called `key` is part of the id; `dbr` asks for the old one to go first; `bad` fails the check; `failCreate`,
`failUpdate` and `failDelete` fail that call. `out` and `rev` are computed.
"""

from __future__ import annotations

import threading
from typing import Any

from modelform.errors import ProviderError, UnsupportedError
from modelform.plan import PropertyDiff
from modelform.seam import CheckFailure, CheckResult, CreateResult, DiffChanges, DiffResult, ReadResult
from modelform.values import UNKNOWN, Properties, Reference, Secret, bare

COMPUTED = frozenset({"out", "rev"})
Call = dict[str, Any]


def spelled(value: Any) -> Any:
    """A value as recordings spell it: secrets and unknowns as tagged objects."""
    if isinstance(value, Secret):
        return {"$secret": spelled(value.value)}
    if value is UNKNOWN:
        return {"$unknown": True}
    if isinstance(value, Reference):
        return {"urn": value.urn, "id": spelled(value.id)}
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list) else value


def name_of(urn: str) -> str:
    return urn.split("::", 3)[3]


class Recorder:
    """The provider of one scenario: `world` outlives the steps, `calls` are those since the last `take_calls`."""

    accepts_secrets = True

    def __init__(self) -> None:
        self.world: dict[str, Properties] = {}
        self.calls: list[Call] = []
        self.configured = 0
        self._lock = threading.Lock()

    def edit(self, changes: dict[str, Any]) -> None:
        """What happens to the world behind the engine's back: sets things, or removes them with None."""
        for identity, properties in changes.items():
            if properties is None:
                self.world.pop(identity, None)
            else:
                self.world[identity] = properties

    def take_calls(self) -> list[Call]:
        calls, self.calls = self.calls, []
        return calls

    def _record(self, **call: Any) -> None:
        self.calls.append(call)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        return CheckResult(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        return DiffResult(DiffChanges.NONE)

    def configure(self, inputs: Properties) -> None:
        self.configured += 1

    def check(self, urn: str, type: str, olds: Properties, news: Properties, seed: bytes) -> CheckResult:
        failures = (CheckFailure("bad", "bad is not allowed"),) if "bad" in news else ()
        return CheckResult(news, failures)

    def diff(
        self,
        urn: str,
        type: str,
        id: str,
        olds: Properties,
        old_inputs: Properties,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        old = {key: item for key, item in olds.items() if key not in COMPUTED}
        changed = sorted(
            key
            for key in old.keys() | news.keys()
            if key not in ignore_changes and spelled(bare(old.get(key))) != spelled(bare(news.get(key)))
        )
        detailed = {}
        for key in changed:
            kind = "add" if key not in old else "delete" if key not in news else "update"
            detailed[key] = PropertyDiff(f"{kind}-replace" if key.startswith("key") else kind)
        return DiffResult(
            DiffChanges.SOME if changed else DiffChanges.NONE,
            replaces=tuple(key for key in changed if key.startswith("key")),
            diffs=tuple(changed),
            detailed=detailed,
            delete_before_replace=bool(spelled(bare(news.get("dbr", False)))),
        )

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        if preview:
            return CreateResult("", {**inputs, "out": UNKNOWN, "rev": 1})
        name, key = name_of(urn), str(bare(inputs).get("key", "0"))
        identity = f"{name}/{key}"
        with self._lock:
            if "failCreate" in inputs:
                self._record(call="create", name=name, inputs=spelled(inputs), failed=True)
                raise ProviderError("create refused")
            self._record(call="create", name=name, inputs=spelled(inputs), id=identity)
            self.world[identity] = {**bare(inputs), "out": f"out-{key}", "rev": 1}
        return CreateResult(identity, {**inputs, "out": f"out-{key}", "rev": 1})

    def read(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        with self._lock:
            self._record(call="read", id=id)
            found = self.world.get(id)
        if found is None:
            return ReadResult("", {}, {})
        return ReadResult(id, {key: item for key, item in found.items() if key not in COMPUTED}, dict(found))

    def update(
        self,
        urn: str,
        type: str,
        id: str,
        olds: Properties,
        old_inputs: Properties,
        news: Properties,
        timeout: float,
        ignore_changes: tuple[str, ...],
        preview: bool,
    ) -> Properties:
        if preview:
            return {**news, "out": olds.get("out", UNKNOWN), "rev": UNKNOWN}
        with self._lock:
            if "failUpdate" in news:
                self._record(call="update", id=id, news=spelled(news), failed=True)
                raise ProviderError("update refused")
            self._record(call="update", id=id, news=spelled(news))
            key = str(bare(news).get("key", "0"))
            computed = {"out": f"out-{key}", "rev": int(self.world.get(id, {}).get("rev", 1)) + 1}
            self.world[id] = {**bare(news), **computed}
        return {**news, **computed}

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        with self._lock:
            if "failDelete" in outputs:
                self._record(call="delete", id=id, failed=True)
                raise ProviderError("delete refused")
            self._record(call="delete", id=id)
            self.world.pop(id, None)

    def locate(self, urn: str, type: str, inputs: Properties) -> str | None:
        raise UnsupportedError("the recording provider cannot tell what a create has left behind")

    def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, tuple[CheckFailure, ...]]:
        return {}, (CheckFailure("", f"there is no function {token}"),)

    def close(self) -> None:
        pass
