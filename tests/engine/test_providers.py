"""Providers as resources: default ones, explicit ones, changes of them."""

from __future__ import annotations

import pulumi

from modelform.values import UNKNOWN, Secret

from .harness import Bench, Group, Opts, TestProvider, Thing, errors, steps, urn


def test_a_default_provider_takes_the_stacks_configuration() -> None:
    bench = Bench(test__region="north", test__token="t", other__x="1")
    bench.secret_config = ["test:token"]
    outcome = bench.good(lambda: Thing("a", Opts(version="3.29.0")))
    assert steps(outcome) == ["create a"]
    provider = bench.resource("default_3_29_0")
    assert provider.inputs == {"region": "north", "token": Secret("t"), "version": "3.29.0", "__internal": {}}
    assert provider.outputs == {"region": "north", "token": Secret("t"), "version": "3.29.0"}
    assert bench.resource("a").provider == f"{provider.urn}::{provider.id}"
    assert bench.cloud.configured == [{"region": "north", "token": Secret("t"), "version": "3.29.0"}]


def test_one_default_provider_serves_all_that_ask_at_once() -> None:
    bench = Bench()
    bench.good(lambda: [Thing(f"t{i}") for i in range(10)], parallel=8)
    assert len({bench.resource(f"t{i}").provider for i in range(10)}) == 1
    assert bench.cloud.made == bench.cloud.closed == len(bench.cloud.configured) == 1


def test_the_unused_default_provider_goes_last() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a"))
    bench.good(lambda: None)
    assert [r.type for r in bench.snapshot.resources] == ["pulumi:pulumi:Stack"]


def test_default_providers_can_be_denied() -> None:
    outcome = Bench(pulumi__disable_default_providers="x").up(lambda: Thing("a"))
    assert outcome.ok
    bench = Bench()
    bench.config = {"pulumi:disable-default-providers": '["test"]'}
    assert "default providers for test are disabled" in errors(bench.up(lambda: Thing("a")))


def test_children_take_the_provider_of_their_component() -> None:
    bench = Bench()

    def program() -> None:
        mine = TestProvider("mine", region="south")
        outer = Group("outer", Opts(providers=[mine]))
        inner = Group("inner", Opts(parent=outer))
        Thing("a", Opts(parent=inner))
        Thing("b")

    bench.good(program)
    assert "::mine::" in bench.resource("a").provider
    assert "::default::" in bench.resource("b").provider
    assert bench.resource("inner").provider == ""


def test_a_changed_provider_leaves_its_resources_alone() -> None:
    bench = Bench()

    def program(region: str) -> None:
        Thing("a", Opts(provider=TestProvider("mine", region=region)))

    bench.good(lambda: program("south"))
    before = bench.resource("mine").id
    outcome = bench.good(lambda: program("north"))
    assert steps(outcome) == ["update mine", "same a"]
    assert bench.resource("mine").id == before


def test_a_provider_that_must_be_replaced_takes_its_resources_along() -> None:
    bench = Bench()

    def program(region: str) -> None:
        Thing("a", Opts(provider=TestProvider("mine", region=region), delete_before_replace=False), label=region)

    bench.good(lambda: program("south"))
    bench.cloud.new_provider_replaces = True
    bench.cloud.on = lambda call, name: bench.cloud.things.clear() if call == "create" else None
    outcome = bench.good(lambda: program("north"))
    assert steps(outcome) == [
        "create-replacement mine",
        "replace mine",
        "create-replacement a",
        "replace a",
        "delete-replaced a",
        "delete-replaced mine",
    ]
    assert bench.cloud.configured[-2:] == [{"region": "north"}, {"region": "south"}]


def test_a_provider_whose_configuration_is_not_known_makes_all_outputs_unknown() -> None:
    bench = Bench()

    def program() -> None:
        first = Thing("first")
        a = Thing("a", Opts(provider=TestProvider("mine", region=first.out)), value=1)
        pulumi.export("value", a.value)

    outcome = bench.preview(program)
    assert outcome.ok
    assert outcome.outputs == {"value": UNKNOWN}
    bench.good(program)
    assert bench.cloud.configured[-1] == {"region": "out of first"}


def test_a_refused_configuration_is_told_of_the_provider() -> None:
    outcome = Bench().up(lambda: TestProvider("mine", region="moon"))
    assert not outcome.ok
    assert outcome.diagnostics[0].urn == urn("mine", "pulumi:providers:test")


def test_what_is_deleted_is_deleted_by_the_provider_that_made_it() -> None:
    bench = Bench()
    bench.good(lambda: Thing("a", Opts(provider=TestProvider("mine", region="south"))))
    bench.cloud.configured.clear()
    bench.good(lambda: None)
    assert bench.cloud.configured == [{"region": "south"}]
    assert bench.cloud.called("delete") == ["a"]


def test_destroy_needs_no_program_and_uses_the_recorded_configuration() -> None:
    bench = Bench(test__region="north")
    bench.good(lambda: Thing("a"))
    bench.config = {}
    bench.cloud.configured.clear()
    outcome = bench.run("destroy")
    assert outcome.ok
    assert bench.cloud.configured == [{"region": "north"}]
    assert bench.snapshot.resources == []
