"""How command lines are read: groups of options that commands share, options before a command, wrong ones explained."""

from __future__ import annotations

import difflib
import functools
import inspect
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import click

from modelform.errors import InterruptedByUser, UsageError
from modelform.record import dataclass


class Option:
    """How an option is written and what it is for; its type and default are those of what it is put on."""

    def __init__(
        self, *names: str, help: str, metavar: str | None = None, min: int | None = None, max: int | None = None
    ) -> None:
        self.names, self.help, self.metavar, self.min, self.max = names, help, metavar, min, max


@dataclass(frozen=True, slots=True)
class Argument:
    """How an argument is called in the help."""

    metavar: str


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where the project is, and how to answer: what every command takes."""

    directory: Annotated[
        Path | None, Option("-C", "--directory", metavar="DIR", help="The project folder, instead of this one.")
    ] = None
    json: Annotated[bool, Option("--json", help="One JSON document on stdout, all else on stderr.")] = False
    no_color: Annotated[bool, Option("--no-color", help="No colours; as NO_COLOR does.")] = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which stack, and where it lives."""

    stack: Annotated[
        str | None,
        Option("-s", "--stack", metavar="NAME", help="A stack's name, or a path to its file. Default: the only one."),
    ] = None
    engine: Annotated[Engine | None, Option("--engine", help="Instead of the file's `engine:`.")] = None
    target: Annotated[Target | None, Option("--target", help="Instead of the file's `target:`.")] = None
    allow_local_state: Annotated[
        bool, Option("--allow-local-state", help="Keep an Azure stack's state in the project folder.")
    ] = False
    latency: Annotated[
        int | None,
        Option("--latency", metavar="MS", min=0, help="Milliseconds that each long operation takes in the sandbox."),
    ] = None


@dataclass(frozen=True, slots=True)
class Reports:
    """Report files for pipelines."""

    sarif: Annotated[
        Path | None, Option("--sarif", metavar="FILE", help="Write the findings as SARIF 2.1.0; - is stdout.")
    ] = None
    junit: Annotated[
        Path | None, Option("--junit", metavar="FILE", help="Write the checks as a JUnit report; - is stdout.")
    ] = None


@dataclass(frozen=True, slots=True)
class House:
    """The file that stands above the stacks."""

    company: Annotated[
        str | None,
        Option(
            "--company",
            metavar="FILE",
            help="The company's file; FILE@sha256:HEX or FILE@git:COMMIT takes no other. As MODELFORM_COMPANY.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Work:
    """How an operation works."""

    parallel: Annotated[
        int, Option("--parallel", metavar="N", min=1, max=1000, help="Resources to change at a time.")
    ] = 10
    refresh: Annotated[bool, Option("--refresh", help="Read what is really there first.")] = False
    detailed_exitcode: Annotated[
        bool, Option("--detailed-exitcode", help="Answer 2 where there are, or were, changes.")
    ] = False


@dataclass(frozen=True, slots=True)
class Leave:
    """What a person allows."""

    yes: Annotated[bool, Option("-y", "--yes", help="Do not ask.")] = False
    on_name_taken: Annotated[
        OnNameTaken | None,
        Option("--on-name-taken", help="What to do where a soft-deleted account holds a name."),
    ] = None
    purge: Annotated[
        list[str] | None,
        Option("--purge", metavar="NAME", help="Purge this soft-deleted account for good. Repeatable."),
    ] = None
    approval: Annotated[
        str | None,
        Option("--approval", metavar="TOKEN", help="Let go what the company limits, as somebody approved this plan."),
    ] = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Which resources an operation is about."""

    only: Annotated[
        list[str] | None,
        Option("--only", metavar="NAME", help="Leave all but this resource as it is: a name or URN. Repeatable."),
    ] = None
    dependents: Annotated[bool, Option("--dependents", help="With --only: what depends on it, too.")] = False


@dataclass(frozen=True, slots=True)
class Manner:
    """What an `up` does otherwise than by itself."""

    replace: Annotated[
        list[str] | None,
        Option("--replace", metavar="NAME", help="Replace this resource in any case: a name or URN. Repeatable."),
    ] = None
    continue_on_error: Annotated[
        bool, Option("--continue-on-error", help="After an error, go on with what does not depend on it.")
    ] = False


@dataclass(frozen=True, slots=True)
class Guards:
    """What may be destroyed in an `up`."""

    allow_replace: Annotated[
        list[str] | None,
        Option("--allow-replace", metavar="URN", help="Let this resource be replaced. Repeatable."),
    ] = None
    allow_delete: Annotated[
        list[str] | None,
        Option("--allow-delete", metavar="URN", help="Let this resource be deleted. Repeatable."),
    ] = None


def command(app: click.Group, *names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Registers a function as a command; a parameter that is one of the groups above becomes the group's options.

    The function's docstring is the command's help, its answer the exit code. Names after the first are hidden aliases.
    """

    def register(function: Callable[..., int]) -> Callable[..., int]:
        hints = typing.get_type_hints(function, include_extras=True)
        groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}
        slots: list[Slot] = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in groups:
                slots += _slots(groups[parameter.name])
            else:
                slots.append(Slot(parameter.name, hints[parameter.name], parameter.default))

        def answer(**given: Any) -> int:
            values = {slot.name: slot.value(given[slot.name]) for slot in slots}
            bundled = {
                name: group(**{f.name: values.pop(f.name) for f in fields(group)}) for name, group in groups.items()
            }
            try:
                return function(**bundled, **values)
            except KeyboardInterrupt:
                # Click would end the command with a word of its own.
                raise InterruptedByUser("interrupted") from None

        for position, name in enumerate(names):
            parameters = [slot.parameter() for slot in slots]
            text = inspect.cleandoc(function.__doc__ or "")
            app.add_command(click.Command(name, callback=answer, params=parameters, help=text, hidden=position > 0))
        return function

    return register


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of a command: its name, its `Annotated` type, its default."""

    name: str
    hint: Any
    default: Any

    def parameter(self) -> click.Parameter:
        """The parameter as click has it."""
        wish: Option | Argument = self.hint.__metadata__[0]
        required = self.default is inspect.Parameter.empty
        if isinstance(wish, Argument):
            many = -1 if typing.get_origin(self._plain()) is list else 1
            kind = self._type(wish)
            return click.Argument([self.name], type=kind, required=required, nargs=many, metavar=wish.metavar)
        plain = self._plain()
        repeated = typing.get_origin(plain) is list
        # A default of None is one for click too, and would be taken for the answer that is required.
        default: dict[str, Any] = {} if required else {"default": None if repeated else self.default}
        return click.Option(
            [self.name, *wish.names],
            type=self._type(wish),
            required=required,
            **default,
            multiple=repeated,
            is_flag=plain is bool,
            metavar=wish.metavar,
            show_default=not required and self.default is not None and plain is not bool,
            help=wish.help,
        )

    def value(self, given: Any) -> Any:
        """What the command gets for what click gives."""
        plain = self._plain()
        if isinstance(plain, type) and issubclass(plain, StrEnum):
            return None if given is None else plain(given)
        return list(given) if typing.get_origin(plain) is list and given is not None else given

    def _plain(self) -> Any:
        """The type without `None`."""
        base = typing.get_args(self.hint)[0]
        return next((t for t in typing.get_args(base) if t is not type(None)), base) if _is_union(base) else base

    def _type(self, wish: Option | Argument) -> Any:
        plain = self._plain()
        if typing.get_origin(plain) is list:
            return str
        if issubclass(plain, StrEnum):
            return click.Choice([str(item) for item in plain])
        if plain is Path:
            return click.Path(path_type=Path)
        if plain is int and isinstance(wish, Option):
            return click.IntRange(min=wish.min, max=wish.max)
        return plain


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (types.UnionType, typing.Union)


@functools.cache
def _slots(group: type[Any]) -> tuple[Slot, ...]:
    hints = typing.get_type_hints(group, include_extras=True)
    return tuple(Slot(f.name, hints[f.name], f.default) for f in fields(group))


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


def wrong(error: click.UsageError, root: Any) -> UsageError:
    """What is wrong with a command line, as one message with the nearest thing that would be right."""
    path = error.ctx.command_path if error.ctx is not None else "modelform"
    node: Any = error.ctx.command if error.ctx is not None else root
    summary, hint = error.format_message().strip().rstrip("."), ""
    if isinstance(error, click.NoSuchOption):
        summary = f"`{path}` has no option {error.option_name}"
        hint = _elsewhere(error.option_name, root) or _nearest(error.option_name, list(_all_options(node)))
        if error.ctx is not None and error.ctx.parent is not None and (below := list(getattr(node, "commands", {}))):
            hint = f"It belongs behind what is to be done: `{path} {below[0]}`, {', '.join(below[1:])}."
    elif isinstance(error, click.BadParameter):
        summary = " ".join(summary.split())
    elif summary.startswith("No such command"):
        word = summary.split("'")[1] if "'" in summary else ""
        summary = f"there is no command `{path} {word}`"
        hint = _nearest(word, list(getattr(node, "commands", {})))
    elif "unexpected extra argument" in summary and any("-s" in p.opts for p in node.params):
        files = any("--file" in p.opts for p in node.params)
        hint = "A stack is named with -s NAME" + (", a file with --file FILE." if files else ".")
    return UsageError(summary[:1].lower() + summary[1:], hint=hint or f"`{path} --help` lists what there is.")


def _nearest(word: str, known: Sequence[str]) -> str:
    bare = {name.lstrip("-"): name for name in known}  # dashes are alike in all and would make anything near
    near = difflib.get_close_matches(word.lstrip("-"), bare, n=2, cutoff=0.6)
    return f"Did you mean {' or '.join(bare[name] for name in near)}?" if near else ""


def _elsewhere(option: str, root: Any) -> str:
    """Which commands have the option that this one has not."""
    owners = [
        name
        for name, child in getattr(root, "commands", {}).items()
        if any(option in parameter.opts for parameter in child.params) and not child.hidden
    ]
    return f"{option} belongs to: {', '.join(owners)}." if owners else ""


class Commands(click.Group):
    """Commands under one word; its help tells each in whole sentences, which click would cut at the line's end."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, item.get_short_help_str(limit=1000)) for name, item in found if item and not item.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def group(name: str, help_text: str) -> click.Group:
    """A group of commands under one word."""
    return Commands(name, help=help_text, no_args_is_help=True)
