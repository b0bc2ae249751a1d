"""Whose host a request is for: an account's, by one of its three names, or a serverless endpoint's."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from modelform.record import dataclass

PREFIX = "_host"  # `/_host/<host>/...` on any address of the sandbox stands for `https://<host>/...`


class Service(StrEnum):
    """What answers at a host, by the end of its name."""

    OPENAI = "openai.azure.com"
    COGNITIVE = "cognitiveservices.azure.com"
    FOUNDRY = "services.ai.azure.com"
    SERVERLESS = "models.ai.azure.com"


@dataclass(frozen=True, slots=True)
class Site:
    """A host taken apart: the subdomain or the endpoint's name, and for an endpoint its region."""

    service: Service
    name: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes: the host asked for, and the segments of the path on it, percent-decoded."""

    host: str
    segments: tuple[str, ...]

    @property
    def site(self) -> Site | None:
        """Whose host it is, or None if no model answers there."""
        return site_of(self.host)


def site_of(host: str) -> Site | None:
    """Takes a host name apart; None for one that belongs to no model."""
    folded = host.lower().rstrip(".")
    for service in Service:
        name = folded.removesuffix("." + service)
        if name == folded or not name:
            continue
        if service is not Service.SERVERLESS:
            return Site(service, name) if "." not in name else None
        endpoint, _, location = name.partition(".")
        return Site(service, endpoint, location) if location and "." not in location else None
    return None


@lru_cache(maxsize=4096)
def destination(base: str, path: str) -> Destination | None:
    """Where a request goes, or None if it is the control plane's; `base` is `https://<host>`, `path` as it came.

    Whatever is under the prefix is the data plane's, so that a wrong host there is said to be wrong.
    """
    parts = tuple(unquote(part) for part in path.split("/") if part)
    if parts[:1] == (PREFIX,):
        return Destination(parts[1].partition(":")[0] if len(parts) > 1 else "", parts[2:])
    host = urlsplit(base).hostname or ""
    return Destination(host, parts) if site_of(host) is not None else None
