"""What another tool declares, in ARM's words: what every reader makes, and the checks' stack is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from modelform.errors import Diagnostic, Severity, Span
from modelform.record import dataclass

CODE = "check.unknown"

ACCOUNT = "microsoft.cognitiveservices/accounts"
DEPLOYMENT = f"{ACCOUNT}/deployments"
ACCOUNT_PROJECT = f"{ACCOUNT}/projects"
WORKSPACE = "microsoft.machinelearningservices/workspaces"
SERVERLESS_ENDPOINT = f"{WORKSPACE}/serverlessendpoints"
MARKETPLACE = f"{WORKSPACE}/marketplacesubscriptions"
PRIVATE_ENDPOINT = "microsoft.network/privateendpoints"
DIAGNOSTIC = "microsoft.insights/diagnosticsettings"
GROUP = "microsoft.resources/resourcegroups"
# What a hub keeps data in.
STORES = {
    "microsoft.storage/storageaccounts": "storage account",
    "microsoft.keyvault/vaults": "key vault",
    "microsoft.operationalinsights/workspaces": "log workspace",
    "microsoft.insights/components": "application insights",
    "microsoft.containerregistry/registries": "container registry",
}
READ = {
    ACCOUNT,
    DEPLOYMENT,
    ACCOUNT_PROJECT,
    WORKSPACE,
    SERVERLESS_ENDPOINT,
    MARKETPLACE,
    PRIVATE_ENDPOINT,
    DIAGNOSTIC,
    GROUP,
    *STORES,
}
# Whose resources are worth a word where no check looks at them.
OURS = ("microsoft.cognitiveservices/", "microsoft.machinelearningservices/")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the other tool knows only when it applies."""

    def __str__(self) -> str:
        return "(known after apply)"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource in ARM's words, whoever declares it.

    `type` is ARM's in small letters, `name` the full one (`account/deployment`), empty where it is not known yet.
    `where` is what its tool calls it (an address, a URN, an id). `parent` is the `where` of what it is in, `above` that
    one's id where it is not declared here; `links` are such `where`s by ARM's property. `body` has ARM's shape, with
    UNKNOWN in it; `spans` are places by path in it (`properties/model`), that of all of it under the empty path.
    `existing` ones are only known of. `short` is the last part of the name, where what is before it is not known.
    """

    type: str
    name: str
    where: str
    body: Mapping[str, Any]
    subscription: str = ""
    group: str = ""
    location: Any = None
    parent: str = ""
    above: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    urn: str = ""
    existing: bool = False
    short: str = ""

    @property
    def id(self) -> str:
        """Its id in small letters, empty where its name is not known."""
        if not self.name:
            return ""
        return identity(self.subscription, self.group, self.type, self.name)

    @property
    def last(self) -> str:
        """The last part of its name, which is known before that of what it is in."""
        return self.name.rpartition("/")[2] or self.short

    @property
    def shown(self) -> str:
        """What a person finds it by: what its tool calls it, or type and name where that is an id only."""
        return f"{self.type} {self.name}" if self.where.startswith("/subscriptions/") else self.where

    def at(self, *path: str) -> Any:
        """A value in the body: None where there is none, UNKNOWN where it is not known yet."""
        found: Any = self.body
        for key in path:
            if isinstance(found, Unknown):
                return UNKNOWN
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def text(self, *path: str) -> str:
        """A text in the body, empty where there is none or it is not known."""
        found = self.at(*path)
        return found if isinstance(found, str) else ""

    def unknown(self, *path: str) -> bool:
        """Whether a value in the body is not known yet."""
        return isinstance(self.at(*path), Unknown)

    def span(self, *path: str) -> Span | None:
        """The place of a path in the body, or of the nearest part around it."""
        for length in range(len(path), -1, -1):
            found = self.spans.get("/".join(path[:length]))
            if found is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class Source:
    """What a file of another tool declares: how the tool is called, the resources, and what there is to say."""

    tool: str
    file: str
    declared: tuple[Declared, ...]
    notes: tuple[Diagnostic, ...] = ()


def identity(subscription: str, group: str, kind: str, name: str) -> str:
    """An id in small letters."""
    namespace, *types = kind.split("/")
    pairs = "".join(f"/{part}/{text}" for part, text in zip(types, name.split("/"), strict=False))
    base = f"/subscriptions/{subscription}"
    if kind == GROUP:
        return f"{base}/resourcegroups/{name}".lower()
    return f"{base}/resourcegroups/{group}/providers/{namespace}{pairs}".lower()


@dataclass(frozen=True, slots=True)
class Parts:
    """An id taken apart; type in small letters."""

    subscription: str
    group: str
    type: str
    name: str


def taken_apart(text: str) -> Parts | None:
    """The parts of a resource's id; None for a text that is no such one."""
    words = text.strip("/").split("/")
    lower = [word.lower() for word in words]
    if len(words) < 4 or lower[0] != "subscriptions" or lower[2] != "resourcegroups":
        return None
    if len(words) == 4:
        return Parts(words[1], words[3], GROUP, words[3])
    if lower[4] != "providers" or len(words) < 8 or len(words) % 2:
        return None
    return Parts(words[1], words[3], "/".join([lower[5], *lower[6::2]]), "/".join(words[7::2]))


def region(value: Any) -> str:
    """A region as ARM compares it: `West Europe` is `westeurope`."""
    return value.replace(" ", "").lower() if isinstance(value, str) else ""


def one_each(declared: Iterable[Declared]) -> dict[str, Declared]:
    """By its id, the one of several declarations that says most: what makes it, or else what knows its region.

    What one module makes another may know as existing. Two that make the same thing are both kept.
    """
    found: dict[str, Declared] = {}
    known = list(declared)
    made = {item.id: item for item in known if not item.existing}
    for item in (item for item in known if item.id and item.existing):
        had = found.get(item.id)
        if item.id in made:
            found[item.id] = made[item.id]
        elif had is None or (not had.location and item.location):
            found[item.id] = item
    return found


def said(
    summary: str,
    item: Declared | None = None,
    *path: str,
    detail: str = "",
    hint: str = "",
    level: Severity | None = None,
) -> Diagnostic:
    """Something that could not be checked."""
    span = item.span(*path) if item else None
    if item is not None and span is None and item.where not in summary:
        detail = f"{detail}; declared as {item.shown}" if detail else f"declared as {item.shown}"
    return Diagnostic(CODE, level or Severity.WARNING, summary, detail, span, hint, item.urn if item else "")


def unread(declared: Iterable[tuple[str, str]]) -> Iterator[Diagnostic]:
    """One note of what belongs to models and no check looks at: pairs of type and what its tool calls it."""
    found: dict[str, list[str]] = {}
    for kind, where in declared:
        found.setdefault(kind, []).append(where)
    for kind, places in found.items():
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        summary = f"not checked: {', '.join(places[:3])}{more}"
        yield Diagnostic(CODE, Severity.INFO, summary, f"no check looks at {kind}")
