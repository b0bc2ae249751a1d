"""Generated states: sound ones, with everything in them that operations can leave behind."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from hypothesis import strategies as st

from modelform.engine import urns
from modelform.state import Manifest, PendingOperation, Resource, Snapshot, integrity
from modelform.values import Secret

from .programs import FOUND, GROUP, NAMES, PROJECT, STACK, STACK_NAME, THING
from .world import World, outputs_of

DEFAULT = urns.make(STACK_NAME, PROJECT, "", "pulumi:providers:test", "default")
OTHER = urns.make(STACK_NAME, PROJECT, "", "pulumi:providers:test", "other")
TIME = "2026-11-22T00:00:00Z"


@dataclass(frozen=True)
class Start:
    """A sound state, and a world with most of what it tells of."""

    snapshot: Snapshot
    world: World

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis shows what resources say, not every field."""
        pending = (f"{op.type} {_said(op.resource)}" for op in self.snapshot.pending_operations)
        printer.text("\n  ".join(("Start", *map(_said, self.snapshot.resources), *pending, repr(self.world))))


def _said(resource: Resource) -> str:
    said = {f.name: getattr(resource, f.name) for f in fields(resource) if f.name not in ("created", "modified")}
    return str({key: item for key, item in said.items() if item not in ("", (), {}, False, None)})


@st.composite
def states(draw: Any) -> Start:
    """What an operation may start from."""
    world = World(can_locate=draw(st.booleans()), keeps_secrets=draw(st.booleans()))
    made = [Resource(STACK, urns.STACK_TYPE, created=TIME, modified=TIME)]
    providers = []
    for number, urn in enumerate([DEFAULT, OTHER]):
        identity = f"00000000-0000-4000-8000-00000000000{number}"
        made.append(Resource(urn, "pulumi:providers:test", True, identity, created=TIME, modified=TIME))
        providers.append(f"{urn}::{identity}")
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=7)):
        resource = draw(_resource(name, made, providers))
        if resource.custom and draw(st.integers(0, 9)):
            world.exist(resource.id, resource.urn, resource.inputs)
        made.append(resource)
    pending = [PendingOperation(draw(_resource(name, made, providers)), kind) for name, kind in draw(_PENDING)]
    for operation in pending:
        if operation.type == "creating" and draw(st.booleans()):
            world.exist(f"made.{len(world.things) + 100}", operation.resource.urn, operation.resource.inputs)
    snapshot = Snapshot(Manifest(TIME, "v3.260.0"), None, made, pending)
    assert integrity.check(snapshot) == []
    return Start(snapshot, world)


_KINDS = st.sampled_from(["creating", "updating", "deleting", "reading", "importing"])
_PENDING = st.lists(st.tuples(st.sampled_from(NAMES), _KINDS), max_size=2)


@st.composite
def _resource(draw: Any, name: str, made: list[Resource], providers: list[str]) -> Resource:
    """A resource that may stand after those that are `made`."""
    one_in = lambda number: draw(st.integers(1, number)) == number  # noqa: E731
    earlier = sorted({r.urn for r in made if r.type in (THING, GROUP)})
    one = st.sampled_from(earlier) if earlier else st.just("")
    some = st.lists(one, max_size=2, unique=True).map(tuple) if earlier else st.just(())
    parent = draw(one) if one_in(4) else ""
    custom = not one_in(6)
    urn = urns.make(STACK_NAME, PROJECT, parent or STACK, THING if custom else GROUP, name)
    # Nothing needs itself, not even a copy of itself.
    one = one.filter(lambda other: other != urn)
    some = st.lists(one, max_size=2, unique=True).map(tuple) if set(earlier) - {urn} else st.just(())
    living = any(r.urn == urn and not r.delete for r in made)
    common: dict[str, Any] = {
        "parent": parent or STACK,
        "delete": living,
        "dependencies": draw(some),
        "protect": one_in(10) and not living,
        "created": TIME,
        "modified": TIME,
    }
    if not custom:
        return Resource(urn, GROUP, **common)
    inputs: dict[str, Any] = {"size": draw(st.integers(0, 2)), "key": draw(st.integers(0, 1)), "tier": "basic"}
    if one_in(5):
        inputs["size"] = Secret(inputs["size"])
    return Resource(
        urn,
        THING,
        True,
        f"{name}.{len(made)}" if not one_in(20) else draw(st.sampled_from(FOUND)),
        inputs=inputs,
        outputs=outputs_of(inputs),
        provider=draw(st.sampled_from(providers)),
        property_dependencies={"size": draw(some), "key": draw(some)},
        external=one_in(12),
        init_errors=("ill",) if one_in(8) else (),
        pending_replacement=one_in(6) and not living,
        additional_secret_outputs=("out",) if one_in(8) else (),
        retain_on_delete=one_in(8),
        deleted_with=draw(one) if set(earlier) - {urn} and one_in(6) else "",
        replace_with=draw(some) if one_in(8) else (),
        ignore_changes=("size",) if one_in(8) else (),
        replace_on_changes=("size",) if one_in(8) else (),
        **common,
    )
