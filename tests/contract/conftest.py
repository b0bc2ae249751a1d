"""Microsoft's own clients over a sandbox in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelform.sandbox import ENDPOINT, SUBSCRIPTION, Credential
from modelform.sandbox.app import create_control
from modelform.sandbox.transport import SandboxTransport


@pytest.fixture(params=[0.0, 0.2], ids=["at once", "with latency"])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SandboxTransport]:
    """A transport into a sandbox, one that is done at once and one whose operations take a fifth of a second."""
    control = create_control(tmp_path, latency=request.param)
    yield SandboxTransport(control)
    control.store.close()


@pytest.fixture
def make(transport: SandboxTransport) -> Callable[..., Any]:
    """Makes a management client of a class, unchanged but for the endpoint."""

    def client(kind: Any, **options: Any) -> Any:
        scopes = [f"{ENDPOINT}/.default"]
        return kind(
            Credential(), SUBSCRIPTION, base_url=ENDPOINT, credential_scopes=scopes, transport=transport, **options
        )

    return client
