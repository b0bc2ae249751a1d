"""A second sandbox that stands in for Azure, inside the process or served, with or without planted differences."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modelform.azure import Connection
from modelform.sandbox import TENANT, Credential
from modelform.sandbox.app import create_control
from modelform.sandbox.faults import read_plan
from modelform.sandbox.transport import SandboxTransport
from modelform.verification.choice import ACCOUNT, RESOURCES, Part, Plan, Step
from modelform.verification.run import Surroundings

TODAY = date(2026, 11, 22)
SUBSCRIPTION = "5ab5c1de-0000-4000-8000-000000000077"


class Elsewhere:
    """A cloud in this process."""

    def __init__(self, folder: Path, faults: str = "") -> None:
        self.control = create_control(folder / "cloud", faults=read_plan(faults, "plan"), today=TODAY)
        self.folder = folder
        self.told: list[str] = []
        self.cancelled = threading.Event()

    def connect(self, subscription: str) -> Connection:
        return Connection(
            endpoint="https://management.azure.com",
            tenant=TENANT,
            subscription=subscription,
            credential=Credential(),
            transport=SandboxTransport(self.control),
        )

    @property
    def around(self) -> Surroundings:
        environment = {"AZURE_TENANT_ID": TENANT, "PULUMI_CONFIG_PASSPHRASE": "x"}
        return Surroundings(self.folder / "work", environment, self.connect, TODAY, self.told.append, self.cancelled)

    def held(self) -> list[str]:
        """Everything that is there, and what is soft-deleted."""
        with self.control.store.read() as view:
            return [one.key for one in view.below(f"/subscriptions/{SUBSCRIPTION}")] + [
                one.id for one in view.graves("/")
            ]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[..., Elsewhere]:
    return lambda faults="": Elsewhere(tmp_path, faults)


def small_plan(**more: Any) -> Plan:
    """One account, made and changed."""

    def text(turn: int) -> str:
        return (
            "apiVersion: modelform/v1\nname: small\ntarget: azure\nlocation: swedencentral\n"
            f'subscription: {SUBSCRIPTION}\nresourceGroup: rg-small\ntags: {{turn: "{turn}"}}\n'
            "workspaces: {foundry: {kind: foundry}}\n"
        )

    steps = (Step("make", text(1), (RESOURCES, ACCOUNT)), Step("change", text(2)))
    return Plan((Part("small", "rg-small", steps),), more)
