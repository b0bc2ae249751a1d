"""A cloud in a folder, and a process that can be killed at any point while it works on it.

What is there outlives the process, as a cloud does: a file a thing, and a line for each one that was ever made.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelform.engine import Options, Outcome
from modelform.engine.deployment import Stop
from modelform.engine.goal import Goal
from modelform.engine.registration import Registrar
from modelform.engine.run import operate
from modelform.errors import ProviderError
from modelform.plan import PropertyDiff
from modelform.seam import CheckFailure, CheckResult, CreateResult, DiffChanges, DiffResult, ReadResult
from modelform.state import Folder, Passphrase, Snapshot
from modelform.values import UNKNOWN, Properties, Secret, bare

PROJECT, STACK = "test", "dev"
ROOT = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{STACK}"
THING = "test:index:Thing"
NUMBER = 30


def urn(name: str) -> str:
    return f"urn:pulumi:{STACK}::{PROJECT}::{THING}::{name}"


class Reaper:
    """Counts the points at which a process may die, and kills this one at the one it was told."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.count = 0

    def point(self) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Cloud:
    """Things as files; ids are made up, so that two of a kind can be there."""

    def __init__(self, folder: Path, reaper: Reaper) -> None:
        self.folder = folder
        self.reaper = reaper
        folder.mkdir(parents=True, exist_ok=True)

    def made(self) -> list[str]:
        """The URN of each thing that was ever made."""
        log = self.folder / "made"
        return log.read_text().split() if log.exists() else []

    def things(self) -> dict[str, dict[str, Any]]:
        return {path.stem: json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))}

    def put(self, identity: str, thing: dict[str, Any]) -> None:
        (self.folder / f"{identity}.json").write_text(json.dumps(thing))

    def new(self, urn: str, inputs: Properties) -> str:
        made = self.made()
        identity = f"thing-{len(made) + 1}"
        self.put(identity, {"urn": urn, "inputs": inputs})
        (self.folder / "made").write_text("\n".join([*made, urn]))
        return identity

    def remove(self, identity: str) -> None:
        (self.folder / f"{identity}.json").unlink(missing_ok=True)


class Things:
    """The provider of package `test`; `key` forces a replacement, `out` is computed from it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        return CheckResult(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        return DiffResult(DiffChanges.NONE)

    def configure(self, inputs: Properties) -> None:
        pass

    def check(self, urn: str, type: str, olds: Properties, news: Properties, seed: bytes) -> CheckResult:
        return CheckResult(news)

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
        keys = tuple(
            key for key in sorted(old_inputs.keys() | news.keys()) if bare(old_inputs.get(key)) != bare(news.get(key))
        )
        return DiffResult(
            DiffChanges.SOME if keys else DiffChanges.NONE,
            replaces=tuple(key for key in keys if key == "key"),
            diffs=keys,
            detailed={key: PropertyDiff("update-replace" if key == "key" else "update") for key in keys},
        )

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        if preview:
            return CreateResult("", {**inputs, "out": UNKNOWN})
        self.cloud.reaper.point()
        identity = self.cloud.new(urn, bare(inputs))
        self.cloud.reaper.point()
        return CreateResult(identity, {**inputs, "out": str(bare(inputs["key"]))})

    def read(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        found = self.cloud.things().get(id)
        if found is None:
            return ReadResult("", None, {})
        return ReadResult(id, found["inputs"], {**found["inputs"], "out": str(found["inputs"]["key"])})

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
        if not preview:
            self.cloud.reaper.point()
            if id not in self.cloud.things():
                raise ProviderError(f"there is no {id}")
            self.cloud.put(id, {"urn": urn, "inputs": bare(news)})
            self.cloud.reaper.point()
        return {**news, "out": str(bare(news["key"]))}

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        self.cloud.reaper.point()
        self.cloud.remove(id)
        self.cloud.reaper.point()

    def locate(self, urn: str, type: str, inputs: Properties) -> str | None:
        wanted = {"urn": urn, "inputs": bare(inputs)}
        same = [identity for identity, thing in self.cloud.things().items() if thing == wanted]
        return max(same, key=lambda identity: int(identity.rpartition("-")[2]), default=None)

    def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, tuple[CheckFailure, ...]]:
        return {}, ()

    def close(self) -> None:
        pass


class Place:
    """A state folder and a cloud, and one who works on them."""

    def __init__(self, folder: Path, crypter: Passphrase, at: int = 0) -> None:
        self.states = Folder(folder / "state")
        self.crypter = crypter
        self.reaper = Reaper(at)
        self.cloud = Cloud(folder / "cloud", self.reaper)
        self.writes = 0
        self.taken_over = 0

    def load(self) -> Snapshot:
        return self.states.load(PROJECT, STACK, self.crypter)

    def write(self, snapshot: Snapshot) -> None:
        """The engine's journal: a point before each write, and the write itself is atomic."""
        self.reaper.point()
        self.states.save(PROJECT, STACK, snapshot, self.crypter)
        self.writes += 1

    def operate(self, operation: Any, key: int = 0) -> Outcome:
        """Runs an operation under the stack's lock, as a driver does."""
        with self.states.lock(PROJECT, STACK) as held:
            self.taken_over = len(held.taken_over)
            self.reaper.point()
            return operate(
                operation,
                (lambda registrar: declare(registrar, key)) if operation == "up" else None,
                project=PROJECT,
                stack=STACK,
                config={},
                secrets=set(),
                base=self.load(),
                providers=lambda package, version: Things(self.cloud),
                journal=self,
                on_event=lambda event: None,
                options=Options(parallel=1),
            )


def goals(key: int, known: dict[str, str]) -> Iterator[Goal]:
    """Thirty things, each but the first with an input from an earlier one; a change of `key` replaces all of them."""
    yield Goal("pulumi:pulumi:Stack", f"{PROJECT}-{STACK}", False)
    for number in range(NUMBER):
        inputs: Properties = {"key": key, "word": Secret("hidden") if number % 5 == 0 else number}
        needs = f"thing{number // 3 - 1}" if number >= 3 else ""
        if needs:
            inputs["from"] = known[needs]
        yield Goal(
            THING,
            f"thing{number}",
            True,
            inputs,
            parent=ROOT,
            dependencies=(urn(needs),) if needs else (),
            property_dependencies={name: (urn(needs),) if name == "from" else () for name in inputs},
        )


def declare(registrar: Registrar, key: int) -> None:
    known: dict[str, str] = {}
    for goal in goals(key, known):
        try:
            known[goal.name] = registrar.register(goal).resource.outputs.get("out", "")
        except Stop:
            return
