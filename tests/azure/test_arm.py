"""The client: what it sends, to whom, and how it reads lists."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from modelform import __version__, azure
from modelform.azure import ArmError, Connection, azure_connection
from modelform.azure.retries import retry_after
from modelform.errors import AccessError, UsageError


def test_headers(rig: Callable[..., Any]) -> None:
    made = rig({"body": {}}, audience="https://audience.test/")
    made.arm.get("/a", "1")
    made.arm.get("/a", "1")
    first, second = (request.headers for request in made.script.requests)
    assert first["Authorization"].startswith("Bearer eyJ")
    assert made.credential.scopes == ["https://audience.test/.default"]
    assert first["User-Agent"].startswith(f"modelform/{__version__}")
    assert first["x-ms-client-request-id"] != second["x-ms-client-request-id"]
    assert first["x-ms-correlation-request-id"] == second["x-ms-correlation-request-id"]


def test_scope_is_the_endpoint_by_default(rig: Callable[..., Any]) -> None:
    made = rig({"body": {}})
    made.arm.get("/a", "1")
    assert made.credential.scopes == ["https://arm.test/.default"]


def test_paths_and_parameters_are_escaped(rig: Callable[..., Any]) -> None:
    made = rig({"body": {}})
    made.arm.get("/groups/my group/x?y#z", "1", params={"$filter": "a b"})
    assert made.script.requests[0].url == "https://arm.test/groups/my%20group/x%3Fy%23z?api-version=1&%24filter=a+b"


def test_find(rig: Callable[..., Any]) -> None:
    assert rig({"status": 404}).arm.find("/a", "1") is None
    assert rig({"status": 204}).arm.find("/a", "1") is None
    assert rig({"body": {"id": "/a"}}).arm.find("/a", "1") == {"id": "/a"}
    with pytest.raises(ArmError):
        rig({"status": 403}).arm.find("/a", "1")


def test_lists_are_read_to_their_end(rig: Callable[..., Any]) -> None:
    made = rig(
        {"body": {"value": [{"n": 1}, {"n": 2}], "nextLink": "https://arm.test/a?page=2"}},
        {"body": {"value": [{"n": 3}]}},
    )
    assert [item["n"] for item in made.arm.items("/a", "1")] == [1, 2, 3]
    assert made.script.lines == ["GET /a", "GET /a?page=2"]


def test_a_next_page_at_another_host_is_refused(rig: Callable[..., Any]) -> None:
    made = rig({"body": {"value": [{"n": 1}], "nextLink": "https://evil.test/a"}})
    with pytest.raises(ArmError, match=r"evil\.test"):
        list(made.arm.items("/a", "1"))
    assert len(made.script.requests) == 1


def test_a_list_without_an_end_stops(rig: Callable[..., Any]) -> None:
    made = rig({"body": {"value": [], "nextLink": "/a"}})
    with pytest.raises(ArmError, match="pages"):
        list(made.arm.items("/a", "1"))


@pytest.mark.parametrize("endpoint", ["http://arm.test", "arm.test", "https://", "https://me@arm.test", ""])
def test_an_endpoint_must_have_tls(endpoint: str) -> None:
    with pytest.raises(UsageError, match="no ARM endpoint"):
        Connection(endpoint, "t", "s")


def test_no_token_is_an_access_error(rig: Callable[..., Any]) -> None:
    made = rig({"body": {}})

    def fail(*_: str, **__: Any) -> Any:
        raise ClientAuthenticationError("DefaultAzureCredential failed\nEnvironment: secret=abc\nCli: no")

    made.credential.get_token = fail
    with pytest.raises(AccessError) as caught:
        made.arm.get("/a", "1")
    assert caught.value.diagnostics[0].code == "access.not-signed-in"
    assert "abc" not in str(caught.value.diagnostics[0])
    assert made.script.requests == []


def test_a_token_whose_time_is_over_is_replaced_once(rig: Callable[..., Any]) -> None:
    error = {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token has expired."}}
    refused = {"status": 401, "headers": {"WWW-Authenticate": 'Bearer error="invalid_token"'}, "body": error}
    made = rig(refused, {"body": {"id": "/a"}})
    assert made.arm.get("/a", "1") == {"id": "/a"}
    assert (len(made.credential.scopes), len(made.script.requests), made.clock.waits) == (2, 2, [])
    made = rig(refused)
    with pytest.raises(AccessError, match="ExpiredAuthenticationToken"):
        made.arm.get("/a", "1")
    assert len(made.script.requests) == 2


def test_a_token_that_is_refused_for_another_reason_is_not_replaced(rig: Callable[..., Any]) -> None:
    error = {"error": {"code": "InvalidAuthenticationToken", "message": "The access token is invalid."}}
    made = rig({"status": 401, "headers": {"WWW-Authenticate": "Bearer"}, "body": error})
    with pytest.raises(AccessError, match="InvalidAuthenticationToken"):
        made.arm.get("/a", "1")
    assert len(made.script.requests) == 1


def test_azure_is_only_reached_with_a_subscription() -> None:
    with pytest.raises(AccessError, match="subscription"):
        azure_connection("t", "", {})
    made = azure_connection("t", "s", {"REQUESTS_CA_BUNDLE": "/ca.pem"})
    assert (made.endpoint, made.scope, made.ca_bundle) == (
        "https://management.azure.com",
        "https://management.azure.com/.default",
        "/ca.pem",
    )


def test_why_no_token_could_be_had_is_told_in_the_error_alone() -> None:
    """Without a handler of its own, logging would write what the library says to stderr."""
    for _ in range(2):
        azure_connection("t", "s", {})
    handlers = logging.getLogger("azure.identity").handlers
    assert [type(handler) for handler in handlers] == [logging.NullHandler]


@pytest.mark.parametrize(("said", "disabled"), [("", False), ("false", False), ("true", True), ("1", True)])
def test_tokens_of_azure_are_of_the_subscriptions_tenant(
    monkeypatch: pytest.MonkeyPatch, said: str, disabled: bool
) -> None:
    asked: list[Any] = []

    class Fake:
        def __init__(self, **options: Any) -> None:
            asked.append(options)

        def get_token_info(self, *scopes: str, options: Any = None) -> str:
            asked.append((scopes, options))
            return "token"

        def get_token(self, *scopes: str, **options: Any) -> str:
            asked.append((scopes, options))
            return "token"

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Fake)
    credential: Any = azure_connection("tenant", "s", {"ARM_DISABLE_INSTANCE_DISCOVERY": said}).credential
    assert asked == []
    assert credential.get_token_info("scope", options={"enable_cae": True}) == "token"
    assert credential.get_token("scope") == "token"
    credential.close()
    assert asked == [
        {"additionally_allowed_tenants": ["tenant"], "disable_instance_discovery": disabled},
        (("scope",), {"tenant_id": "tenant", "enable_cae": True}),
        (("scope",), {"tenant_id": "tenant"}),
        "closed",
    ]


def test_the_text_form_of_a_connection_has_no_credential(rig: Callable[..., Any]) -> None:
    assert "redential" not in repr(rig({"body": {}}).arm.connection)


def test_many_threads(rig: Callable[..., Any]) -> None:
    made = rig({"body": {"id": "/a"}})
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(made.arm.get("/a", "1"))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"id": "/a"}] * 10


def test_a_closed_client_opens_again(rig: Callable[..., Any]) -> None:
    made = rig({"body": {}})
    made.arm.get("/a", "1")
    made.arm.close()
    assert made.arm.get("/a", "1") == {}


def test_everything_public_is_there() -> None:
    assert all(getattr(azure, name) for name in azure.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        azure.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60),
        ({"retry-after": "Wed, 21 Oct 2020 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"x-ms-retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({}, None),
    ],
)
def test_retry_after(header: dict[str, str], seconds: float | None) -> None:
    assert retry_after(header, lambda: 1792567620.0) == seconds


def test_importing_loads_no_library_of_azure() -> None:
    program = (
        "import sys, modelform.azure, modelform.provider;"
        "sys.exit(any(n == 'azure' or n.startswith(('azure.', 'requests', 'pulumi')) for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
