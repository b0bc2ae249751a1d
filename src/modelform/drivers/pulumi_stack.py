"""One stack as the Automation API runs it, and what the CLI alone can tell of stacks that are not in a folder."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi.automation import LocalWorkspace, StackNotFoundError, UpdateSummary
from pulumi.automation import Stack as AutomationStack
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import CommandError

from modelform.drivers.driver import HistoryEntry, StackInfo
from modelform.drivers.pulumi_process import Command
from modelform.errors import LockedError, ModelformError, Severity, StateError
from modelform.state import Snapshot, codec, timestamp
from modelform.values import Secret

_UNSHOWN = json.dumps("[secret]")
_UNLOCK = "wait for it to end; if it is gone for certain: `modelform stack unlock`"


class OneStack(AutomationStack):
    """The Automation API's stack, without the four further commands that it runs around each operation.

    It need not be selected, since every command names it; outputs and history are read where they are.
    """

    def __init__(self, name: str, workspace: LocalWorkspace) -> None:
        self.name = name
        self.workspace = workspace
        self._mode = StackInitMode.SELECT

    def outputs(self) -> dict[str, Any]:
        """Nothing: the driver has them from the events and the state."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        """Nothing of worth: the driver has it from the events."""
        return UpdateSummary("update", datetime.now(UTC), "", {}, {}, "succeeded")


class Stacks:
    """The stacks of a project where only the CLI can read them; every method may raise what `refused` makes."""

    def __init__(self, command: Command, folder: Path, secrets_provider: str) -> None:
        self._command, self._folder, self._secrets_provider = command, folder, secrets_provider

    def ensure(self, name: str) -> None:
        """Makes the stack where it is not there yet."""
        provider = ["--secrets-provider", self._secrets_provider] if self._secrets_provider else []
        if self._found(["stack", "export", "--stack", name]) is None:
            self._run(["stack", "init", name, "--no-select", *provider])

    def snapshot(self, name: str) -> Snapshot:
        """The state with its secrets unopened; an empty one where there is none yet."""
        text = self._found(["stack", "export", "--stack", name])
        if text is None:
            return Snapshot()
        deployment = json.loads(text).get("deployment") or {}
        # What is encrypted by a service is nothing for us: every secret is only known to be one.
        return codec.decode_deployment(deployment, lambda ciphertext: _UNSHOWN, f"the state of {name}")

    def outputs(self, name: str, *, show_secrets: bool) -> dict[str, Any]:
        """The outputs; secrets with their mark unless they are to be shown."""
        masked = json.loads(self._run(["stack", "output", "--json", "--stack", name]))
        if show_secrets:
            shown: dict[str, Any] = json.loads(
                self._run(["stack", "output", "--json", "--show-secrets", "--stack", name])
            )
            return shown
        return {key: Secret(value) if value == "[secret]" else value for key, value in masked.items()}

    def listed(self, target: str) -> list[StackInfo]:
        """Every stack of the project."""
        return [
            StackInfo(
                name=str(one["name"]).rpartition("/")[2],
                target=target,
                resources=int(one.get("resourceCount") or 0),
                updated=str(one.get("lastUpdate") or ""),
                locked_by="an update in progress" if one.get("updateInProgress") else "",
            )
            for one in json.loads(self._run(["stack", "ls", "--json"]))
        ]

    def export(self, name: str) -> dict[str, Any]:
        """The state as it is kept, secrets encrypted."""
        document: dict[str, Any] = json.loads(self._run(["stack", "export", "--stack", name]))
        return document

    def import_state(self, name: str, document: Mapping[str, Any]) -> None:
        """Puts a state in the place of the present one."""
        with tempfile.NamedTemporaryFile("w", dir=self._folder, suffix=".json", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            self._run(["stack", "import", "--file", file.name, "--stack", name])

    def history(self, name: str) -> list[HistoryEntry]:
        """Past operations, the latest first."""
        return [
            HistoryEntry(
                kind=str(one.get("kind", "")),
                result=str(one.get("result", "")),
                started=_moment(one.get("startTime")),
                ended=_moment(one.get("endTime")),
                message=str(one.get("message", "")),
                changes={str(op): int(count) for op, count in (one.get("resourceChanges") or {}).items()},
            )
            for one in json.loads(self._run(["stack", "history", "--json", "--stack", name]))
        ]

    def cancel(self, name: str) -> list[str]:
        """`pulumi cancel`: takes the locks away; the CLI does not say whose they were."""
        self._run(["cancel", "--yes", "--stack", name])
        return ["whoever held it in this backend"]

    def _found(self, arguments: list[str]) -> str | None:
        try:
            return self._command.run(arguments, str(self._folder), {}).stdout
        except StackNotFoundError:
            return None
        except CommandError as error:
            raise refused(error) from error

    def _run(self, arguments: list[str]) -> str:
        try:
            return self._command.run(arguments, str(self._folder), {}).stdout
        except StackNotFoundError as error:
            raise StateError(
                "the stack has no state yet", code="state.none", hint="`modelform up` makes one"
            ) from error
        except CommandError as error:
            raise refused(error) from error


@contextmanager
def without_tracebacks() -> Iterator[None]:
    """Keeps tracebacks of the program's side off the screen when the CLI ends a failing run before the program is done.

    gRPC logs the call that found nobody, and the SDK's own coroutine complains when it is thrown away unfinished.
    """
    logger = logging.getLogger("grpc._server")
    level, hook = logger.level, sys.unraisablehook

    def unraisable(found: Any) -> None:
        if getattr(found.object, "__name__", "") != "run_in_stack":
            hook(found)

    logger.setLevel(logging.CRITICAL + 1)
    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = hook
        logger.setLevel(level)


def workspace(folder: Path, command: Command, program: Callable[[], Any] | None) -> LocalWorkspace:
    """The Automation API's view of the CLI's folder; no project settings are passed, so that none are rewritten."""
    return LocalWorkspace(work_dir=str(folder), program=program, pulumi_command=command)


def refused(error: CommandError) -> ModelformError:
    """Why a command of the CLI failed, in one error."""
    from modelform.drivers.pulumi_events import finding

    text = str(error)
    _, _, told = text.partition("stderr:")
    lines = [line.strip() for line in (told or text).splitlines() if line.strip()]
    first = next((line for line in lines if line.startswith("error:")), lines[0] if lines else text)
    found = finding(first.removeprefix("error:"), Severity.ERROR)
    rest = (
        "\n  ".join(line for line in lines[lines.index(first) + 1 :] if not line.startswith("code:")) if lines else ""
    )
    if "currently locked by" in text or "Another update is currently in progress" in text:
        return LockedError(found.summary, detail=rest, hint=_UNLOCK)
    if "incorrect passphrase" in text:
        return StateError(
            "incorrect passphrase",
            code="state.passphrase",
            detail="Nothing was changed.",
            hint="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's own passphrase",
        )
    return ModelformError(found.summary, code=found.code, detail=found.detail or rest, hint=found.hint)


def _moment(text: Any) -> str:
    """A time of `stack history`, as RFC 3339."""
    with suppress(ValueError):
        return timestamp(datetime.fromisoformat(str(text).replace("Z", "+00:00")))
    return str(text or "")
