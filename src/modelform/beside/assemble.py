"""Makes the stack that checks read of what another tool declares, and says what could not be known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from modelform.beside import offered, outward, reach, tags
from modelform.beside.declared import (
    ACCOUNT,
    ACCOUNT_PROJECT,
    DEPLOYMENT,
    GROUP,
    MARKETPLACE,
    SERVERLESS_ENDPOINT,
    WORKSPACE,
    Declared,
    Source,
    Unknown,
    one_each,
    said,
    taken_apart,
    unread,
)
from modelform.catalog import SERVERLESS, Catalog
from modelform.errors import Diagnostic, Severity, Span
from modelform.record import dataclass
from modelform.spec.resolved import (
    Deployment,
    Marketplace,
    Model,
    Origins,
    Policy,
    Project,
    ResourceGroup,
    Stack,
    Workspace,
    WorkspaceKind,
)

KINDS: dict[str, WorkspaceKind] = {"aiservices": "foundry", "openai": "openai"}
MARK = "\0beside"
# Where a finding points to, by the key of a stack file that the checks ask the place of.
FIELDS: dict[str, tuple[str, ...]] = {
    "sku": ("sku", "name"),
    "capacity": ("sku", "capacity"),
    "model": ("properties", "model"),
    "name": ("name",),
    "location": ("location",),
    "exposure": ("properties", "publicNetworkAccess"),
    "localKeys": ("properties", "disableLocalAuth"),
    "upgrade": ("properties", "versionUpgradeOption"),
}


@dataclass(frozen=True, slots=True)
class Assembled:
    """The stack, what there is to say of what is not known, and the places behind the marks in its origins.

    A mark is a span of the file MARK whose line is an index into `places`: what is declared, and the path in it.
    `stores` are what hubs keep data in: the hub's key, what it is, and the resource. `mute` are the accounts and hubs
    whose diagnostic settings send no logs.
    """

    stack: Stack
    notes: tuple[Diagnostic, ...]
    places: tuple[tuple[Declared, tuple[str, ...]], ...]
    stores: tuple[tuple[str, Declared], ...] = field(default=())
    mute: tuple[str, ...] = field(default=())


def assemble(source: Source, name: str, policy: Policy, catalog: Catalog, spans: Mapping[str, Span]) -> Assembled:
    """The stack of what a source declares, under a policy whose places are `spans`."""
    work = _Work(source, catalog, policy)
    work.homes()
    work.notes += reach.ways_in(source.declared, work.keys, work.by_id)
    work.projects()
    work.deployments()
    stack = Stack(
        name=name,
        project=source.tool.lower(),
        file=source.file,
        target="azure",
        engine=source.tool.lower(),
        backend=None,
        secrets_provider="",
        subscription=next((w.subscription for w in work.workspaces.values()), ""),
        tenant="",
        location="",
        tags={},
        resource_groups=tuple(work.groups.values()),
        workspaces=work.workspaces,
        deployments=work.made,
        routes={},
        policy=policy,
        origins=Origins({**spans, **work.origins}),
    )
    mute = tuple(
        work.keys[item.where] for item in work.declared if item.where in work.keys and work.settings.mute(item)
    )
    return Assembled(stack, (*source.notes, *work.notes), tuple(work.places), tuple(work.stores), mute)


class _Work:
    def __init__(self, source: Source, catalog: Catalog, policy: Policy) -> None:
        self.catalog = catalog
        self.policy = policy
        self.source = source
        one = one_each(source.declared)
        self.declared = tuple(i for i in source.declared if not i.existing or one.get(i.id, i) is i)
        self.by_where = {item.where: one.get(item.id, item) if item.existing else item for item in source.declared}
        self.by_id = {item.id: item for item in self.declared if item.id}
        self.workspaces: dict[str, Workspace] = {}
        self.keys: dict[str, str] = {}
        self.groups: dict[str, ResourceGroup] = {}
        self.made: dict[str, Deployment] = {}
        self.origins: dict[str, Span] = {}
        self.places: list[tuple[Declared, tuple[str, ...]]] = []
        self.notes: list[Diagnostic] = []
        self.stores: list[tuple[str, Declared]] = []
        self.assumed: set[str] = set()
        self.settings = outward.Settings(self.declared, self.by_where, self.by_id)
        self.bought = {text.lower() for item in self.of(MARKETPLACE) if (text := item.text("properties", "modelId"))}

    def of(self, *kinds: str) -> Iterator[Declared]:
        return (item for item in self.declared if item.type in kinds)

    # accounts and hubs

    def homes(self) -> None:
        """Every account and hub that can hold models."""
        found = [item for item in self.of(ACCOUNT, WORKSPACE) if self.kind(item) is not None]
        often = Counter(item.last or _label(item) for item in found)
        others = [i for i in self.of(ACCOUNT, WORKSPACE) if not i.existing and self.kind(i) is None]
        self.notes += unread(
            (f"{'accounts' if i.type == ACCOUNT else 'workspaces'} of kind {i.text('kind')}", i.last or _label(i))
            for i in others
            if i.text("kind").lower() != "project"
        )
        for item in found:
            kind = self.kind(item)
            key = item.last or _label(item)
            key = key if often[key] == 1 else f"{item.group or _label(item)}/{key}"
            if kind is not None and (not item.existing or self.used(item)):
                self.home(item, kind, self.free(key, self.workspaces))
        if self.policy.diagnostics == "required":
            self.notes += outward.unassigned(self.settings)

    def kind(self, item: Declared) -> WorkspaceKind | None:
        """What an account or workspace is for us; None for a project and for an account without models."""
        written = item.text("kind").lower()
        if item.type == WORKSPACE:
            return "hub" if written in ("hub", "default", "") else None
        if item.unknown("kind") or (item.existing and not written):
            return "foundry"
        return KINDS.get(written)

    def used(self, item: Declared) -> bool:
        """Whether something that is declared goes into what is only read."""
        inside = self.of(DEPLOYMENT, ACCOUNT_PROJECT, SERVERLESS_ENDPOINT, WORKSPACE)
        return any(self.owner(child, (ACCOUNT, WORKSPACE)) is item for child in inside if child is not item)

    def home(self, item: Declared, kind: WorkspaceKind, key: str) -> None:
        place = self.location(item, key)
        self.notes += reach.unclear(item, key)
        if self.policy.outbound == "deny":
            self.notes += outward.unclear(item, key)
        logged = self.settings.of(item)
        self.keys[item.where] = key
        self.workspaces[key] = Workspace(
            key=key,
            kind=kind,
            name=item.last or key,
            logical=item.where,
            aliases=(),
            subscription=item.subscription,
            resource_group=self.group(item, place),
            location=place,
            tags=tags.read(item.at("tags")),
            subdomain=item.text("properties", "customSubDomainName"),
            exposure=reach.exposure(item),
            local_keys=self.local_keys(item, kind),
            protect=False,
            outbound=outward.outbound(item),
            diagnostics=logged.logs if logged else None,
        )
        self.mark(f"workspaces.{key}", item)
        self.put(f"workspaces.{key}.outbound", item, outward.switch(item))
        if logged is not None and logged.place is not None:
            self.put(f"workspaces.{key}.diagnostics", logged.place, ("location",))
        elif logged is not None:
            self.put(f"workspaces.{key}.diagnostics", logged.setting, ("properties", "workspaceId"))
        for prop in ("storageAccount", "keyVault", "applicationInsights", "containerRegistry") if kind == "hub" else ():
            target = self.by_where.get(item.links.get(prop, "")) or self.by_id.get(
                item.text("properties", prop).lower()
            )
            if target is not None:
                self.stores.append((key, target))

    def location(self, item: Declared, key: str) -> str:
        """The region, empty with a word where it is not known."""
        if isinstance(item.location, str) and item.location:
            return item.location
        if item.location is None:
            made = next((g for g in self.of(GROUP) if g.name.lower() == item.group.lower() and g.name), None)
            if made is not None and isinstance(made.location, str):
                return made.location
        self.notes.append(
            said(
                f"{key}: the region is not known: residency and availability are not checked",
                item,
                "location",
                hint="--location REGION says where the resource group is"
                if self.source.tool in ("ARM", "Bicep")
                else "",
            )
        )
        return ""

    def group(self, item: Declared, location: str) -> ResourceGroup:
        made = next((g for g in self.of(GROUP) if g.name.lower() == item.group.lower() and not g.existing), None)
        # Only what is declared here has a name that can still be another.
        told = tags.read(made.at("tags")) if made else {}
        found = ResourceGroup(item.group, item.group, item.subscription, location, existing=made is None, tags=told)
        if made is not None and "resourceGroup" not in self.origins:
            self.mark("resourceGroup", made)
        return self.groups.setdefault(f"{item.subscription}/{item.group}".lower(), found)

    def local_keys(self, item: Declared, kind: WorkspaceKind) -> bool:
        disabled = item.at("properties", "disableLocalAuth")
        if isinstance(disabled, Unknown) and not item.existing and kind != "hub":
            self.notes.append(said(f"{item.last or _label(item)}: whether it takes keys is not known", item))
        return kind != "hub" and not item.existing and not isinstance(disabled, Unknown) and disabled is not True

    # projects

    def projects(self) -> None:
        """The projects of accounts, and the workspaces that are a hub's projects."""
        for item in self.of(ACCOUNT_PROJECT, WORKSPACE):
            if item.type == WORKSPACE and item.text("kind").lower() != "project":
                continue
            owner = self.owner(item, (ACCOUNT,) if item.type == ACCOUNT_PROJECT else (WORKSPACE,))
            key = self.keys.get(owner.where) if owner else None
            if key is None:
                continue
            self.keys[item.where] = key
            home = self.workspaces[key]
            project = Project(item.last or _label(item), item.last or _label(item), item.where)
            if not item.existing:
                self.workspaces[key] = replace(home, projects=(*home.projects, project))

    def owner(self, item: Declared, kinds: tuple[str, ...]) -> Declared | None:
        """What a resource is in: by its link, by its name, by an id; else the only one there is."""
        if item.type == WORKSPACE:
            wanted = self.by_where.get(item.links.get("hubResourceId", "")) or self.by_id.get(
                item.text("properties", "hubResourceId").lower()
            )
            hubs = [w for w in self.of(WORKSPACE) if w.text("kind").lower() == "hub"]
            return wanted or (hubs[0] if len(hubs) == 1 and item.unknown("properties", "hubResourceId") else None)
        found = self.by_where.get(item.parent)
        if found is None and item.name:
            above = replace(item, type=item.type.rpartition("/")[0], name=item.name.rpartition("/")[0]).id
            found = self.by_id.get(above)
            if found is None and not item.above:
                named = [o for o in self.of(*kinds) if o.name.lower() == item.name.rpartition("/")[0].lower()]
                found = named[0] if len(named) == 1 else None
        if found is None and item.above:
            found = self.by_id.get(item.above.lower().rstrip("/"))
        if found is None and not item.name and not item.above and not item.parent:
            there = [o for o in self.of(*kinds) if o.type == kinds[0] and self.kind(o) is not None]
            found = there[0] if len(there) == 1 else None
            if found is not None and item.where not in self.assumed:
                self.assumed.add(item.where)
                label = found.last or _label(found)
                summary = f"{item.last or _label(item)}: taken to be in {label}, which is the only one there is"
                self.notes.append(said(summary, item, level=Severity.INFO))
        return found

    # deployments

    def deployments(self) -> None:
        """Every deployment and serverless endpoint of which enough is known."""
        found = [item for item in self.of(DEPLOYMENT, SERVERLESS_ENDPOINT) if not item.existing]
        often = Counter(item.last or _label(item) for item in found)
        for item in found:
            label = item.last or _label(item)
            key = label if often[label] == 1 else _label(item) if not item.last else f"{self.above(item)}/{label}"
            key = self.free(key, self.made)
            home = self.home_of(item, key)
            made = self.endpoint(item, key, home) if item.type == SERVERLESS_ENDPOINT else self.one(item, key, home)
            if made is not None:
                self.made[key] = made
                self.mark(f"deployments.{key}", item)

    def above(self, item: Declared) -> str:
        return item.name.rpartition("/")[0].rpartition("/")[2] or self.keys.get(item.parent, "") or _label(item)

    def home_of(self, item: Declared, key: str) -> str:
        """The key of the account or hub; one that is not declared is made up, with what its id says."""
        owner = self.owner(item, (ACCOUNT,) if item.type == DEPLOYMENT else (WORKSPACE,))
        if owner is not None and owner.where in self.keys:
            return self.keys[owner.where]
        hub = self.owner(owner, (WORKSPACE,)) if owner is not None and owner.type == WORKSPACE else None
        if hub is not None and hub.where in self.keys:
            return self.keys[hub.where]
        parts = taken_apart(item.above)
        named = parts.name if parts else item.name.rpartition("/")[0] or "account"
        what = "account" if item.type == DEPLOYMENT else "workspace"
        known = f" {named}" if parts or item.name else ""
        self.notes.append(
            said(
                f"{key}: the {what}{known} is not declared here, so that its region is not known: "
                "residency and availability are not checked",
                item,
            )
        )
        made = self.free(named, self.workspaces)
        subscription, group = (parts.subscription, parts.group) if parts else (item.subscription, item.group)
        outside = ResourceGroup(group, group, subscription, "", existing=True)
        self.workspaces[made] = Workspace(
            made, "foundry" if item.type == DEPLOYMENT else "hub", named.rpartition("/")[2], made, (), subscription,
            outside, "", {}, exposure="private", local_keys=False, protect=False,
        )  # fmt: skip
        if item.above:
            around = Declared(ACCOUNT, named, item.above, {}, subscription, group, existing=True)
            self.by_id.setdefault(item.above.lower().rstrip("/"), around)
            self.keys[item.above] = made
        self.mark(f"workspaces.{made}", replace(item, existing=True))
        return made

    def one(self, item: Declared, key: str, home: str) -> Deployment | None:
        name, version = item.at("properties", "model", "name"), item.at("properties", "model", "version")
        sku, capacity = item.at("sku", "name"), item.at("sku", "capacity")
        for what, value in (("the model", name), ("the sku", sku)):
            if not isinstance(value, str) or not value:
                why = "is not known before it is applied" if isinstance(value, Unknown) else "is not declared"
                self.notes.append(said(f"{key}: {what} {why}: the deployment is not checked", item, "properties"))
                return None
        if isinstance(version, Unknown):
            summary = f"{key}: the version of {name} is not known before it is applied: checked as the newest"
            self.notes.append(said(summary, item, "properties", "model"))
        written = version if isinstance(version, str) else ""
        format = item.text("properties", "model", "format") or offered.format_of(self.catalog, name)
        known = offered.known(self.catalog, format, name, written)
        if isinstance(capacity, Unknown):
            self.notes.append(said(f"{key}: the capacity is not known before it is applied: no quota is checked", item))
        return Deployment(
            key=key,
            name=item.last or key,
            logical=item.where,
            aliases=(),
            workspace=home,
            project=None,
            model=Model(
                known.id if known else f"{format}/{name}@{written}",
                known.publisher if known else format,
                known.format if known else format,
                known.name if known else name,
                known.version if known and written else written,
            ),
            sku=next((s for s in self.catalog.data["skus"] if s.lower() == sku.lower()), sku),
            capacity=None if isinstance(capacity, Unknown) else offered.capacity(known, sku, capacity),
            upgrade=item.text("properties", "versionUpgradeOption") or "OnceNewDefaultVersionAvailable",
            content_filter=item.text("properties", "raiPolicyName") or None,
            # Where a tool has no tags for a deployment, those of its account are all that there are.
            tags=tags.read(item.at("tags")) if "tags" in item.body else self.workspaces[home].tags,
            pinned=bool(written),
        )

    def endpoint(self, item: Declared, key: str, home: str) -> Deployment | None:
        asset = item.at("properties", "modelSettings", "modelId")
        if not isinstance(asset, str) or not asset:
            why = "is not known before it is applied" if isinstance(asset, Unknown) else "is not declared"
            self.notes.append(said(f"{key}: the model {why}: the endpoint is not checked", item, "properties"))
            return None
        named, known = offered.asset_name(asset), offered.by_asset(self.catalog, asset)
        bought = any(offered.same_asset(text, asset) for text in self.bought)
        return Deployment(
            key=key,
            name=item.last or key,
            logical=item.where,
            aliases=(),
            workspace=home,
            project=item.name.rpartition("/")[0] or None,
            model=Model(known.id, known.publisher, known.format, known.name, known.version)
            if known
            else Model(named, "", "", named, ""),
            sku=SERVERLESS,
            capacity=None,
            model_asset=asset,
            marketplace=Marketplace(named, True) if bought else None,
            tags=tags.read(item.at("tags")),
        )

    def free(self, key: str, taken: Mapping[str, object]) -> str:
        """A key that nothing has yet."""
        found, number = key, 1
        while found in taken:
            number += 1
            found = f"{key} ({number})"
        return found

    def mark(self, path: str, item: Declared) -> None:
        """Puts marks for a resource, and for each part of it that findings may point to."""
        for name, inside in (("", ()), *FIELDS.items()):
            self.put(f"{path}.{name}" if name else path, item, inside)

    def put(self, path: str, item: Declared, inside: tuple[str, ...]) -> None:
        """Puts one mark."""
        self.origins[path] = Span(MARK, len(self.places), 0)
        self.places.append((item, inside))


def _label(item: Declared) -> str:
    """What a person calls a resource whose name is not known: the last part of what its tool calls it."""
    return item.where.rpartition("::")[2] if item.urn else item.where
