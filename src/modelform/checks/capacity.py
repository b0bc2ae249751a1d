"""What a stack takes more of provisioned throughput: quota allows it, capacity of the region has it; both are asked."""

from __future__ import annotations

from collections.abc import Iterator

from modelform.catalog import Catalog, Model
from modelform.checks.facts import Asked, Facts
from modelform.checks.place import Placed
from modelform.checks.quota import growths
from modelform.record import dataclass
from modelform.spec.resolved import Stack


@dataclass(frozen=True, slots=True)
class Want:
    """What deployments of one model and sku take more of in one region, in units of `sku.capacity`."""

    subscription: str
    region: str
    sku: str
    model: Model
    usage: str
    new: int
    items: tuple[Placed, ...]

    @property
    def asked(self) -> Asked:
        """The question whose answer tells whether that is there."""
        return question(self.subscription, self.model)


def question(subscription: str, model: Model) -> Asked:
    """What is asked of Azure: one model in one subscription; the answer has every region and sku."""
    return subscription, model.format, model.name, model.version


def wants(stack: Stack, catalog: Catalog, facts: Facts | None) -> Iterator[Want]:
    """Every model, sku and region that grows by provisioned units, in the order of the deployments."""
    found: dict[tuple[str, str, str, str], Want] = {}
    for item, usage, _, new in growths(stack, catalog, facts):
        if not new or item.model is None or catalog.data["skus"][item.sku]["billing"] != "ptuHour":
            continue
        subscription = item.workspace.subscription.lower()
        key = (subscription, item.region, item.sku, item.model.id)
        had = found.get(key)
        before, items = (had.new, had.items) if had else (0, ())
        found[key] = Want(subscription, item.region, item.sku, item.model, usage, before + new, (*items, item))
    yield from found.values()
