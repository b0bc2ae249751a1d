"""Targets, refresh, import, reading, invokes, killed operations, and what the engine refuses."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
import pytest

from modelform.state import PendingOperation, Resource

from .harness import Bench, Group, Opts, TestProvider, Thing, errors, short, steps, urn

# targets


def test_a_target_that_needs_what_is_left_out_is_refused() -> None:
    bench = Bench()

    def program() -> None:
        a = Thing("a")
        Thing("b", Opts(depends_on=[a]))

    outcome = bench.up(program, targets=(urn("b"),))
    assert not outcome.ok
    assert "needs a" in errors(outcome)[0]
    assert bench.names() == []
    assert steps(bench.good(program, targets=(urn("a"),))) == ["create a", "same b"]
    assert bench.names() == ["a"]


def test_an_unknown_target_is_told() -> None:
    bench = Bench()
    assert "there is no resource" in errors(bench.up(lambda: None, targets=(urn("x"),)))[0]
    assert "there is no resource" in errors(bench.up(lambda: Thing("a"), replace=(urn("x"),)))[0]
    assert bench.names() == []


def test_destroying_a_target_takes_its_dependents_only_when_asked() -> None:
    bench = Bench()

    def program() -> None:
        Thing("b", Opts(depends_on=[Thing("a")]))
        Thing("c")

    bench.good(program)
    refused = bench.run("destroy", targets=(urn("a"),))
    assert not refused.ok
    assert sorted(bench.names()) == ["a", "b", "c"]
    outcome = bench.run("destroy", targets=(urn("a"),), target_dependents=True)
    assert outcome.ok
    assert [s for s in steps(outcome) if s.startswith("delete")] == ["delete b", "delete a"]
    assert bench.names() == ["c"]


def test_patterns_stay_within_a_part_of_a_name() -> None:
    bench = Bench()
    bench.good(lambda: (Thing("ab"), Thing("b")))
    outcome = bench.run("destroy", targets=("urn:*:*::*::test:*:*::*b*",))
    assert outcome.ok
    assert bench.names() == []
    bench.good(lambda: (Thing("ab"), Thing("b")))
    bench.run("destroy", targets=("**::b",))
    assert bench.names() == ["ab"]


def test_what_is_left_out_stays_before_what_needs_it() -> None:
    bench = Bench()

    def before() -> None:
        gone = Thing("gone")
        Thing("b", Opts(depends_on=[gone]))
        Thing("t", value=1)

    def after() -> None:
        Thing("b")
        Thing("t", value=2)

    bench.good(before)
    outcome = bench.good(after, targets=(urn("t"),))
    assert sorted(bench.names()) == ["b", "gone", "t"]
    assert bench.resource("b").dependencies == (urn("gone"),)
    assert outcome.summary["update"] == 1


# refresh


def test_a_refresh_takes_what_it_finds_and_forgets_what_is_gone() -> None:
    bench = Bench()

    def program() -> None:
        g = Group("g")
        a = Thing("a", Opts(parent=g), value=1)
        Thing("b", Opts(parent=g, depends_on=[a]), value=a.out)

    bench.good(program)
    before = bench.resource("b").modified
    bench.cloud.things["/b"]["value"] = "changed"
    del bench.cloud.things["/a"]
    outcome = bench.run("refresh")
    assert outcome.ok
    assert outcome.summary == {"same": 2, "delete": 1, "update": 1}
    b = bench.resource("b")
    assert (b.inputs["value"], b.dependencies, b.property_dependencies) == ("changed", (), {})
    assert b.modified != before
    found = {s.name: str(s.op) for s in outcome.steps}
    assert found == {"test-dev": "same", "g": "same", "a": "delete", "b": "update"}
    assert steps(bench.good(program)) == ["same g", "create a", "update b"]


def test_a_refresh_that_finds_nothing_new_writes_nothing_twice() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a", value=1))
    bench.run("refresh")
    bench.run("refresh")
    assert bench.writes == []


def test_a_preview_with_refresh_shows_the_truth_and_writes_nothing() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a"))
    bench.cloud.things.clear()
    plan = bench.preview(lambda: Thing("a"), refresh=True)
    assert steps(plan) == ["create a"]
    assert bench.names() == ["a"]


def test_a_read_that_fails_ends_the_refresh_and_keeps_the_resource() -> None:
    bench = Bench()
    bench.good(lambda: (Thing("a"), Thing("b")))

    def on(call: str, name: str) -> None:
        if name == "/a":
            raise ValueError("not permitted")

    bench.cloud.on = on
    del bench.cloud.things["/b"]
    outcome = bench.run("refresh")
    assert not outcome.ok
    assert errors(outcome) == ["not permitted"]
    assert bench.names() == ["a"]


# import and reading


def test_import_by_option_then_without_it() -> None:
    bench = Bench()
    bench.cloud.things["/a"] = {"tier": "basic", "value": 1}
    assert steps(bench.preview(lambda: Thing("a", Opts(import_="/a"), value=1))) == ["import a"]
    outcome = bench.good(lambda: Thing("a", Opts(import_="/a"), value=1))
    assert outcome.summary == {"create": 1, "import": 1}
    assert bench.resource("a").import_id == "/a"
    assert steps(bench.good(lambda: Thing("a", Opts(import_="/a"), value=1))) == ["same a"]
    bench.good(lambda: Thing("a", value=1))
    assert bench.resource("a").import_id == ""


def test_importing_what_is_not_there_fails() -> None:
    bench = Bench()
    outcome = bench.up(lambda: Thing("a", Opts(import_="/a")))
    assert not outcome.ok
    assert "does not exist" in errors(outcome)[0]
    assert bench.names() == []
    assert bench.snapshot.pending_operations == []


def test_an_import_that_would_be_replaced_is_refused() -> None:
    bench = Bench()
    bench.cloud.things["/a"] = {"tier": "basic", "fixed": 1}
    outcome = bench.up(lambda: Thing("a", Opts(import_="/a"), fixed=2))
    assert not outcome.ok
    assert outcome.diagnostics[0].code == "engine.import"
    assert bench.resource("a").inputs["fixed"] == 1


def get(name: str, identity: Any) -> Thing:
    thing = Thing.__new__(Thing)
    pulumi.CustomResource.__init__(thing, "test:index:Thing", name, {"out": None}, Opts(id=identity))
    return thing


def test_a_resource_that_is_only_read_is_never_deleted() -> None:
    bench = Bench()
    bench.cloud.things["/a"] = {"tier": "basic"}

    def program() -> None:
        pulumi.export("out", get("a", "/a").out)

    outcome = bench.good(program)
    assert outcome.outputs == {"out": "out of a"}
    assert bench.resource("a").external
    assert outcome.summary == {"create": 1}
    assert steps(bench.good(lambda: None)) == ["discard a"]
    assert bench.cloud.called("delete") == []


def test_taking_over_what_was_only_read_makes_a_new_one() -> None:
    bench = Bench()
    bench.cloud.things["/x"] = {}
    bench.good(lambda: get("a", "/x"))
    outcome = bench.good(lambda: Thing("a"))
    assert steps(outcome) == ["create-replacement a", "replace a", "discard-replaced a"]
    assert bench.cloud.calls == [("create", "a")]


def test_letting_go_of_a_resource_for_another_deletes_it() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a"))
    bench.cloud.things["/x"] = {}
    outcome = bench.good(lambda: get("a", "/x"))
    assert steps(outcome) == ["read-replacement a", "replace a", "delete-replaced a"]
    assert bench.cloud.called("delete") == ["a"]


def test_reading_what_is_not_there_fails() -> None:
    assert "does not exist" in errors(Bench().up(lambda: get("a", "/a")))[0]


def test_functions_of_a_package() -> None:
    bench = Bench()

    def program() -> None:
        pulumi.export("said", pulumi.runtime.invoke("test:index:say", {"text": "hello"}).value["echo"])

    assert bench.good(program).outputs == {"said": "hello"}
    missing = bench.up(lambda: pulumi.runtime.invoke("test:index:missing", {}))
    assert "there is none" in errors(missing)[0]


# killed operations


def pending(bench: Bench, name: str, kind: Any = "creating") -> None:
    """As if the process had been killed while it worked on a resource."""
    provider = next(r for r in bench.snapshot.resources if r.type == "pulumi:providers:test")
    resource = Resource(
        urn=urn(name),
        type="test:index:Thing",
        custom=True,
        inputs={"tier": "basic", "value": 1},
        parent=bench.snapshot.resources[0].urn,
        provider=f"{provider.urn}::{provider.id}",
    )
    bench.snapshot.pending_operations.append(PendingOperation(resource, kind))


def both() -> None:
    Thing("z")
    Thing("a", value=1)


def test_what_a_killed_create_has_made_is_adopted() -> None:
    bench = Bench()
    bench.good(lambda: Thing("z"))
    bench.cloud.things["/a"] = {"tier": "basic", "value": 1}
    pending(bench, "a")
    plan = bench.preview(both)
    assert plan.diagnostics[0].code == "state.pending"
    assert bench.cloud.calls == []
    outcome = bench.good(both)
    assert sorted(steps(outcome)) == ["same a", "same z"]
    assert bench.cloud.called("create") == []
    assert bench.snapshot.pending_operations == []
    assert [d.code for d in outcome.diagnostics] == ["state.adopted"]


def test_a_killed_create_that_made_nothing_is_made_again() -> None:
    bench = Bench()
    bench.good(lambda: Thing("z"))
    pending(bench, "a")
    assert sorted(steps(bench.good(both))) == ["create a", "same z"]
    assert bench.snapshot.pending_operations == []


def test_an_adopted_resource_that_the_program_does_not_want_is_deleted() -> None:
    bench = Bench()
    bench.good(lambda: Thing("z"))
    bench.cloud.things["/a"] = {"tier": "basic", "value": 1}
    pending(bench, "a")
    assert bench.run("destroy").ok
    assert bench.cloud.things == {}


def test_what_is_adopted_needs_nothing_that_still_needs_the_one_before_it() -> None:
    """Killed while `a` was made anew, the dependency turned round: the bench checks each write."""
    bench = Bench()
    bench.good(lambda: Thing("b", value=1, opts=pulumi.ResourceOptions(depends_on=[Thing("a", value=1)])))
    pending(bench, "a")
    made = bench.snapshot.pending_operations.pop()
    turned = made.resource.with_(dependencies=(urn("b"),), property_dependencies={"value": (urn("b"),)})
    bench.snapshot.pending_operations.append(PendingOperation(turned, "creating"))
    bench.snapshot.resources = [
        r.with_(pending_replacement=True, id="old") if r.urn == urn("a") else r for r in bench.snapshot.resources
    ]
    outcome = bench.good(lambda: Thing("a", value=1, opts=pulumi.ResourceOptions(depends_on=[Thing("b", value=1)])))
    assert sorted(steps(outcome)) == ["same a", "same b"]
    assert bench.resource("a").dependencies == (urn("b"),)
    assert bench.resource("b").dependencies == ()


@pytest.mark.parametrize("operation", ["up", "refresh"])
def test_a_provider_that_cannot_tell_keeps_the_create_pending(operation: str) -> None:
    bench = Bench()
    bench.good(lambda: Thing("z"))
    bench.cloud.can_locate = False
    pending(bench, "a")
    outcome = bench.run(operation, (lambda: Thing("z")) if operation == "up" else None)
    assert outcome.ok
    assert [d.code for d in outcome.diagnostics] == ["state.pending"]
    assert [op.resource.urn for op in bench.snapshot.pending_operations] == [urn("a")]


@pytest.mark.parametrize("kind", ["updating", "deleting", "reading", "importing"])
def test_other_pending_operations_are_forgotten(kind: str) -> None:
    bench = Bench()
    bench.good(lambda: Thing("z"))
    pending(bench, "z", kind)
    assert bench.good(lambda: Thing("z")).ok
    assert bench.snapshot.pending_operations == []


def test_what_a_killed_delete_has_removed_is_forgotten() -> None:
    bench = Bench()

    def program() -> None:
        Thing("b", Opts(depends_on=[Thing("z", value=1)]))

    bench.good(program)
    pending(bench, "z", "deleting")
    bench.snapshot.pending_operations = [PendingOperation(bench.resource("z"), "deleting")]
    bench.cloud.things.pop("/z")
    assert steps(bench.good(program)) == ["create z", "same b"]
    assert bench.snapshot.pending_operations == []


def test_a_killed_replacement_goes_on_where_it_was() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a", fixed=1))

    def on(call: str, name: str) -> None:
        if call == "create":
            bench.cloud.things["/a"] = {"tier": "basic", "fixed": 2}
            raise KeyboardInterrupt

    bench.cloud.on = on
    killed: list[Any] = []
    bench.on_write = killed.append
    bench.up(lambda: Thing("a", fixed=2))
    bench.snapshot = next(s for s in killed if s.pending_operations and s.pending_operations[0].type == "creating")
    bench.cloud.on = lambda call, name: None
    bench.on_write = lambda snapshot: None
    outcome = bench.good(lambda: Thing("a", fixed=2))
    assert steps(outcome) == ["same a"]
    assert bench.cloud.called("create") == []
    assert bench.names() == ["a"]


# what only the CLI does


def hooked() -> None:
    hook = pulumi.ResourceHook("hook", lambda args: None)
    Thing("a", Opts(hooks=pulumi.ResourceHookBinding(before_create=[hook])))


def remote() -> None:
    pulumi.ComponentResource("test:index:Far", "far", {}, None, True)


def transformed() -> None:
    pulumi.runtime.register_resource_transform(lambda args: None)


def transformed_invokes() -> None:
    pulumi.runtime.register_invoke_transform(lambda args: None)


def error_hooked() -> None:
    hook = pulumi.ErrorHook("hook", lambda args: False)
    Thing("a", Opts(hooks=pulumi.ResourceHookBinding(on_error=[hook])))


def called() -> None:
    pulumi.runtime.call("test:index:Thing/method", {})


def referenced() -> None:
    pulumi.StackReference("other")


def asset() -> None:
    Thing("a", text=pulumi.StringAsset("x"))


def triggered() -> None:
    Thing("a", Opts(replacement_trigger=1))


@pytest.mark.parametrize(
    "program",
    [hooked, error_hooked, remote, transformed, transformed_invokes, called, referenced, asset, triggered],
    ids=lambda p: p.__name__,
)
def test_what_only_the_cli_does_is_refused(program: Any) -> None:
    bench = Bench()
    outcome = bench.up(program)
    assert not outcome.ok
    assert bench.cloud.called("create") == []
    assert len(outcome.diagnostics) == 1
    told = outcome.diagnostics[0]
    assert told.summary.startswith("the embedded engine does not")
    assert "--engine pulumi" in told.hint


def test_operations_in_two_threads_do_not_see_each_other() -> None:
    benches = [Bench() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda i: benches[i].up(lambda: Thing(f"t{i}")), range(4)))
    assert [o.ok for o in outcomes] == [True] * 4
    assert [b.names() for b in benches] == [["t0"], ["t1"], ["t2"], ["t3"]]


def test_an_async_program() -> None:
    bench = Bench()

    async def program() -> None:
        await asyncio.sleep(0)
        Thing("a")

    bench.good(program)
    assert bench.names() == ["a"]


def test_a_provider_passed_by_reference_is_known_later() -> None:
    bench = Bench()

    def program() -> None:
        mine = TestProvider("mine", region="south")
        Thing("b", Opts(provider=mine, depends_on=[Thing("a", Opts(provider=mine))]))

    bench.good(program)
    assert [short(r.urn) for r in bench.snapshot.resources] == ["test-dev", "mine", "a", "b"]
    bench.run("destroy")
    assert bench.cloud.called("delete") == ["b", "a"]
