"""Workspaces and resource groups: where they are, and what they are called."""

from __future__ import annotations

from modelform.spec import naming
from modelform.spec.context import Context, keys_before
from modelform.spec.placeforms import DiagnosticsForm, GroupForm, OutboundForm, ProjectForm, WorkspaceForm
from modelform.spec.resolved import HubParts, Logs, Project, ResourceGroup, Workspace, WorkspaceKind
from modelform.spec.suggest import either, nearest

IMPLICIT = "foundry"
MOST_HOSTS = 1000  # of an account, by Microsoft's page on data loss prevention


class Groups:
    """The resource groups that the stack's workspaces are in; each is one value however often it is named."""

    def __init__(self, context: Context, location: str | None) -> None:
        self.context = context
        self.location = location
        self.default_name = f"rg-{context.name}"
        self._found: dict[tuple[str, str], tuple[ResourceGroup, str]] = {}

    @property
    def all(self) -> tuple[ResourceGroup, ...]:
        """Every group that was asked for."""
        return tuple(group for group, _ in self._found.values())

    def stack_group(self, subscription: str, location: str | None) -> ResourceGroup:
        """The stack's own group."""
        return self._group(self.context.form.resource_group, subscription, location, "resourceGroup")

    def of(self, form: WorkspaceForm, subscription: str, location: str, path: str) -> ResourceGroup:
        """A workspace's group."""
        if form.resource_group is None:
            return self.stack_group(subscription, location)
        return self._group(form.resource_group, subscription, location, f"{path}.resourceGroup")

    def _group(self, form: str | GroupForm | None, subscription: str, location: str | None, path: str) -> ResourceGroup:
        existing = False
        wanted = self.location or location or ""
        if isinstance(form, GroupForm):
            existing = form.existing is not None
            if (form.existing is None) == (form.name is None):
                self.context.error(
                    "stack-file.value",
                    f"{path} needs either existing or name",
                    path,
                    "Write {existing: rg-ai} or just rg-ai.",
                )
            name = form.existing or form.name or self.default_name
            if form.location is not None:
                wanted = self.context.region(form.location, f"{path}.location") or wanted
        else:
            name = form or self.default_name
        problem = naming.GROUP.problem(name)
        if problem:
            self.context.error("naming.invalid", f"the name {name!r} {problem}", path, "Give it another name.")
        return self._one(name, subscription, wanted, existing, path)

    def _one(self, name: str, subscription: str, location: str, existing: bool, path: str) -> ResourceGroup:
        identity = (subscription.lower(), name.lower())
        if identity in self._found:
            group, before = self._found[identity]
            if group.existing != existing:
                self.context.error(
                    "stack-file.value",
                    f"the resource group {name} is existing in one place and the stack's own in another",
                    path,
                    f"The other place is {self.context.span(before)}; say the same in both.",
                )
            return group
        group = ResourceGroup(
            key=self._key(name, subscription),
            name=name,
            subscription=subscription,
            location=location,
            existing=existing,
            tags=dict(self.context.form.tags),
        )
        self._found[identity] = (group, path)
        return group

    def _key(self, name: str, subscription: str) -> str:
        """The logical name: `main` for the stack's own, else the physical one."""
        form = self.context.form.resource_group
        own = (form.existing or form.name) if isinstance(form, GroupForm) else form
        main = name.lower() == (own or self.default_name).lower()
        key = "main" if main else name
        return key if subscription.lower() == self.context.subscription.lower() else f"{key}-{subscription[:8]}"


def resolve_workspaces(context: Context, location: str | None, groups: Groups) -> dict[str, Workspace]:
    """Every workspace that has no problem; a stack with deployments and no workspaces gets one Foundry account."""
    forms = dict(context.form.workspaces)
    if not forms and context.form.deployments and not context.is_broken("workspaces"):
        forms[IMPLICIT] = WorkspaceForm(kind="foundry")
    formerly_of(context, "workspaces", {key: keys_before(form.formerly) for key, form in forms.items()})
    found: dict[str, Workspace] = {}
    for key, form in forms.items():
        if not context.is_broken(f"workspaces.{key}"):
            workspace = _Workspace(context, key, form).resolve(location, groups)
            if workspace is not None:
                found[key] = workspace
    if not found and not context.form.workspaces:
        groups.stack_group(context.subscription, location)
    _check_unique(context, found)
    return found


def formerly_of(context: Context, section: str, before: dict[str, tuple[str, ...]]) -> None:
    """Checks former keys: each is gone from the file, and is claimed once."""
    claimed: dict[str, str] = {}
    for key, names in before.items():
        path = f"{section}.{key}.formerly"
        for name in names:
            if name in before:
                summary = f"{section}.{key} was formerly {name!r}, but {section}.{name} still exists"
                context.error("stack-file.formerly", summary, path, "Remove `formerly`, or the other entry.")
            elif name in claimed:
                summary = f"{section}.{key} and {section}.{claimed[name]} were both formerly {name!r}"
                context.error("stack-file.formerly", summary, path, "One thing had that key: keep one `formerly`.")
            claimed.setdefault(name, key)


class _Workspace:
    """One workspace's resolution."""

    def __init__(self, context: Context, key: str, form: WorkspaceForm) -> None:
        self.context = context
        self.key = key
        self.form = form
        self.path = f"workspaces.{key}"
        self.before = keys_before(form.formerly)
        self.first_key = self.before[0] if self.before else key

    def resolve(self, stack_location: str | None, groups: Groups) -> Workspace | None:
        """The workspace; None with a diagnostic where something about it is wrong."""
        context, form = self.context, self.form
        if form.existing is not None:
            return None
        if form.kind is None:
            context.error(
                "stack-file.missing-key", f"{self.path} has no kind", self.path, "Write kind: foundry, openai or hub."
            )
            return None
        kind: WorkspaceKind = form.kind  # type: ignore[assignment]
        location = self._location(kind, stack_location)
        if location is None:
            return None
        subscription = (form.subscription or context.subscription).lower()
        group = groups.of(form, subscription, location, self.path)
        tag = naming.short_hash(subscription, group.name, context.name, self.first_key)
        name = self._name(kind, tag)
        return Workspace(
            key=self.key,
            kind=kind,
            name=name,
            logical=self.key,
            aliases=self.before,
            subscription=subscription,
            resource_group=group,
            location=location,
            tags=context.tags(context.form.tags, form.tags, f"workspaces.{self.key}.tags"),
            projects=self._projects(kind, subscription, group),
            subdomain="" if kind == "hub" else name.lower(),
            exposure="private" if form.exposure == "private" else "public",
            local_keys=form.local_keys if form.local_keys is not None else context.policy.local_keys != "deny",
            protect=form.protect if form.protect is not None else context.form.protect,
            hub=self._parts(tag) if kind == "hub" else None,
            outbound=self._outbound(kind),
            diagnostics=self._diagnostics(kind, location, (subscription, group.name), tag),
        )

    def _location(self, kind: WorkspaceKind, stack_location: str | None) -> str | None:
        context = self.context
        if self.form.location is None:
            if stack_location is None and not context.is_broken("location"):
                hint = "Write `location: swedencentral` at the top of the file, or in the workspace."
                what = self.path if self.key in context.form.workspaces else "the file"
                context.error("stack-file.missing-key", f"{what} has no location", self.path, hint)
            return stack_location
        location = context.region(self.form.location, f"{self.path}.location")
        if location is None:
            return None
        return location

    def _name(self, kind: WorkspaceKind, tag: str) -> str:
        rule = naming.HUB if kind == "hub" else naming.ACCOUNT
        if self.form.name is not None:
            return self.context.own_name(self.form.name, rule, f"{self.path}.name")
        return naming.made(rule, (self.context.name, self.first_key), tag)

    def _parts(self, tag: str) -> HubParts:
        words = (self.context.name, self.first_key)
        return HubParts(
            storage_account=naming.made(naming.STORAGE, ("st", *words), tag),
            key_vault=naming.made(naming.VAULT, ("kv", *words), tag),
            log_analytics=naming.made(naming.LOGS, ("log", *words), tag),
            application_insights=naming.made(naming.INSIGHTS, ("appi", *words), tag),
        )

    def _outbound(self, kind: WorkspaceKind) -> tuple[str, ...] | None:
        """The only hosts that it may call; None where it may call any."""
        form = self.form.outbound
        if not isinstance(form, OutboundForm):
            return () if form == "restricted" else None
        path = f"{self.path}.outbound.allow"
        for index, host in enumerate(form.allow):
            address, here = host.replace(".", "").isdigit(), f"{path}.{index}"
            if kind == "hub" and address:
                hint = "Name the host: a hub's outbound rules go by names."
                self.context.error("stack-file.value", f"{here}: a hub takes no addresses", here, hint)
            elif address and not _is_ipv4(host):
                self.context.error(
                    "stack-file.value", f"{here}: {host!r} is no IPv4 address", here, "Write four numbers up to 255."
                )
            elif kind != "hub" and host.startswith("*."):
                summary = f"{here}: an account takes no name that begins with `*.`"
                self.context.error("stack-file.value", summary, here, "Name each host in full.")
        if kind != "hub" and len(form.allow) > MOST_HOSTS:
            summary = f"{path} has {len(form.allow)} hosts, and an account takes {MOST_HOSTS}"
            self.context.error("stack-file.value", summary, path, "Allow a gateway of your own instead.")
        return tuple(dict.fromkeys(host.lower() for host in form.allow))

    def _diagnostics(self, kind: WorkspaceKind, location: str, place: tuple[str, str], tag: str) -> Logs | None:
        """Where its logs go; a log workspace of the stack's is beside an account, and a hub has one."""
        written = self.form.diagnostics
        if written is False:
            return None
        form = written if isinstance(written, DiagnosticsForm) else DiagnosticsForm()
        where = ""
        if form.location is not None:
            where = self.context.region(form.location, f"{self.path}.diagnostics.location") or ""
        if form.workspace is not None:
            return Logs(existing=form.workspace, location=where)
        if kind == "hub":
            if where and where != location:
                hint = "Remove the line, or name another log workspace with `workspace:`."
                summary = f"{self.path}: a hub's own log workspace is in the hub's region, {location}"
                self.context.error("stack-file.value", summary, f"{self.path}.diagnostics.location", hint)
            return Logs(name=self._parts(tag).log_analytics, location=location)
        where = where or location
        # The region is in the hash: a deleted log workspace keeps its name for two weeks, in the region that it had.
        tag = naming.short_hash(*place, self.context.name, self.first_key, where)
        return Logs(name=naming.made(naming.LOGS, ("log", self.context.name, self.first_key), tag), location=where)

    def _projects(self, kind: WorkspaceKind, subscription: str, group: ResourceGroup) -> tuple[Project, ...]:
        form = self.form.projects
        forms = dict(form) if isinstance(form, dict) else {key: ProjectForm() for key in form}
        if forms and kind == "openai":
            hint = "Use kind: foundry, or remove the projects."
            self.context.error(
                "stack-file.value", f"{self.path}: an OpenAI account has no projects", f"{self.path}.projects", hint
            )
            return ()
        before = {key: keys_before(item.formerly) for key, item in forms.items()}
        formerly_of(self.context, f"{self.path}.projects", before)
        return tuple(self._project(key, item, kind, subscription, group) for key, item in forms.items())

    def _project(
        self, key: str, form: ProjectForm, kind: WorkspaceKind, subscription: str, group: ResourceGroup
    ) -> Project:
        former = keys_before(form.formerly)
        first = former[0] if former else key
        rule = naming.HUB_PROJECT if kind == "hub" else naming.ACCOUNT_PROJECT
        path = f"{self.path}.projects.{key}"
        if form.name is not None:
            name = self.context.own_name(form.name, rule, f"{path}.name")
        elif kind == "hub":
            # A hub's project is a workspace of its own, with a name of its own in the resource group.
            tag = naming.short_hash(subscription, group.name, self.context.name, self.first_key, first)
            name = naming.made(rule, (self.context.name, self.first_key, first), tag)
        else:
            name = self.context.own_name(first, rule, path)
        logicals = [f"{workspace}/{project}" for workspace in (self.key, *self.before) for project in (key, *former)]
        return Project(key=key, name=name, logical=logicals[0], aliases=tuple(logicals[1:]))


def _is_ipv4(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(part.isdecimal() and int(part) <= 255 for part in parts)


def _check_unique(context: Context, workspaces: dict[str, Workspace]) -> None:
    """Physical names clash where ARM looks at them without case: a subdomain in the world, a hub in its group."""
    taken: dict[tuple[str, ...], str] = {}
    for key, workspace in workspaces.items():
        group = (workspace.subscription.lower(), workspace.resource_group.name.lower())
        names: list[tuple[str, tuple[str, ...]]] = []
        if workspace.kind == "hub":
            names += [(f"workspaces.{key}.name", ("hub", *group, workspace.name.lower()))]
            names += [
                (f"workspaces.{key}.projects.{p.key}.name", ("hub", *group, p.name.lower())) for p in workspace.projects
            ]
        else:
            names += [(f"workspaces.{key}.name", ("account", workspace.subdomain))]
            names += [
                (f"workspaces.{key}.projects.{p.key}.name", ("project", key, p.name.lower()))
                for p in workspace.projects
            ]
        for path, identity in names:
            if identity in taken:
                context.error(
                    "naming.duplicate",
                    f"the name {identity[-1]!r} is {taken[identity]}'s already",
                    path,
                    "Give one of them another name.",
                )
            else:
                taken[identity] = path.removesuffix(".name")


def suggest_workspace(text: str, workspaces: dict[str, Workspace]) -> str:
    """What a reference to a workspace that does not exist may have meant."""
    known = [*workspaces, *(f"{key}/{p.key}" for key, w in workspaces.items() for p in w.projects if w.kind == "hub")]
    near = nearest(text, known)
    if near:
        return f"Did you mean {either(near)}?"
    return f"The workspaces are {', '.join(known) or 'none'}."
