"""Microsoft's own clients over the sandbox: served over HTTPS, and in this process with latency."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ClientSecretCredential

from modelform.sandbox import ENDPOINT, SUBSCRIPTION, TENANT, Credential, serve
from modelform.sandbox.app import create_control
from modelform.sandbox.server import Service
from modelform.sandbox.transport import SandboxTransport

REGION = "swedencentral"


@dataclass
class Cloud:
    """A sandbox as a client sees it: where it is, who asks, and a subscription that nobody else has.

    `tag` makes the names of a test its own where names are one world's.
    """

    endpoint: str
    credential: Any
    options: dict[str, Any] = field(default_factory=dict)
    subscription: str = field(default_factory=lambda: str(uuid.uuid4()))
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def client(self, kind: Any, **more: Any) -> Any:
        """A management client of a class, unchanged but for the endpoint."""
        scopes = [f"{self.endpoint}/.default"]
        options = {"base_url": self.endpoint, "credential_scopes": scopes, **self.options, **more}
        return kind(self.credential, self.subscription, **options)

    def group(self, name: str = "rg") -> str:
        """Makes a resource group, and gives its id."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        self.client(ResourceManagementClient).resource_groups.create_or_update(name, {"location": REGION})
        return f"/subscriptions/{self.subscription}/resourceGroups/{name}"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One server for all tests, in a thread; its operations take a moment, so that clients poll."""
    began, found = threading.Event(), list[Service]()

    def ready(one: Service) -> None:
        found.append(one)
        began.set()

    folder = tmp_path_factory.mktemp("contract") / "sandbox"
    thread = threading.Thread(target=serve, args=(folder,), kwargs={"ready": ready, "latency": 0.03}, daemon=True)
    thread.start()
    assert began.wait(60)
    yield found[0]
    found[0].stop()
    thread.join(30)


@pytest.fixture(scope="session")
def credential(service: Service) -> Iterator[ClientSecretCredential]:
    """azure-identity's credential of a client of the sandbox's tenant."""
    made = ClientSecretCredential(
        TENANT,
        "contract-tests",
        "any secret",
        authority=service.url,
        disable_instance_discovery=True,
        connection_verify=str(service.ca_bundle),
    )
    yield made
    made.close()


@pytest.fixture
def cloud(service: Service, credential: ClientSecretCredential) -> Cloud:
    """The served sandbox, in a subscription of the test's own."""
    return Cloud(service.url, credential, {"connection_verify": str(service.ca_bundle)})


@pytest.fixture
def transport(tmp_path: Path) -> Iterator[SandboxTransport]:
    """A transport into a sandbox in this process whose operations take a fifth of a second."""
    control = create_control(tmp_path, latency=0.2)
    yield SandboxTransport(control)
    control.store.close()


@pytest.fixture(params=["over HTTPS", "in the process"])
def either(request: pytest.FixtureRequest) -> Cloud:
    """The sandbox behind HTTPS, and the one that has no server."""
    if request.param == "over HTTPS":
        found: Cloud = request.getfixturevalue("cloud")
        return found
    options = {"transport": request.getfixturevalue("transport")}
    return Cloud(ENDPOINT, Credential(), options, SUBSCRIPTION)


@pytest.fixture
def make(either: Cloud) -> Callable[..., Any]:
    """Makes clients of `either`."""
    return either.client
