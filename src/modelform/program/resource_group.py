"""A resource group that the stack makes, or the name of one that is there already."""

from __future__ import annotations

import pulumi

from modelform.program.options import Names, component_options, name_of, resource_options
from modelform.spec import resolved

TOKEN = "modelform:index:ResourceGroup"


class ResourceGroup(pulumi.ComponentResource):
    """A resource group of the stack's own; `group` is its physical name as members take it."""

    group: pulumi.Output[str]

    def __init__(self, declared: resolved.ResourceGroup, provider: pulumi.ProviderResource) -> None:
        from pulumi_azure_native import resources

        super().__init__(TOKEN, declared.key, None, component_options(Names(declared.key)))
        made = resources.ResourceGroup(
            declared.key,
            resource_group_name=declared.name,
            location=declared.location,
            tags=declared.tags or None,
            opts=resource_options("ResourceGroup", parent=self, provider=provider),
        )
        self.group = name_of(made, declared.name)
        self.register_outputs({})


def declare(declared: resolved.ResourceGroup, provider: pulumi.ProviderResource) -> pulumi.Input[str]:
    """The group's name as members take it; an existing one is only named, never managed."""
    return declared.name if declared.existing else ResourceGroup(declared, provider).group
