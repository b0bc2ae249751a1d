"""What lasts of `pace`: messages for people arrive, those for debugging do not; waiting ends with the last output."""

from __future__ import annotations

import asyncio
import contextvars
import random
import typing
from typing import Any

import pulumi
import pytest
from google.protobuf import struct_pb2
from pulumi import _types
from pulumi.runtime import _depends_on, resource, rpc, settings, stack
from pulumi_azure_native import cognitiveservices

from modelform import pace

SPOKEN = pulumi.log.debug  # before anything here replaces it


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def Log(self, request: Any) -> None:
        self.heard.append(request.message)


@pytest.mark.parametrize("quiet", [True, False])
def test_debug_messages_are_not_sent_unless_they_are_wanted(quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.log, "debug", SPOKEN)
    listener = Listener()

    def speak() -> None:
        settings.configure(settings.Settings("project", "stack", engine=listener))
        pace.keep_up(quiet=quiet)
        pace.keep_up(quiet=quiet)
        pulumi.log.debug("for nobody")
        pulumi.log.info("for people")
        pulumi.log.warn("for people too")

    contextvars.Context().run(speak)
    assert [said for said in listener.heard if said != "for nobody"] == ["for people", "for people too"]
    assert ("for nobody" in listener.heard) is not quiet


@pytest.mark.parametrize("fails", [False, True])
def test_waiting_ends_when_every_output_has_and_raises_what_one_raised(fails: bool) -> None:
    ended: list[int] = []

    async def value(number: int) -> int:
        await asyncio.sleep(0.001 * (number % 3))
        ended.append(number)
        if fails and number == 7:
            raise ValueError("number 7")
        return number

    async def program() -> None:
        made = [pulumi.Output.from_input(value(number)) for number in range(20)]
        made[3].apply(lambda found: pulumi.Output.from_input(value(found + 100)))
        await stack.wait_for_rpcs()

    def run() -> None:
        settings.configure(settings.Settings("project", "stack"))
        pace.keep_up()
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(program())
        finally:
            loop.close()

    if fails:
        with pytest.raises(ValueError, match="number 7"):
            contextvars.Context().run(run)
    else:
        contextvars.Context().run(run)
        assert sorted(ended) == [*range(20), 103]


@pytest.mark.parametrize(
    ("hint", "union", "optional"),
    [
        (int, False, False),
        (type(None), False, True),
        (int | None, True, True),
        (typing.Optional[str], True, True),  # noqa: UP045
        (typing.Union[int, str], True, False),  # noqa: UP007
        (list[int | None], False, False),
        (dict[str, int] | str | None, True, True),
    ],
)
def test_what_a_type_is_does_not_depend_on_who_asked_before(hint: Any, union: bool, optional: bool) -> None:
    pace.remember_types()
    for _ in range(2):
        assert _types._is_union_type(hint) is union
        assert _types._is_optional_type(hint) is optional


@pytest.mark.parametrize("typed", [True, False])
def test_outputs_that_a_resource_has_arrive_and_others_are_passed_over(typed: bool) -> None:
    account = cognitiveservices.Account if typed else pulumi.CustomResource
    found: dict[str, Any] = {}

    def run() -> None:
        settings.configure(settings.Settings("project", "stack", dry_run=True))
        pace.translate_what_is_wanted()
        thing = account.__new__(account)
        thing._name = "thing"
        answer = struct_pb2.Struct()
        answer.update({"kind": "OpenAI", "systemData": {"createdBy": "somebody"}, "etag": "1", "id": "/x"})
        names = ("kind", "system_data" if typed else "systemData", "location")
        resolvers = {name: (lambda value, *rest, name=name: found.update({name: value})) for name in names}
        rpc.resolve_outputs(thing, struct_pb2.Struct(), answer, {}, resolvers, True, typed, True)  # type: ignore[arg-type]

    contextvars.Context().run(run)
    data = found.pop("system_data" if typed else "systemData")
    assert (data.created_by if typed else data["createdBy"]) == "somebody"
    assert found == {"kind": "OpenAI", "location": None}


def hosted(work: Any) -> Any:
    """What a coroutine gives in an event loop of its own, with the SDK's settings of its own."""

    def run() -> Any:
        settings.configure(settings.Settings("project", "stack"))
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(work())
        finally:
            loop.close()

    return contextvars.Context().run(run)


@pytest.fixture
def plain_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts back what a test replaces for good."""
    monkeypatch.setattr(rpc, "transfer_properties", rpc.transfer_properties)
    monkeypatch.setattr(resource, "create_urn", resource.create_urn)
    monkeypatch.setattr(rpc, "serialize_property", rpc.serialize_property)
    monkeypatch.setattr(rpc, "_add_dependency", rpc._add_dependency)
    monkeypatch.setattr(rpc, "declare_dependency", rpc.declare_dependency)


@pytest.mark.usefixtures("plain_sdk")
@pytest.mark.parametrize("replaced", [False, True])
def test_outputs_come_with_what_they_need_and_what_failed_is_raised(replaced: bool) -> None:
    if replaced:
        pace.make_outputs_at_once()
    thing, other = (pulumi.CustomResource.__new__(pulumi.CustomResource) for _ in range(2))

    async def work() -> list[Any]:
        found = rpc.transfer_properties(thing, {"urn": 1, "id": 2, "size": 3, "key": 4, "later": 5, "lost": 6}, True)
        assert sorted(found) == ["key", "later", "lost", "size"]
        found["size"]([7], True, False, None, None)
        found["key"]("word", True, True, {other}, None)
        found["later"](None, False, False, None, None)
        found["lost"](None, True, False, None, ValueError("it is gone"))
        told: list[Any] = []
        for name in ("size", "key", "later"):
            output = thing.__dict__[name]
            told.append((await output.future(), await output.is_known(), await output.is_secret()))
            assert await output.resources() == ({thing, other} if name == "key" else {thing})
        with pytest.raises(ValueError, match="it is gone"):
            await thing.__dict__["lost"].future()
        return told

    assert hosted(work) == [([7], True, False), ("word", True, True), (None, False, False)]


@pytest.mark.usefixtures("plain_sdk")
def test_only_outputs_that_are_read_are_made() -> None:
    pace.make_outputs_at_once()
    thing = pulumi.CustomResource.__new__(pulumi.CustomResource)
    setattr(thing, pace.READ, ("size",))

    async def work() -> set[str]:
        return set(rpc.transfer_properties(thing, {"size": 1, "key": 2}, True))

    assert hosted(work) == {"size"}
    assert "key" not in thing.__dict__


@pytest.mark.usefixtures("plain_sdk")
@pytest.mark.parametrize("parent", ["urn:pulumi:stack::project::a:b:Group::g", "urn:pulumi:stack::project::c:D$e:F::x"])
def test_a_urn_is_the_same_and_is_there_as_late(parent: str) -> None:
    def made() -> tuple[str, int]:
        async def work() -> tuple[str, int]:
            asked = asyncio.ensure_future(resource.create_urn("n", "a:b:Thing", parent).future())
            turns = 0
            while not asked.done():
                turns += 1
                await asyncio.sleep(0)
            return str(asked.result()), turns

        found: tuple[str, int] = hosted(work)
        return found

    before = made()
    pace.name_at_once()
    assert made() == before
    assert before[0] == f"{parent.rpartition('::')[0]}$a:b:Thing::n"


SKU = cognitiveservices.SkuArgs(name="Standard", capacity=3)
SENT = [
    *(None, True, 0, 1.5, "", "word", [1, ["two", None]], {"some_key": {"inner_key": 1}}, pulumi.UNKNOWN),
    *(SKU, {"sku_name": SKU}, [SKU, "x"]),
]


@pytest.mark.usefixtures("plain_sdk")
def test_values_are_sent_as_before() -> None:
    def sent() -> list[Any]:
        async def work() -> list[Any]:
            given = [*SENT, *(pulumi.Output.from_input(value) for value in SENT)]
            found = [await rpc.serialize_property(value, [], "key", None, str.upper) for value in given]
            typed = [await rpc.serialize_property(SENT[7], [], "key", None, None, dict[str, Any])]
            plain = [value for value in SENT if value is None or isinstance(value, (str, int, float))]
            whole = [await rpc.serialize_property(v, [], property_key="key", return_protobuf_value=True) for v in plain]
            more = [await rpc.serialize_property(v, [], "key", None, None, None, False, False, True) for v in plain]
            return [found, typed, whole, more]

        found: list[Any] = hosted(work)
        return found

    before = sent()
    pace.send_scalars_as_they_are()
    assert sent() == before
    assert isinstance(before[2][1], struct_pb2.Value)


@pytest.mark.usefixtures("plain_sdk")
@pytest.mark.parametrize("replaced", [False, True])
def test_what_is_needed_is_found_by_its_urn_now_or_later(replaced: bool) -> None:
    if replaced:
        pace.search_circles_briefly()
        pace.add_dependencies_at_once()

    def named(kind: type[pulumi.Resource], urn: Any) -> Any:
        made = kind.__new__(kind)
        made._type, made._name, made._remote, made._childResources = "a:b:C", "one", False, set()  # type: ignore[attr-defined]
        made.__dict__["urn"] = pulumi.Output.from_input(urn)
        return made

    async def later() -> str:
        await asyncio.sleep(0.01)
        return "urn:later"

    async def work() -> set[str]:
        here, there, nowhere = (named(pulumi.CustomResource, urn) for urn in ("urn:here", later(), None))
        child = named(pulumi.CustomResource, "urn:child")
        group = named(pulumi.ComponentResource, "urn:group")
        group._childResources.add(child)
        await asyncio.sleep(0)
        await here.urn.future()
        user = named(pulumi.CustomResource, "urn:user")
        found = await rpc._expand_dependencies([here, there, nowhere, group], user)
        assert found["urn:here"] is here
        assert await rpc._expand_dependencies([here], None) == {"urn:here": here}
        with pytest.raises(RuntimeError, match="circular dependency"):
            await rpc._expand_dependencies([user], here)
        return set(found)

    assert hosted(work) == {"urn:here", "urn:later", "urn:child"}


@pytest.mark.parametrize("wrapped", [False, True])
def test_dependencies_are_the_same_as_resources_and_as_outputs(wrapped: bool) -> None:
    def run() -> None:
        settings.configure(settings.Settings("project", "stack"))
        pace.take_resources_as_they_are()
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            needed = [pulumi.ComponentResource.__new__(pulumi.ComponentResource) for _ in range(3)]

            async def resolve() -> set[pulumi.Resource]:
                given = [pulumi.Output.from_input(one) if wrapped else one for one in needed]
                return await _depends_on._resolve_depends_on(given)

            assert loop.run_until_complete(resolve()) == set(needed)
        finally:
            loop.close()

    contextvars.Context().run(run)


def test_an_sdk_without_these_functions_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in (
        (stack, "wait_for_rpcs"),
        (rpc, "declare_dependency"),
        (rpc, "resolve_outputs"),
        (rpc, "transfer_properties"),
        (rpc, "serialize_property"),
        (rpc, "_add_dependency"),
        (resource, "create_urn"),
        (_types, "_is_union_type"),
    ):
        monkeypatch.delattr(place, name)
    monkeypatch.setattr(pace, "_depends_on", None)
    pace.keep_up()
    monkeypatch.setattr(pace, "_types", None)
    pace.keep_up()
    assert not any((hasattr(stack, "wait_for_rpcs"), hasattr(rpc, "declare_dependency")))
    assert not hasattr(_types, "_is_union_type")


class Resource:
    """All that a search for circles needs of a resource."""


def test_circles_are_found_and_nothing_else() -> None:
    chance = random.Random(7)
    for _ in range(200):
        resources = [Resource() for _ in range(8)]
        needs: dict[int, set[int]] = {number: set() for number in range(8)}

        def behind(start: int, needs: dict[int, set[int]] = needs) -> set[int]:
            found, pending = {start}, [start]
            while pending:
                for needed in needs[pending.pop()] - found:
                    found.add(needed)
                    pending.append(needed)
            return found

        for _ in range(30):
            left, right = chance.randrange(8), chance.randrange(8)
            circle = left in behind(right)
            assert pace._declare_dependency(resources[left], resources[right]) is not circle
            if not circle:
                needs[left].add(right)
