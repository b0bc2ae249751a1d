"""A template with its parameters and the place it goes to, as the list of what would be deployed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from modelform.armtemplate.evaluator import Evaluator
from modelform.armtemplate.expression import ExpressionError
from modelform.armtemplate.failure import TemplateError
from modelform.armtemplate.runtime import marks, resolve
from modelform.armtemplate.scope import Level, Scope
from modelform.armtemplate.template import Around, Nested, Row, Template
from modelform.armtemplate.value import Runtime
from modelform.record import dataclass

DEEPEST = 40
_TOLD = ("location", "tags", "sku", "kind", "zones", "plan")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that a template declares.

    `body` is what is sent (location, tags, sku, properties…), `id` empty where its name is not known before deployment
    (then `name` is a `Runtime` mark). `depends_on` are ids of resources of the same template, those that it refers to
    included. `pointer` is the JSON pointer of its declaration. `condition` is True, or a mark.
    """

    type: str
    name: Any
    id: str
    api_version: str
    body: dict[str, Any]
    pointer: str
    scope: Scope
    depends_on: tuple[str, ...] = ()
    condition: Any = True
    existing: bool = False
    symbol: str = ""

    @property
    def location(self) -> Any:
        """Where it is, None where it does not say."""
        return self.body.get("location")

    @property
    def properties(self) -> Any:
        """Its properties; an empty object where there are none."""
        return self.body.get("properties") or {}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a template would deploy, in its order; outputs are `{name: {"type", "value"}}`."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any] = field(default_factory=dict)


def evaluate(template: Mapping[str, Any], parameters: Mapping[str, Any], scope: Scope) -> Evaluated:
    """Every resource of a template, nested deployments laid flat and loops written out, with values computed.

    `parameters` are as in a parameter file: `{name: {"value": …}}`. What only the deployment knows (`reference()`,
    `listKeys()` and what is made of them) is a `Runtime` mark, which `resolve` computes with answers.

    Raises:
        TemplateError: it is no template, an expression is wrong, or a parameter is missing.
    """
    if not isinstance(template, Mapping) or not isinstance(template.get("resources"), (list, dict)):
        raise TemplateError("this is no ARM template: it has no resources", code="arm-template.shape")
    try:
        return _evaluated(template, parameters, scope)
    except ExpressionError as error:
        raise TemplateError(str(error), code="arm-template.expression") from None
    except (AttributeError, TypeError, KeyError) as error:
        # A part that is a text where ARM has an object: there are too many such places to ask at each.
        said = "the template, or its parameters, are not of the form that ARM has"
        raise TemplateError(said, code="arm-template.shape", detail=str(error)) from error
    except RecursionError:
        raise TemplateError("the template is nested too deeply", code="arm-template.shape") from None


def _evaluated(template: Mapping[str, Any], parameters: Mapping[str, Any], scope: Scope) -> Evaluated:
    rows: list[Row] = []
    nested: list[Nested] = []
    evaluator = Evaluator(template, parameters, scope)
    whole = Template(template, evaluator, scope, "", rows, nested)
    evaluator.identify, evaluator.answer = whole.identify, whole.answer
    evaluator.parameters.check()
    outputs = whole.run(Around())
    return _finished(rows, nested, outputs)


def level_of(template: Mapping[str, Any]) -> Level:
    """What a template is deployed to, by its `$schema`."""
    said = str(template.get("$schema", "")).lower()
    levels: dict[str, Level] = {
        "subscriptiondeployment": "subscription",
        "managementgroupdeployment": "managementGroup",
        "tenantdeployment": "tenant",
    }
    return next((level for mark, level in levels.items() if mark in said), "resourceGroup")


def parameter_values(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters in a parameter file: under `parameters`, or the whole of it."""
    found = document.get("parameters")
    return found if isinstance(found, Mapping) else document


def _finished(rows: list[Row], nested: list[Nested], outputs: dict[str, Any]) -> Evaluated:
    before = {row.key: list(_referred(row.body)) for row in rows}
    _settle(rows, nested, ("name", "condition"))
    answers = _settle(rows, nested, ("body",))
    kept = [row for row in rows if row.condition is not False]
    links = _Links(kept, nested)
    made = tuple(
        Resource(
            type=row.kind,
            name=row.name,
            id=row.id,
            api_version=row.api_version,
            body=row.body,
            pointer=row.pointer,
            scope=row.scope,
            depends_on=links.of(row, [*before[row.key], *_referred(row.body)]),
            condition=row.condition,
            existing=row.existing,
            symbol=row.symbol,
        )
        for row in kept
    )
    try:
        return Evaluated(made, answers.settle(outputs))
    except ExpressionError as error:
        raise TemplateError(str(error), pointer="/outputs", code="arm-template.expression") from None


def _settle(rows: list[Row], nested: list[Nested], fields: tuple[str, ...]) -> _Answers:
    """Computes parts of the rows with what the template itself answers; names first, since ids are made of them."""
    answers = _Answers(rows, nested)
    for row in rows:
        try:
            for name in fields:
                setattr(row, name, answers.settle(getattr(row, name)))
        except ExpressionError as error:
            raise TemplateError(str(error), pointer=row.pointer, code="arm-template.expression") from None
    return answers


def _referred(body: Any) -> Iterator[str]:
    """The ids that a body asks something of when it is deployed."""
    for mark in marks(body):
        asks = mark.call == "reference" or mark.call.startswith("list")
        if asks and mark.arguments and isinstance(mark.arguments[0], str):
            yield mark.arguments[0].lower()


class _Answers:
    """What the template itself says to its references: outputs of nested deployments, and what resources declare."""

    def __init__(self, rows: list[Row], nested: list[Nested]) -> None:
        self.outputs = {item.id.lower(): item.outputs for item in nested if item.id}
        self.rows = {row.id.lower(): row for row in rows if row.id}
        often = Counter(row.symbol.lower() for row in rows)
        self.symbols = {row.symbol.lower(): row for row in rows if row.id and often[row.symbol.lower()] == 1}
        self.depth = 0

    def settle(self, value: Any) -> Any:
        return resolve(value, self.answer)

    def answer(self, mark: Runtime) -> Any:
        self.depth += 1
        try:
            if self.depth > DEEPEST:
                raise ExpressionError("outputs of nested deployments need each other")
            return self._answer(mark)
        finally:
            self.depth -= 1

    def _answer(self, mark: Runtime) -> Any:
        late = mark.call in ("reference", "resourceinfo") and self.symbols.get(str(mark.arguments[0]).lower())
        if late:  # its name was made of another deployment's output
            mark = Runtime(mark.call, (late.id, *mark.arguments[1:]))
        if mark.call == "reference" and isinstance(mark.arguments[0], str):
            outputs = self.outputs.get(mark.arguments[0].lower())
            if outputs is None:
                return mark
            found = {"outputs": self.settle(outputs), "provisioningState": "Succeeded"}
            return {"properties": found} if mark.arguments[2:] == ("Full",) else found
        if mark.call == "resourceinfo":
            row = self.rows.get(str(mark.arguments[0]).lower())
            if row is not None:
                return {"id": row.id, "name": row.name, "type": row.kind, "apiVersion": row.api_version}
        if mark.call == "access":
            target, key = mark.arguments[0], str(mark.arguments[1]).lower()
            full = isinstance(target, Runtime) and target.call == "reference" and target.arguments[2:] == ("Full",)
            row = self.rows.get(str(target.arguments[0]).lower()) if full else None
            if row is not None and key in _TOLD and key in row.body:
                return self.settle(row.body[key])
        return mark


class _Links:
    """Who waits for whom, with nested deployments replaced by what is in them."""

    def __init__(self, rows: list[Row], nested: list[Nested]) -> None:
        self.rows = {row.key: row for row in rows}
        self.nested = {item.key: item for item in nested}
        self.by_id = {row.id.lower(): row.key for row in rows if row.id}
        self.by_id.update({item.id.lower(): item.key for item in nested if item.id})
        self.content: dict[str, list[str]] = {item.key: [] for item in nested}
        for row in rows:
            for key in row.inside:
                self.content[key].append(row.key)

    def of(self, row: Row, referred: list[str]) -> tuple[str, ...]:
        wanted = [*row.waits, *(self.by_id[text] for text in referred if text in self.by_id)]
        for key in row.inside:
            wanted += self.nested[key].waits
        found: dict[str, None] = {}
        for key in wanted:
            for target in self.content.get(key, [key]):
                other = self.rows.get(target)
                if other is not None and other is not row and other.id:
                    found[other.id] = None
        return tuple(found)
