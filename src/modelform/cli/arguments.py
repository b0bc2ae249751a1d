"""How command lines are read: groups of options that commands share, options before a command, wrong ones explained."""

from __future__ import annotations

import difflib
import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from modelform.errors import InterruptedByUser, UsageError


class Engine(StrEnum):
    """Which engine runs the program."""

    AUTO = "auto"
    PULUMI = "pulumi"
    EMBEDDED = "embedded"


class Target(StrEnum):
    """Which cloud the stack lives in."""

    SANDBOX = "sandbox"
    AZURE = "azure"


class OnNameTaken(StrEnum):
    """What to do about a name that a soft-deleted account holds."""

    FAIL = "fail"
    RECOVER = "recover"
    PURGE = "purge"


@dataclass(frozen=True)
class Place:
    """Where the project is, and how to answer: what every command takes."""

    directory: Annotated[
        Path | None, typer.Option("-C", "--directory", metavar="DIR", help="The project folder, instead of this one.")
    ] = None
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, all else on stderr.")] = False
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; as NO_COLOR does.")] = False


@dataclass(frozen=True)
class Choice:
    """Which stack, and where it lives."""

    stack: Annotated[
        str | None,
        typer.Option(
            "-s", "--stack", metavar="NAME", help="A stack's name, or a path to its file. Default: the only one."
        ),
    ] = None
    engine: Annotated[Engine | None, typer.Option("--engine", help="Instead of the file's `engine:`.")] = None
    target: Annotated[Target | None, typer.Option("--target", help="Instead of the file's `target:`.")] = None
    allow_local_state: Annotated[
        bool, typer.Option("--allow-local-state", help="Keep an Azure stack's state in the project folder.")
    ] = False
    latency: Annotated[
        int | None,
        typer.Option(
            "--latency", metavar="MS", min=0, help="Milliseconds that each long operation takes in the sandbox."
        ),
    ] = None


@dataclass(frozen=True)
class Work:
    """How an operation works."""

    parallel: Annotated[
        int, typer.Option("--parallel", metavar="N", min=1, max=1000, help="Resources to change at a time.")
    ] = 10
    refresh: Annotated[bool, typer.Option("--refresh", help="Read what is really there first.")] = False
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Answer 2 where there are, or were, changes.")
    ] = False


@dataclass(frozen=True)
class Leave:
    """What a person allows."""

    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False
    on_name_taken: Annotated[
        OnNameTaken | None,
        typer.Option("--on-name-taken", help="What to do where a soft-deleted account holds a name."),
    ] = None
    purge: Annotated[
        list[str] | None,
        typer.Option("--purge", metavar="NAME", help="Purge this soft-deleted account for good. Repeatable."),
    ] = None


@dataclass(frozen=True)
class Guards:
    """What may be destroyed in an `up`."""

    allow_replace: Annotated[
        list[str] | None,
        typer.Option("--allow-replace", metavar="URN", help="Let this resource be replaced. Repeatable."),
    ] = None
    allow_delete: Annotated[
        list[str] | None,
        typer.Option("--allow-delete", metavar="URN", help="Let this resource be deleted. Repeatable."),
    ] = None


def command(app: typer.Typer, *names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Registers a function as a command; a parameter that is one of the groups above becomes the group's options.

    The function's docstring is the command's help, its answer the exit code. Names after the first are hidden aliases.
    """

    def register(function: Callable[..., int]) -> Callable[..., int]:
        hints = typing.get_type_hints(function, include_extras=True)
        groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}
        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in groups:
                parameters += _options(groups[parameter.name])
            else:
                kind = inspect.Parameter.KEYWORD_ONLY
                parameters.append(parameter.replace(kind=kind, annotation=hints[parameter.name]))

        def answer(**given: Any) -> int:
            bundled = {
                name: group(**{f.name: given.pop(f.name) for f in fields(group)}) for name, group in groups.items()
            }
            try:
                return function(**bundled, **given)
            except KeyboardInterrupt:
                # Typer would end the command without a word.
                raise InterruptedByUser("interrupted") from None

        answer.__doc__ = function.__doc__
        answer.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        answer.__annotations__ = {p.name: p.annotation for p in parameters}
        for position, name in enumerate(names):
            app.command(name, hidden=position > 0)(answer)
        return function

    return register


@functools.cache
def _options(group: type[Any]) -> tuple[inspect.Parameter, ...]:
    hints = typing.get_type_hints(group, include_extras=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    return tuple(inspect.Parameter(f.name, kind, default=f.default, annotation=hints[f.name]) for f in fields(group))


def hoist(argv: Sequence[str], root: Any) -> list[str]:
    """The command line with options that stand before the command moved behind it: `-C dir up` is `up -C dir`.

    Options that the command line's root has itself (`--help`, `--version`) stay where they are.
    """
    own = {name for parameter in root.params for name in parameter.opts} | {"--help"}
    known = _all_options(root)
    moved: list[str] = []
    rest = list(argv)
    while rest and rest[0].startswith("-") and rest[0] not in own and rest[0] != "--":
        option = rest.pop(0)
        name = option.partition("=")[0] if option.startswith("--") else option[:2]
        if name not in known:
            return list(argv)
        moved.append(option)
        if known[name] and option == name and rest:
            moved.append(rest.pop(0))
    words = len(command_words(rest, root))
    if moved and not words:
        # No command is there to take them: what comes first is what the message must be about.
        return [*rest[:1], *moved, *rest[1:]] if rest else list(argv)
    return [*rest[:words], *moved, *rest[words:]]


def _all_options(node: Any) -> dict[str, bool]:
    """Every option of a command and of all below it, and whether it takes a value."""
    found = {
        name: not getattr(parameter, "is_flag", False)
        for parameter in node.params
        for name in parameter.opts
        if name.startswith("-")
    }
    for child in getattr(node, "commands", {}).values():
        found |= _all_options(child)
    return found


def command_words(arguments: Sequence[str], root: Any) -> list[str]:
    """The leading words of a hoisted command line that name a command: `stack`, `ls`."""
    found: list[str] = []
    node = root
    for word in arguments:
        if word not in getattr(node, "commands", {}):
            break
        found.append(word)
        node = node.commands[word]
    return found


def wrong(error: typer.TyperException, root: Any) -> UsageError:
    """What is wrong with a command line, as one message with the nearest thing that would be right."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "modelform"
    node = context.command if context is not None else root
    summary, hint = error.format_message().strip().replace("\n\t", " ").replace("\n", " "), ""
    option = getattr(error, "option_name", None)
    if type(error).__name__ == "NoSuchOption" and isinstance(option, str):
        known = list(_all_options(node))
        summary = f"`{path}` has no option {option}"
        hint = _nearest(option, known) or _elsewhere(option, root)
    elif summary.startswith("No such command"):
        word = summary.split("'")[1] if "'" in summary else ""
        summary = f"there is no command `{path} {word}`".replace("  ", " ")
        hint = _nearest(word, list(getattr(node, "commands", {})))
    elif "extra argument" in summary:
        hint = "A stack is named with -s NAME." if any("-s" in p.opts for p in node.params) else ""
    summary = summary.replace("Value error, ", "").rstrip(".")
    return UsageError(summary[:1].lower() + summary[1:], hint=hint or f"`{path} --help` lists what there is.")


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=2, cutoff=0.6)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _elsewhere(option: str, root: Any) -> str:
    """Which commands have the option that this one has not."""
    owners = [
        name
        for name, child in getattr(root, "commands", {}).items()
        if any(option in parameter.opts for parameter in child.params) and not child.hidden
    ]
    return f"{option} belongs to: {', '.join(owners)}." if owners else ""


def group(name: str, help_text: str) -> typer.Typer:
    """A group of commands under one word."""
    return typer.Typer(name=name, help=help_text, rich_markup_mode=None, no_args_is_help=True)
