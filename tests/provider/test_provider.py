"""What the provider decides without ARM, and what it does when ARM refuses: against scripted answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from modelform.azure import Arm, ArmError, Connection
from modelform.errors import ProviderError, UnsupportedError
from modelform.provider import AzureNative, parse_id, resource_id, row_of
from modelform.seam import DiffChanges, Provider
from modelform.values import UNKNOWN, Secret

N = "azure-native:"
ACCOUNT, DEPLOYMENT = f"{N}cognitiveservices:Account", f"{N}cognitiveservices:Deployment"
VAULT, STORAGE = f"{N}keyvault:Vault", f"{N}storage:StorageAccount"
COMPONENT = f"{N}applicationinsights:Component"
URN = "urn:pulumi:s::p::azure-native:cognitiveservices:Account::My-Account"
ID = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc"
INPUTS: dict[str, Any] = {"resourceGroupName": "rg", "accountName": "acc", "location": "swedencentral"}


@dataclass
class Reply:
    status_code: int
    content: str
    headers: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    def text(self, encoding: str | None = None) -> str:
        return self.content


@dataclass
class Fake:
    """Answers by a function of method and path; remembers what it was asked."""

    answer: Callable[[str, str], tuple[int, Any]]
    seen: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def send(self, request: Any, **_: Any) -> Reply:
        path = request.url.removeprefix("https://arm.test").split("?")[0]
        self.seen.append(f"{request.method} {path.rsplit('/', 1)[-1]}")
        if request.content:
            self.bodies.append(json.loads(request.content))
        status, body = self.answer(request.method, path)
        return Reply(status, "" if body is None else json.dumps(body), {"Retry-After": "0"})

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None: ...


def over(answer: Callable[[str, str], tuple[int, Any]], **config: Any) -> tuple[AzureNative, Fake]:
    fake = Fake(answer)
    connection = Connection("https://arm.test", "t", "default-sub", None, transport=fake)
    provider = AzureNative(lambda subscription: Arm(connection, sleep=lambda _: None))
    provider.configure({"subscriptionId": "sub", **config})
    return provider, fake


def offline() -> AzureNative:
    def connect(_: str) -> Arm:
        raise AssertionError("nothing may be asked of ARM here")

    provider = AzureNative(connect)
    provider.configure({"subscriptionId": "sub"})
    return provider


def test_it_is_a_provider() -> None:
    assert isinstance(offline(), Provider)


# check


def test_check_adds_the_api_version_and_drops_what_is_not_given() -> None:
    found = offline().check(URN, ACCOUNT, {}, {**INPUTS, "tags": None}, b"seed")
    assert found.failures == ()
    assert found.inputs == {**INPUTS, "azureApiVersion": "2025-06-01"}


@pytest.mark.parametrize(
    ("type", "inputs", "property"),
    [
        (ACCOUNT, {**INPUTS, "accountName": "a"}, "accountName"),
        (ACCOUNT, {**INPUTS, "accountName": "../x"}, "accountName"),
        (ACCOUNT, {**INPUTS, "accountName": "a/b"}, "accountName"),
        (ACCOUNT, {**INPUTS, "accountName": 7}, "accountName"),
        (ACCOUNT, {**INPUTS, "resourceGroupName": ".."}, "resourceGroupName"),
        (ACCOUNT, {**INPUTS, "resourceGroupName": None}, "resourceGroupName"),
        (ACCOUNT, {"resourceGroupName": "rg", "accountName": "acc"}, "location"),
        (ACCOUNT, {**INPUTS, "colour": "red"}, "colour"),
        (STORAGE, {"resourceGroupName": "rg", "accountName": "Upper", "location": "x"}, "accountName"),
        (STORAGE, {"resourceGroupName": "rg", "accountName": "abc", "location": "x", "sku": {}}, "kind"),
    ],
)
def test_check_finds_what_is_wrong(type: str, inputs: dict[str, Any], property: str) -> None:
    assert property in {failure.property for failure in offline().check(URN, type, {}, inputs, b"").failures}


def test_check_lets_unknowns_pass() -> None:
    news = {"resourceGroupName": UNKNOWN, "accountName": UNKNOWN, "location": UNKNOWN}
    assert offline().check(URN, ACCOUNT, {}, news, b"").failures == ()


def test_check_makes_names_up_as_azure_native_does() -> None:
    news = {"resourceGroupName": "rg", "location": "x"}
    provider = offline()
    first = provider.check(URN, ACCOUNT, {}, news, b"1").inputs
    assert first["accountName"].startswith("my-account")
    assert len(first["accountName"]) == len("my-account") + 8
    assert first["__createBeforeDelete"] is True
    assert provider.check(URN, ACCOUNT, {}, news, b"2").inputs["accountName"] != first["accountName"]
    assert provider.check(URN, ACCOUNT, first, news, b"2").inputs == first
    assert not provider.check(URN, STORAGE, {}, {**news, "kind": "x", "sku": {"name": "x"}}, b"1").failures
    child = provider.check(URN, DEPLOYMENT, {}, {"resourceGroupName": "rg", "accountName": "acc"}, b"1").inputs
    assert (child["deploymentName"], child.get("__createBeforeDelete")) == ("My-Account", None)


def test_check_takes_the_location_from_before_or_from_the_configuration() -> None:
    news = {"resourceGroupName": "rg", "accountName": "acc"}
    provider = offline()
    assert provider.check(URN, ACCOUNT, {"location": "old"}, news, b"").inputs["location"] == "old"
    provider.configure({"subscriptionId": "sub", "location": "configured"})
    assert provider.check(URN, ACCOUNT, {}, news, b"").inputs["location"] == "configured"


# configuration


def test_configuration() -> None:
    provider = offline()
    fine = {
        "subscriptionId": "s",
        "tenantId": UNKNOWN,
        "location": Secret("x"),
        "version": "3.29.0",
        "environment": "public",
    }
    assert provider.check_config("u", {}, fine).failures == ()
    wrong = {"metadataHost": "evil", "subscriptionId": "", "environment": "china"}
    failed = provider.check_config("u", {}, wrong).failures
    assert {failure.property for failure in failed} == set(wrong)


@pytest.mark.parametrize(
    ("old", "new", "changes", "replaces"),
    [
        ({"subscriptionId": "a"}, {"subscriptionId": "a", "version": "2"}, DiffChanges.NONE, ()),
        ({"subscriptionId": "a"}, {"subscriptionId": "b"}, DiffChanges.SOME, ("subscriptionId",)),
        ({"subscriptionId": "a"}, {"subscriptionId": "a", "location": "x"}, DiffChanges.SOME, ()),
        ({}, {"tenantId": "t"}, DiffChanges.SOME, ()),
    ],
)
def test_another_subscription_replaces_everything(old: Any, new: Any, changes: DiffChanges, replaces: Any) -> None:
    found = offline().diff_config("u", old, new)
    assert (found.changes, found.replaces) == (changes, replaces)


def test_without_a_subscription_of_its_own_it_takes_the_connections() -> None:
    provider, _ = over(lambda *_: (404, None), subscriptionId=None)
    found = provider.locate(URN, ACCOUNT, INPUTS)
    assert found is None
    with pytest.raises(ProviderError, match="not known"):
        over(lambda *_: (404, None), subscriptionId=UNKNOWN)[0].locate(URN, ACCOUNT, INPUTS)


# previews


def test_previews_ask_nothing() -> None:
    provider = offline()
    made = provider.create(URN, ACCOUNT, INPUTS, 0, True)
    assert (made.id, made.outputs["name"]) == ("", UNKNOWN)
    changed = provider.update(URN, ACCOUNT, ID, {**INPUTS, "name": "acc"}, INPUTS, {**INPUTS, "kind": "x"}, 0, (), True)
    assert (changed["kind"], changed["name"]) == ("x", "acc")
    assert provider.diff(URN, ACCOUNT, ID, {}, INPUTS, INPUTS, ()).changes is DiffChanges.NONE


# requests


def test_create_refuses_what_is_there() -> None:
    provider, fake = over(lambda *_: (200, {"id": ID}))
    with pytest.raises(ProviderError, match=f"cannot create already existing resource '{ID}'"):
        provider.create(URN, ACCOUNT, INPUTS, 0, False)
    assert fake.seen == ["GET acc"]


def test_create_says_why_it_cannot_look() -> None:
    provider, fake = over(lambda *_: (403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        provider.create(URN, ACCOUNT, INPUTS, 0, False)
    assert fake.seen == ["GET acc"]


def test_create_that_is_refused_leaves_nothing() -> None:
    refused = {"error": {"code": "InsufficientQuota", "message": "no"}}
    provider, fake = over(lambda method, _: (400, refused) if method == "PUT" else (404, None))
    with pytest.raises(ArmError) as caught:
        provider.create(URN, ACCOUNT, INPUTS, 0, False)
    assert caught.value.partial is None
    assert fake.seen == ["GET acc", "PUT acc", "GET acc"]


def test_create_that_fails_halfway_tells_what_is_there() -> None:
    there: list[bool] = []
    failed = {"id": ID, "name": "acc", "properties": {"provisioningState": "Failed", "error": {"code": "X"}}}

    def answer(method: str, _: str) -> tuple[int, Any]:
        if method == "PUT":
            there.append(True)
            return 201, {"id": ID, "properties": {"provisioningState": "Creating"}}
        return (200, failed) if there else (404, None)

    provider, _ = over(answer)
    with pytest.raises(ArmError) as caught:
        provider.create(URN, ACCOUNT, INPUTS, 0, False)
    assert caught.value.partial is not None
    id, inputs, outputs = caught.value.partial
    assert (id, inputs, outputs["name"]) == (ID, INPUTS, "acc")
    assert caught.value.reasons == ("X: status 200",)


@pytest.mark.parametrize(("status", "is_kept"), [(503, True), (400, False)])
def test_create_whose_end_nobody_knows_is_kept_so_that_the_next_run_puts_it_again(status: int, is_kept: bool) -> None:
    tried: list[str] = []

    def answer(method: str, _: str) -> tuple[int, Any]:
        tried.append(method)
        if tried == ["GET"]:
            return 404, None
        return (status if method == "PUT" else 503), {"error": {"code": "X", "message": "no"}}

    provider, _ = over(answer)
    with pytest.raises(ArmError) as caught:
        provider.create(URN, ACCOUNT, INPUTS, 0, False)
    assert (caught.value.partial is not None) == is_kept
    if caught.value.partial is not None:
        id, inputs, outputs = caught.value.partial
        assert (id, inputs) == (ID, INPUTS)
        assert outputs["accountName"] == "acc"


def test_create_that_was_accepted_and_failed_is_kept_though_it_does_not_show_yet() -> None:
    tried: list[str] = []

    def answer(method: str, _: str) -> tuple[int, Any]:
        tried.append(method)
        if method == "PUT":
            return 200, {"id": ID, "properties": {"provisioningState": "Failed"}}
        return (200, {"properties": {"provisioningState": "Failed"}}) if tried[-2:] == ["PUT", "GET"] else (404, None)

    provider, _ = over(answer)
    with pytest.raises(ArmError) as caught:
        provider.create(URN, ACCOUNT, INPUTS, 0, False)
    assert caught.value.partial is not None
    assert caught.value.partial[0] == ID


def test_read_of_what_is_gone_and_of_another_subscription() -> None:
    provider, _ = over(lambda *_: (404, {"error": {"code": "ResourceNotFound", "message": "no"}}))
    assert provider.read(URN, ACCOUNT, ID, INPUTS, {}).id == ""
    provider, _ = over(lambda *_: (404, {"error": {"code": "SubscriptionNotFound", "message": "no"}}))
    with pytest.raises(ArmError):
        provider.read(URN, ACCOUNT, ID, INPUTS, {})


def test_an_id_of_another_type_is_refused() -> None:
    with pytest.raises(ProviderError, match="is no id of azure-native:keyvault:Vault"):
        offline().read(URN, VAULT, ID, {}, {})
    with pytest.raises(ProviderError, match="is no id of azure-native:keyvault:Vault"):
        offline().delete(URN, VAULT, ID, {}, {}, 0)


def test_secret_outputs_are_marked() -> None:
    live = {
        "id": "/x",
        "name": "ai",
        "properties": {"ConnectionString": "c", "InstrumentationKey": "k"},
        "tags": {"a": "1"},
    }
    provider, _ = over(lambda *_: (200, live))
    id = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Insights/components/ai"
    inputs = {"resourceGroupName": "rg", "resourceName": "ai", "tags": {"a": Secret("1")}}
    found = provider.read(URN, COMPONENT, id, inputs, {})
    assert found.outputs["connectionString"] == Secret("c")
    assert found.outputs["instrumentationKey"] == Secret("k")
    assert found.outputs["tags"] == {"a": Secret("1")}
    assert found.inputs == inputs


def test_a_vault_keeps_access_policies_that_the_program_does_not_give() -> None:
    policies = [{"objectId": "o"}]
    provider, fake = over(lambda *_: (200, {"id": "/v", "properties": {"accessPolicies": policies}}))
    id = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1"
    inputs = {"resourceGroupName": "rg", "vaultName": "kv-1", "location": "x", "properties": {"tenantId": "t"}}
    provider.update(URN, VAULT, id, {}, inputs, inputs, 0, (), False)
    assert fake.bodies[0]["properties"] == {"tenantId": "t", "accessPolicies": policies}
    given = {**inputs, "properties": {"tenantId": "t", "accessPolicies": []}}
    provider.update(URN, VAULT, id, {}, inputs, given, 0, (), False)
    assert fake.bodies[1]["properties"]["accessPolicies"] == []


def test_a_vault_is_made_without_access_policies() -> None:
    made: list[str] = []

    def answer(method: str, _: str) -> tuple[int, Any]:
        made.extend([method] * (method == "PUT"))
        return (200, {"id": "/v"}) if made else (404, None)

    provider, fake = over(answer)
    inputs = {"resourceGroupName": "rg", "vaultName": "kv-1", "location": "x", "properties": Secret({"tenantId": "t"})}
    provider.create(URN, VAULT, inputs, 0, False)
    assert fake.bodies[0]["properties"] == {"tenantId": "t", "accessPolicies": []}


def test_network_rules_that_are_taken_out_are_reset() -> None:
    provider, fake = over(lambda *_: (200, {"id": "/s"}))
    id = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st1"
    new = {"resourceGroupName": "rg", "accountName": "st1", "location": "x", "kind": "k", "sku": {"name": "s"}}
    provider.update(URN, STORAGE, id, {}, {**new, "networkRuleSet": {"defaultAction": "Deny"}}, new, 0, (), False)
    assert fake.bodies[0]["properties"]["networkAcls"]["defaultAction"] == "Allow"
    provider.update(URN, STORAGE, id, {}, new, new, 0, (), False)
    assert "networkAcls" not in fake.bodies[1]["properties"]


def test_one_write_at_a_time_in_an_account() -> None:
    running: list[str] = []
    most: dict[str, int] = {"a": 0, "all": 0}
    lock = threading.Lock()

    def answer(method: str, path: str) -> tuple[int, Any]:
        if method != "DELETE":
            return 404, None
        account = path.split("/")[8]
        with lock:
            running.append(account)
            most["a"] = max(most["a"], running.count("a"))
            most["all"] = max(most["all"], len(running))
        time.sleep(0.02)
        with lock:
            running.remove(account)
        return 200, None

    provider, _ = over(answer)
    paths = [f"{ID.rsplit('/', 1)[0]}/{account}/deployments/d{n}" for account in "ab" for n in range(4)]
    threads = [threading.Thread(target=provider.delete, args=(URN, DEPLOYMENT, path, {}, {}, 0)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == {"a": 1, "all": 2}


def test_locate() -> None:
    provider, _ = over(lambda *_: (200, {"id": ID}))
    assert provider.locate(URN, ACCOUNT, INPUTS) == ID
    with pytest.raises(UnsupportedError):
        provider.locate(URN, ACCOUNT, {**INPUTS, "accountName": UNKNOWN})


def test_functions_and_other_types_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="listAccountKeys"):
        offline().invoke(f"{N}cognitiveservices:listAccountKeys", {}, False)
    with pytest.raises(UnsupportedError, match="VirtualMachine"):
        offline().check(URN, f"{N}compute:VirtualMachine", {}, {}, b"")


# names


@pytest.mark.parametrize(
    "id", [ID, ID.replace("resourceGroups", "resourcegroups"), ID.replace("/accounts", "/Accounts")]
)
def test_ids_are_read_whatever_their_case(id: str) -> None:
    names = parse_id(row_of(ACCOUNT), id)
    assert names == {"subscriptionId": "sub", "resourceGroupName": "rg", "accountName": "acc"}
    assert resource_id(row_of(ACCOUNT), names.pop("subscriptionId"), names) == ID
