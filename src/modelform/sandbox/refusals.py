"""ARM's refusals that any type may give, with ARM's codes and wording where they are known."""

from __future__ import annotations

import math
from collections.abc import Iterable

from modelform.sandbox.exchange import Refusal
from modelform.sandbox.shapes import Misfit


def no_token() -> Refusal:
    """401 for a request without a bearer token."""
    message = "Authentication failed. The 'Authorization' header is missing."
    return Refusal(401, "AuthenticationFailed", message, headers={"WWW-Authenticate": "Bearer"})


def bad_token() -> Refusal:
    """401 for a token that is not the sandbox's."""
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return Refusal(401, "InvalidAuthenticationToken", "The access token is invalid.", headers=challenge)


def expired_token() -> Refusal:
    """401 for a token whose time is over."""
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="The access token has expired."'}
    return Refusal(401, "ExpiredAuthenticationToken", "The access token has expired.", headers=challenge)


def throttled(seconds: float) -> Refusal:
    """429 with how long to wait: whole seconds, and milliseconds for whoever reads them."""
    wait = {"Retry-After": str(math.ceil(seconds)), "x-ms-retry-after-ms": str(math.ceil(seconds * 1000))}
    text = f"The request is being throttled. Please try again in {math.ceil(seconds)} seconds."
    return Refusal(429, "TooManyRequests", text, headers=wait)


def no_subscription(name: str) -> Refusal:
    """404 for a subscription that cannot be."""
    return Refusal(404, "SubscriptionNotFound", f"The subscription '{name}' could not be found.")


def no_group(name: str) -> Refusal:
    """404 for a missing resource group."""
    return Refusal(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def group_leaving(name: str) -> Refusal:
    """409 for a write in a resource group that is being deleted."""
    text = f"The resource group '{name}' is in deprovisioning state and cannot perform this operation."
    return Refusal(409, "ResourceGroupBeingDeleted", text)


def no_resource(type: str, names: Iterable[str], group: str) -> Refusal:
    """404 for a missing resource."""
    namespace, *types = type.split("/")
    what = "/".join([namespace, *(part for pair in zip(types, names, strict=False) for part in pair)])
    return Refusal(
        404,
        "ResourceNotFound",
        f"The Resource '{what}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        headers={"x-ms-failure-cause": "gateway"},
    )


def no_parent(verb: str, type: str, parent: str) -> Refusal:
    """404 for a child of a missing parent."""
    return Refusal(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{verb}' on resource(s) of type '{type}', because the parent resource '{parent}' "
        "could not be found.",
    )


def no_version() -> Refusal:
    """400 for a request without api-version."""
    text = "The api-version query parameter (?api-version=) is required for all requests."
    return Refusal(400, "MissingApiVersionParameter", text)


def bad_arm_version(version: str, known: Iterable[str]) -> Refusal:
    """400 for an api-version that ARM's own types do not know."""
    text = f"The api-version '{version}' is invalid. The supported versions are '{','.join(known)}'."
    return Refusal(400, "InvalidApiVersionParameter", text)


def bad_version(location: str, version: str, type: str, known: Iterable[str], regions: Iterable[str]) -> Refusal:
    """400 for an api-version that a provider's type does not know."""
    return Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{version}' for type "
        f"'{type}'. The supported api-versions are '{', '.join(known)}'. The supported locations are "
        f"'{', '.join(regions)}'.",
    )


def no_type(namespace: str, type: str) -> Refusal:
    """404 for a type that the sandbox does not have."""
    return Refusal(
        404,
        "InvalidResourceType",
        f"The resource type '{type}' could not be found in the namespace '{namespace}' of this sandbox.",
    )


def no_namespace(namespace: str) -> Refusal:
    """404 for a resource provider that the sandbox does not have."""
    return Refusal(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def no_region(location: str, type: str, known: Iterable[str]) -> Refusal:
    """400 for a region that a type is not in."""
    return Refusal(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type '{type}'. "
        f"List of available regions for the resource type is '{','.join(known)}'.",
    )


def region_missing() -> Refusal:
    """400 for a tracked resource without a location."""
    return Refusal(400, "LocationRequired", "The location property is required for this definition.")


def region_change(name: str, old: str, new: str, group: str) -> Refusal:
    """409 for another location on an existing resource."""
    return Refusal(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{old}' in resource group '{group}'. A resource with the "
        f"same name cannot be created in location '{new}'. Please select a new resource name.",
    )


def group_move(name: str, old: str, new: str) -> Refusal:
    """409 for another location on an existing resource group."""
    text = f"Invalid resource group location '{new}'. The Resource group already exists in location '{old}'."
    return Refusal(409, "InvalidResourceGroupLocation", text)


def bad_content(detail: str) -> Refusal:
    """400 for a body that is not what the type takes."""
    text = f"The request content was invalid and could not be deserialized: '{detail}'."
    return Refusal(400, "InvalidRequestContent", text)


def misfit(problem: Misfit, type: str) -> Refusal:
    """400 for one property that does not fit."""
    at = f"Path '{problem.path}'"
    if problem.reason == Misfit.UNKNOWN:
        member = problem.path.rsplit(".", 1)[-1]
        return bad_content(f"Could not find member '{member}' on object of type '{type}'. {at}")
    if problem.reason == Misfit.MISSING:
        member = problem.path.rsplit(".", 1)[-1]
        return bad_content(f"Required property '{member}' not found in JSON. {at}")
    return bad_content(f"{problem.detail[:1].upper()}{problem.detail[1:]}. {at}")


def bad_name(type: str, name: str, pattern: str) -> Refusal:
    """400 for a name that a type does not allow."""
    return Refusal(
        400,
        "InvalidResourceName",
        f"The resource name '{name}' of type '{type}' is not valid: it must match the pattern '{pattern}'.",
    )


def not_allowed(method: str) -> Refusal:
    """405 for a method that a type does not have."""
    return Refusal(405, "MethodNotAllowed", f"The HTTP method '{method}' is not supported at this path.")


def no_action(name: str, type: str) -> Refusal:
    """404 for an action that a type does not have."""
    return Refusal(404, "InvalidResourceType", f"The action or type '{name}' could not be found on '{type}'.")


def precondition() -> Refusal:
    """412 for an `If-Match` that does not match, or an `If-None-Match` that does."""
    return Refusal(412, "PreconditionFailed", "The condition given by the request's If-Match headers is not met.")


def nested(children: Iterable[str]) -> Refusal:
    """409 for the deletion of a resource that children still need."""
    return Refusal(
        409,
        "CannotDeleteResource",
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
        f"'{', '.join(children)}'. Please delete all nested resources before deleting this resource.",
    )


def locked(id: str, verb: str, locks: Iterable[str]) -> Refusal:
    """409 for what a lock forbids."""
    return Refusal(
        409,
        "ScopeLocked",
        f"The scope '{id}' cannot perform {verb} operation because following scope(s) are locked: "
        f"'{','.join(locks)}'. Please remove the lock and try again.",
    )


def conflict(id: str) -> Refusal:
    """409 for a write while another one goes on."""
    return Refusal(
        409,
        "RequestConflict",
        f"Another operation is being performed on the parent resource '{id}'. Please try again later.",
    )


def storage_full(detail: str) -> Refusal:
    """507 for a disk that is full: nothing of the request was kept."""
    return Refusal(
        507,
        "InsufficientStorage",
        f"The sandbox could not write its database ({detail}); nothing of this request was kept. "
        "Make room and try again.",
    )


def broken_store(detail: str) -> Refusal:
    """500 for a database that turns out to be damaged."""
    return Refusal(
        500,
        "InternalServerError",
        f"The sandbox's database is damaged ({detail}). Run `modelform sandbox reset` to start with an empty sandbox.",
    )
