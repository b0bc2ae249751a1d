"""Carries a template out: every resource through the sandbox's own handlers, as the caller of the deployment."""

from __future__ import annotations

import json
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from modelform.record import dataclass
from modelform.sandbox.address import parse
from modelform.sandbox.exchange import Json, Ordeal, Refusal, Request, Response

if TYPE_CHECKING:
    from modelform.armtemplate import Evaluated
    from modelform.armtemplate import Resource as Declared
    from modelform.armtemplate.value import Runtime
    from modelform.sandbox.control import Control

SECURE = ("securestring", "secureobject")


@dataclass(frozen=True, slots=True)
class Step:
    """One resource of a deployment: what its PUT was answered, and the error if it failed or was not begun."""

    id: str
    type: str
    name: str
    status: int
    error: Json | None = None

    @property
    def target(self) -> Json:
        """The resource as operations name it."""
        return {"id": self.id, "resourceType": self.type, "resourceName": self.name}


@dataclass(frozen=True, slots=True)
class Made:
    """What a deployment came to."""

    steps: tuple[Step, ...]
    outputs: Json = field(default_factory=dict)
    depth: int = 1

    @property
    def errors(self) -> tuple[Json, ...]:
        """The errors of the steps that failed, those that were not begun left out."""
        return tuple(step.error for step in self.steps if step.error is not None and step.status)


class Run:
    """Makes what a template declares, as the caller of the deployment."""

    def __init__(self, control: Control, request: Request) -> None:
        self.control, self.request = control, request
        self.versions: dict[str, str] = {}

    def make(self, evaluated: Evaluated) -> Made:
        """Makes every resource after those that it depends on; what depends on a failed one is not begun."""
        from modelform.armtemplate import TemplateError, resolve

        self.versions = {one.id.lower(): one.api_version for one in evaluated.resources if one.id}
        steps: list[Step] = []
        depths: dict[str, int] = {}
        failed: set[str] = set()
        for one in ordered(evaluated.resources):
            above = [id.lower() for id in one.depends_on]
            depths[one.id.lower()] = 1 + max((depths.get(id, 0) for id in above), default=0)
            step = self._step(one, any(id in failed for id in above))
            if step is None:
                continue
            steps.append(step)
            if step.error is not None:
                failed.add(one.id.lower())
        made = Made(tuple(steps), {}, max(depths.values(), default=1))
        if made.errors:
            return made
        try:
            outputs = {name: _output(one) for name, one in resolve(evaluated.outputs, self.answer).items()}
        except (Refusal, TemplateError) as error:
            text = str(error) if isinstance(error, TemplateError) else error.message
            told = {
                "code": "DeploymentOutputEvaluationFailed",
                "message": f"Unable to evaluate template outputs: {text}",
            }
            return replace(made, steps=(*steps, Step("", "", "", 400, told)))
        return replace(made, outputs=outputs)

    def _step(self, one: Declared, is_held: bool) -> Step | None:
        """Makes one resource; None where its condition says no, or where it is said to be there already."""
        from modelform.armtemplate import TemplateError, resolve, unknown
        from modelform.armtemplate.scope import resource_id

        id, name = one.id, one.name
        try:
            if is_held:
                return Step(id, one.type, str(name).rsplit("/", 1)[-1], 0, {"code": "DependencyFailed", "message": ""})
            if one.existing or not resolve(one.condition, self.answer):
                return None
            name = str(resolve(name, self.answer))
            id = id or resource_id(one.scope.path, one.type, name.split("/"))
            body = resolve(one.body, self.answer)
            if unknown(body):
                text = "it has an expression that a deployment of the sandbox cannot evaluate"
                raise Refusal(400, "InvalidTemplate", f"Unable to process the resource '{id}': {text}.")
            answer = self._send("PUT", id, one.api_version, body)
        except Refusal as refusal:
            told = {"code": refusal.code, "message": refusal.message, "target": refusal.target or id}
            return Step(id, one.type, str(name).rsplit("/", 1)[-1], refusal.status, told)
        except TemplateError as error:
            told = {"code": "InvalidTemplate", "message": str(error), "target": id}
            return Step(id, one.type, str(name).rsplit("/", 1)[-1], 400, told)
        return Step(id, one.type, name.rsplit("/", 1)[-1], answer.status)

    def _send(self, method: str, path: str, version: str, body: Any = None) -> Response:
        """A request of the deployment, whose operation takes no time of its own."""
        return self.control.handle_inner(
            Request(
                method=method,
                path=path,
                query={"api-version": version} if version else {},
                body=b"" if body is None else json.dumps(body).encode(),
                base=self.request.base,
                principal=self.request.principal,
                ordeal=Ordeal(seconds=-self.control.latency),
            )
        )

    def answer(self, mark: Runtime) -> Any:
        """What only the deployment knows: the state of resources, and what their actions list."""
        first = mark.arguments[0] if mark.arguments else None
        if not isinstance(first, str):
            return {"deployerobjectid": self.request.principal, "subscriptionname": "modelform sandbox"}.get(
                mark.call.lower(), mark
            )
        version = str((mark.arguments[1] if len(mark.arguments) > 1 else None) or self._version(first))
        if mark.call == "reference":
            found = self._send("GET", first, version).body
            return found if mark.arguments[2:] == ("Full",) else found.get("properties", {})
        if mark.call.startswith("list"):
            sent = mark.arguments[2] if len(mark.arguments) > 2 else None
            return self._send("POST", f"{first}/{mark.call}", version, sent).body
        return mark

    def _version(self, id: str) -> str:
        """The api-version for a resource: the template's, or the newest of its type."""
        kind = self.control.kinds.get(parse(id).type.lower())
        return self.versions.get(id.lower()) or (max(kind.versions) if kind is not None else "")


def _output(one: Json) -> Json:
    kind = str(one.get("type", "string"))
    return {"type": kind} if kind.lower() in SECURE else {"type": kind, "value": one.get("value")}


def ordered(declared: tuple[Declared, ...]) -> list[Declared]:
    """The resources in an order in which each comes after what it depends on; refuses a circle."""
    rest, ordered, known = list(declared), list[Any](), {one.id.lower() for one in declared}
    done: set[str] = set()
    while rest:
        free = [one for one in rest if all(id.lower() in done or id.lower() not in known for id in one.depends_on)]
        if not free:
            circle = "', '".join(one.id for one in rest)
            raise invalid(f"Circular dependency detected on resources: '{circle}'")
        ordered += free
        done |= {one.id.lower() for one in free}
        rest = [one for one in rest if one not in free]
    return ordered


def invalid(text: str) -> Refusal:
    """400 for a template that is wrong."""
    return Refusal(400, "InvalidTemplate", f"Deployment template validation failed: '{text}'.")
