"""Resource options: aliases of former names, replacement where ARM refuses a change, and the chain of an account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pulumi

from modelform import pace
from modelform.record import dataclass

# Changes that ARM refuses in place and azure-native would try all the same: `create_only.service` of each type.
# What azure-native replaces by itself (path parameters, most locations) is not repeated.
REPLACE_ON_CHANGES: dict[str, tuple[str, ...]] = {
    "ResourceGroup": ("location",),
    "Account": ("location", "properties.customSubDomainName"),
    "Deployment": ("properties.model.format", "properties.model.name"),
    "Project": ("location",),
    "StorageAccount": ("kind", "enableNfsV3", "dnsEndpointType"),
    "Vault": ("location", "properties.tenantId"),
    "LogAnalytics": ("location",),
    "ApplicationInsights": ("location", "applicationType"),
    "Hub": ("location", "kind", "hubResourceId", "storageAccount", "keyVault", "hbiWorkspace", "encryption"),
    "DiagnosticSetting": (),
    "MarketplaceSubscription": ("properties.modelId",),
    "ServerlessEndpoint": ("properties.modelSettings.modelId",),
}

# What the program reads of a resource besides its id.
READ = {
    "azure-native:cognitiveservices:Account": ("properties",),
    "azure-native:machinelearningservices:ServerlessEndpoint": ("properties",),
}

_OLDER_VERSION = re.compile(r"azure-native:\w+(/v\d{8}\w*)?:\w+\Z")


@dataclass(frozen=True, slots=True)
class Names:
    """A resource's logical name, and those that it had before."""

    logical: str
    former: tuple[str, ...] = ()

    def aliases(self) -> list[Any]:
        """Pulumi's aliases for the former names."""
        return [pulumi.Alias(name=name) for name in self.former]

    def child(self, suffix: str) -> Names:
        """The names of something that is named after this."""
        return Names(f"{self.logical}/{suffix}", tuple(f"{name}/{suffix}" for name in self.former))


def drop_version_aliases(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    """A stack transformation: takes away the type aliases that each azure-native class carries for older api-versions.

    No stack of ours was ever made with one of those types, and resolving some twenty aliases a resource is most of a
    program's time and memory. Aliases of ours always carry a name and stay.
    """
    if args.opts.aliases:
        args.opts.aliases = [alias for alias in _list(args.opts.aliases) if not _of_older_version(alias)]
    return pulumi.ResourceTransformationResult(args.props, args.opts)


def drop_unread_outputs(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    """A stack transformation: takes away the outputs that the typed classes declare and no input of ours gives, and
    says of the others which are read.

    Of most resources the program reads nothing but the id, each output costs the SDK time, and asking for one that is
    not in `READ` is an `AttributeError` from then on.
    """
    if isinstance(args.resource, pulumi.CustomResource):
        args.resource.__dict__[pace.READ] = READ.get(args.type_, ())
    return pulumi.ResourceTransformationResult({k: v for k, v in args.props.items() if v is not None}, args.opts)


def _list(aliases: Any) -> Iterable[Any]:
    return aliases if isinstance(aliases, Sequence) and not isinstance(aliases, str) else [aliases]


def _of_older_version(alias: Any) -> bool:
    if not isinstance(alias, pulumi.Alias):
        return False
    name: Any = alias.name
    return name is ... and isinstance(alias.type_, str) and _is_versioned(alias.type_)


@cache
def _is_versioned(token: str) -> bool:
    return _OLDER_VERSION.match(token) is not None


def component_options(names: Names) -> pulumi.ResourceOptions:
    """Options of a component: its former names."""
    return pulumi.ResourceOptions(aliases=names.aliases())


def resource_options(
    kind: str,
    *,
    parent: pulumi.Resource | None = None,
    provider: pulumi.ProviderResource,
    names: Names | None = None,
    after: Sequence[pulumi.Resource] = (),
    replace: Sequence[str] = (),
    ignore: Sequence[str] = (),
    secret: Sequence[str] = (),
) -> pulumi.ResourceOptions:
    """Options of a resource that ARM knows; `kind` is a row of `REPLACE_ON_CHANGES`, `after` what it has to wait for.

    Names are given, so that a replacement cannot be made before the old one is gone. Former names are inherited from
    a parent of the same name; `names` is for children that are named otherwise.
    """
    return pulumi.ResourceOptions(
        parent=parent,
        provider=provider,
        aliases=names.aliases() if names else None,
        depends_on=list(after) or None,
        delete_before_replace=True,
        replace_on_changes=[*REPLACE_ON_CHANGES[kind], *replace],
        ignore_changes=list(ignore) or None,
        additional_secret_outputs=list(secret) or None,
    )


def name_of(parent: pulumi.CustomResource, name: str) -> pulumi.Output[str]:
    """A parent's physical name as a child takes it: unknown while the parent is being made, so that a replacement of
    the parent carries the child along."""
    return parent.id.apply(lambda _: name)
