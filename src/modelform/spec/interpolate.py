"""`${env:NAME}`, `${env:NAME:-default}`, `${param:name}` and `${stack.name}`.

Alone, an interpolation is read as the type that the schema wants at its place; inside a longer text it is put in as
text. It never changes the structure. One without a value becomes a scalar that carries the problem, which is
reported only if the value survives the merge with the files above it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from dataclasses import field, replace

from modelform.errors import Diagnostic, Severity, Span
from modelform.record import dataclass
from modelform.spec.suggest import did_you_mean
from modelform.spec.yamlnodes import Entry, Mapping, Node, Scalar, Sequence

# `$${` is a `${` that stays; then a whole interpolation; then one that is never closed.
_TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_ENV = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_PARAM = re.compile(r"param:([A-Za-z][A-Za-z0-9_]*)")
_FORMS = "The forms are ${env:NAME}, ${env:NAME:-default}, ${param:name} and ${stack.name}; $${ stands for ${ itself."


@dataclass(frozen=True, slots=True)
class Scope:
    """What interpolations may name: environment, parameters of the file they stand in, the stack's name.

    `used` collects the environment values that were asked for, as they take part in the stack's digest.
    """

    environment: Lookup[str, str]
    stack: str
    parameters: Lookup[str, Node] | None = None
    used: dict[str, str | None] = field(default_factory=dict)

    def with_parameters(self, parameters: Lookup[str, Node] | None) -> Scope:
        """The same scope inside a file that has these parameters."""
        return replace(self, parameters=parameters)


class _Missing(Exception):
    """An interpolation without a value; carries its diagnostic."""

    def __init__(self, code: str, summary: str, span: Span, hint: str) -> None:
        super().__init__(summary)
        self.diagnostic = Diagnostic(code, Severity.ERROR, summary, "", span, hint)


def substitute(node: Node, scope: Scope) -> Node:
    """The node with every interpolation replaced; the very same node when it holds none."""
    if isinstance(node, Scalar):
        return _scalar(node, scope) if "${" in node.text else node
    if isinstance(node, Sequence):
        items = tuple(substitute(item, scope) for item in node.items)
        return node if all(a is b for a, b in zip(items, node.items, strict=True)) else Sequence(items, node.span)
    changed: dict[str, Entry] = {}
    for key, entry in node.entries.items():
        filled = substitute(entry.node, scope)
        if filled is not entry.node:
            changed[key] = Entry(entry.key_span, filled)
    return Mapping({**node.entries, **changed}, node.span) if changed else node


def _scalar(node: Scalar, scope: Scope) -> Node:
    try:
        whole = _TOKEN.fullmatch(node.text)
        if whole is not None and whole.group(1) is not None:
            return _alone(whole.group(1), node, scope)
        text = _TOKEN.sub(lambda match: _text(match, node, scope), node.text)
    except _Missing as missing:
        return replace(node, problem=missing.diagnostic)
    # What stands inside a text stays text, so that `${env:A}` and `x${env:A}` differ as `5` and `x5` do.
    return Scalar(text, text, False, node.span, written=node.text)


def _alone(inner: str, node: Scalar, scope: Scope) -> Node:
    value = _value(inner, node.span, scope)
    if isinstance(value, str):
        return Scalar(value, value, node.plain, node.span, filled=True, written=node.text)
    if isinstance(value, Scalar):
        return replace(value, span=_place(value, node), filled=value.filled or not isinstance(value.value, str))
    if isinstance(value, Sequence):
        return Sequence(tuple(replace(item, span=_place(item, node)) for item in value.items), _place(value, node))
    return value


def _place(value: Node, use: Scalar) -> Span:
    """Where a message about a parameter's value points: at who gave it, who may not be able to change the template.

    A default stands in the template like the place that uses it, and that place says more.
    """
    return value.span if value.span.file != use.span.file else use.span


def _text(match: re.Match[str], node: Scalar, scope: Scope) -> str:
    if match.group() == "$${":
        return "${"
    if match.group(1) is None:
        raise _Missing("stack-file.interpolation", f"${{ is never closed in {node.text!r}", node.span, _FORMS)
    value = _value(match.group(1), node.span, scope)
    if isinstance(value, str):
        return value
    if isinstance(value, Scalar):
        if value.problem is not None:
            raise _Missing(value.problem.code, value.problem.summary, node.span, value.problem.hint)
        return value.text
    raise _Missing(
        "stack-file.interpolation",
        f"${{{match.group(1)}}} is a list, which cannot stand inside a text",
        node.span,
        "Let it be the whole value.",
    )


def _value(inner: str, span: Span, scope: Scope) -> str | Node:
    """The text of an environment variable or of the stack's name, or a parameter's node."""
    if inner == "stack.name":
        return scope.stack
    env = _ENV.fullmatch(inner)
    if env:
        return _environment(env.group(1), env.group(2), span, scope)
    param = _PARAM.fullmatch(inner)
    if param:
        return _parameter(param.group(1), span, scope)
    guess = did_you_mean(inner, ("stack.name",)) if "stack" in inner else ""
    raise _Missing("stack-file.interpolation", f"${{{inner}}} is no interpolation", span, guess or _FORMS)


def _environment(name: str, default: str | None, span: Span, scope: Scope) -> str:
    value = scope.environment.get(name)
    scope.used[name] = value
    if value:
        return value
    if default is not None:
        return default
    state = "is not set" if value is None else "is empty"
    hint = f"Set it (export {name}=…), or give a default: ${{env:{name}:-value}}."
    raise _Missing("stack-file.environment", f"the environment variable {name} {state}", span, hint)


def _parameter(name: str, span: Span, scope: Scope) -> Node:
    if scope.parameters is None:
        raise _Missing(
            "stack-file.parameter",
            f"${{param:{name}}}: this file has no parameters",
            span,
            "Declare them under `parameters:`.",
        )
    node = scope.parameters.get(name)
    if node is None:
        guess = did_you_mean(name, scope.parameters)
        hint = guess or f"The parameters are {', '.join(scope.parameters) or 'none'}."
        raise _Missing("stack-file.parameter", f"there is no parameter {name!r}", span, hint)
    return node
