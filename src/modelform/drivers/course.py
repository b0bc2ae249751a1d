"""What every driver does around an operation, whichever engine runs it: checks before, a question, how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from modelform.drivers.driver import Request
from modelform.errors import Diagnostic, ModelformError, PolicyError, Severity, UsageError
from modelform.plan import Event, Op, Result, Summary
from modelform.spec.resolved import Stack
from modelform.state import binding
from modelform.state.folder import Folder

# What is said of a model that goes soon: a stack that goes back to one is not stopped by it.
GOING_BACK = ("lifecycle.retiring", "lifecycle.deprecated")


def needed(request: Request) -> Stack:
    """The stack, for an operation that runs the program."""
    if request.stack is None:
        raise UsageError(f"the stack file of {request.name} is needed to plan anything")
    return request.stack


def checked(stack: Stack, today: date, folder: Callable[[], Folder] | None = None) -> list[Diagnostic]:
    """What the offline checks say; an error among them ends the operation before anything else is done.

    The `folder` of states, where there is one, knows whether a stack goes back to what it had before.
    """
    from modelform import program

    found = program.findings(stack, today=today)
    if folder is not None and any(d.severity is Severity.ERROR and d.code in GOING_BACK for d in found):
        from modelform.drivers.rollback import left_behind, softened

        found = softened(found, stack, left_behind(folder(), stack.project, stack.name))
    if any(d.severity is Severity.ERROR for d in found):
        raise PolicyError(diagnostics=found)
    return found


def cloud(stack: Stack) -> binding.Cloud:
    """The cloud that a stack is for, as a state is bound to it."""
    from modelform.program.bound import binding as bound

    return binding.Cloud(**bound(stack))


def ask(request: Request, plan: Result) -> None:
    """Shows the plan to whoever has to agree; asks nothing where nothing would change."""
    changing = any(change.op is not Op.SAME for change in plan.changes)
    if request.confirm is not None and changing and not request.confirm(plan):
        raise ModelformError("nothing was changed: the plan was not agreed to", code="declined")


def nothing_done(plan: Result) -> Result:
    """A plan that stops an operation, as that operation's result."""
    return replace(plan, summary=Summary(), changes=())


def interrupted(command: str) -> Diagnostic:
    """That an operation was ended by Ctrl-C; a plan, its own or that of an `up`, has begun nothing."""
    if command == "preview":
        return Diagnostic(
            "interrupted", Severity.ERROR, "the plan was interrupted before it was whole: nothing was begun"
        )
    return Diagnostic(
        "interrupted",
        Severity.ERROR,
        f"{command} was interrupted: what was under way is finished and saved, nothing else was begun",
        hint=f"`modelform {command}` goes on from there",
    )


def silent(event: Event) -> None:
    """Takes an event that nobody is to hear of."""
