"""What a caller of the engine sees: outcomes, events, writes."""

from __future__ import annotations

import threading
from typing import Any

import pulumi
import pytest

from modelform.errors import ModelformError, ProviderError, StateError, UnsupportedError
from modelform.plan import Op
from modelform.state import Snapshot
from modelform.values import UNKNOWN, Secret

from .harness import STACK, Bench, Group, Opts, Thing, errors, steps, urn


def two() -> None:
    a = Thing("a", value=1)
    Thing("b", value=a.out)


def test_makes_what_a_program_declares_and_then_nothing() -> None:
    bench = Bench()
    outcome = bench.good(two)
    assert steps(outcome) == ["create a", "create b"]
    assert outcome.applied
    assert bench.resource("b").inputs == {"tier": "basic", "value": "out of a"}
    assert bench.resource("b").property_dependencies == {"value": (urn("a"),)}
    again = bench.good(two)
    assert steps(again) == ["same a", "same b"]
    assert again.summary == {"same": 3}
    assert not again.applied
    assert bench.writes == []
    assert again.snapshot is bench.snapshot


def test_a_preview_knows_what_is_not_known() -> None:
    bench = Bench()

    def program() -> None:
        a = Thing("a", value=1)
        b = Thing("b", value=a.out)
        pulumi.export("of", b.value)
        pulumi.export("known", 1)

    outcome = bench.preview(program)
    assert outcome.outputs == {"of": UNKNOWN, "known": 1}
    assert outcome.steps[2].new["value"] is UNKNOWN
    assert bench.cloud.calls == []


def test_tells_of_each_step_when_it_starts_and_when_it_ends() -> None:
    bench = Bench()
    bench.good(two)
    told = [(e.kind, e.step.name) for e in bench.events if e.step]
    assert told == [
        ("started", "test-dev"),
        ("done", "test-dev"),
        ("started", "a"),
        ("done", "a"),
        ("started", "b"),
        ("done", "b"),
    ]
    assert [e.kind for e in bench.events][-2:] == ["outputs", "summary"]
    assert all(e.seconds >= 0 for e in bench.events)


def test_writes_before_and_after_each_call() -> None:
    bench = Bench()
    seen: list[tuple[str, list[str], list[str]]] = []

    def on(call: str, name: str) -> None:
        pending = [f"{op.type} {op.resource.urn.split('::')[-1]}" for op in bench.last().pending_operations]
        seen.append((f"{call} {name}", pending, [r.urn.split("::")[-1] for r in bench.last().resources][2:]))

    bench.cloud.on = on
    bench.good(two)
    assert seen == [("create a", ["creating a"], []), ("create b", ["creating b"], ["a"])]
    assert bench.last().pending_operations == []
    seen.clear()
    bench.run("destroy")
    assert seen == [("delete b", ["deleting b"], ["a", "b"]), ("delete a", ["deleting a"], ["a"])]
    assert bench.snapshot.resources == []


def test_what_changes_only_in_the_state_is_written_once() -> None:
    bench = Bench()
    bench.good(lambda: [Thing(f"t{i}") for i in range(5)])
    outcome = bench.good(lambda: [Thing(f"t{i}", Opts(protect=True)) for i in range(5)])
    assert outcome.summary == {"same": 6}
    assert len(bench.writes) == 1
    assert all(bench.resource(f"t{i}").protect for i in range(5))


def test_steps_that_run_at_once_share_writes() -> None:
    bench = Bench()
    barrier = threading.Barrier(8, timeout=20)
    bench.cloud.on = lambda call, name: barrier.wait()
    bench.good(lambda: [Thing(f"t{i}") for i in range(8)], parallel=8)
    assert len(bench.names()) == 8


def test_runs_no_more_steps_at_once_than_asked_for() -> None:
    bench, running, most = Bench(), 0, 0
    lock = threading.Lock()

    def on(call: str, name: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1

    bench.cloud.on = on
    bench.good(lambda: [Thing(f"t{i}") for i in range(12)], parallel=3)
    assert most <= 3
    most = 0
    bench.run("destroy", parallel=3)
    assert most <= 3
    assert bench.snapshot.resources == []


def test_a_failed_step_stops_the_rest_and_says_so_once() -> None:
    bench = Bench()

    def on(call: str, name: str) -> None:
        if name == "a":
            raise ProviderError("quota is used up", code="quota", hint="ask for more")

    bench.cloud.on = on
    outcome = bench.up(two)
    assert not outcome.ok
    assert not outcome.applied
    [diagnostic] = outcome.diagnostics
    assert (diagnostic.code, diagnostic.summary, diagnostic.urn) == ("quota", "quota is used up", urn("a"))
    assert bench.names() == []
    assert bench.snapshot.pending_operations == []
    [failed] = [e for e in bench.events if e.kind == "failed"]
    assert failed.diagnostic == diagnostic


def test_a_fault_in_a_provider_fails_its_step_only() -> None:
    bench = Bench()

    def on(call: str, name: str) -> None:
        if name == "a":
            raise ZeroDivisionError("division by zero")

    bench.cloud.on = on
    outcome = bench.up(lambda: Thing("a"))
    assert errors(outcome) == ["division by zero"]
    assert outcome.diagnostics[0].code == "provider.fault"


def test_a_program_that_raises_gives_one_finding_and_keeps_what_it_made() -> None:
    bench = Bench()
    bench.good(lambda: (Thing("a"), Thing("b"), pulumi.export("x", 1), pulumi.export("y", 1)))

    def program() -> None:
        Thing("a", value=2)
        pulumi.export("x", 2)
        raise KeyError("no such model")

    outcome = bench.up(program)
    assert not outcome.ok
    [diagnostic] = outcome.diagnostics
    assert diagnostic.code == "program.failed"
    assert "no such model" in diagnostic.summary
    assert bench.resource("a").inputs["value"] == 2
    assert bench.names() == ["a", "b"]
    assert outcome.outputs == {"x": 2, "y": 1}
    assert bench.resource("test-dev").outputs == {"x": 2, "y": 1}


def test_our_own_error_out_of_a_program_stays_what_it_is() -> None:
    def program() -> None:
        raise ModelformError("the policy forbids it", code="policy.x", hint="change it")

    outcome = Bench().up(program)
    assert [d.code for d in outcome.diagnostics] == ["policy.x"]


def test_debug_lets_the_exception_through() -> None:
    def program() -> None:
        raise KeyError("no such model")

    with pytest.raises(KeyError):
        Bench().up(program, debug=True)


def test_outputs_of_a_stack_replace_the_old_ones_and_keep_secrets() -> None:
    bench = Bench()
    bench.good(lambda: pulumi.export("old", 1))
    outcome = bench.good(lambda: pulumi.export("key", pulumi.Output.secret("hunter2")))
    assert outcome.outputs == {"key": Secret("hunter2")}
    assert bench.resource("test-dev").outputs == {"key": Secret("hunter2")}
    assert "hunter2" not in repr(outcome.outputs)
    assert bench.run("destroy").outputs == {}


def test_outputs_of_components_are_kept() -> None:
    bench = Bench()

    def program() -> None:
        Group("g", n=1, of=Thing("a").out)

    bench.good(program)
    assert bench.resource("g").outputs == {"n": 1, "of": "out of a"}
    assert not bench.good(program).applied
    assert bench.writes == []


def test_two_resources_of_one_name_are_refused() -> None:
    outcome = Bench().up(lambda: (Thing("a"), Thing("a")))
    assert not outcome.ok
    assert outcome.diagnostics[0].code == "engine.duplicate-urn"
    assert outcome.diagnostics[0].urn == urn("a")


def test_refused_inputs_stop_a_preview_and_an_up() -> None:
    bench = Bench()
    for outcome in (bench.preview(lambda: Thing("a", bad=1)), bench.up(lambda: Thing("a", bad=1))):
        assert not outcome.ok
        assert [d.code for d in outcome.diagnostics] == ["engine.check"]
        assert "is not allowed" in outcome.diagnostics[0].summary


def test_a_state_that_cannot_be_written_ends_the_operation() -> None:
    bench = Bench()

    def full(snapshot: Snapshot) -> None:
        if any(r.urn == urn("a") for r in snapshot.resources):
            raise StateError("no space left on the device", code="state.full")

    bench.on_write = full
    outcome = bench.up(two)
    assert not outcome.ok
    assert "state.full" in {d.code for d in outcome.diagnostics}
    assert bench.cloud.called("create") == ["a"]
    assert bench.writes[-1].pending_operations[0].resource.urn == urn("a")


def test_a_resource_that_did_not_come_up_is_kept_and_tried_again() -> None:
    bench = Bench()

    def on(call: str, name: str) -> None:
        if call == "create":
            bench.cloud.things["/a"] = {"tier": "basic"}
            raise ProviderError("not healthy", reasons=("no pods",), partial=("/a", {}, {"tier": "basic"}))

    bench.cloud.on = on
    outcome = bench.up(two)
    assert not outcome.ok
    assert outcome.applied
    assert bench.names() == ["a"]
    assert bench.resource("a").init_errors == ("no pods",)
    bench.cloud.on = lambda call, name: None
    again = bench.good(two)
    assert steps(again) == ["update a", "create b"]
    assert bench.resource("a").init_errors == ()


def test_an_update_that_half_worked_keeps_the_old_inputs() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a", value=1))

    def on(call: str, name: str) -> None:
        raise ProviderError("half", partial=("/a", {}, {"value": 2}), reasons=("half",))

    bench.cloud.on = on
    bench.up(lambda: Thing("a", value=2))
    kept = bench.resource("a")
    assert (kept.inputs["value"], kept.outputs, kept.init_errors) == (1, {"value": 2}, ("half",))


def test_an_unknown_from_a_provider_never_comes_into_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    from .harness import CloudProvider

    original = CloudProvider.create

    def create(self: CloudProvider, *arguments: Any) -> Any:
        made = original(self, *arguments)
        return type(made)(made.id, {**made.outputs, "late": [UNKNOWN]})

    monkeypatch.setattr(CloudProvider, "create", create)
    outcome = bench.good(lambda: Thing("a"))
    assert "late" not in bench.resource("a").outputs
    assert [d.code for d in outcome.diagnostics] == ["provider.unknown-output"]


def test_cancelling_lets_running_steps_end_and_starts_no_new_one() -> None:
    bench, cancelled = Bench(), threading.Event()

    def on(call: str, name: str) -> None:
        cancelled.set()

    bench.cloud.on = on
    outcome = bench.up(two, cancelled=cancelled)
    assert outcome.interrupted
    assert not outcome.ok
    assert bench.names() == ["a"]
    assert outcome.diagnostics == ()
    bench.cloud.on = lambda call, name: None
    assert steps(bench.good(two)) == ["same a", "create b"]


def test_cancelling_a_destroy_keeps_the_rest() -> None:
    bench, cancelled = Bench(), threading.Event()
    bench.good(two)
    bench.cloud.on = lambda call, name: cancelled.set()
    outcome = bench.run("destroy", cancelled=cancelled)
    assert outcome.interrupted
    assert bench.names() == ["a"]


def test_ctrl_c_in_the_program_is_an_interruption() -> None:
    bench = Bench()

    def program() -> None:
        Thing("a")
        raise KeyboardInterrupt

    outcome = bench.up(program)
    assert outcome.interrupted
    assert not outcome.ok


@pytest.mark.parametrize("error", [UnsupportedError("x"), ProviderError("x")])
def test_errors_of_a_missing_package_are_findings(error: ModelformError) -> None:
    bench = Bench()

    def refuse(package: str, version: str) -> Any:
        raise error

    bench.cloud.provider = refuse  # type: ignore[method-assign]
    outcome = bench.up(lambda: Thing("a"))
    assert not outcome.ok
    assert errors(outcome) == ["x"]


def test_a_log_message_of_the_program_is_a_finding() -> None:
    outcome = Bench().good(lambda: pulumi.warn("mind the gap"))
    assert [(d.severity, d.summary) for d in outcome.diagnostics] == [("warning", "mind the gap")]


def test_the_stack_is_the_parent_of_what_has_none() -> None:
    bench = Bench()
    bench.good(two)
    assert {r.parent for r in bench.snapshot.resources if r.type.startswith("test:")} == {STACK}
    assert bench.good(two).steps[0].op is Op.SAME
