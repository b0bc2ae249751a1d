"""Updates, replacements and what they drag along, aliases, protection, secrets."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from modelform.state import Snapshot
from modelform.values import Secret

from .harness import Bench, Group, Opts, Other, Thing, errors, steps, urn


def test_a_provider_that_cannot_tell_leaves_it_to_the_inputs() -> None:
    bench = Bench()

    def program(n: int) -> None:
        Thing("a", undecided=True, nested={"list": [1, n], "key.x": n})

    bench.good(lambda: program(1))
    assert steps(bench.good(lambda: program(1))) == ["same a"]
    outcome = bench.good(lambda: program(2))
    assert steps(outcome) == ["update a"]
    assert set(outcome.steps[1].detailed) == {"nested.list[1]", 'nested["key.x"]'}
    assert outcome.steps[1].diffs == ("nested",)


def test_ignored_changes_are_not_seen_by_the_provider_and_count_for_nothing_in_a_replacement() -> None:
    bench = Bench()

    def program(value: int, fixed: int) -> None:
        Thing("a", Opts(ignore_changes=["value"]), value=value, fixed=fixed)

    bench.good(lambda: program(1, 1))
    assert steps(bench.good(lambda: program(2, 1))) == ["same a"]
    assert bench.resource("a").inputs["value"] == 1
    bench.good(lambda: program(3, 2))
    assert bench.resource("a").inputs["value"] == 3


def test_lists_cannot_grow_by_ignoring() -> None:
    bench = Bench()

    def program(items: list[int]) -> None:
        Thing("a", Opts(ignore_changes=["items[1]"]), items=items)

    bench.good(lambda: program([1, 2]))
    assert steps(bench.good(lambda: program([1, 3]))) == ["same a"]
    outcome = bench.good(lambda: program([1]))
    assert [d.code for d in outcome.diagnostics] == ["engine.ignore-changes"]


def test_replace_on_changes_of_a_nested_path() -> None:
    bench = Bench()

    def program(sku: str) -> None:
        Thing("a", Opts(replace_on_changes=["undecided.*.name"]), undecided={"sku": {"name": sku, "size": sku}})

    bench.good(lambda: program("s0"))
    outcome = bench.preview(lambda: program("s1"))
    assert steps(outcome) == ["create-replacement a", "replace a", "delete-replaced a"]
    assert outcome.steps[1].detailed["undecided.sku.name"].kind == "update-replace"
    assert outcome.steps[1].detailed["undecided.sku.size"].kind == "update"


def chain(fixed: int, **options: Any) -> None:
    a = Thing("a", fixed=fixed)
    b = Thing("b", Opts(**options), fixed=a.out)
    Thing("c", value=b.out)
    Thing("d", Opts(depends_on=[a]))


def test_a_replacement_that_deletes_first_drags_along_whom_it_would_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.good(lambda: chain(1))
    expected = [
        "delete-replaced b",
        "delete-replaced a",
        "replace a",
        "create-replacement a",
        "replace b",
        "create-replacement b",
    ]
    plan = bench.preview(lambda: chain(2), parallel=1)
    assert [s for s in steps(plan) if not s.endswith((" c", " d"))] == expected
    outcome = bench.good(lambda: chain(2), parallel=1)
    assert [s for s in steps(outcome) if not s.endswith((" c", " d"))] == expected
    assert next(s for s in outcome.steps if s.name == "b" and s.op == "create-replacement").keys == ("fixed",)
    assert bench.cloud.called("delete") == ["b", "a"]
    assert sorted(bench.names()) == ["a", "b", "c", "d"]


def test_a_protected_dependent_stops_a_replacement_before_anything_happens() -> None:
    bench = Bench()
    bench.good(lambda: chain(1, protect=True))
    for outcome in (bench.preview(lambda: chain(2, protect=True)), bench.up(lambda: chain(2, protect=True))):
        assert not outcome.ok
        assert outcome.diagnostics[0].code == "engine.protected"
    assert bench.cloud.calls == []


def test_a_protected_resource_is_shown_as_replaced_in_a_preview_that_fails() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a", Opts(protect=True), fixed=1))
    plan = bench.preview(lambda: Thing("a", Opts(protect=True), fixed=2))
    assert not plan.ok
    assert "replace a" in steps(plan)
    assert bench.up(lambda: Thing("a", Opts(protect=True), fixed=2)).diagnostics[0].code == "engine.protected"
    bench.good(lambda: Thing("a", fixed=2))
    assert bench.cloud.calls == [("delete", "a"), ("create", "a")]


def test_a_renamed_component_keeps_its_children() -> None:
    bench = Bench()

    def program(name: str, *aliases: pulumi.Alias) -> None:
        g = Group(name, Opts(aliases=list(aliases)))
        a = Thing(f"{name}-a", Opts(parent=g))
        Other("b", Opts(parent=g, depends_on=[a]), value=a.out)

    bench.good(lambda: program("old"))
    order: list[list[str]] = []
    bench.on_write = lambda snapshot: order.append([r.urn for r in snapshot.resources])
    outcome = bench.good(lambda: program("new", pulumi.Alias(name="old")))
    assert steps(outcome) == ["same new", "same new-a", "same b"]
    assert bench.cloud.calls == []
    assert bench.resource("b").dependencies == (urn("new-a", "test:index:Group$test:index:Thing"),)
    assert all("old" not in r.urn and not r.aliases for r in bench.snapshot.resources)
    assert steps(bench.good(lambda: program("new"))) == ["same new", "same new-a", "same b"]


def test_references_follow_a_renamed_resource_at_every_write() -> None:
    bench = Bench()

    def program(name: str, fixed: int, *aliases: pulumi.Alias) -> None:
        a = Thing(name, Opts(aliases=list(aliases)), value=1)
        Thing("b", Opts(depends_on=[a]), fixed=fixed)
        Thing("c", Opts(depends_on=[a], protect=True))

    bench.good(lambda: program("a", 1))

    def on(call: str, name: str) -> None:
        kept = [r for r in bench.last().resources if r.urn == urn("c")]
        assert kept[0].dependencies == (urn("z"),)

    bench.cloud.on = on
    bench.good(lambda: program("z", 2, pulumi.Alias(name="a")))
    assert len(bench.writes) >= 2


def test_another_type_under_an_alias_keeps_the_resource() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a"))
    outcome = bench.good(lambda: Other("a", Opts(aliases=[pulumi.Alias(type_="test:index:Thing")])))
    assert steps(outcome) == ["same a"]
    assert bench.resource("a").type == "test:index:Other"


def test_two_claims_to_one_old_resource_are_refused() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a"))

    def program() -> None:
        first = Thing("b", Opts(aliases=[pulumi.Alias(name="a")]))
        Thing("c", Opts(aliases=[pulumi.Alias(name="a")], depends_on=[first]))

    outcome = bench.up(program)
    assert not outcome.ok
    assert "engine.alias" in {d.code for d in outcome.diagnostics}
    assert bench.cloud.calls == []


def test_a_component_becomes_a_resource_by_replacement() -> None:
    bench = Bench()
    bench.good(lambda: Group("x"))
    outcome = bench.good(
        lambda: Thing("x", Opts(aliases=[pulumi.Alias(type_="test:index:Group")], delete_before_replace=False))
    )
    assert outcome.steps[1].keys == ("provider",)
    assert bench.cloud.calls == [("create", "x")]


def test_deleted_with_is_deleted_without_a_call_and_replaced_with_its_target() -> None:
    bench = Bench()

    def program(fixed: int) -> None:
        a = Thing("a", fixed=fixed)
        Thing("b", Opts(deleted_with=a))

    bench.good(lambda: program(1))
    bench.cloud.things.pop("/b")
    outcome = bench.good(lambda: program(2))
    assert bench.cloud.called("delete") == ["a"]
    assert "replace b" in steps(outcome)
    bench.run("destroy")
    assert bench.cloud.called("delete") == ["a"]
    assert bench.snapshot.resources == []


def test_replace_with_follows_its_target() -> None:
    bench = Bench()

    def program(fixed: int) -> None:
        a = Thing("a", fixed=fixed)
        Thing("b", Opts(replace_with=[a]))

    bench.good(lambda: program(1))
    outcome = bench.good(lambda: program(2))
    assert bench.cloud.calls == [("delete", "b"), ("delete", "a"), ("create", "a"), ("create", "b")]
    assert "replace b" in steps(outcome)
    assert bench.resource("b").replace_with == (urn("a"),)


def test_what_is_retained_is_forgotten() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a", Opts(retain_on_delete=True)))
    bench.good(lambda: None)
    assert bench.cloud.calls == []
    assert bench.names() == []
    assert "/a" in bench.cloud.things


def test_secret_marks_that_a_provider_drops_come_back() -> None:
    bench = Bench()

    def program(password: str) -> None:
        hidden = pulumi.Output.secret(password)
        Thing("a", Opts(additional_secret_outputs=["out"]), password=hidden, nested={"list": [hidden], "open": 1})

    bench.good(lambda: program("hunter2"))
    kept = bench.resource("a")
    assert kept.outputs["password"] == kept.inputs["password"] == Secret("hunter2")
    assert kept.outputs["out"] == Secret("out of a")
    assert kept.outputs["nested"] == kept.inputs["nested"]
    outcome = bench.good(lambda: program("hunter3"))
    shown = next(s for s in outcome.steps if s.name == "a")
    assert "hunter" not in repr((shown.old, shown.new, shown.old_outputs))
    bench.run("refresh")
    assert "hunter" not in repr(bench.resource("a"))


def test_a_derived_output_is_secret_and_a_resource_given_it_hides_it() -> None:
    bench = Bench()

    def program() -> None:
        a = Thing("a", Opts(additional_secret_outputs=["out"]))
        Thing("b", value=a.out.apply(lambda text: text.upper()))

    bench.good(program)
    assert bench.resource("b").inputs["value"] == Secret("OUT OF A")


def test_timeouts_are_seconds_and_reach_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    from .harness import CloudProvider

    seen: list[float] = []
    original = CloudProvider.create

    def create(self: CloudProvider, urn: str, type: str, inputs: Any, timeout: float, preview: bool) -> Any:
        seen.append(timeout)
        return original(self, urn, type, inputs, timeout, preview)

    monkeypatch.setattr(CloudProvider, "create", create)
    bench = Bench()
    bench.good(lambda: Thing("a", Opts(custom_timeouts=pulumi.CustomTimeouts(create="1h30m", delete="90s"))))
    assert seen == [5400.0]
    assert bench.resource("a").custom_timeouts == {"create": 5400.0, "delete": 90.0}
    wrong = bench.up(lambda: Thing("a", Opts(custom_timeouts=pulumi.CustomTimeouts(create="soon"))))
    assert "'soon' is no duration" in errors(wrong)[0]


def test_a_failed_delete_after_a_replacement_is_tried_again() -> None:
    bench = Bench()

    def program(fixed: int) -> None:
        Thing("a", Opts(delete_before_replace=False), fixed=fixed, label=fixed)

    bench.good(lambda: program(1))

    def on(call: str, name: str) -> None:
        bench.cloud.things.clear()
        if call == "delete":
            raise ValueError("busy")

    bench.cloud.on = on
    assert not bench.up(lambda: program(2)).ok
    assert [r.delete for r in bench.snapshot.resources if r.urn == urn("a")] == [False, True]
    bench.cloud.on = lambda call, name: None
    outcome = bench.good(lambda: program(2))
    assert steps(outcome) == ["same a", "delete-replaced a"]


def test_with_continue_on_error_the_rest_goes_on_and_nothing_needed_is_deleted() -> None:
    bench = Bench()
    bench.good(lambda: Thing("d", Opts(depends_on=[Thing("x"), Thing("y")])))

    def program() -> None:
        a = Thing("a")
        Thing("d", Opts(depends_on=[a]))
        Thing("e")

    def on(call: str, name: str) -> None:
        if (call, name) == ("create", "a"):
            raise ValueError("refused")

    bench.cloud.on = on
    outcome = bench.up(program, continue_on_error=True)
    assert not outcome.ok
    assert sorted(bench.names()) == ["d", "e", "x", "y"]
    assert bench.cloud.called("delete") == []


def test_every_write_of_a_long_history_is_sound() -> None:
    bench = Bench()
    seen: list[Snapshot] = []
    bench.on_write = seen.append
    bench.good(lambda: chain(1))
    bench.good(lambda: chain(2))
    bench.good(lambda: chain(2, protect=True))
    bench.good(lambda: chain(2))
    bench.run("destroy")
    assert len(seen) > 20
