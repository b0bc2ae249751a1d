"""One command of the Pulumi CLI on one stack, by the Automation API: the program inline, events as they come."""

from __future__ import annotations

import gc
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from modelform.drivers import selection
from modelform.drivers.driver import Request
from modelform.drivers.graves import Graves
from modelform.drivers.place import BACKEND_VARIABLE, Place
from modelform.drivers.pulumi_events import Events
from modelform.drivers.pulumi_home import Home
from modelform.errors import Diagnostic
from modelform.spec.resolved import Stack
from modelform.state import Snapshot

if TYPE_CHECKING:
    from modelform.drivers.pulumi_process import Command

Operation = Literal["preview", "up", "destroy", "refresh"]


@dataclass(slots=True)
class Work:
    """One operation on one stack: its state as it was, the CLI that works on it, and what was found on the way."""

    request: Request
    stack: Stack | None
    base: Snapshot
    graves: Graves
    command: Command
    digest: str = ""
    found: list[Diagnostic] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.request.name


class Runner:
    """Runs commands of the CLI in its folder. `ensure` makes a stack in a backend that only the CLI reads."""

    def __init__(self, place: Place, home: Home, ensure: Callable[[str], None]) -> None:
        self._place, self._home, self._ensure = place, home, ensure

    def run(self, operation: Operation, work: Work, events: Events, keep: bool) -> bool:
        """One command of the CLI; True when it ended well. What it says is in `events`.

        Without `keep` a refresh only looks.
        """
        from pulumi.automation.errors import CommandError, ConcurrentUpdateError

        from modelform import pace
        from modelform.drivers import pulumi_stack

        with ExitStack() as held:
            command = self._command_with_state(operation, work, held)
            held.enter_context(pulumi_stack.without_tracebacks())
            held.enter_context(pace.rare_collections())
            stack = pulumi_stack.OneStack(
                work.name, pulumi_stack.workspace(self._home.folder, command, self._program(operation, work))
            )
            try:
                self._invoke(operation, stack, work.request, events, keep)
            except CommandError as error:
                held.callback(gc.collect)  # what was left unfinished complains now, while nobody hears it
                events.settle(interrupted=work.request.cancelled.is_set())
                if isinstance(error, ConcurrentUpdateError) or not events.failures:
                    if work.request.cancelled.is_set():
                        return False
                    raise pulumi_stack.refused(error) from error
                return False
            events.settle()
        return not events.failures

    def _invoke(self, operation: Operation, stack: Any, request: Request, events: Events, keep: bool) -> None:
        options = request.options
        common: dict[str, Any] = {
            "parallel": options.parallel,
            "target": list(selection.targets(options, program=operation in ("preview", "up"))) or None,
            "target_dependents": options.dependents or None,
            "message": options.message or None,
            "color": "never",
            "on_event": events,
        }
        if operation in ("preview", "up"):
            common |= {"replace": list(selection.replacing(options)) or None, "refresh": options.refresh or None}
        if operation in ("up", "destroy"):
            common["continue_on_error"] = options.continue_on_error or None
        name = "preview_refresh" if operation == "refresh" and not keep else operation
        if name == "up":
            # Of the stack's configuration, which the Automation API would show for its own summary.
            common["show_secrets"] = False
        getattr(stack, name)(**common)

    def _program(self, operation: Operation, work: Work) -> Callable[[], Any] | None:
        if operation not in ("preview", "up") or work.stack is None:
            return None
        from modelform import pace, program

        pace.keep_up()
        declare, stack = program.build_early(work.stack, found=work.found), work.stack
        # While the CLI starts there is nothing else to do.
        loading = threading.Thread(target=program.load, args=(stack,), name="loading", daemon=True)
        loading.start()

        def run() -> Awaitable[None]:
            loading.join()
            return declare()

        return run

    def _command_with_state(self, operation: Operation, work: Work, held: ExitStack) -> Command:
        """The CLI on a stack that exists: for the preview of one that does not, in a folder that is thrown away."""
        if not self._home.near:
            self._ensure(work.name)
            return work.command
        folder = self._place.folder()
        if folder.exists(self._place.project, work.name):
            return work.command
        crypter = self._place.crypter(work.name)
        if operation != "preview":
            with folder.lock(self._place.project, work.name):
                folder.save(self._place.project, work.name, Snapshot(), crypter)
            return work.command
        from modelform.state.folder import Folder

        root = held.enter_context(self._home.rehearsal())
        Folder(root).save(self._place.project, work.name, Snapshot(), crypter)
        return work.command.with_variables({BACKEND_VARIABLE: root.as_uri()})
