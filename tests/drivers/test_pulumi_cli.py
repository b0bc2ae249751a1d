"""The Pulumi CLI as an engine, on the sandbox: the real one, where `pulumi` is on PATH."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelform.drivers import OperationOptions, Request, open_driver
from modelform.drivers.pulumi_again import Again
from modelform.drivers.pulumi_cli import PulumiCli
from modelform.drivers.pulumi_home import Home
from modelform.errors import Exit, LockedError, PolicyError, Severity, StateError, UsageError
from modelform.plan import Change, Event, Op, Result
from modelform.sandbox.loopback import loopback
from modelform.state.folder import Folder
from modelform.values import Secret, bare

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
]

HEAD = """
apiVersion: modelform/v1
location: swedencentral
resourceGroup: rg-models
policy: {lifecycle: [generallyAvailable, preview]}
workspaces:
  main: {kind: foundry}
deployments:
"""
ONE = "  one: {model: gpt-5.4-mini, workspace: main, capacity: {tpm: %s}}\n"
TWO = "  two: {model: mistral-large-3@1, workspace: main, sku: dataZoneStandard, capacity: {tpm: 50k}}\n"
HUB = """
apiVersion: modelform/v1
location: swedencentral
resourceGroup: rg-hub
policy: {lifecycle: [generallyAvailable, preview]}
workspaces:
  studio: {kind: hub, projects: [research]}
deployments: {}
"""


class Both:
    """A project folder with one stack, run by either engine over one state."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.latency = 0.0
        self.plugin: list[str] | None = None
        self.environment = {**os.environ}
        self.again: Callable[[Request], Again] | None = None
        self.events: list[Event] = []

    @property
    def folder(self) -> Folder:
        return Folder(self.project.folder / ".modelform" / "sandbox" / "state")

    def write(self, *deployments: str) -> None:
        self.project.write(HEAD + "".join(deployments))

    def driver(self, engine: str) -> Any:
        if engine == "embedded":
            return open_driver("embedded", project_dir=self.project.folder, target="sandbox", environment={})
        return PulumiCli(
            project_dir=self.project.folder,
            target="sandbox",
            environment=self.environment,
            serve=lambda: loopback(self.project.sandbox.data, latency=self.latency),
            plugin=self.plugin,
            again=self.again,
        )

    def run(self, engine: str, command: str, cancelled: threading.Event | None = None, **options: Any) -> Result:
        self.events = []
        request = Request(
            name="dev",
            stack=self.project.stack() if command in ("preview", "up") else None,
            connection=self.project.sandbox,
            options=OperationOptions(**options),
            cancelled=cancelled or threading.Event(),
        )
        found: Result = getattr(self.driver(engine), command)(request, self.events.append)
        return found

    def good(self, engine: str, command: str, **options: Any) -> Result:
        result = self.run(engine, command, **options)
        assert result.ok, [str(d) for d in result.diagnostics]
        assert (result.engine, result.exit_code) == (engine, Exit.OK)
        return result

    def unchanged(self, engine: str) -> Result:
        """A preview and an `up` that find nothing to do."""
        for command in ("preview", "up"):
            result = self.good(engine, command)
            assert [(str(c.op), c.name) for c in result.changes if c.op is not Op.SAME] == []
        return result

    def resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.driver("embedded").export("dev")["deployment"].get("resources", [])
        return found


@pytest.fixture
def both(project: Any) -> Both:
    return Both(project)


def told(change: Change) -> Any:
    """A change as a report shows it; neither engine keeps the order of properties."""
    found = change.to_json()
    found["diff"].sort(key=lambda one: one["path"])
    return found


def by_name(result: Result) -> dict[str, str]:
    return {
        f"{c.type.split(':')[-1]} {c.name}": str(c.op)
        for c in result.changes
        if c.custom and not c.provider and c.op is not Op.SAME
    }


def test_a_stack_changes_engine_at_any_time(both: Both) -> None:
    both.write(ONE % "10k", TWO)
    plan = both.good("pulumi", "preview")
    assert plan.summary.create == 4
    assert both.driver("pulumi").stacks() == []
    expected = both.run("embedded", "preview")
    assert [told(c) for c in plan.changes] == [told(c) for c in expected.changes]

    first = both.good("pulumi", "up")
    assert by_name(first) == by_name(plan)
    kinds = [e.kind for e in both.events if e.step is None or e.step.type.endswith(":Deployment")]
    assert kinds.count("started") == kinds.count("done") == 2
    assert kinds[-2:] == ["outputs", "summary"]
    assert first.outputs["deployments"]["one"]["endpoint"].startswith("https://")

    assert both.unchanged("embedded").outputs == first.outputs
    both.write(ONE % "20k", TWO)
    for engine in ("pulumi", "embedded"):
        assert [d.path for c in both.good(engine, "preview").changes for d in c.diff] == ["sku.capacity"]
    both.good("embedded", "up")
    both.unchanged("pulumi")

    both.write(ONE % "30k")
    changed = both.good("pulumi", "up")
    assert by_name(changed) == {"Deployment one": "update", "Deployment two": "delete"}
    both.unchanged("embedded")
    history = [(entry.kind, entry.result) for entry in both.driver("pulumi").history("dev")]
    assert history == [("update", "succeeded")] * 6

    gone = both.good("pulumi", "destroy")
    assert gone.summary.delete == 3
    assert both.resources() == []
    assert both.good("embedded", "up").summary.create == 3  # the account's name was purged on the way


def test_both_engines_understand_the_same_limits(both: Both) -> None:
    both.write(ONE % "10k", TWO)
    assert "Deployment two" not in by_name(both.good("pulumi", "up", targets=("main", "one")))
    both.write(ONE % "20k", TWO)
    for engine in ("pulumi", "embedded"):
        assert by_name(both.good(engine, "preview", targets=("two",))) == {"Deployment two": "create"}
        assert by_name(both.good(engine, "preview", replace=("one",)))["Deployment one"] == "replace"
        with pytest.raises(UsageError, match="--only tow: there is no such resource"):
            both.run(engine, "up", targets=("tow",))
    both.good("pulumi", "up", continue_on_error=True)
    for engine in ("pulumi", "embedded"):
        with pytest.raises(UsageError, match="would have to go too: two"):
            both.run(engine, "destroy", targets=("one",))
    gone = both.good("pulumi", "destroy", targets=("one",), dependents=True)
    assert by_name(gone) == {"Deployment one": "delete", "Deployment two": "delete"}
    assert both.good("embedded", "preview").summary.create == 2


def test_secrets_are_read_by_both_with_the_same_passphrase(both: Both) -> None:
    both.project.write(HUB)
    made = both.good("pulumi", "up")
    assert made.summary.create == 7
    component = next(r for r in both.resources() if r["type"].endswith(":Component"))
    assert "ciphertext" in component["outputs"]["connectionString"]
    both.unchanged("embedded")
    both.unchanged("pulumi")

    kept = both.project.folder / ".modelform" / "passphrase"
    right, before = kept.read_text(), both.folder.digest("modelform", "dev")
    kept.write_text("wrong\n")
    for engine in ("pulumi", "embedded"):
        with pytest.raises(StateError, match="incorrect passphrase"):
            both.run(engine, "up")
    assert both.folder.digest("modelform", "dev") == before
    kept.write_text(right)
    snapshot = both.folder.load("modelform", "dev", both.driver("embedded")._place.crypter("dev"))
    values = [r.outputs.get("connectionString") for r in snapshot.resources if r.type.endswith(":Component")]
    assert isinstance(values[0], Secret)
    assert "InstrumentationKey" in str(bare(values[0]))
    assert both.good("embedded", "destroy").summary.delete == 7


def test_a_lock_of_one_engine_holds_the_other_off(both: Both) -> None:
    both.write(ONE % "10k")
    both.good("embedded", "up")
    both.write(ONE % "20k")
    assert both.good("pulumi", "preview").summary.update == 1
    with both.folder.lock("modelform", "dev"):
        with pytest.raises(LockedError):
            both.run("pulumi", "up")
        plain = subprocess.run(
            ["pulumi", "up", "--yes", "--non-interactive", "--skip-preview", "--stack", "dev"],
            cwd=both.project.folder / ".modelform" / "pulumi" / "sandbox",
            env={
                **both.environment,
                "PULUMI_BACKEND_URL": both.folder.root.as_uri(),
                "PULUMI_CONFIG_PASSPHRASE_FILE": str(both.project.folder / ".modelform" / "passphrase"),
            },
            capture_output=True,
            text=True,
        )
        assert plain.returncode != 0
        assert "currently locked" in plain.stderr
        assert both.good("pulumi", "preview").summary.update == 1

    both.latency = 3.0
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.append(both.run("pulumi", "up")))
    thread.start()
    deadline = time.monotonic() + 120
    while not both.folder.owners("modelform", "dev") and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(LockedError, match="is locked by"):
        Both(both.project).run("embedded", "up")
    thread.join()
    assert results[0].ok
    both.latency = 0.0
    both.unchanged("embedded")


def test_ctrl_c_lets_what_runs_end_and_begins_nothing_new(both: Both) -> None:
    both.write(ONE % "10k", TWO)
    both.latency = 4.0
    cancelled = threading.Event()

    def watch() -> None:
        while not any(e.kind == "started" and e.step and e.step.type.endswith(":Account") for e in both.events):
            time.sleep(0.05)
        cancelled.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    result = both.run("pulumi", "up", cancelled=cancelled)
    assert (result.ok, result.exit_code) == (False, Exit.INTERRUPTED)
    assert [d.code for d in result.diagnostics if d.severity is Severity.ERROR] == ["interrupted"]
    state = both.driver("embedded").export("dev")["deployment"]
    assert not state.get("pending_operations")
    types = [r["type"].split(":")[-1] for r in state["resources"]]
    assert "Account" in types
    assert "azure-native:cognitiveservices:Deployment" not in [r["type"] for r in state["resources"]]
    assert both.folder.owners("modelform", "dev") == []
    both.latency = 0.0
    assert both.good("embedded", "up").summary.to_json() == {
        "create": 2, "update": 0, "replace": 0, "delete": 0, "same": 2,
    }  # fmt: skip


BUSY = """
    import sys
    from pathlib import Path
    from modelform.drivers import pulumi_plugin
    from modelform.drivers.careful import CarefulAzureNative
    from modelform.errors import ProviderError
    from modelform.provider import plugin

    plugin.said = lambda diagnostic: diagnostic.summary
    left = Path({left!r})

    def create(self, urn, type, inputs, timeout, preview, usual=CarefulAzureNative.create):
        if type.endswith(":Deployment") and not preview and int(left.read_text()):
            left.write_text(str(int(left.read_text()) - 1))
            raise ProviderError({message!r})
        return usual(self, urn, type, inputs, timeout, preview)

    CarefulAzureNative.create = create
    sys.exit(pulumi_plugin.main())
"""


@contextmanager
def failing(both: Both, times: int, message: str) -> Iterator[None]:
    """A plugin that refuses so many creates of deployments, in the official one's words."""
    left, script = both.project.folder / "left", both.project.folder / "plugin.py"
    left.write_text(str(times))
    script.write_text(textwrap.dedent(BUSY).format(left=str(left), message=message))
    both.plugin = [sys.executable, str(script)]
    both.again = lambda request: Again(request.cancelled, first_wait=0.1)
    yield
    both.plugin = None


def test_an_error_that_passes_is_waited_for_and_the_rest_is_done(both: Both) -> None:
    both.write(ONE % "10k", TWO)
    busy = 'autorest/azure: Service returned an error. Status=409 Code="RequestConflict" Message="Another operation"'
    with failing(both, 2, busy):
        result = both.good("pulumi", "up")
    assert result.summary.create == 4
    told = [d for d in result.diagnostics if d.code == "engine.another-run"]
    assert len(told) == 2
    assert all("RequestConflict" in d.summary for d in told)
    assert not [d for d in result.diagnostics if d.code == "azure.conflict"]
    both.unchanged("embedded")


def test_what_stays_wrong_ends_with_part_of_it_applied(both: Both) -> None:
    both.write(ONE % "10k")
    refused = 'Status=400 Code="InsufficientQuota" Message="This operation requires 10 new capacity"'
    with failing(both, 99, refused):
        result = both.run("pulumi", "up")
    assert (result.ok, result.exit_code) == (False, Exit.PARTIAL)
    error = next(d for d in result.diagnostics if d.code == "quota.exceeded")
    assert "InsufficientQuota" in error.summary
    assert error.urn.endswith("::one")
    assert (both.project.folder / "left").read_text() == "98"  # no second run
    failed = [e for e in both.events if e.kind == "failed"]
    assert [e.diagnostic for e in failed if e.diagnostic is not None and e.diagnostic.code == "quota.exceeded"]
    assert both.good("embedded", "up").summary.create == 1


def test_guards_and_binding_come_before_the_cli(both: Both) -> None:
    both.write(ONE % "10k")
    both.good("embedded", "up")
    both.project.write(HEAD.replace("  main: {kind: foundry}", "  other: {kind: foundry}").replace("main", "other"))
    with pytest.raises(PolicyError) as stopped:
        both.run("pulumi", "up")
    assert any(d.code == "guard.delete" for d in stopped.value.diagnostics)

    digest = both.folder.digest("modelform", "dev")
    elsewhere = "subscription: 11111111-1111-4111-8111-111111111111\n"
    both.project.write(elsewhere + HEAD + ONE % "10k")
    with pytest.raises(PolicyError) as bound:
        both.run("pulumi", "up")
    assert bound.value.diagnostics[0].code == "state.other-cloud"
    assert both.folder.digest("modelform", "dev") == digest


def test_drift_is_taken_into_the_state(both: Both) -> None:
    from modelform.azure import Arm

    both.write(ONE % "10k", TWO)
    both.good("embedded", "up")
    two = next(r["id"] for r in both.resources() if r["custom"] and r["urn"].endswith("::two"))
    arm = Arm(both.project.sandbox("00000000-0000-4000-8000-000000000001"))
    arm.delete(two, "2025-09-01")
    arm.close()
    looked = both.good("pulumi", "refresh", dry_run=True)
    assert by_name(looked) == {"Deployment two": "delete"}
    assert by_name(both.good("pulumi", "refresh")) == {"Deployment two": "delete"}
    assert by_name(both.good("embedded", "preview")) == {"Deployment two": "create"}


def test_a_backend_that_only_the_cli_reads(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Home, "near", property(lambda self: False))
    both.write(ONE % "10k")
    driver = both.driver("pulumi")
    with pytest.raises(StateError, match="no state yet"):
        driver.outputs("dev")
    assert both.good("pulumi", "preview").summary.create == 3
    made = both.good("pulumi", "up")
    assert driver.outputs("dev")["deployments"]["one"] == made.outputs["deployments"]["one"]
    assert [(info.name, info.target) for info in driver.stacks()] == [("dev", "sandbox")]
    (entry,) = driver.history("dev")
    assert (entry.kind, entry.result, entry.changes["create"]) == ("update", "succeeded", 8)
    assert entry.started.endswith("Z")

    document = driver.export("dev")
    driver.import_state("dev", document)
    assert driver.export("dev")["deployment"]["resources"] == document["deployment"]["resources"]
    with both.folder.lock("modelform", "dev"):
        with pytest.raises(LockedError):
            both.run("pulumi", "destroy")
        assert driver.unlock("dev") != []
    assert both.good("pulumi", "destroy").summary.delete == 3


def test_a_plain_pulumi_runs_the_same_program_with_the_checks_in_it(both: Both, tmp_path: Path) -> None:
    entry = Path(sys.modules["modelform"].__file__ or "").parent / "program" / "entry.py"
    folder = both.project.folder
    (folder / "Pulumi.yaml").write_text(
        f"name: modelform\nmain: {os.path.relpath(entry, folder)}\nstackConfigDir: stacks\n"
        f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    both.write(ONE % "10k")
    served = subprocess.Popen(
        [sys.executable, "-m", "modelform", "-C", str(folder), "sandbox", "serve", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert served.stdout is not None
    try:
        variables = json.loads(served.stdout.readline())["env"]
        assert variables["PULUMI_DEBUG_PROVIDERS"].startswith("azure-native:")
        root = folder / ".modelform" / "sandbox" / "state"
        root.mkdir(parents=True)
        environment = {
            **os.environ,
            **variables,
            "PULUMI_BACKEND_URL": root.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

        def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["pulumi", *arguments, "--non-interactive"],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
            )

        init = pulumi("stack", "init", "dev")
        assert init.returncode == 0, init.stderr
        assert (folder / "stacks" / "Pulumi.dev.yaml").exists()
        preview = pulumi("preview", "--stack", "dev")
        assert preview.returncode == 0, preview.stdout + preview.stderr
        assert "Deployment" in preview.stdout
        up = pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
        assert up.returncode == 0, up.stdout + up.stderr

        both.environment = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "correct horse"}
        both.unchanged("pulumi")
        project = both.project.folder / "Pulumi.yaml"
        assert "virtualenv" in project.read_text()  # nobody has rewritten it

        anywhere = (HEAD + ONE % "10k").replace("capacity:", "sku: globalStandard, capacity:")
        both.project.write(anywhere.replace("policy: {", "policy: {residency: eu-data-zone, "))
        stopped = pulumi("preview", "--stack", "dev")
        assert stopped.returncode != 0
        assert "residency.processing" in stopped.stdout + stopped.stderr
        destroyed = pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
        assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
        assert both.resources() == []
    finally:
        served.terminate()
        served.wait(30)
