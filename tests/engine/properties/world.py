"""A cloud that fails when it is told to, and the provider in front of it.

Package `test`: `key` forces a replacement, `dbr` asks for the old one to go first, `out` is computed from `key`. Ids
are made up by the cloud, so that two of a kind can be there at the same time and nothing is adopted by accident.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

from modelform.errors import ProviderError, UnsupportedError
from modelform.plan import PropertyDiff
from modelform.seam import CheckFailure, CheckResult, CreateResult, DiffChanges, DiffResult, ReadResult
from modelform.values import UNKNOWN, Properties, Secret, bare

Fate = Literal["refused", "fault", "partial"]
Thing = dict[str, Any]
MUTATIONS = frozenset({"create", "update", "delete"})


class World:
    """What exists, by id. `fates` says which of the calls, counted from 0 in one operation, end badly."""

    def __init__(self, *, can_locate: bool = True, keeps_secrets: bool = True) -> None:
        self.things: dict[str, Thing] = {}
        self.serial = 0
        self.can_locate = can_locate
        self.keeps_secrets = keeps_secrets
        self.calls: list[tuple[str, str]] = []
        self.fates: dict[int, Fate] = {}
        self.reads = False
        self.moment: Callable[[], None] = lambda: None

    def __repr__(self) -> str:
        return f"World(can_locate={self.can_locate}, keeps_secrets={self.keeps_secrets}, {self.things})"

    def begin(self, fates: dict[int, Fate]) -> None:
        """Another operation starts."""
        self.calls, self.fates = [], fates

    def exist(self, identity: str, urn: str, inputs: Properties) -> None:
        """Something that nobody of ours has made."""
        self.things[identity] = {"urn": urn, "inputs": dict(inputs)}

    def taken(self) -> tuple[dict[str, Thing], int]:
        """A copy of all that exists."""
        return copy.deepcopy(self.things), self.serial

    def restore(self, copied: tuple[dict[str, Thing], int]) -> None:
        self.things, self.serial = copy.deepcopy(copied[0]), copied[1]

    def mutations(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] in MUTATIONS]

    def called(self, kind: str, urn: str) -> Fate | None:
        """Counts a call and says what becomes of it."""
        self.calls.append((kind, urn))
        return self.fates.get(len(self.calls) - 1)

    def remove(self, identity: str) -> None:
        """A thing goes, and with it what is in it."""
        self.things.pop(identity, None)
        for other in [other for other, thing in self.things.items() if thing.get("within") == identity]:
            self.remove(other)


def outputs_of(inputs: Properties) -> Properties:
    return {**inputs, "out": f"of {bare(inputs).get('key', 0)}"}


class Things:
    """The provider."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accepts_secrets = world.keeps_secrets

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        return CheckResult(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        return DiffResult(DiffChanges.NONE)

    def configure(self, inputs: Properties) -> None:
        pass

    def check(self, urn: str, type: str, olds: Properties, news: Properties, seed: bytes) -> CheckResult:
        failures = (CheckFailure("bad", "is not allowed"),) if "bad" in news else ()
        return CheckResult({"tier": "basic", **news}, failures)

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
        if "vague" in news:
            return DiffResult(DiffChanges.UNKNOWN)
        keys = sorted(
            key
            for key in old_inputs.keys() | news.keys()
            if key not in ignore_changes and bare(old_inputs.get(key)) != bare(news.get(key))
        )
        return DiffResult(
            DiffChanges.SOME if keys else DiffChanges.NONE,
            replaces=tuple(key for key in keys if key == "key"),
            diffs=tuple(keys),
            detailed={key: PropertyDiff("update-replace" if key == "key" else "update") for key in keys},
            delete_before_replace=bare(news.get("dbr")) is True,
        )

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        if preview:
            return CreateResult("", {**inputs, "out": UNKNOWN})
        fate = self._call("create", urn)
        self.world.serial += 1
        identity = f"{urn.rsplit('::', 1)[1]}.{self.world.serial}"
        self.world.things[identity] = {"urn": urn, "inputs": bare(inputs)}
        self.world.moment()
        if fate == "partial":
            raise ProviderError("does not come up", reasons=("ill",), partial=(identity, inputs, outputs_of(inputs)))
        return CreateResult(identity, outputs_of(inputs))

    def read(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        if self.world.reads:
            self._call("read", urn)
        found = self.world.things.get(id)
        if found is None:
            return ReadResult("", None, {})
        if not self.accepts_secrets:
            return ReadResult(id, dict(found["inputs"]), outputs_of(found["inputs"]))
        kept = {key: isinstance(outputs.get(key), Secret) for key in found["inputs"]}
        marked = {key: Secret(item) if kept[key] else item for key, item in found["inputs"].items()}
        return ReadResult(id, marked, outputs_of(marked))

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
            return {**news, "out": olds.get("out", UNKNOWN)}
        fate = self._call("update", urn)
        if id not in self.world.things:
            raise ProviderError(f"there is no {id}")
        self.world.things[id]["inputs"] = bare(news)
        self.world.moment()
        if fate == "partial":
            raise ProviderError("does not come up", reasons=("ill",), partial=(id, news, outputs_of(news)))
        return outputs_of(news)

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        self._call("delete", urn)
        self.world.remove(id)
        self.world.moment()

    def locate(self, urn: str, type: str, inputs: Properties) -> str | None:
        if not self.world.can_locate:
            raise UnsupportedError("cannot tell")
        same = [i for i, thing in self.world.things.items() if (thing["urn"], thing["inputs"]) == (urn, bare(inputs))]
        return max(same, key=lambda identity: int(identity.rpartition(".")[2]), default=None)

    def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, tuple[CheckFailure, ...]]:
        return {}, ()

    def close(self) -> None:
        pass

    def _call(self, kind: str, urn: str) -> Fate | None:
        """Counts a call; what is refused has changed nothing."""
        fate = self.world.called(kind, urn)
        if fate == "refused" or (fate == "partial" and kind not in ("create", "update")):
            raise ProviderError(f"{kind} refused")
        if fate == "fault":
            raise ValueError(f"{kind} broke")
        return fate
