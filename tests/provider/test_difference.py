"""What changed between inputs, what drifted, and what a preview may say: pure functions, cases as data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.provider import ROWS, Row
from modelform.provider.difference import difference, drifted, preview_create, preview_update, with_marks
from modelform.seam import DiffChanges
from modelform.values import UNKNOWN, Secret

HERE = Path(__file__).parent
DIFFERENCES = yaml.safe_load((HERE / "differences.yaml").read_text())
DRIFTS = yaml.safe_load((HERE / "drifts.yaml").read_text())
DEPLOYMENT = ROWS["azure-native:cognitiveservices:Deployment"]
ACCOUNT = ROWS["azure-native:cognitiveservices:Account"]
EVERY = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))


@pytest.mark.parametrize("case", DIFFERENCES, ids=[case["name"] for case in DIFFERENCES])
def test_difference(case: dict[str, Any]) -> None:
    found = difference(ROWS[case["token"]], case["old"], case["new"])
    assert {path: kind.kind for path, kind in found.detailed.items()} == case["found"]
    assert found.changes is (DiffChanges.SOME if case["found"] else DiffChanges.NONE)
    assert set(found.replaces) == {path for path, kind in case["found"].items() if kind.endswith("-replace")}
    assert set(found.diffs) == {path.split(".")[0].split("[")[0] for path in case["found"]}
    assert found.delete_before_replace is bool(case["found"])


def test_an_unknown_is_a_change() -> None:
    old = {"accountName": "a", "sku": {"name": "S", "capacity": 1}}
    found = difference(DEPLOYMENT, old, {"accountName": UNKNOWN, "sku": {"name": "S", "capacity": UNKNOWN}})
    assert {path: kind.kind for path, kind in found.detailed.items()} == {
        "accountName": "update-replace",
        "sku.capacity": "update",
    }


def test_a_secret_is_compared_by_what_it_holds() -> None:
    assert difference(ACCOUNT, {"tags": Secret({"a": "1"})}, {"tags": {"a": Secret("1")}}).detailed == {}
    assert set(difference(ACCOUNT, {"tags": Secret({"a": "1"})}, {"tags": {"a": Secret("2")}}).detailed) == {"tags.a"}


def test_a_made_up_name_may_be_created_first() -> None:
    old = {"location": "a", "__createBeforeDelete": True}
    found = difference(ACCOUNT, old, {"location": "b", "__createBeforeDelete": True})
    assert (found.replaces, found.delete_before_replace) == (("location",), False)


@EVERY
def test_no_row_differs_from_itself(row: Row) -> None:
    inputs = {name: {"a": [1, {"b": "c"}]} for name in row.inputs}
    assert difference(row, inputs, inputs).changes is DiffChanges.NONE
    assert difference(row, {}, inputs).diffs == tuple(sorted(row.inputs))


@pytest.mark.parametrize("case", DRIFTS, ids=[case["name"] for case in DRIFTS])
def test_drift(case: dict[str, Any]) -> None:
    row = ROWS[case.get("token", DEPLOYMENT.token)]
    assert drifted(row, case["inputs"], case["before"], case["now"]) == case["found"]


def test_drift_keeps_marks_names_and_version() -> None:
    inputs = {"accountName": "a", "azureApiVersion": "1", "tags": Secret({"a": "1"})}
    before = {"accountName": "x", "tags": Secret({"a": "1"})}
    found = drifted(DEPLOYMENT, inputs, before, {"tags": {"a": "2"}})
    assert found == {"accountName": "a", "azureApiVersion": "1", "tags": Secret({"a": "2"})}


JSON = st.recursive(
    st.booleans() | st.integers(0, 9) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
INPUTS = st.dictionaries(st.sampled_from(["sku", "properties", "tags"]), JSON)


@settings(max_examples=40, deadline=None)
@given(INPUTS, INPUTS)
def test_nothing_drifts_while_arm_answers_the_same(inputs: dict[str, Any], answer: dict[str, Any]) -> None:
    assert drifted(DEPLOYMENT, inputs, answer, answer) == inputs


@settings(max_examples=40, deadline=None)
@given(INPUTS, INPUTS)
def test_a_difference_is_empty_only_for_the_same(left: dict[str, Any], right: dict[str, Any]) -> None:
    same = difference(DEPLOYMENT, left, right).changes is DiffChanges.NONE
    assert same == (difference(DEPLOYMENT, right, left).changes is DiffChanges.NONE)
    assert difference(DEPLOYMENT, left, left).changes is DiffChanges.NONE


@EVERY
def test_a_preview_of_a_create_knows_every_output(row: Row, sdk: Callable[[str], Any]) -> None:
    inputs: dict[str, Any] = dict.fromkeys(row.path_names, "given")
    outputs = preview_create(row, inputs)
    assert set(outputs) >= set(sdk(row.token).outputs)
    assert all(outputs[name] is UNKNOWN for name in set(outputs) - set(inputs))


def test_a_preview_of_a_create_knows_nested_outputs() -> None:
    inputs = {"accountName": "a", "properties": {"customSubDomainName": "a"}, "kind": "AIServices", "sku": None}
    outputs = preview_create(ACCOUNT, inputs)
    assert outputs["properties"]["customSubDomainName"] == "a"
    assert outputs["properties"]["endpoint"] is UNKNOWN
    assert (outputs["kind"], outputs["sku"], outputs["name"]) == ("AIServices", UNKNOWN, UNKNOWN)
    assert "endpoint" not in inputs["properties"]


OLD = {"kind": "OpenAI", "sku": {"name": "S0"}, "tags": {"a": "1"}, "properties": {"customSubDomainName": "a"}}
OLD_OUTPUTS = {
    **OLD,
    "name": "acc",
    "etag": "1",
    "sku": {"name": "S0", "tier": "T"},
    "identity": {"type": "SystemAssigned", "principalId": "p"},
    "properties": {"customSubDomainName": "a", "endpoint": "https://a/", "publicNetworkAccess": "Enabled"},
    "systemData": {"createdBy": "me"},
}


def test_a_preview_of_an_update_keeps_what_cannot_change() -> None:
    new = {**OLD, "tags": {"a": "2"}}
    outputs = preview_update(ACCOUNT, OLD_OUTPUTS, OLD, new)
    assert outputs["tags"] == {"a": "2"}
    assert outputs["properties"] == OLD_OUTPUTS["properties"]
    assert outputs["identity"] == OLD_OUTPUTS["identity"]
    assert (outputs["name"], outputs["sku"]) == ("acc", {"name": "S0", "tier": "T"})
    assert outputs["etag"] is UNKNOWN
    assert outputs["systemData"] is UNKNOWN
    assert OLD_OUTPUTS["tags"] == {"a": "1"}


def test_a_preview_of_an_update_does_not_know_what_follows_from_a_change() -> None:
    new = {**OLD, "kind": "AIServices", "identity": {"type": "None"}, "tags": {"a": UNKNOWN}}
    outputs = preview_update(ACCOUNT, OLD_OUTPUTS, OLD, new)
    assert outputs["properties"]["endpoint"] is UNKNOWN
    assert outputs["properties"]["publicNetworkAccess"] == "Enabled"
    assert outputs["identity"]["principalId"] is UNKNOWN
    assert outputs["tags"] == {"a": UNKNOWN}


def test_a_preview_of_an_update_does_not_know_what_arm_makes_of_nothing() -> None:
    new = {"kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
    outputs = preview_update(ACCOUNT, OLD_OUTPUTS, OLD, new)
    assert outputs["tags"] is UNKNOWN
    assert outputs["properties"]["customSubDomainName"] is UNKNOWN


def test_a_preview_of_an_update_takes_changed_lists_whole() -> None:
    row = ROWS["azure-native:storage:StorageAccount"]
    old = {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": "a"}]}}
    new = {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": "b"}, {"iPAddressOrRange": "c"}]}}
    outputs = preview_update(row, {"networkRuleSet": {"bypass": "x", "ipRules": []}}, old, new)
    assert outputs["networkRuleSet"] == {"bypass": "x", **new["networkRuleSet"]}


def test_marks_are_put_where_the_inputs_have_them() -> None:
    outputs = {"a": {"b": "1", "c": "2"}, "d": ["3", "4"], "e": Secret("5")}
    inputs = {"a": {"b": Secret("1")}, "d": ["3", Secret("4")], "e": Secret("5")}
    assert with_marks(outputs, inputs) == {
        "a": {"b": Secret("1"), "c": "2"},
        "d": ["3", Secret("4")],
        "e": Secret("5"),
    }
