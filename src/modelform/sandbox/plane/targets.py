"""Who answers at a host: the account or the serverless endpoint, and the deployed model behind a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field, replace

from modelform.record import dataclass
from modelform.sandbox.exchange import Json
from modelform.sandbox.offers import Offers
from modelform.sandbox.plane.hosts import Service, Site
from modelform.sandbox.store import Resource, View

DATED = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
UNSERVED = ("Creating", "Deleting")


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
    """A resource answers from the end of its creation to the beginning of its deletion."""
    return resource.state != "Deleting" and not (resource.state in UNSERVED and now < resource.ready)


def deployed(view: View, offers: Offers, account: Resource, name: str, now: float) -> Target | None:
    """The deployment of an account by its name."""
    found = view.get(f"{account.key}/deployments/{name.lower()}") if name and "/" not in name else None
    if found is None or not _serves(found, now):
        return None
    model = found.properties["model"]
    known = offers.versions(model["format"], model["name"])
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
    )


def endpoint(offers: Offers, resource: Resource) -> Target:
    """A serverless endpoint's model."""
    model_id = str(resource.properties["modelSettings"]["modelId"])
    offer = offers.serverless.get(model_id.lower()) or {}
    facts: Json = offer.get("model") or {}
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
        is_serverless=True,
    )
