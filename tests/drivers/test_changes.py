"""From steps to changes."""

from __future__ import annotations

from typing import Any

from modelform.drivers.changes import changes, summary
from modelform.plan import Op, PropertyDiff, Step
from modelform.values import UNKNOWN, Secret

DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
ACCOUNT = "azure-native:cognitiveservices:Account"
PARENTS = {DEPLOYMENT: "modelform:index:Deployment", ACCOUNT: "modelform:index:Workspace"}


def step(op: Op, name: str, type: str = DEPLOYMENT, **more: Any) -> Step:
    parent = PARENTS.get(type, "")
    return Step(op, f"urn:pulumi:s::p::{parent + '$' if parent else ''}{type}::{name}", type, name, **more)


def test_a_replacement_is_one_change_whatever_its_order() -> None:
    for ops in (
        (Op.DELETE_REPLACED, Op.REPLACE, Op.CREATE_REPLACEMENT),
        (Op.CREATE_REPLACEMENT, Op.REPLACE, Op.DELETE_REPLACED),
    ):
        (change,) = changes([step(op, "a", keys=("properties.model.name",)) for op in ops])
        assert change.op is Op.REPLACE
        assert change.keys == ("properties.model.name",)


def test_differences_say_what_changes_from_what_to_what_and_what_forces_a_replacement() -> None:
    (change,) = changes(
        [
            step(
                Op.REPLACE,
                "a",
                keys=("properties.model.name",),
                detailed={
                    "sku.capacity": PropertyDiff("update"),
                    "properties.model.name": PropertyDiff("update-replace"),
                    "tags": PropertyDiff("delete"),
                },
                old={
                    "accountName": "x",
                    "properties": {"model": {"name": "old"}},
                    "sku": {"capacity": 1},
                    "tags": {"a": "b"},
                },
                new={"accountName": "x", "properties": {"model": {"name": "new"}}, "sku": {"capacity": 2}},
            )
        ]
    )
    assert [(d.path, d.kind, d.old, d.new, d.replaces) for d in change.diff] == [
        ("properties.model.name", "update", "old", "new", True),
        ("sku.capacity", "update", 1, 2, False),
        ("tags", "delete", {"a": "b"}, None, False),
    ]


def test_secrets_are_hidden_at_any_depth_and_unknowns_are_named() -> None:
    (change,) = changes(
        [
            step(
                Op.UPDATE,
                "a",
                detailed={
                    "properties.key": PropertyDiff("update"),
                    "properties.inner.deep": PropertyDiff("update"),
                    "accountName": PropertyDiff("update"),
                },
                old={
                    "properties": {"key": Secret("hunter2"), "inner": Secret({"deep": "hunter3"})},
                    "accountName": "x",
                },
                new={
                    "properties": {"key": Secret("hunter4"), "inner": Secret({"deep": "hunter5"})},
                    "accountName": UNKNOWN,
                },
            )
        ]
    )
    assert "hunter" not in str(change)
    assert (change.diff[0].old, change.diff[0].new) == ("[secret]", "[secret]")
    assert {d.path: d.new for d in change.diff}["accountName"] == "[unknown]"


def test_a_create_tells_its_leaves() -> None:
    (change,) = changes([step(Op.CREATE, "a", new={"sku": {"name": "S0"}, "tags": {}, "zones": [1, 2]})])
    assert [(d.path, d.kind, d.old, d.new) for d in change.diff] == [
        ("sku.name", "add", None, "S0"),
        ("tags", "add", None, {}),
        ("zones", "add", None, [1, 2]),
    ]


def test_where_a_provider_tells_no_paths_the_inputs_are_compared() -> None:
    (change,) = changes([step(Op.UPDATE, "a", old={"a": {"b": 1, "c": 2}}, new={"a": {"b": 1, "d": 3}})])
    assert [(d.path, d.kind) for d in change.diff] == [("a.c", "delete"), ("a.d", "add")]


def test_order_is_groups_then_workspaces_with_what_is_in_them_then_deployments() -> None:
    group = "azure-native:resources:ResourceGroup"
    project = "azure-native:cognitiveservices:Project"
    PARENTS.update({group: "modelform:index:ResourceGroup", project: "modelform:index:Workspace"})
    found = changes(
        [
            step(Op.CREATE, "d"),
            step(Op.CREATE, "w2", ACCOUNT),
            step(Op.CREATE, "w1/p", project),
            step(Op.CREATE, "g", group),
            step(Op.CREATE, "w1", ACCOUNT),
            Step(
                Op.CREATE,
                "urn:pulumi:s::p::pulumi:providers:azure-native::azure",
                "pulumi:providers:azure-native",
                "azure",
            ),
            Step(Op.CREATE, "urn:pulumi:s::p::modelform:index:Cloud::cloud", "modelform:index:Cloud", "cloud", False),
            Step(Op.CREATE, "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", "pulumi:pulumi:Stack", "p-s", False),
        ]
    )
    assert [c.name for c in found] == ["cloud", "azure", "g", "w1", "w1/p", "w2", "d"]


def test_summary_counts_neither_components_nor_providers() -> None:
    found = changes(
        [
            step(Op.CREATE, "a"),
            step(Op.SAME, "b"),
            step(Op.DELETE_REPLACED, "c"),
            step(Op.CREATE_REPLACEMENT, "c"),
            step(Op.UPDATE, "d"),
            step(Op.DELETE, "e"),
            step(Op.READ, "f"),
            step(Op.CREATE, "x", "modelform:index:Deployment", custom=False),
            step(Op.CREATE, "p", "pulumi:providers:azure-native"),
        ]
    )
    assert summary(found).to_json() == {"create": 1, "update": 1, "replace": 1, "delete": 1, "same": 2}


def test_a_rename_without_an_alias_is_pointed_out() -> None:
    found = changes([step(Op.CREATE, "new"), step(Op.DELETE, "old"), step(Op.SAME, "other")])
    reasons = {c.name: c.reason for c in found}
    assert "formerly: old" in reasons["new"]
    assert "formerly: old" in reasons["old"]
    assert reasons["other"] == ""


def test_two_deletes_and_one_create_are_no_rename() -> None:
    found = changes([step(Op.CREATE, "new"), step(Op.DELETE, "a"), step(Op.DELETE, "b")])
    assert [c.reason for c in found] == ["", "", ""]
