"""What a template cannot know before it is deployed: a call with its arguments, to be computed when it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelform.armtemplate.functions import FUNCTIONS, apply
from modelform.armtemplate.value import Runtime

Answer = Callable[[Runtime], Any]


def resolve(value: Any, answer: Answer) -> Any:
    """A value with its `Runtime` marks computed, as far as `answer` knows; it gives the mark back where it does not.

    `answer` is asked for `reference` (arguments: resource id, api-version or None, `Full` or None), `listKeys` and its
    like, and for every function over one of them that stays unknown. Functions over answers are computed here.
    """
    if isinstance(value, Runtime):
        if value.call == "if":
            return _either(value, answer)
        if value.call == "coalesce":
            return _first(value, answer)
        arguments = tuple(resolve(argument, answer) for argument in value.arguments)
        found = apply(value.call, arguments) if value.call in FUNCTIONS else Runtime(value.call, arguments)
        if not isinstance(found, Runtime):
            return found
        return answer(found)
    if isinstance(value, dict):
        return {key: resolve(item, answer) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, answer) for item in value]
    return value


def _either(value: Runtime, answer: Answer) -> Any:
    """The branch that is wanted; the other one may well be wrong."""
    condition, yes, no = value.arguments
    condition = resolve(condition, answer)
    if isinstance(condition, Runtime):
        return Runtime("if", (condition, yes, no))
    return resolve(yes if condition else no, answer)


def _first(value: Runtime, answer: Answer) -> Any:
    """The first value that is not null."""
    for at, argument in enumerate(value.arguments):
        found = resolve(argument, answer)
        if isinstance(found, Runtime):
            return Runtime("coalesce", (found, *value.arguments[at + 1 :]))
        if found is not None:
            return found
    return None


def marks(value: Any) -> list[Runtime]:
    """Every mark inside of a value, arguments of marks included."""
    if isinstance(value, Runtime):
        return [value, *(found for argument in value.arguments for found in marks(argument))]
    if isinstance(value, dict):
        return [found for item in value.values() for found in marks(item)]
    if isinstance(value, list):
        return [found for item in value for found in marks(item)]
    return []
