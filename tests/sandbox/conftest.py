"""A sandbox for each test, and a client that speaks to its control plane as ARM's clients do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from modelform.sandbox import SUBSCRIPTION, TENANT
from modelform.sandbox.app import create_control
from modelform.sandbox.control import Control
from modelform.sandbox.exchange import Request, Response
from modelform.sandbox.identity import TOKEN

CATALOGUE = yaml.safe_load((Path(__file__).parent / "catalogue.yaml").read_text())
VERSIONS = {
    "microsoft.cognitiveservices": "2025-06-01",
    "microsoft.machinelearningservices": "2025-12-01",
    "microsoft.storage": "2024-01-01",
    "microsoft.keyvault": "2024-11-01",
    "microsoft.operationalinsights": "2023-09-01",
    "microsoft.insights": "2020-02-02",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.insights/metricalerts": "2018-03-01",
    "microsoft.insights/actiongroups": "2023-01-01",
    "microsoft.managedidentity": "2023-01-31",
    "microsoft.authorization": "2022-04-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.network": "2024-05-01",
    "microsoft.network/privatednszones": "2024-06-01",
    "microsoft.containerregistry": "2023-07-01",
    "microsoft.consumption": "2024-08-01",
}


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 1_795_305_600.0  # 2026-11-22 00:00 UTC

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """Sends requests; `{group}` and the other names in a path stand for what `names` says."""

    control: Control
    clock: Clock
    names: dict[str, str] = field(default_factory=dict)

    def path(self, text: str) -> str:
        for name, value in {**NAMES, **self.names}.items():
            text = text.replace("{" + name + "}", value)
        return text

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        path = self.path(path)
        path, _, asked = path.partition("?")
        parameters = dict(pair.split("=", 1) for pair in asked.split("&") if pair)
        parts = path.lower().rsplit("/providers/", 1)[-1].split("/") if "/providers/" in path else [""]
        usual = VERSIONS.get("/".join(parts[:2])) or VERSIONS.get(parts[0], "2024-03-01")
        chosen = usual if version is None else version
        return self.control.handle(
            Request(
                method=method,
                path=path,
                query={**({"api-version": chosen} if chosen else {}), **parameters, **(query or {})},
                headers={"authorization": f"Bearer {TOKEN}", **(headers or {})},
                body=b"" if body is None else json.dumps(body).encode(),
            )
        )

    def made(self, path: str, body: Any, **options: Any) -> Any:
        """A PUT that must do."""
        answer = self.send("PUT", path, body, **options)
        assert answer.status in (200, 201, 202), answer.body
        return answer.body

    def got(self, path: str, **options: Any) -> Any:
        """A GET that must do."""
        answer = self.send("GET", path, **options)
        assert answer.status == 200, answer.body
        return answer.body

    def follow(self, answer: Response) -> Response:
        """Asks the monitor that an answer names."""
        url = answer.headers.get("Azure-AsyncOperation") or answer.headers["Location"]
        path, _, query = url.split("//", 1)[1].partition("?")
        return self.send(
            "GET", "/" + path.split("/", 1)[1], version="", query=dict(p.split("=", 1) for p in query.split("&"))
        )


class Bodies:
    """Bodies that the tests send."""

    GROUP: ClassVar[Any] = {"location": "swedencentral"}

    @staticmethod
    def account(name: str = "acc", kind: str = "AIServices", location: str = "swedencentral", **properties: Any) -> Any:
        """An account with a subdomain of its name; a Foundry account manages projects."""
        base: dict[str, Any] = {"customSubDomainName": name}
        if kind == "AIServices":
            base["allowProjectManagement"] = True
        return {
            "location": location,
            "kind": kind,
            "sku": {"name": "S0"},
            "identity": {"type": "SystemAssigned"},
            "properties": {**base, **properties},
        }

    @staticmethod
    def deployment(
        name: str = "Mistral-Large-3",
        format: str = "Mistral AI",
        version: str | None = "1",
        sku: str = "GlobalStandard",
        capacity: int | None = 10,
        **properties: Any,
    ) -> Any:
        """A deployment of Mistral Large, or of another model."""
        model = {"format": format, "name": name, **({"version": version} if version else {})}
        amount = {} if capacity is None else {"capacity": capacity}
        return {"sku": {"name": sku, **amount}, "properties": {"model": model, **properties}}

    @staticmethod
    def project(location: str = "swedencentral", **properties: Any) -> Any:
        """A Foundry project."""
        return {"location": location, "identity": {"type": "SystemAssigned"}, "properties": properties}

    @staticmethod
    def storage(**properties: Any) -> Any:
        """A storage account."""
        return {
            "location": "swedencentral",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "properties": properties,
        }

    @staticmethod
    def vault(**properties: Any) -> Any:
        """A key vault."""
        base = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
        return {"location": "swedencentral", "properties": {**base, **properties}}

    @staticmethod
    def component(workspace: str | None = None) -> Any:
        """An Application Insights component."""
        more = {"WorkspaceResourceId": workspace} if workspace else {}
        return {"location": "swedencentral", "kind": "web", "properties": {"Application_Type": "web", **more}}

    @staticmethod
    def workspace(kind: str = "Hub", location: str = "swedencentral", **properties: Any) -> Any:
        """An ML workspace."""
        return {"location": location, "kind": kind, "identity": {"type": "SystemAssigned"}, "properties": properties}

    @staticmethod
    def serverless(model: str = "azureml://registries/azureml-mistral/models/mistral-small-2503", **more: Any) -> Any:
        """A serverless endpoint."""
        return {
            "location": "swedencentral",
            "sku": {"name": "Consumption"},
            "properties": {"authMode": "Key", "modelSettings": {"modelId": model}},
            **more,
        }


SUB = f"/subscriptions/{SUBSCRIPTION}"
NAMES = {
    "sub": SUB,
    "group": f"{SUB}/resourceGroups/rg",
    "cognitive": f"{SUB}/resourceGroups/rg/providers/Microsoft.CognitiveServices",
    "account": f"{SUB}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acc",
    "ml": f"{SUB}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces",
    "storage": f"{SUB}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts",
    "vaults": f"{SUB}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults",
    "logs": f"{SUB}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces",
    "network": f"{SUB}/resourceGroups/rg/providers/Microsoft.Network",
    "identities": f"{SUB}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
    "insights": f"{SUB}/resourceGroups/rg/providers/Microsoft.Insights",
    "registries": f"{SUB}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries",
    "components": f"{SUB}/resourceGroups/rg/providers/Microsoft.Insights/components",
}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Makes sandboxes over the test's folder; all are closed at its end."""
    opened: list[Control] = []
    clock = Clock()

    def make(data: str = "data", **options: Any) -> Client:
        options.setdefault("clock", clock)
        options.setdefault("catalogue", CATALOGUE)
        control = create_control(tmp_path / data, **options)
        opened.append(control)
        return Client(control, clock)

    yield make
    for control in opened:
        control.store.close()


@pytest.fixture
def client(sandbox: Callable[..., Client]) -> Client:
    """A sandbox without latency, on 22 November 2026."""
    return sandbox()


@pytest.fixture
def bodies() -> type[Bodies]:
    """The bodies by their names."""
    return Bodies
