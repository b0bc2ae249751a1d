"""A template's parameters: declared under `parameters:`, given by `with:`."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from dataclasses import replace

from modelform.errors import Diagnostic, Report, Severity, Span
from modelform.spec.interpolate import Scope, substitute
from modelform.spec.kinds import BROKEN, Reading, described
from modelform.spec.scalars import NumberRefused, ScalarValue, plain_value
from modelform.spec.stackfile import ParameterForm, parameter_kind
from modelform.spec.suggest import did_you_mean
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence, is_null

_WANTED = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list of texts",
}


def bind(
    template: Mapping, given: Lookup[str, Node], mentioned: Span | None, scope: Scope, report: Report
) -> dict[str, Node] | None:
    """The parameters' values for one file; None for a file that declares none. Problems go to the report."""
    block = template.get("parameters")
    if block is None:
        for name, node in given.items():
            summary = f"{name!r} is given to a file that has no parameters"
            report.error("stack-file.parameter", summary, span=node.span, hint="Remove it from `with`.")
        return None
    reading = Reading(report)
    declared = parameter_kind().read(substitute(block, scope), "parameters", reading)
    if declared is BROKEN:
        return {}
    for name, node in given.items():
        if name not in declared and f"parameters.{name}" not in reading.broken:
            hint = did_you_mean(name, declared) or f"The parameters are {', '.join(declared)}."
            report.error("stack-file.parameter", f"the template has no parameter {name!r}", span=node.span, hint=hint)
    values: dict[str, Node] = {}
    for name, form in declared.items():
        declared_at = reading.origins[f"parameters.{name}"]
        values[name] = _value(name, form, given.get(name), mentioned or declared_at, declared_at, scope, report)
    return values


def _value(
    name: str, form: ParameterForm, given: Node | None, mentioned: Span, declared: Span, scope: Scope, report: Report
) -> Node:
    node = given if given is not None and not is_null(given) else form.default
    if isinstance(node, Scalar | Sequence | Mapping) and not is_null(node):
        node = substitute(node, scope) if node is form.default else node
        problem = _problem(name, form, node)
    else:
        about = f" ({form.description})" if form.description else ""
        hint = f"Give it: `with: {{{name}: …}}`; it is declared at {declared}."
        problem = _error(f"the template's parameter {name!r}{about} has no value", mentioned, hint)
        node = Scalar("", "", True, mentioned)
    if problem is None:
        return node
    report.add(problem)
    return (
        replace(node, problem=problem) if isinstance(node, Scalar) else Scalar("", "", True, node.span, problem=problem)
    )


def _problem(name: str, form: ParameterForm, node: Node) -> Diagnostic | None:
    if isinstance(node, Scalar) and node.problem is not None:
        return node.problem
    if not _fits(form.type, node):
        return _error(f"the parameter {name!r} must be {_WANTED[form.type]}, not {described(node)}", node.span, "")
    allowed = form.allowed
    if not isinstance(allowed, Sequence):
        if allowed is None:
            return None
        span = allowed.span if isinstance(allowed, Scalar | Mapping) else node.span
        return _error(f"the parameter {name!r}: allowed must be a list of values", span, "For example allowed: [a, b].")
    texts = [item.text for item in allowed.items if isinstance(item, Scalar)]
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar) and item.text not in texts:
            hint = did_you_mean(item.shown, texts)
            return _error(
                f"the parameter {name!r} must be one of {', '.join(texts)}, not {item.shown!r}", item.span, hint
            )
    return None


def _fits(wanted: str, node: Node) -> bool:
    if wanted == "list":
        return isinstance(node, Sequence) and all(isinstance(item, Scalar) and _typed(item, str) for item in node.items)
    if not isinstance(node, Scalar):
        return False
    if wanted == "boolean":
        return _typed(node, bool)
    if wanted == "integer":
        return _typed(node, int) and not _typed(node, bool)
    if wanted == "number":
        return (_typed(node, int) or _typed(node, float)) and not _typed(node, bool)
    return _typed(node, str)


def _typed(node: Scalar, wanted: type) -> bool:
    if not node.filled:
        return isinstance(node.value, wanted)
    if wanted is str:
        return True
    value: ScalarValue
    try:
        value = plain_value(node.text)
    except NumberRefused:
        return False
    return isinstance(value, wanted)


def _error(summary: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic("stack-file.parameter", Severity.ERROR, summary, "", span, hint)
