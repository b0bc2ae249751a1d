"""Evaluates an ARM template: the resources it declares, with nested deployments laid flat and loops written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from typing import Any

from modelform.armtemplate.evaluator import OUTSIDE, Evaluator, Loops
from modelform.armtemplate.expression import ExpressionError
from modelform.armtemplate.failure import TemplateError, below
from modelform.armtemplate.naming import Names, full_name, identity
from modelform.armtemplate.scope import Scope
from modelform.armtemplate.value import Runtime

NESTED = "microsoft.resources/deployments"
# What tells how a resource is deployed, and is no part of it.
FRAME = {
    "type",
    "name",
    "apiVersion",
    "condition",
    "dependsOn",
    "copy",
    "resources",
    "scope",
    "comments",
    "metadata",
    "existing",
    "import",
    "extension",
    "subscriptionId",
    "resourceGroup",
}


@plain_dataclass(slots=True)
class Row:
    """A declared resource while its template is evaluated; `key` is its own, also where its name is not known yet.

    `waits` are keys of what it depends on, `inside` the keys of the nested deployments that it stands in.
    """

    key: str
    kind: str
    name: Any
    base: str
    api_version: str
    body: dict[str, Any]
    pointer: str
    scope: Scope
    condition: Any = True
    existing: bool = False
    symbol: str = ""
    waits: list[str] = field(default_factory=list)
    inside: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its resource id; empty while its name is not known."""
        return identity(self.base, self.kind, self.name) if isinstance(self.name, str) else ""


@plain_dataclass(slots=True)
class Nested:
    """A nested deployment: what it waits for, and the outputs that `reference()` of its id gives."""

    key: str
    id: str
    waits: list[str]
    outputs: dict[str, Any]
    inside: tuple[str, ...] = ()


@plain_dataclass(frozen=True, slots=True)
class Around:
    """What a resource stands in: copy loops, a parent's type and name, conditions, nested deployments."""

    loops: Loops = OUTSIDE
    kind: str = ""
    name: Any = ""
    condition: Any = True
    inside: tuple[str, ...] = ()


class Template:
    """One template, the whole one or that of a nested deployment, which adds to the same lists of its parent."""

    def __init__(
        self,
        template: Mapping[str, Any],
        evaluator: Evaluator,
        scope: Scope,
        pointer: str,
        rows: list[Row],
        nested: list[Nested],
    ) -> None:
        self.template = template
        self.evaluator = evaluator
        self.scope = scope
        self.pointer = pointer
        self.rows = rows
        self.nested = nested
        self.names = Names()
        self.named = False
        self.around = Around()
        self.sites: dict[str, tuple[dict[str, Any], str, str, Loops]] = {}
        self.made: dict[str, list[Row]] = {}
        self.open: set[str] = set()
        self.uncounted: dict[str, Runtime] = {}
        self.pending: list[tuple[Row, str, str]] = []
        self.outputs: dict[str, dict[str, Any]] = {}

    def run(self, around: Around) -> dict[str, Any]:
        """Adds the template's resources, and gives its outputs as `reference()` shows them."""
        self.around = around
        for symbol, raw, pointer in self._declared(self.template.get("resources"), below(self.pointer, "resources")):
            self._resource(raw, pointer, symbol, around)
        self._link()
        return self._outputs(around.loops)

    def identify(self, named: str) -> str | None:
        """The id of a resource of this template by symbolic name, name or `type/name`."""
        self._name_all()
        found = self.names.keys.get(named.lower(), ())
        return self.names.ids.get(found[0]) or None if found else None

    def _declared(self, resources: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any], str]]:
        if resources is None:
            return
        pairs = resources.items() if isinstance(resources, dict) else enumerate(resources)
        for key, raw in pairs:
            place = below(pointer, key)
            if not isinstance(raw, dict) or not isinstance(raw.get("type"), str) or "name" not in raw:
                raise TemplateError("a resource needs a type and a name", pointer=place, code="arm-template.shape")
            yield (key if isinstance(key, str) else ""), raw, place

    def _rounds(self, raw: dict[str, Any], pointer: str, around: Around) -> list[Loops]:
        copy = raw.get("copy")
        if copy is None:
            return [around.loops]
        count = self.evaluator.rounds(copy, below(pointer, "copy"), around.loops)
        if isinstance(count, Runtime):
            # How many there will be is not known: one stands for them, if there is any.
            self.uncounted[pointer] = Runtime("less", (0, count))
            count = 1
        else:
            self.uncounted.pop(pointer, None)
        return [around.loops.inside(str(copy.get("name", "")), at) for at in range(count)]

    def _identity(self, raw: dict[str, Any], pointer: str, loops: Loops, around: Around) -> tuple[str, Any, str]:
        """Type, full name and the scope's id of one resource."""
        kind = self.evaluator.value(raw["type"], below(pointer, "type"), loops)
        name = self.evaluator.value(raw["name"], below(pointer, "name"), loops)
        if not isinstance(kind, str) or not isinstance(name, (str, Runtime)):
            raise TemplateError("type and name must be texts", pointer=pointer, code="arm-template.shape")
        if around.kind:
            kind = f"{around.kind}/{kind}"
            name = full_name(around.name, name)
        base = self.scope.path
        wanted = self.evaluator.value(raw.get("scope"), below(pointer, "scope"), loops)
        if kind.lower() == NESTED:
            base = self._nested_scope(raw, pointer, loops).path
        elif isinstance(wanted, str) and wanted:
            base = self.names.scoped(wanted, self.scope.path)
        try:
            if isinstance(name, str):
                identity(base, kind, name)
        except ExpressionError as error:
            raise TemplateError(str(error), pointer=below(pointer, "name"), code="arm-template.name") from None
        return kind, name, base

    def _nested_scope(self, raw: dict[str, Any], pointer: str, loops: Loops) -> Scope:
        def said(key: str) -> str:
            found = self.evaluator.value(raw.get(key), below(pointer, key), loops)
            return found if isinstance(found, str) else ""

        return self.scope.within(said("subscriptionId"), said("resourceGroup"), said("name") or "nested")

    def _name_all(self) -> None:
        """Learns the names of everything in this template, once; what is asked for while it does is not known yet."""
        if self.named:
            return
        self.named = True
        places = below(self.pointer, "resources")
        declared = list(self._declared(self.template.get("resources"), places))
        # Single deployments first: loops and names of others may be made of what they give.
        declared.sort(key=lambda item: item[1]["type"].lower() != NESTED or "copy" in item[1])
        for symbol, raw, pointer in declared:
            self._name_one(symbol, raw, pointer, Around(self.around.loops))

    def _name_one(self, symbol: str, raw: dict[str, Any], pointer: str, around: Around) -> None:
        looped = str((raw.get("copy") or {}).get("name", "")) if isinstance(raw.get("copy"), dict) else ""
        for text in (symbol, looped):
            self.names.keys.setdefault(text.lower(), ())  # a loop may have no round
        for at, loops in enumerate(self._rounds(raw, pointer, around)):
            try:
                kind, name, base = self._identity(raw, pointer, loops, around)
            except TemplateError:
                if self.evaluator.value(raw.get("condition", True), below(pointer, "condition"), loops) is True:
                    raise
                kind, name, base = str(raw["type"]), Runtime("unnamed"), self.scope.path
            found = identity(base, kind, name) if isinstance(name, str) else ""
            said = [symbol, looped, f"{symbol}[{at}]" if symbol and looped else ""]
            key = _key(pointer, loops)
            if kind.lower() == NESTED and not around.kind:
                self.sites[key] = (raw, pointer, f"{symbol}[{at}]" if symbol and looped else symbol, loops)
            self.names.add(key, found, kind, name if isinstance(name, str) else "", said)
            inner = Around(loops, kind, name)
            for child, below_it, place in self._declared(raw.get("resources"), below(pointer, "resources")):
                self._name_one(child, below_it, place, inner)

    def _resource(self, raw: dict[str, Any], pointer: str, symbol: str, around: Around) -> None:
        for at, loops in enumerate(self._rounds(raw, pointer, around)):
            self.rows += self._made(
                raw, pointer, f"{symbol}[{at}]" if symbol and "copy" in raw else symbol, loops, around
            )

    def _made(self, raw: dict[str, Any], pointer: str, symbol: str, loops: Loops, around: Around) -> list[Row]:
        """The rows of one resource with what is in it; made once, since others may ask for its outputs before."""
        key = _key(pointer, loops)
        if key not in self.made:
            self.open.add(key)
            try:
                self.made[key] = list(self._one(raw, pointer, symbol, loops, around))
            finally:
                self.open.discard(key)
        return self.made[key]

    def _one(self, raw: dict[str, Any], pointer: str, symbol: str, loops: Loops, around: Around) -> Iterator[Row]:
        # The condition comes first: what is not deployed may have a name that cannot be computed.
        condition = self.evaluator.value(raw.get("condition", True), below(pointer, "condition"), loops)
        if condition is False or condition is None:
            return
        kind, name, base = self._identity(raw, pointer, loops, around)
        for other in (around.condition, self.uncounted.get(pointer, True)):
            if other is not True:
                condition = other if condition is True else Runtime("and", (other, condition))
        row = Row(
            key=_key(pointer, loops) + "".join(around.inside),
            kind=kind,
            name=name,
            base=base,
            api_version=str(self.evaluator.value(raw.get("apiVersion", ""), below(pointer, "apiVersion"), loops)),
            body={},
            pointer=pointer,
            scope=self.scope,
            condition=condition,
            existing=raw.get("existing") is True,
            symbol=symbol,
            inside=around.inside,
        )
        self._wait(row, raw, pointer, loops)
        before = len(self.evaluator.asked)
        if kind.lower() == NESTED:
            inside = self._deploy(raw, pointer, loops, row)
            if inside is not None:
                row.waits += [key + "".join(around.inside) for key in self.evaluator.asked[before:]]
                yield from inside
                return
        row.body = {
            key: self.evaluator.value(value, below(pointer, key), loops)
            for key, value in raw.items()
            if key not in FRAME
        }
        row.waits += [key + "".join(around.inside) for key in self.evaluator.asked[before:]]
        yield row
        inner = Around(loops, kind, name, condition, around.inside)
        for child, below_it, place in self._declared(raw.get("resources"), below(pointer, "resources")):
            for rounds in self._rounds(below_it, place, inner):
                yield from self._made(below_it, place, child, rounds, inner)

    def answer(self, named: str) -> tuple[str, dict[str, Any]] | None:
        """The key and outputs of a nested deployment of this template, evaluated now if it was not; None for others."""
        self._name_all()
        key = next(iter(self.names.keys.get(named.lower(), ())), "")
        if key not in self.sites or key in self.open:
            return None
        raw, pointer, symbol, loops = self.sites[key]
        self._made(raw, pointer, symbol, loops, self.around)
        outputs = self.outputs.get(key)
        return None if outputs is None else (key, outputs)

    def _wait(self, row: Row, raw: dict[str, Any], pointer: str, loops: Loops) -> None:
        """Puts down what a resource depends on, to be looked up when every name is known."""
        place = below(pointer, "dependsOn")
        wanted = self.evaluator.value(raw.get("dependsOn") or [], place, loops)
        if not isinstance(wanted, list):
            raise TemplateError("dependsOn is a list", pointer=place, code="arm-template.shape")
        self.pending += [
            (row, said.lower().rstrip("/"), below(place, at))
            for at, said in enumerate(wanted)
            if isinstance(said, str) and said
        ]

    def _link(self) -> None:
        """Looks up what resources depend on."""
        self._name_all()
        for row, said, place in self.pending:
            keys = self.names.keys.get(said)
            if keys is None:
                raise TemplateError(
                    f"dependsOn names {said!r}, which the template does not declare",
                    pointer=place,
                    code="arm-template.depends-on",
                )
            row.waits += [key + "".join(row.inside) for key in keys]

    def _deploy(self, raw: dict[str, Any], pointer: str, loops: Loops, row: Row) -> list[Row] | None:
        """Evaluates a nested deployment that holds its template; None where it only links to one."""
        properties = raw.get("properties")
        template = properties.get("template") if isinstance(properties, dict) else None
        if not isinstance(properties, dict) or not isinstance(template, dict):
            return None
        if len(row.inside) > 8:
            raise TemplateError("deployments are nested too deeply", pointer=pointer, code="arm-template.shape")
        scope = self._nested_scope(raw, pointer, loops)
        place = below(pointer, "properties", "template")
        options = properties.get("expressionEvaluationOptions") or {}
        inner = str(options.get("scope", "outer")).lower() == "inner"
        evaluator, around = self.evaluator, Around(loops, condition=row.condition, inside=(*row.inside, row.key))
        if inner:
            where = below(pointer, "properties", "parameters")
            given = self.evaluator.value(properties.get("parameters") or {}, where, loops)
            evaluator = Evaluator(template, given, scope, place)
            around = Around(condition=row.condition, inside=around.inside)
        rows: list[Row] = []
        made = Template(template, evaluator, scope, place, rows, self.nested)
        if inner:
            evaluator.identify, evaluator.answer = made.identify, made.answer
            evaluator.parameters.check()
        deployment = Nested(row.key, row.id, row.waits, {}, row.inside)
        self.nested.append(deployment)
        deployment.outputs = self.outputs[_key(pointer, loops)] = made.run(around)
        return rows

    def _outputs(self, loops: Loops) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, row in (self.template.get("outputs") or {}).items():
            place = below(self.pointer, "outputs", name)
            if not isinstance(row, dict):
                raise TemplateError("an output is an object with a type", pointer=place, code="arm-template.shape")
            if self.evaluator.value(row.get("condition", True), below(place, "condition"), loops) is False:
                continue
            if isinstance(row.get("copy"), dict):
                value: Any = self.evaluator.repeat(row["copy"], below(place, "copy"), loops)
            else:
                value = self.evaluator.value(row.get("value"), below(place, "value"), loops)
            found[name] = {"type": row.get("type", "string"), "value": value}
        return found


def _key(pointer: str, loops: Loops) -> str:
    return pointer + "".join(f"#{name}{at}" for name, at in sorted(loops.indexes.items()))
