"""Who answers at a host: the account or the serverless endpoint, and the deployed model behind a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date

from modelform.record import dataclass
from modelform.sandbox.exchange import Json
from modelform.sandbox.offers import Offers
from modelform.sandbox.plane.denial import not_found
from modelform.sandbox.plane.hosts import Service, Site
from modelform.sandbox.providers.cognitiveservices import policies
from modelform.sandbox.store import Resource, View

DATED = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
UNSERVED = ("Creating", "Deleting")
FAILED = ("Failed", "Canceled")


@dataclass(frozen=True, slots=True)
class Route:
    """What a path asks for: the operation (`chat/completions`), the deployment if the path names it, the API's name.

    `version` is `required` where the query must have an api-version, `optional` where it may, `none` elsewhere.
    `project` is the Foundry project whose endpoint was asked; its models are the account's.
    """

    operation: str
    deployment: str = ""
    version: str = "none"
    project: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A deployed model: `key` names it in the store, `where` is its place in words, `facts` the catalogue's on it."""

    key: str
    deployment: str
    model: str
    version: str
    format: str
    where: str
    region: str
    facts: Json = field(default_factory=dict)
    rules: Sequence[Json] = ()
    filters: Sequence[Json] = ()
    is_serverless: bool = False

    @property
    def features(self) -> Sequence[str]:
        """What the model does, in the catalogue's words."""
        found: Sequence[str] = (self.facts.get("capabilities") or {}).get("features") or ("chat",)
        return found

    @property
    def reported(self) -> str:
        """The model's name as answers carry it: with the version where the publisher dates them."""
        return f"{self.model}-{self.version}" if DATED.fullmatch(self.version) else self.model

    @property
    def reasons_only(self) -> bool:
        """Is it one of OpenAI's reasoning models, which refuse sampling parameters and `max_tokens`?"""
        return self.format == "OpenAI" and "reasoning" in self.features

    def bound(self, name: str) -> int | None:
        """One of the model's limits in tokens, if the catalogue has it."""
        value = (self.facts.get("context") or {}).get(name)
        return value if isinstance(value, int) else None


def route(service: Service, segments: tuple[str, ...]) -> Route | None:
    """What a path asks for at a service; None for a path that it does not have."""
    folded = tuple(part.lower() for part in segments[:2])
    if service is Service.FOUNDRY and folded == ("api", "projects") and len(segments) > 3:
        found = route(Service.OPENAI, segments[3:])
        return replace(found, project=segments[2]) if found else None
    if service is Service.SERVERLESS:
        rest = segments[1:] if folded[:1] == ("v1",) else segments
        return Route("/".join(rest).lower()) if rest else None
    if folded == ("openai", "v1") and len(segments) > 2:
        return Route("/".join(segments[2:]).lower(), version="optional")
    if folded == ("openai", "deployments") and len(segments) > 3:
        return Route("/".join(segments[3:]).lower(), segments[2], version="required")
    if service is Service.FOUNDRY and folded[:1] == ("models",) and len(segments) > 1:
        return Route("/".join(segments[1:]).lower(), version="required")
    return None


def owner(view: View, site: Site, now: float) -> Resource | None:
    """The account or endpoint that a host belongs to, by the index of names taken; None if it does not answer (yet)."""
    scope = f"serverless-{site.location}" if site.service is Service.SERVERLESS else "cognitive-subdomain"
    key = view.holder(scope, site.name)
    found = view.get(key) if key else None
    if found is None or not _serves(found, now):
        return None
    if site.service is Service.FOUNDRY and found.body.get("kind") != "AIServices":
        return None
    return found


def has_project(view: View, account: Resource, name: str, now: float) -> bool:
    """Is there a project of this name in an account?"""
    found = view.get(f"{account.key}/projects/{name.lower()}") if "/" not in name else None
    return found is not None and _serves(found, now)


def _serves(resource: Resource, now: float) -> bool:
    """A resource answers from the good end of its creation to the beginning of its deletion."""
    state = resource.state_at(now)
    return state not in UNSERVED and not (state in FAILED and resource.going == "Creating")


def deployed(
    view: View, offers: Offers, account: Resource, name: str, now: float, today: date = date.min
) -> Target | None:
    """The deployment of an account by its name; its model may be one that retires by `today` (see `serving`)."""
    found = view.get(f"{account.key}/deployments/{name.lower()}") if name and "/" not in name else None
    if found is None or not _serves(found, now):
        return None
    model = dict(found.properties["model"])
    known = offers.versions(model["format"], model["name"])
    model["version"] = serving(offers, found, today)
    if model["version"] is None:
        raise not_found()
    return Target(
        key=found.key,
        deployment=found.name,
        model=model["name"],
        version=str(model["version"]),
        format=model["format"],
        where=f"{account.name} ({offers.display_name(account.location)})",
        region=account.location,
        facts=next((one for one in known if one["version"] == model["version"]), {}),
        rules=found.properties.get("rateLimits") or (),
        filters=_filters(view, account, str(found.properties.get("raiPolicyName") or policies.DEFAULT)),
    )


def serving(offers: Offers, deployment: Resource, today: date) -> str | None:
    """The version that answers for a deployment: its own, after its retirement the one that Azure moves it to.

    None where there is none, or where the deployment wants no other: such a deployment answers errors.
    """
    model = deployment.properties["model"]
    version = str(model["version"])
    known = offers.versions(model["format"], model["name"])
    own = next((one for one in known if one["version"] == version), None)
    gone = offers.retired_since(own, today) if own else offers.retirement(model["format"], model["name"], version)
    if gone is None or (gone and date.fromisoformat(gone) > today):
        return version
    if deployment.properties.get("versionUpgradeOption") == "NoAutoUpgrade":
        return None
    alive = [str(one["version"]) for one in known if offers.retired_since(one, today) is None]
    return max(alive, default=None)


def _filters(view: View, account: Resource, name: str) -> Sequence[Json]:
    """The content filters of a policy of an account, or of the service."""
    own = name.lower() not in (one.lower() for one in policies.SYSTEM)
    kept = view.get(f"{account.key}/raipolicies/{name.lower()}") if own else None
    found: Sequence[Json] = kept.properties.get("contentFilters") or () if kept is not None else policies.filters()
    return found


def endpoint(offers: Offers, resource: Resource, today: date = date.min) -> Target:
    """A serverless endpoint's model; one that is retired is not found."""
    model_id = str(resource.properties["modelSettings"]["modelId"])
    offer = offers.serverless.get(model_id.lower()) or {}
    facts: Json = offer.get("model") or {}
    if facts and offers.retired_since(facts, today) is not None:
        raise not_found()
    safety = (resource.properties.get("contentSafety") or {}).get("contentSafetyStatus", "Enabled")
    workspace = resource.parent.rsplit("/", 1)[1]
    return Target(
        key=resource.key,
        deployment=resource.name,
        model=str(facts.get("name") or model_id.rsplit("/", 1)[-1]),
        version=str(facts.get("version") or ""),
        format=str(facts.get("format") or ""),
        where=f"{workspace} ({offers.display_name(resource.location)})",
        region=resource.location,
        facts=facts,
        filters=policies.filters() if safety == "Enabled" else (),
        is_serverless=True,
    )
