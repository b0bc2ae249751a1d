"""Runs operations on a world and a state, and looks at every write: it is sound, and the codec gives it back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings

from modelform.engine import Options, Outcome, run
from modelform.engine.deployment import Stop
from modelform.engine.registration import Registrar
from modelform.engine.run import operate
from modelform.state import Snapshot, codec, integrity
from modelform.values import UNKNOWN, bare, equal

from .programs import FOUND, Program, as_pulumi, goals
from .states import Start
from .world import Fate, Thing, Things, World

Moment = tuple[Snapshot, tuple[dict[str, Thing], int]]


def cases(number: int) -> settings:
    """How many cases a property is tried with: `--property-cases` has the last word."""
    wanted = int(os.environ.get("MODELFORM_PROPERTY_CASES", "0"))
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=wanted or number, deadline=None, suppress_health_check=checks)


class Bench:
    """A world, a state, and every moment of the last operation at which a process could have been killed."""

    def __init__(self, world: World | None = None, sdk: bool = False, parallel: int = 1) -> None:
        self.world = world or World()
        for identity in FOUND:
            self.world.exist(identity, "", {"size": 1, "key": 1, "tier": "basic"})
        self.sdk = sdk
        self.parallel = parallel
        self.snapshot = Snapshot()
        self.written = self.snapshot
        self.writes = 0
        self.moments: list[Moment] = []
        self.retained: set[str] = set()
        self.world.moment = self._moment

    @staticmethod
    def at(start: Start) -> Bench:
        """A bench with a generated state and its world."""
        bench = Bench(start.world)
        bench.snapshot = bench.written = start.snapshot
        return bench

    def fork(self, moment: Moment | None = None) -> Bench:
        """Another bench with a copy of the world: as it is, or as it was at a moment."""
        kept = World(can_locate=self.world.can_locate, keeps_secrets=self.world.keeps_secrets)
        other = Bench(kept, self.sdk, self.parallel)
        snapshot, things = moment or (self.snapshot, self.world.taken())
        other.snapshot = other.written = snapshot
        other.retained = set(self.retained)
        kept.restore(things)
        return other

    def write(self, snapshot: Snapshot) -> None:
        """The journal of the engine."""
        problems = integrity.check(snapshot)
        assert not problems, problems
        assert_kept_by_the_codec(snapshot)
        self.written = snapshot
        self.writes += 1
        self.retained.update(r.id for r in snapshot.resources if r.retain_on_delete)
        self._note_hosts(snapshot)
        self._moment()

    def _moment(self) -> None:
        self.moments.append((self.written, self.world.taken()))

    def _note_hosts(self, snapshot: Snapshot) -> None:
        """What is deleted with another thing is in it, for as long as it lives: in the one that was there first."""
        for resource in snapshot.resources:
            if resource.deleted_with and resource.id in self.world.things:
                hosts = [r for r in snapshot.resources if r.urn == resource.deleted_with]
                hosts = [r for r in hosts if r.delete == resource.delete] or hosts
                self.world.things[resource.id].setdefault("within", hosts[-1].id)

    def operate(
        self, operation: Any, program: Program | None = None, fates: dict[int, Fate] | None = None, **options: Any
    ) -> Outcome:
        """Runs an operation in which the calls with these numbers end as said."""
        self.world.begin(fates or {})
        self.writes, self.moments = 0, []
        self._moment()
        common: dict[str, Any] = {
            "project": "test",
            "stack": "dev",
            "config": {},
            "base": self.snapshot,
            "providers": lambda package, version: Things(self.world),
            "journal": self,
            "on_event": lambda event: None,
            "options": Options(parallel=self.parallel, **options),
        }
        if self.sdk and program is not None:
            outcome = run(operation, as_pulumi(program), config_secrets=[], **common)
        else:
            outcome = operate(operation, _declaring(program), secrets=set(), **common)
        assert not any(d.code == "engine.fault" for d in outcome.diagnostics), list(outcome.diagnostics)
        assert integrity.check(outcome.snapshot) == []
        if operation == "preview":
            assert self.writes == 0
            assert self.world.mutations() == []
        else:
            if self.writes:
                assert outcome.snapshot.resources == self.written.resources
            self.snapshot = outcome.snapshot
        return outcome

    def forgotten(self) -> set[str]:
        """What exists in the world, was made by us, was not to be kept, and no state knows of."""
        known = {r.id for r in self.snapshot.resources if not r.pending_replacement}
        known |= {r.id for r in self.snapshot.resources if r.pending_replacement and r.deleted_with}
        kept = self.retained | set(FOUND)
        for _ in self.world.things:
            kept |= {other for other, thing in self.world.things.items() if thing.get("within") in kept}
        return self.world.things.keys() - known - kept

    def lost(self) -> set[str]:
        """What the state knows of and the world does not have: it went with something that it is no longer said to."""
        mine = {r.id for r in self.snapshot.resources if r.id and not r.type.startswith("pulumi:")}
        return mine - self.world.things.keys()

    def facts(self) -> Any:
        """The end state: what resources are, without ids and times, and what things there are for them.

        Whether an output is a secret hangs on the way there: an input that is no secret any more changes nothing.
        """
        resources = []
        for r in self.snapshot.resources:
            if r.type.startswith("pulumi:"):
                continue
            thing = self.world.things.get(r.id, {}).get("inputs")
            fixed = r.with_(
                outputs=bare(r.outputs),
                id="",
                created="",
                modified="",
                provider="",
                dependencies=tuple(sorted(r.dependencies)),
            )
            resources.append((r.urn, r.delete, fixed, thing))
        return sorted(resources, key=lambda found: (found[0], found[1]))


def _declaring(program: Program | None) -> Callable[[Registrar], None] | None:
    if program is None:
        return None

    def declare(registrar: Registrar) -> None:
        known: dict[str, Any] = {}
        for declared, goal in goals(program, lambda name: known.get(name, UNKNOWN)):
            try:
                answer = registrar.register(goal)
            except Stop:
                return
            if declared is not None and not answer.unknown and answer.result == "success":
                known[declared.name] = answer.resource.outputs.get("out", UNKNOWN)
        registrar.deployment.stack_outputs = {name: out for name, out in known.items() if out is not UNKNOWN}

    return declare


def assert_kept_by_the_codec(snapshot: Snapshot) -> None:
    """A state that was written and read again says the same."""
    read = codec.decode(codec.encode(snapshot, _hide), _show)
    assert len(read.resources) == len(snapshot.resources)
    for before, after in zip(snapshot.resources, read.resources, strict=True):
        assert equal(before.inputs, after.inputs)
        assert equal(before.outputs, after.outputs)
        assert before.with_(inputs={}, outputs={}) == after.with_(inputs={}, outputs={})
    pending = [(op.type, op.resource.urn, op.resource.id) for op in snapshot.pending_operations]
    assert pending == [(op.type, op.resource.urn, op.resource.id) for op in read.pending_operations]
    assert replace(read, resources=[], pending_operations=[]) == replace(snapshot, resources=[], pending_operations=[])


def _hide(text: str) -> str:
    return text[::-1]


def _show(text: str) -> str:
    return text[::-1]
