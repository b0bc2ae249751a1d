"""The `pulumi` command as the Automation API runs it, so that Ctrl-C reaches it once."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error

from modelform.drivers import course
from modelform.drivers.pulumi_installation import LEAST, numbers, version, way_out
from modelform.errors import InterruptedByUser, ModelformError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Command(PulumiCommand):
    """`PulumiCommand` in an environment that is given, and in a session of its own.

    A Ctrl-C at the terminal would reach the CLI by itself, and a second time from us: twice means to it that it is to
    drop everything. So it does not share our terminal's group, and gets one signal, when `cancelled` is set.
    `asked` has its version, where somebody asked for that before.
    """

    def __init__(
        self,
        command: str,
        environment: Mapping[str, str],
        cancelled: threading.Event | None = None,
        asked: Callable[[], str] | None = None,
    ) -> None:
        from semver import VersionInfo

        said = asked() if asked is not None else version(command, environment)
        # A build of one's own has no number: it is taken as new enough.
        if said and numbers(said) < LEAST:
            raise ModelformError(
                f"{command} is Pulumi {said}, and this driver needs {'.'.join(map(str, LEAST))} or newer",
                code="engine.old-pulumi",
                hint=way_out(command),
            )
        self.command = command
        self.version = VersionInfo(*(numbers(said) if said else LEAST))
        self._environment = dict(environment)
        self._cancelled = cancelled or threading.Event()

    def with_variables(self, more: Mapping[str, str]) -> Command:
        """The same command with further variables."""
        made = copy.copy(self)
        made._environment = {**self._environment, **more}
        return made

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Runs one command to its end; raises the Automation API's `CommandError` where it fails."""
        environment = {**self._environment, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        if os.path.isabs(self.command):
            beside = os.path.dirname(self.command)
            environment["PATH"] = os.pathsep.join([beside, environment.get("PATH", os.defpath)])
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with process, self._interrupts(process, args[0]):
            readers = [
                _Reader(stream, callback)
                for stream, callback in ((process.stdout, on_output), (process.stderr, on_error))
            ]
            for reader in readers:
                reader.thread.join()
            code = process.wait()
        result = CommandResult(stdout=readers[0].text, stderr=readers[1].text, code=code)
        if code:
            raise create_command_error(result)
        return result

    @contextmanager
    def _interrupts(self, process: subprocess.Popen[str], operation: str) -> Iterator[None]:
        """Passes one Ctrl-C on, and at a second one (`KeyboardInterrupt`) has the CLI end at once."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                if self._cancelled.wait(0.1):
                    if not ended.is_set():
                        _signal(process, signal.SIGINT)
                    return

        watcher = threading.Thread(target=watch, name="pulumi-interrupt", daemon=True)
        watcher.start()
        try:
            yield
        except KeyboardInterrupt:
            _signal(process, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            if operation == "preview":
                raise InterruptedByUser(course.interrupted(operation).summary) from None
            raise InterruptedByUser(
                "stopped at once: what was under way may or may not have been done",
                hint="`modelform refresh`, then the same command again; the stack may have to be unlocked first",
            ) from None
        finally:
            ended.set()  # the watcher looks up soon, and finds nothing to do


class _Reader:
    """Reads a stream to its end in a thread of its own."""

    def __init__(self, stream: IO[str] | None, callback: Callable[[str], Any] | None) -> None:
        self._stream, self._callback = stream, callback
        self._lines: list[str] = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def _read(self) -> None:
        for line in self._stream or ():
            self._lines.append(line.rstrip())
            if self._callback is not None:
                self._callback(line.rstrip())


def _signal(process: subprocess.Popen[str], number: int) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)
