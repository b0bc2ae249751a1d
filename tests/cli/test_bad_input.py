"""What bad input gets, through the whole of modelform: one clear message, the exit code, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

GOOD = """\
apiVersion: modelform/v1
name: dev
location: swedencentral
workspaces:
  foundry: {kind: foundry}
deployments:
  assistant: {model: mistral-large-3@1, workspace: foundry, sku: dataZoneStandard, capacity: {tpm: 50k}}
  second: {model: gpt-5.4-mini, workspace: foundry, sku: dataZoneStandard, capacity: {tpm: 50k}}
"""
COMMAND = [sys.executable, "-m", "modelform"]
KEEP = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")

Ran = subprocess.CompletedProcess[str]


class Folder:
    """A project folder, and the command run in it as a process of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack = path / "stacks" / "dev.yaml"
        self.stack.parent.mkdir()
        self.stack.write_text(GOOD)
        self.state = path / ".modelform" / "sandbox" / "state" / ".pulumi" / "stacks" / "modelform" / "dev.json"
        self.database = path / ".modelform" / "sandbox" / "sandbox.db"

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {name: os.environ[name] for name in KEEP if name in os.environ} | dict(more)

    def run(self, *argv: str, before: Callable[[], None] | None = None, **environment: str) -> Ran:
        return subprocess.run(
            [*COMMAND, *argv],
            cwd=self.path,
            env=self.environment(environment),
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=before,
            check=False,
        )

    def start(self, *argv: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *argv],
            cwd=self.path,
            env=self.environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rows(self) -> int:
        """How many resources the sandbox holds."""
        if not self.database.exists():
            return 0
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            return int(connection.execute("SELECT count(*) FROM resources").fetchone()[0])
        except sqlite3.OperationalError:
            return 0
        finally:
            connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def refused(ran: Ran, code: int, *said: str) -> None:
    """One message that says these things, this exit code, no traceback."""
    text = " ".join(ran.stderr.split())
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "something unexpected" not in text
    assert text.count("error:") == 1
    for word in said:
        assert word in text


def fine(ran: Ran) -> None:
    assert ran.returncode == 0, ran.stdout + ran.stderr


def nothing_changes(folder: Folder) -> None:
    """An `up` changes nothing, and what the sandbox holds is what the stack file says."""
    ran = folder.run("up", "-y", "--json")
    fine(ran)
    summary = json.loads(ran.stdout)["summary"]
    assert summary == {"create": 0, "update": 0, "replace": 0, "delete": 0, "same": 4}
    assert folder.rows() == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "code", "place", "said"),
    [
        ("location: swedencentral", "locatoin: swedencentral", 4, "dev.yaml:3:1", "id you mean"),
        ("{tpm: 50k}", "{tpm: lots}", 4, "dev.yaml:7:", "lots"),
        ("mistral-large-3@1", "mistral-large-4", 4, "dev.yaml:7:", "mistral-large-4"),
        (
            "sku: dataZoneStandard, capacity: {tpm: 50k}}\n  second",
            "sku: standard, capacity: {tpm: 50k}}\n  second",
            4,
            "dev.yaml:7:",
            "swedencentral",
        ),
        ("name: dev\n", "name: dev\nresourceGroup: ${env:NO_SUCH_VARIABLE}\n", 4, "dev.yaml:3:", "NO_SUCH_VARIABLE"),
        ("workspaces:", "workspaces: [", 4, "dev.yaml:", ""),
    ],
    ids=["key", "type", "model", "sku", "variable", "yaml"],
)
def test_a_wrong_stack_file(old: str, new: str, code: int, place: str, said: str, folder: Folder) -> None:
    assert old in GOOD
    folder.stack.write_text(GOOD.replace(old, new, 1))
    ran = folder.run("up", "-y")
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert f"stacks/{place}" in ran.stderr
    assert said in " ".join(ran.stderr.split())
    assert not folder.state.exists()
    assert folder.rows() == 0
    folder.stack.write_text(GOOD)
    fine(folder.run("preview"))


@pytest.mark.slow
def test_a_state_that_is_cut_short(folder: Folder) -> None:
    fine(folder.run("up", "-y"))
    whole = folder.state.read_bytes()
    folder.state.write_bytes(whole[: len(whole) // 2])
    for command in (["preview"], ["up", "-y"], ["destroy", "-y"]):
        refused(folder.run(*command), 1, str(folder.state.name))
    assert folder.state.read_bytes() == whole[: len(whole) // 2]
    assert folder.rows() == 4
    folder.state.write_bytes(whole)
    nothing_changes(folder)


@pytest.mark.slow
def test_a_state_of_another_cloud(folder: Folder) -> None:
    fine(folder.run("up", "-y"))
    whole = folder.state.read_text()
    folder.state.write_text(whole.replace("management.sandbox.localhost", "management.azure.com"))
    for command in (["preview"], ["up", "-y"]):
        refused(folder.run(*command), 3, "state.other-cloud")
    assert folder.rows() == 4
    folder.state.write_text(whole)
    nothing_changes(folder)


@pytest.mark.slow
def test_a_sandbox_of_another_version(folder: Folder) -> None:
    fine(folder.run("up", "-y"))
    connection = sqlite3.connect(folder.database)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    refused(folder.run("sandbox", "status"), 1, "version 999", "modelform sandbox reset")
    folder.stack.write_text(GOOD.replace("50k}}\n  second", "60k}}\n  second"))
    ran = folder.run("up", "-y")
    assert ran.returncode == 1
    assert "version 999" in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr
    folder.stack.write_text(GOOD)
    fine(folder.run("sandbox", "reset", "-y"))
    assert folder.run("up", "-y").returncode == 0
    nothing_changes(folder)


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the limit of a file's size is Linux's way to a full disk"
)
def test_a_full_disk(folder: Folder) -> None:
    import resource

    fine(folder.run("sandbox", "status"))
    ran = folder.run(
        "up", "-y", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    )
    assert ran.returncode in (1, 8), ran.stderr
    assert "Traceback" not in ran.stderr
    assert "something unexpected" not in ran.stderr
    assert "No space left" in ran.stderr or "File too large" in ran.stderr or "full" in ran.stderr
    fine(folder.run("up", "-y"))
    nothing_changes(folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_of_up(number: signal.Signals, folder: Folder) -> None:
    process = folder.start("up", "-y", "--latency", "1500")
    _wait_for(folder, 2, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Interrupted: what is running is finished and saved first." in said
    assert "Traceback" not in said
    assert folder.rows() < 4
    fine(folder.run("up", "-y"))
    nothing_changes(folder)


@pytest.mark.slow
def test_kill_9_in_the_middle_of_up(folder: Folder) -> None:
    process = folder.start("up", "-y", "--latency", "1500")
    _wait_for(folder, 2, process)
    process.kill()
    process.communicate(timeout=60)
    ran = folder.run("up", "-y")
    fine(ran)
    nothing_changes(folder)


@pytest.mark.slow
def test_a_port_in_use(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused(folder.run("sandbox", "serve", "--port", port), 1, f"port {port} is in use", "--port N")
    process = folder.start("sandbox", "serve", "--json", "--port", port)
    assert process.stdout is not None
    service = json.loads(process.stdout.readline())
    assert service["url"] == f"https://localhost:{port}"
    assert service["env"]["AZURE_SUBSCRIPTION_ID"] == service["subscriptionId"]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert said == ""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_document_that_cannot_be_written_is_one_message(folder: Folder) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run(
            [*COMMAND, "preview", "-s", "dev", "--json"],
            cwd=folder.path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    refused(ran, 1, "No space left on device")


@pytest.mark.slow
def test_a_process_without_streams_does_its_work(folder: Folder) -> None:
    def close() -> None:
        for number in (0, 1):
            os.close(number)

    fine(folder.run("preview", before=close))


@pytest.mark.slow
def test_a_reader_that_leaves_does_not_end_an_up(folder: Folder) -> None:
    process = folder.start("up", "-y")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    assert process.wait(timeout=60) == 0, said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    nothing_changes(folder)
    assert [file.name for file in folder.database.parent.glob("sandbox.db*")] == ["sandbox.db"]


@pytest.mark.slow
def test_a_stack_that_somebody_else_works_on(folder: Folder) -> None:
    process = folder.start("up", "-y", "--latency", "3000")
    _wait_for(folder, 2, process)
    refused(folder.run("up", "-y"), 6, "state.locked")
    refused(folder.run("sandbox", "reset", "-y"), 6, "dev")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    nothing_changes(folder)


def _wait_for(folder: Folder, rows: int, process: subprocess.Popen[str]) -> None:
    """Waits until the sandbox holds so many resources."""
    for _ in range(600):
        if folder.rows() >= rows:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("the operation does not begin")
