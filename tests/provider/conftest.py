"""The SDK's own classes as trees, and a provider over a sandbox of this process."""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi import _types

from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_SUBSCRIPTION, SANDBOX_TENANT, Arm, Connection
from modelform.provider import AzureNative

Tree = tuple[Any, ...]  # ("object", {name: tree}), ("list", tree), ("map", tree) or ("leaf", type)


@dataclass(frozen=True)
class Sdk:
    """What a typed class takes and gives, by Pulumi's names, and the api-version that it says it has."""

    inputs: dict[str, Tree]
    outputs: dict[str, Tree]
    api_version: str


def plain(annotation: Any) -> Any:
    """The annotation without Optional, Union with enums and TypedDicts, and Input."""
    while typing.get_origin(annotation) is typing.Union or type(annotation).__name__ == "UnionType":
        arguments = [a for a in typing.get_args(annotation) if a is not type(None)]
        typed = [a for a in arguments if isinstance(a, type) and _types.is_input_type(a)]
        shaped = [a for a in arguments if typing.get_origin(a) or (isinstance(a, type) and _types.is_output_type(a))]
        annotation = (typed or shaped or arguments)[0]
    return annotation


def tree(annotation: Any, is_input: bool, seen: tuple[Any, ...] = ()) -> Tree:
    found = plain(annotation)
    origin = typing.get_origin(found)
    if origin in (collections.abc.Sequence, list):
        return ("list", tree(typing.get_args(found)[0], is_input, seen))
    if origin in (collections.abc.Mapping, dict):
        return ("map", tree(typing.get_args(found)[1], is_input, seen))
    if isinstance(found, type) and found not in seen:
        known = _types.is_input_type(found) if is_input else _types.is_output_type(found)
        if known:
            types = _types.input_type_types(found) if is_input else _types.output_type_types(found)
            return ("object", {name: tree(inner, is_input, (*seen, found)) for name, inner in types.items()})
    return ("leaf", found if isinstance(found, type) else str)


@pytest.fixture(scope="session")
def sdk() -> Callable[[str], Sdk]:
    known: dict[str, Sdk] = {}

    def load(token: str) -> Sdk:
        if token not in known:
            _, module, name = token.split(":")
            home = importlib.import_module(f"pulumi_azure_native.{module}")
            resource = getattr(home, name)
            said = re.search(r"API version (\d{4}-\d\d-\d\d(?:-preview)?)", inspect.getsource(resource))
            known[token] = Sdk(
                inputs=tree(getattr(home, f"{name}Args"), True)[1],
                outputs={key: tree(value, False) for key, value in _types.resource_types(resource).items()},
                api_version=said.group(1) if said else "",
            )
        return known[token]

    return load


@dataclass
class Rig:
    """A provider, the client that it goes through, and the status of every answer."""

    provider: AzureNative
    arm: Arm
    statuses: list[int]


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A parameter is the sandbox's latency in seconds."""
    from modelform.sandbox import Credential, create_app
    from modelform.sandbox.transport import SandboxTransport

    statuses: list[int] = []

    class Watched(SandboxTransport):
        def send(self, request: Any, **options: Any) -> Any:
            answer = super().send(request, **options)
            statuses.append(answer.status_code)
            return answer

    transport = Watched(create_app(None, latency=getattr(request, "param", 0.0)))
    connection = Connection(
        SANDBOX_ENDPOINT, SANDBOX_TENANT, SANDBOX_SUBSCRIPTION, Credential(), transport=transport, target="sandbox"
    )
    arm = Arm(connection)
    provider = AzureNative(lambda _: arm)
    provider.configure({"subscriptionId": SANDBOX_SUBSCRIPTION, "tenantId": SANDBOX_TENANT})
    yield Rig(provider, arm, statuses)
    provider.close()
