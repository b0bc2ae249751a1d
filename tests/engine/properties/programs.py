"""Generated programs, as data; as goals for the engine's registrar, and as programs for Pulumi's SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hypothesis import strategies as st

from modelform.engine import urns
from modelform.engine.goal import Alias, Goal
from modelform.values import Secret

PROJECT, STACK_NAME = "test", "dev"
STACK = urns.make(STACK_NAME, PROJECT, "", urns.STACK_TYPE, f"{PROJECT}-{STACK_NAME}")
THING, GROUP = "test:index:Thing", "test:index:Group"
FOUND = ("found.1", "found.2")
NAMES = "abcdef"


@dataclass(frozen=True, repr=False)
class Declared:
    """One resource of a program; whatever it refers to is the name of an earlier one."""

    name: str
    component: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    secret: bool = False
    reads: Mapping[str, str] = field(default_factory=dict)
    depends: tuple[str, ...] = ()
    parent: str = ""
    protect: bool | None = None
    retain: bool | None = None
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    replace_on: tuple[str, ...] = ()
    delete_first: bool | None = None
    secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    import_id: str = ""

    def __repr__(self) -> str:
        said = (f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) not in EMPTY)
        return f"Declared({', '.join(said)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis shows what was said, not every field."""
        printer.text(repr(self))


EMPTY: tuple[Any, ...] = ("", (), {}, None)
Program = tuple[Declared, ...]


@st.composite
def _declared(draw: Any, name: str, earlier: tuple[Declared, ...], unused: list[str], rare: bool) -> Declared:
    """A resource after `earlier` ones, `unused` names may be its old ones.

    `rare` ones have options after which an end state hangs on the way there.
    """

    def one_in(number: int) -> bool:
        return draw(st.integers(1, number)) == number

    names = [d.name for d in earlier]
    things = [d.name for d in earlier if not d.component]
    some = st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple) if names else st.just(())
    one = st.sampled_from(names) if names else st.just("")
    common = {
        "parent": draw(one) if one_in(4) else "",
        "depends": draw(some) if one_in(2) else (),
        "protect": draw(st.booleans()) if one_in(12) else None,
        "aliases": (draw(st.sampled_from(unused)),) if unused and one_in(6) else (),
    }
    if one_in(8):
        return Declared(name, True, **common)
    reads = {}
    for key in ("size", "key"):
        if things and one_in(3):
            reads[key] = draw(st.sampled_from(things))
    inputs: dict[str, Any] = {"size": draw(st.integers(0, 2)), "key": draw(st.integers(0, 1))}
    if one_in(3):
        inputs["dbr"] = True
    if one_in(12):
        inputs["vague"] = True
    if one_in(20):
        inputs["bad"] = True
    options = {
        "retain": draw(st.booleans()) if rare and one_in(8) else None,
        "deleted_with": draw(st.sampled_from(things)) if things and one_in(8) else "",
        "replace_with": draw(some) if one_in(12) else (),
        "ignore": draw(st.sampled_from([("size",), ("key",), ("*",)])) if rare and one_in(6) else (),
        "replace_on": draw(st.sampled_from([("size",), ("*",), ("dbr",)])) if one_in(8) else (),
        "delete_first": draw(st.booleans()) if one_in(5) else None,
        "secret_outputs": ("out",) if one_in(8) else (),
        "import_id": draw(st.sampled_from(FOUND)) if rare and one_in(15) else "",
    }
    return Declared(name, False, inputs, one_in(5), reads, **common, **options)


@st.composite
def programs(draw: Any, rare: bool = True, size: int = 6) -> Program:
    """A program of up to `size` resources, whose names are few, so that two programs have many of them in common."""
    made: tuple[Declared, ...] = ()
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=size))
    for name in names:
        taken = {*names, *(alias for declared in made for alias in declared.aliases)}
        made = (*made, draw(_declared(name, made, sorted(set(NAMES) - taken), rare)))
    return made


def urns_of(program: Program) -> dict[str, str]:
    """Names to URNs."""
    found: dict[str, str] = {}
    for declared in program:
        parent = found.get(declared.parent, STACK)
        found[declared.name] = urns.make(
            STACK_NAME, PROJECT, parent, GROUP if declared.component else THING, declared.name
        )
    return found


def goals(program: Program, outputs: Callable[[str], Any]) -> Iterator[tuple[Declared | None, Goal]]:
    """The goals of a program in order, the stack's first; `outputs` gives the `out` of an earlier one."""
    yield None, Goal(urns.STACK_TYPE, f"{PROJECT}-{STACK_NAME}", False)
    known = urns_of(program)
    for declared in program:
        common: dict[str, Any] = {
            "parent": known.get(declared.parent, STACK),
            "protect": declared.protect,
            "aliases": tuple(Alias(name=name) for name in declared.aliases),
        }
        read = {known[name] for name in declared.reads.values()}
        common["dependencies"] = tuple(sorted({*(known[name] for name in declared.depends), *read}))
        if declared.component:
            yield declared, Goal(GROUP, declared.name, False, **common)
            continue
        inputs: dict[str, Any] = dict(declared.inputs)
        if declared.secret:
            inputs["size"] = Secret(inputs["size"])
        for key, name in declared.reads.items():
            inputs[key] = outputs(name)
        yield (
            declared,
            Goal(
                THING,
                declared.name,
                True,
                inputs,
                **common,
                property_dependencies={
                    key: (known[declared.reads[key]],) if key in declared.reads else () for key in inputs
                },
                retain_on_delete=declared.retain,
                deleted_with=known.get(declared.deleted_with, ""),
                replace_with=tuple(known[name] for name in declared.replace_with),
                ignore_changes=declared.ignore,
                replace_on_changes=declared.replace_on,
                delete_before_replace=declared.delete_first,
                additional_secret_outputs=declared.secret_outputs,
                import_id=declared.import_id,
            ),
        )


def as_pulumi(program: Program) -> Callable[[], None]:
    """The same as a program for the SDK."""
    import pulumi

    class Thing(pulumi.CustomResource):
        out: pulumi.Output[str]

        def __init__(self, name: str, inputs: dict[str, Any], options: pulumi.ResourceOptions) -> None:
            super().__init__(THING, name, {**inputs, "out": None}, options)

    def run() -> None:
        made: dict[str, Any] = {}
        for declared in program:
            options: dict[str, Any] = {
                "parent": made.get(declared.parent),
                "depends_on": [made[name] for name in declared.depends],
                "protect": declared.protect,
                "aliases": [pulumi.Alias(name=name) for name in declared.aliases],
            }
            if declared.component:
                made[declared.name] = pulumi.ComponentResource(
                    GROUP, declared.name, {}, pulumi.ResourceOptions(**options)
                )
                continue
            options |= {
                "retain_on_delete": declared.retain,
                "deleted_with": made.get(declared.deleted_with),
                "replace_with": [made[name] for name in declared.replace_with],
                "ignore_changes": list(declared.ignore),
                "replace_on_changes": list(declared.replace_on),
                "delete_before_replace": declared.delete_first,
                "additional_secret_outputs": list(declared.secret_outputs),
                "import_": declared.import_id or None,
            }
            inputs: dict[str, Any] = dict(declared.inputs)
            if declared.secret:
                inputs["size"] = pulumi.Output.secret(inputs["size"])
            inputs |= {key: made[name].out for key, name in declared.reads.items()}
            made[declared.name] = Thing(declared.name, inputs, pulumi.ResourceOptions(**options))
        pulumi.export("outs", [thing.out for name, thing in made.items() if hasattr(thing, "out")])

    return run
