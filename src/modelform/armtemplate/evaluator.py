"""Computes the values of one template: its parameters, variables, functions and loops are the names it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelform.armtemplate.expression import Access, Call, ExpressionError, Literal, Node, is_expression, parse, plain
from modelform.armtemplate.failure import TemplateError, below
from modelform.armtemplate.functions import FUNCTIONS, apply
from modelform.armtemplate.parameters import Parameters
from modelform.armtemplate.scope import SCOPED, Scope
from modelform.armtemplate.value import Lambda, Runtime, unknown
from modelform.record import dataclass

MOST_COPIES = 800
DEEPEST = 80


@dataclass(frozen=True, slots=True)
class Loops:
    """The copy loops that a value stands in: index by name in small letters; `current` is the innermost."""

    indexes: Mapping[str, int]
    current: str = ""

    def inside(self, name: str, index: int) -> Loops:
        """These loops with one more around."""
        return Loops({**self.indexes, name.lower(): index}, name.lower())


OUTSIDE = Loops({})


class Evaluator:
    """The names of one template, or of one call of a template's own function.

    `identify` finds the id of a resource by what a `reference()` calls it, None where the template has no such one;
    `answer` the outputs of a nested deployment, with its key, which goes to `asked`.
    """

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, Any], scope: Scope, pointer: str = "") -> None:
        self.scope = scope
        self.pointer = pointer
        self.identify: Callable[[str], str | None] = lambda _: None
        self.answer: Callable[[str], tuple[str, dict[str, Any]] | None] = lambda _: None
        self.asked: list[str] = []
        self.variables = {str(k).lower(): (k, v) for k, v in _part(template, "variables", pointer).items()}
        self.own = _functions(template, pointer)
        self.known: dict[str, Any] = {}
        self.open: list[str] = []
        self.depth = 0
        self.parameters = Parameters(template, given, pointer, self._default)

    def value(self, value: Any, pointer: str, loops: Loops = OUTSIDE) -> Any:
        """A value of the template with all expressions in it computed, and property loops written out.

        Raises:
            TemplateError: an expression cannot be read or computed.
        """
        if isinstance(value, str):
            return self._text(value, pointer, loops, {})
        if isinstance(value, list):
            return [self.value(item, below(pointer, at), loops) for at, item in enumerate(value)]
        if isinstance(value, dict):
            return self._object(value, pointer, loops)
        return value

    def rounds(self, copy: Any, pointer: str, loops: Loops = OUTSIDE) -> int | Runtime:
        """How often a loop goes round; a mark where only the deployment knows."""
        if not isinstance(copy, dict) or "count" not in copy:
            raise TemplateError("a copy loop needs a count", pointer=pointer, code="arm-template.copy")
        found = self.value(copy["count"], below(pointer, "count"), loops)
        return found if isinstance(found, Runtime) else self._counted(found, pointer)

    def _counted(self, found: Any, pointer: str) -> int:
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MOST_COPIES:
            raise TemplateError(
                f"the count of a copy loop is a number from 0 to {MOST_COPIES}, not {found!r}",
                pointer=below(pointer, "count"),
                code="arm-template.copy",
            )
        return found

    def repeat(self, copy: dict[str, Any], pointer: str, loops: Loops) -> list[Any] | Runtime:
        """The values of a loop with an `input`; a mark where only the deployment knows how many there are."""
        if "input" not in copy:
            raise TemplateError("a copy loop here needs an input", pointer=pointer, code="arm-template.copy")
        name, rounds = str(copy.get("name", "")), self.rounds(copy, pointer, loops)
        if isinstance(rounds, Runtime):
            return Runtime("copy", (rounds,))
        return [self.value(copy["input"], below(pointer, "input"), loops.inside(name, at)) for at in range(rounds)]

    def _object(self, value: dict[str, Any], pointer: str, loops: Loops) -> Any:
        pairs: list[tuple[Any, Any]] = []
        for key, item in value.items():
            if key == "copy" and isinstance(item, list) and _loops(item):
                for at, copy in enumerate(item):
                    pairs.append((str(copy["name"]), self.repeat(copy, below(pointer, "copy", at), loops)))
                continue
            name = self._text(key, pointer, loops, {}) if is_expression(key) else key
            pairs.append((name, self.value(item, below(pointer, key), loops)))
        if any(unknown(name) for name, _ in pairs):
            return Runtime("createobject", tuple(part for pair in pairs for part in pair))
        return {str(name): item for name, item in pairs}

    def _text(self, value: str, pointer: str, loops: Loops, names: Mapping[str, Any]) -> Any:
        if not is_expression(value):
            return plain(value)
        try:
            return self._node(parse(value), loops, names)
        except ExpressionError as error:
            shown = value if len(value) <= 120 else value[:117] + "…"
            raise TemplateError(str(error), pointer=pointer, code="arm-template.expression", detail=shown) from None

    def _node(self, node: Node, loops: Loops, names: Mapping[str, Any]) -> Any:
        if isinstance(node, Literal):
            return node.value
        self.depth += 1
        try:
            if self.depth > DEEPEST * 4:
                raise ExpressionError("its parts need each other too deeply")
            if isinstance(node, Access):
                arguments = (self._node(node.target, loops, names), self._node(node.key, loops, names))
                return apply("access", (*arguments, True) if node.safe else arguments)
            return self._call(node, loops, names)
        finally:
            self.depth -= 1

    def _call(self, node: Call, loops: Loops, names: Mapping[str, Any]) -> Any:
        name = node.name
        if name == "lambda":
            return self._lambda(node, loops, names)
        if name == "if" and len(node.arguments) == 3:
            condition = self._node(node.arguments[0], loops, names)
            if isinstance(condition, Runtime):
                return Runtime("if", (condition, *(self._perhaps(n, loops, names) for n in node.arguments[1:])))
            return self._node(node.arguments[1 if condition else 2], loops, names)
        if name in ("and", "or"):
            return self._lazily(node, loops, names)
        if name == "coalesce":
            return self._first(node, loops, names)
        values = tuple(self._node(argument, loops, names) for argument in node.arguments)
        if name == "parameters":
            return self.parameters.value(_name(values, "parameters"))
        if name == "variables":
            return self._variable(_name(values, "variables"))
        if name == "lambdavariables":
            return names[_name(values, "lambdaVariables").lower()]
        if name == "copyindex":
            return _index(values, loops)
        if name in SCOPED:
            return _scoped(name, self.scope, values)
        if name in FUNCTIONS:
            return apply(name, values)
        if name in self.own:
            return self._own(name, values)
        return self._later(name, values)

    def _perhaps(self, node: Node, loops: Loops, names: Mapping[str, Any]) -> Any:
        """A value that may turn out not to be wanted: what is wrong with it counts only if it is."""
        try:
            return self._node(node, loops, names)
        except ExpressionError as error:
            return Runtime("fail", (str(error),))

    def _lazily(self, node: Call, loops: Loops, names: Mapping[str, Any]) -> Any:
        found: list[Any] = []
        for argument in node.arguments:
            found.append(self._node(argument, loops, names))
            if found[-1] is (node.name == "or"):
                return found[-1]
        return apply(node.name, tuple(found))

    def _first(self, node: Call, loops: Loops, names: Mapping[str, Any]) -> Any:
        """The first value that is not null; what comes after it is not looked at."""
        for at, argument in enumerate(node.arguments):
            found = self._node(argument, loops, names)
            if isinstance(found, Runtime):
                rest = (self._perhaps(later, loops, names) for later in node.arguments[at + 1 :])
                return Runtime("coalesce", (found, *rest))
            if found is not None:
                return found
        return None

    def _lambda(self, node: Call, loops: Loops, names: Mapping[str, Any]) -> Lambda:
        *parameters, body = node.arguments
        if not all(isinstance(p, Literal) and isinstance(p.value, str) for p in parameters):
            raise ExpressionError("lambda() wants the names of its variables as texts")
        called = [str(p.value).lower() for p in parameters if isinstance(p, Literal)]

        def call(*values: Any) -> Any:
            return self._node(body, loops, {**names, **dict(zip(called, values, strict=True))})

        return Lambda(call, len(called))

    def _later(self, name: str, values: tuple[Any, ...]) -> Any:
        """A call that only the deployment can answer; a reference with the id of what it is about."""
        if name == "resourceinfo":
            return Runtime("resourceinfo", (self._identified(values),))
        if name == "reference":
            version = values[1] if len(values) > 1 else None
            full = "Full" if len(values) > 2 and str(values[2]).lower() == "full" else None
            answered = self.answer(values[0]) if values and isinstance(values[0], str) else None
            if answered is not None:
                self.asked.append(answered[0])
                found = {"outputs": answered[1], "provisioningState": "Succeeded"}
                return {"properties": found} if full else found
            return Runtime("reference", (self._identified(values), version, full))
        if name == "references":
            return Runtime("references", values)
        if name.startswith("list") or name in ("pickzones", "providers"):
            return Runtime(name, values)
        raise ExpressionError(f"there is no function {name}()")

    def _identified(self, values: tuple[Any, ...]) -> Any:
        if not values:
            raise ExpressionError("reference() wants the name or id of a resource")
        named = values[0]
        return self.identify(named) or named if isinstance(named, str) else named

    def _variable(self, name: str) -> Any:
        key = name.lower()
        if key in self.known:
            return self.known[key]
        if key not in self.variables:
            raw = self._copied(key)
            if raw is None:
                raise ExpressionError(f"there is no variable {name!r}")
            found = self._inside(key, lambda: self.repeat(*raw, OUTSIDE))
        else:
            written, value = self.variables[key]
            place = below(self.pointer, "variables", written)
            found = self._inside(key, lambda: self.value(value, place))
        self.known[key] = found
        return found

    def _copied(self, key: str) -> tuple[dict[str, Any], str] | None:
        _, loops = self.variables.get("copy", ("", []))
        for at, copy in enumerate(loops if isinstance(loops, list) else []):
            if isinstance(copy, dict) and str(copy.get("name", "")).lower() == key:
                return copy, below(self.pointer, "variables", "copy", at)
        return None

    def _inside(self, key: str, compute: Callable[[], Any]) -> Any:
        if key in self.open:
            raise ExpressionError(f"variables need each other: {' -> '.join([*self.open, key])}")
        self.open.append(key)
        try:
            return compute()
        finally:
            self.open.pop()

    def _default(self, value: Any, pointer: str) -> Any:
        return self.value(value, pointer)

    def _own(self, name: str, values: tuple[Any, ...]) -> Any:
        function, pointer = self.own[name]
        wanted = function.get("parameters") or []
        if len(values) != len(wanted):
            raise ExpressionError(f"{name}() wants {len(wanted)} values, and is given {len(values)}")
        if self.depth > DEEPEST:
            raise ExpressionError(f"{name}() calls itself without end")
        inner = Evaluator({}, {}, self.scope, pointer)
        inner.own, inner.depth = self.own, self.depth + 8
        inner.parameters.known = {str(p["name"]).lower(): v for p, v in zip(wanted, values, strict=True)}
        output = function.get("output") or {}
        return inner.value(output.get("value"), below(pointer, "output", "value"))


def _scoped(name: str, scope: Scope, values: tuple[Any, ...]) -> Any:
    if any(unknown(value) for value in values):
        return Runtime(name, values)
    try:
        return SCOPED[name](scope, *values)
    except TypeError:
        raise ExpressionError(f"{name}() does not take {len(values)} arguments") from None


def _index(values: tuple[Any, ...], loops: Loops) -> int:
    name = str(values[0]).lower() if values and isinstance(values[0], str) else loops.current
    offset = next((value for value in values if isinstance(value, int)), 0)
    if name not in loops.indexes:
        raise ExpressionError(f"copyIndex() stands in no copy loop{f' of the name {name!r}' if name else ''}")
    return loops.indexes[name] + offset


def _name(values: tuple[Any, ...], function: str) -> str:
    if len(values) != 1 or not isinstance(values[0], str):
        raise ExpressionError(f"{function}() wants one name")
    return values[0]


def _loops(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and "name" in item and "count" in item for item in items)


def _part(template: Mapping[str, Any], name: str, pointer: str) -> Mapping[str, Any]:
    found = template.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise TemplateError(f"{name} must be an object", pointer=below(pointer, name), code="arm-template.shape")
    return found


def _functions(template: Mapping[str, Any], pointer: str) -> dict[str, tuple[dict[str, Any], str]]:
    """A template's own functions by `namespace.name`, each with its place."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    rows = template.get("functions") or []
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        space = str(row.get("namespace", ""))
        for name, member in (row.get("members") or {}).items():
            place = below(pointer, "functions", at, "members", name)
            found[f"{space}.{name}".lower()] = (member, place)
    return found
