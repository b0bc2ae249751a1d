"""A process that is killed in the middle of an operation loses nothing: the next run goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STACK = """
apiVersion: modelform/v1
location: swedencentral
policy: {lifecycle: [generallyAvailable, preview]}
workspaces:
  main: {kind: foundry, projects: [team]}
deployments:
  assistant: {model: mistral-large-3@1, workspace: main, sku: dataZoneStandard, capacity: {tpm: 50k}}
  fallback: {model: gpt-5.4-mini, workspace: main, capacity: {tpm: 50k}}
"""

# Runs `argv[2]` and kills itself right after the sandbox has answered a request of that method to that path's end:
# the change is made, and nobody has heard of it.
VICTIM = """
import datetime, os, signal, sys
from pathlib import Path
from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_TENANT, Connection
from modelform.drivers import Request, open_driver
from modelform.sandbox import Credential, create_app
from modelform.sandbox.transport import SandboxTransport
from modelform.spec import load_stack

folder, command, method, end = Path(sys.argv[1]), *sys.argv[2:]
today = datetime.date(2026, 11, 22)

class Deadly(SandboxTransport):
    def send(self, request, **more):
        answer = super().send(request, **more)
        if request.method == method and request.url.split("?")[0].lower().endswith(end.lower()):
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

transport = Deadly(create_app(folder / ".modelform" / "sandbox", today=today))

def connect(subscription):
    return Connection(SANDBOX_ENDPOINT, SANDBOX_TENANT, subscription, Credential(), transport, "sandbox")

stack, report = load_stack(folder / "stacks" / "dev.yaml", environment={}, today=today)
driver = open_driver("embedded", project_dir=folder, target="sandbox", environment={}, today=today)
getattr(driver, command)(Request("dev", connect, stack), lambda event: None)
"""


def killed(folder: Path, command: str, method: str, end: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", VICTIM, str(folder), command, method, end], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("end", ["/resourceGroups/{group}", "/accounts/{account}", "/deployments/fallback"])
def test_what_a_killed_up_had_made_is_adopted(project: Any, end: str) -> None:
    project.write(STACK)
    stack = project.stack()
    end = end.format(account=stack.workspaces["main"].name, group=stack.resource_groups[0].name)
    killed(project.folder, "up", "PUT", end)
    result = project.up()
    assert any(d.code == "state.lock-taken-over" for d in result.diagnostics)
    assert result.summary.delete == result.summary.replace == 0
    assert project.up().summary.same == 5
    assert project.run("destroy").summary.delete == 5


@pytest.mark.slow
def test_a_killed_destroy_goes_on(project: Any) -> None:
    project.write(STACK)
    project.up()
    killed(project.folder, "destroy", "DELETE", "/deployments/fallback")
    assert project.run("destroy").ok
    assert project.up().summary.create == 5
