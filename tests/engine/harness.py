"""A cloud in memory, its provider, and a bench that runs operations of the engine on them."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pulumi

from modelform.engine import Options, Outcome, run
from modelform.errors import ProviderError, UnsupportedError
from modelform.plan import Event, PropertyDiff
from modelform.seam import CheckFailure, CheckResult, CreateResult, DiffChanges, DiffResult, ReadResult
from modelform.state import Resource, Snapshot, integrity
from modelform.values import UNKNOWN, Properties, bare

STACK = "urn:pulumi:dev::test::pulumi:pulumi:Stack::test-dev"


def urn(name: str, kind: str = "test:index:Thing") -> str:
    return f"urn:pulumi:dev::test::{kind}::{name}"


def short(value: str) -> str:
    """The name at the end of a URN."""
    return value.split("::", 3)[3] if value.startswith("urn:") else value


class Cloud:
    """What exists, by id, and every call that changed it or looked at it; `on` runs before a call and may raise."""

    def __init__(self) -> None:
        self.things: dict[str, Properties] = {}
        self.calls: list[tuple[str, str]] = []
        self.on: Callable[[str, str], None] = lambda call, name: None
        self.configured: list[Properties] = []
        self.made = 0
        self.closed = 0
        self.can_locate = True
        self.new_provider_replaces = False
        self.lock = threading.Lock()

    def provider(self, package: str, version: str) -> CloudProvider:
        self.made += 1
        return CloudProvider(self, version)

    def called(self, call: str) -> list[str]:
        return [name for kind, name in self.calls if kind == call]


class CloudProvider:
    """The provider of package `test`: `fixed*` inputs force a replacement, `out` is computed from `value`."""

    def __init__(self, cloud: Cloud, version: str) -> None:
        self.cloud = cloud
        self.version = version
        self.settings: Properties | None = None

    def _note(self, call: str, name: str) -> None:
        with self.cloud.lock:
            self.cloud.calls.append((call, name))
        self.cloud.on(call, name)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        failures = (CheckFailure("region", "no such region"),) if news.get("region") == "moon" else ()
        return CheckResult(news, failures)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        changed = tuple(sorted(k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k)))
        replaces = changed if self.cloud.new_provider_replaces else ()
        return DiffResult(DiffChanges.SOME if changed else DiffChanges.NONE, replaces=replaces, diffs=changed)

    def configure(self, inputs: Properties) -> None:
        assert self.settings is None, "configured twice"
        self.settings = inputs
        self.cloud.configured.append(inputs)

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
        if "undecided" in news:
            return DiffResult(DiffChanges.UNKNOWN)
        changed = tuple(
            sorted(k for k in old_inputs.keys() | news.keys() if bare(old_inputs.get(k)) != bare(news.get(k)))
        )
        detailed = {k: PropertyDiff("update-replace" if k.startswith("fixed") else "update") for k in changed}
        return DiffResult(
            DiffChanges.SOME if changed else DiffChanges.NONE,
            replaces=tuple(k for k in changed if k.startswith("fixed")),
            diffs=changed,
            detailed=detailed,
            delete_before_replace=True,
        )

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        assert self.settings is not None, "used before it was configured"
        if preview:
            return CreateResult("", {**inputs, "out": UNKNOWN})
        name = short(urn)
        self._note("create", name)
        with self.cloud.lock:
            if f"/{name}" in self.cloud.things:
                raise ProviderError(f"{name} exists already")
            self.cloud.things[f"/{name}"] = bare(inputs)
        return CreateResult(f"/{name}", {**bare(inputs), "out": f"out of {name}"})

    def read(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        self._note("read", short(id))
        found = self.cloud.things.get(id)
        if found is None:
            return ReadResult("", None, {})
        return ReadResult(id, dict(found), {**found, "out": f"out of {id[1:]}"})

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
        self._note("update", short(urn))
        self.cloud.things[id] = bare(news)
        return {**bare(news), "out": f"out of {id[1:]}"}

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        assert self.settings is not None, "used before it was configured"
        self._note("delete", short(urn))
        self.cloud.things.pop(id, None)

    def locate(self, urn: str, type: str, inputs: Properties) -> str | None:
        if not self.cloud.can_locate:
            raise UnsupportedError("cannot tell")
        self._note("locate", short(urn))
        found = f"/{short(urn)}"
        return found if found in self.cloud.things else None

    def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, tuple[CheckFailure, ...]]:
        self._note("invoke", token)
        if token.endswith(":missing"):
            return {}, (CheckFailure("name", "there is none"),)
        return {"echo": arguments.get("text", "")}, ()

    def close(self) -> None:
        self.cloud.closed += 1


class Bench:
    """Runs operations one after the other, and checks after each what must hold after every one."""

    def __init__(self, **config: str) -> None:
        self.cloud = Cloud()
        self.snapshot = Snapshot()
        self.writes: list[Snapshot] = []
        self.events: list[Event] = []
        self.config = {key.replace("__", ":"): text for key, text in config.items()}
        self.secret_config: list[str] = []
        self.on_write: Callable[[Snapshot], None] = lambda snapshot: None

    def write(self, snapshot: Snapshot) -> None:
        assert integrity.check(snapshot) == []
        self.on_write(snapshot)
        self.writes.append(snapshot)

    def run(self, operation: Any, program: Callable[[], Any] | None = None, **options: Any) -> Outcome:
        self.events, self.writes, self.cloud.calls = [], [], []

        def declare() -> Awaitable[None] | None:
            made = program() if program else None
            return made if inspect.isawaitable(made) else None

        outcome = run(
            operation,
            declare if program else None,
            project="test",
            stack="dev",
            config=self.config,
            config_secrets=self.secret_config,
            base=self.snapshot,
            providers=self.cloud.provider,
            journal=self,
            on_event=self.events.append,
            options=Options(**options),
        )
        assert integrity.check(outcome.snapshot) == []
        assert operation != "preview" or not self.writes
        if operation != "preview":
            self.snapshot = outcome.snapshot
        return outcome

    def up(self, program: Callable[[], Any] | None = None, **options: Any) -> Outcome:
        return self.run("up", program or (lambda: None), **options)

    def preview(self, program: Callable[[], Any], **options: Any) -> Outcome:
        return self.run("preview", program, **options)

    def good(self, program: Callable[[], Any], **options: Any) -> Outcome:
        outcome = self.up(program, **options)
        assert outcome.ok, [str(d) for d in outcome.diagnostics]
        return outcome

    def resource(self, name: str) -> Resource:
        found = [r for r in self.snapshot.resources if short(r.urn) == name and not r.delete]
        assert len(found) == 1, f"{name} is there {len(found)} times"
        return found[0]

    def names(self) -> list[str]:
        """The resources that are in the state, without the stack and default providers."""
        return [short(r.urn) for r in self.snapshot.resources if r.type.startswith("test:")]

    def last(self) -> Snapshot:
        return self.writes[-1]


def steps(outcome: Outcome) -> list[str]:
    """The steps as `op name`, without the stack's."""
    return [f"{s.op} {s.name}" for s in outcome.steps if s.urn != STACK]


def errors(outcome: Outcome) -> list[str]:
    return [d.summary for d in outcome.diagnostics if d.severity == "error"]


class Thing(pulumi.CustomResource):
    out: pulumi.Output[str]
    value: pulumi.Output[Any]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("test:index:Thing", name, {**inputs, "out": None}, opts)


class Other(pulumi.CustomResource):
    out: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("test:index:Other", name, {**inputs, "out": None}, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **outputs: Any) -> None:
        super().__init__("test:index:Group", name, {}, opts)
        self.register_outputs(outputs)


class TestProvider(pulumi.ProviderResource):
    __test__ = False

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("test", name, inputs, opts)


Opts = pulumi.ResourceOptions
