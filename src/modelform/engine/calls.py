"""Calls to providers: their errors made ours, and the secret marks that they drop put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from modelform.engine.decide import keep_marks
from modelform.errors import ModelformError, ProviderError
from modelform.seam import Provider
from modelform.values import Properties, has_unknown

T = TypeVar("T")


def call(function: Callable[..., T], *arguments: Any) -> T:
    """Calls a provider's method; whatever it raises that is no error of ours becomes a `ProviderError`."""
    try:
        return function(*arguments)
    except ModelformError:
        raise
    except Exception as error:
        text = str(error) or type(error).__name__
        raise ProviderError(
            text, code="provider.fault", detail=f"the provider raised {type(error).__name__}"
        ) from error


def marked_like(provider: Provider, values: Properties, known: Properties) -> Properties:
    """What a provider returned, with the secret marks of what it was given, unless it takes care of them itself.

    A provider says so with `accepts_secrets = True`, as Pulumi's plugins say it when they are configured.
    """
    return values if getattr(provider, "accepts_secrets", False) else keep_marks(values, known)


def settled(values: Properties) -> tuple[Properties, tuple[str, ...]]:
    """What a provider returned for a real change, without what it still calls unknown, and the names of that."""
    loose = tuple(key for key, item in values.items() if has_unknown(item))
    return ({key: item for key, item in values.items() if key not in loose} if loose else values), loose
