"""Lets Pulumi's SDK run a program of many resources in time that grows with their number, and not with its square.

Nothing here changes what a program declares. An SDK that has no such functions any more is left as it is.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from pulumi import CustomResource, Output, Resource, log
from pulumi.runtime import rpc, settings, stack

_rpc: Any = rpc
# Private modules of the SDK, which it has loaded itself; one that it has no more is None.
_types: Any = sys.modules.get("pulumi._types")
_depends_on: Any = sys.modules.get("pulumi.runtime._depends_on")
_output: Any = sys.modules.get("pulumi.output")
_resource: Any = sys.modules.get("pulumi.runtime.resource")

# An attribute of a resource: the names of the outputs that its program reads; without it, that may be any.
READ = "_modelform_read"

_TURNS = 3
_PLAIN = frozenset((str, int, float, bool, type(None)))
_AS_MESSAGE = 4  # of the arguments after the transformer, the fourth asks for a message of protobuf's
_RANK, _NEEDS = "_modelform_rank", "_modelform_needs"
_TOPS, _BOTTOMS = itertools.count(1), itertools.count(0, -1)


def keep_up(*, quiet: bool = True) -> None:
    """All of it that lasts: for a process that runs such programs; the SDK's debug messages go unless it is not to be
    `quiet`."""
    wait_linearly()
    if quiet:
        without_debug_messages()
    search_circles_briefly()
    remember_types()
    take_resources_as_they_are()
    translate_what_is_wanted()
    make_outputs_at_once()
    name_at_once()
    send_scalars_as_they_are()
    add_dependencies_at_once()


def wait_linearly() -> None:
    """Has the SDK wait for all outputs at once, from now on.

    Its own way puts every output that is still open back after each one that is done: with 1,000 resources that is
    two fifths of the whole run, and it grows with the square of their number.
    """
    original = getattr(stack, "wait_for_rpcs", None)
    if original is None or hasattr(original, "linear"):
        return

    async def wait(await_all_outstanding_tasks: bool = True) -> None:
        manager, kept = settings._get_rpc_manager(), settings.SETTINGS
        while True:
            await original(False)
            if not await_all_outstanding_tasks:
                return
            while True:
                with kept.lock:
                    outputs = list(kept.outputs)
                    kept.outputs.clear()
                if not outputs:
                    break
                await asyncio.gather(*outputs)
            if not manager.rpcs:
                return

    wait.linear = True  # type: ignore[attr-defined]
    stack.wait_for_rpcs = wait


@contextmanager
def rare_collections() -> Iterator[None]:
    """Has the garbage collector look less often: a program makes many small objects and drops few of them.

    With 1,000 resources that is a third of the whole run.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def without_debug_messages() -> None:
    """Has the SDK say nothing for debugging, from now on: only `pulumi --debug` shows it.

    It says ten things a resource, and to the CLI it sends each in a call that the program waits for: a third of the
    time of a plan with it.
    """
    log.debug = _nothing


def search_circles_briefly() -> None:
    """Has the SDK find circles of dependencies without a walk where there can be none, from now on.

    For each dependency the SDK walks all that lie behind it: in a chain in which each depends on all earlier ones, that
    grows with the fourth power of its length. A program that makes a circle is told so; without the search it hangs.
    """
    if hasattr(rpc, "declare_dependency"):
        rpc.declare_dependency = _declare_dependency


def remember_types() -> None:
    """Has the SDK find out once of each type whether it is a union or optional and what it is of, from now on; it asks
    130 times a resource."""
    for name in ("_is_union_type", "_is_optional_type", "unwrap_type"):
        original = getattr(_types, name, None)
        if original is not None and not hasattr(original, "cache_info"):
            setattr(_types, name, cache(original))


def take_resources_as_they_are() -> None:
    """Has the SDK make no output of each resource that another one depends on, from now on: in a chain in which each
    depends on all earlier ones that is a tenth of a program's time."""
    original = getattr(_depends_on, "_resolve_depends_on", None)
    if original is None or hasattr(original, "direct"):
        return

    async def resolve(depends_on: Any) -> Any:
        if isinstance(depends_on, list) and all(isinstance(one, Resource) for one in depends_on):
            return set(depends_on)
        return await original(depends_on)

    resolve.direct = True  # type: ignore[attr-defined]
    _depends_on._resolve_depends_on = resolve


def translate_what_is_wanted() -> None:
    """Has the SDK translate only those outputs that the resource has, from now on: the others it drops afterwards."""
    original = getattr(rpc, "resolve_outputs", None)
    if original is None or hasattr(original, "wanted") or not hasattr(_types, "resource_pulumi_to_py_names"):
        return

    def resolve(
        res: Any,
        serialized_props: Any,
        outputs: Any,
        deps: Any,
        resolvers: Any,
        custom: bool,
        transform_using_type_metadata: bool = False,
        *more: Any,
        **options: Any,
    ) -> None:
        if transform_using_type_metadata:
            names = _types.resource_pulumi_to_py_names(type(res))
            for key in [key for key in outputs if (names.get(key) or key) not in resolvers]:
                del outputs[key]
        original(
            res, serialized_props, outputs, deps, resolvers, custom, transform_using_type_metadata, *more, **options
        )

    resolve.wanted = True  # type: ignore[attr-defined]
    rpc.resolve_outputs = resolve


def make_outputs_at_once() -> None:
    """Has the SDK make each output of one future instead of five and a task, and only those that are `READ`, from now
    on."""
    original = getattr(rpc, "transfer_properties", None)
    if original is None or hasattr(original, "once") or not hasattr(Output, "_from_data"):
        return
    if not hasattr(_output, "_OutputData"):
        return

    def transfer(res: Any, props: Any, custom: bool) -> dict[str, Any]:
        read = getattr(res, READ, None)
        resolvers: dict[str, Any] = {}
        for name in props:
            if name == "urn" or (name == "id" and custom) or (read is not None and name not in read):
                continue
            data: asyncio.Future[Any] = asyncio.Future()
            resolvers[name] = partial(_resolve, res, data)
            res.__dict__[name] = Output._from_data(data)
        return resolvers

    transfer.once = True  # type: ignore[attr-defined]
    rpc.transfer_properties = transfer


def _resolve(
    res: Any, data: asyncio.Future[Any], value: Any, known: bool, secret: bool, needs: Any, failed: Exception | None
) -> None:
    """Gives an output its value, or why it has none."""
    if failed is not None:
        data.set_exception(failed)
    else:
        data.set_result(_output._OutputData({res, *(needs or ())}, value, known, secret))


def send_scalars_as_they_are() -> None:
    """Has the SDK take a text, a number, a truth value or nothing as it is, from now on, without asking what else it
    may be: three quarters of what a resource is given are one of these."""
    original = getattr(rpc, "serialize_property", None)
    if original is None or hasattr(original, "plain"):
        return

    async def serialize(
        value: Any,
        deps: Any,
        property_key: Any,
        resource_obj: Any = None,
        input_transformer: Any = None,
        *more: Any,
        **options: Any,
    ) -> Any:
        if type(value) in _PLAIN and not options and len(more) < _AS_MESSAGE:
            return value
        return await original(value, deps, property_key, resource_obj, input_transformer, *more, **options)

    serialize.plain = True  # type: ignore[attr-defined]
    _rpc.serialize_property = serialize


def add_dependencies_at_once() -> None:
    """Has the SDK take the URN of a resource that is needed from where it is, once it is there, from now on: in a chain
    in which each depends on all earlier ones there are more of these than of anything else."""
    original = getattr(rpc, "_add_dependency", None)
    if original is None or hasattr(original, "known") or not hasattr(rpc, "declare_dependency"):
        return

    async def add(deps: dict[str, Any], res: Any, from_resource: Any) -> None:
        urn = _known(res.urn) if isinstance(res, CustomResource) else None
        if isinstance(urn, str) and urn and (from_resource is None or _rpc.declare_dependency(from_resource, res)):
            deps[urn] = res
        else:
            await original(deps, res, from_resource)

    add.known = True  # type: ignore[attr-defined]
    _rpc._add_dependency = add


def _known(output: Any) -> Any:
    """The value of an output that has come to one; else None."""
    data = getattr(output, "_data", None)
    if data is None or not data.done() or data.cancelled() or data.exception() is not None:
        return None
    return data.result().value


def name_at_once() -> None:
    """Has the SDK put a URN together without outputs where it has all parts of it, from now on: it does so once a
    resource, for an answer that is wanted only without an engine."""
    original = getattr(_resource, "create_urn", None)
    if original is None or hasattr(original, "plain") or not hasattr(_output, "_OutputData"):
        return

    def create(name: Any, type_: Any, parent: Any = None, *place: Any, **named: Any) -> Any:
        if place or named or not all(isinstance(part, str) for part in (name, type_, parent)):
            return original(name, type_, parent, *place, **named)
        return Output._from_data(_in_turn(f"{parent[: parent.rfind('::')]}${type_}::{name}"))

    create.plain = True  # type: ignore[attr-defined]
    _resource.create_urn = create


async def _in_turn(value: str) -> Any:
    """A value after as many turns of the event loop as the SDK's own way takes, so that of what happens at the same
    time the same is first: a program that fails meanwhile has not been registered."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return _output._OutputData(set(), value, True, False)


def _declare_dependency(from_resource: Any, to_resource: Any) -> bool:
    """Remembers that the one resource needs the other; False where that would make a circle.

    Each resource has a rank above those of all that it needs: what would be needed from above can make no circle, and
    of the rest only what lies behind it is looked at, and goes below.
    """
    if from_resource is to_resource:
        return False
    high, low = getattr(from_resource, _RANK, None), getattr(to_resource, _RANK, None)
    if low is None:
        setattr(to_resource, _RANK, next(_BOTTOMS))
    elif high is not None and low > high:
        behind = _behind(to_resource)
        if any(resource is from_resource for resource in behind):
            return False
        for resource in sorted(behind, key=lambda one: getattr(one, _RANK), reverse=True):
            setattr(resource, _RANK, next(_BOTTOMS))
    if high is None:
        setattr(from_resource, _RANK, next(_TOPS))
    needs = getattr(from_resource, _NEEDS, None)
    if needs is None:
        setattr(from_resource, _NEEDS, needs := {})
    needs[id(to_resource)] = to_resource
    return True


def _behind(resource: Any) -> list[Any]:
    """The resource and all that it needs, directly or not."""
    found, pending = {id(resource): resource}, [resource]
    while pending:
        for key, needed in getattr(pending.pop(), _NEEDS, {}).items():
            if key not in found:
                found[key] = needed
                pending.append(needed)
    return list(found.values())


def _nothing(*said: Any, **how: Any) -> None:
    """Takes what would be said."""
