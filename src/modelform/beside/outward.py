"""What accounts and hubs may call by themselves, and where their logs go, as far as their declarations say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modelform.beside.declared import DIAGNOSTIC, WORKSPACE, Declared, Unknown, said
from modelform.errors import Diagnostic
from modelform.record import dataclass
from modelform.spec.resolved import Logs

RESTRICTED = ("properties", "restrictOutboundNetworkAccess")
ISOLATION = ("properties", "managedNetwork", "isolationMode")
APPROVED = "allowonlyapprovedoutbound"
SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "serviceBusRuleId", "marketplacePartnerId")
TARGET = "target"


def switch(item: Declared) -> tuple[str, ...]:
    """Where a declaration says whether outbound access is restricted."""
    return ISOLATION if item.type == WORKSPACE else RESTRICTED


def outbound(item: Declared) -> tuple[str, ...] | None:
    """The only hosts that may be called, None where any may; what is not known is told of apart."""
    found = item.at(*switch(item))
    if isinstance(found, Unknown):
        return ()
    if item.type == WORKSPACE:
        if not isinstance(found, str) or found.lower() != APPROVED:
            return None
        rules = item.at("properties", "managedNetwork", "outboundRules")
        hosts = [rule.get("destination") for rule in rules.values() if isinstance(rule, Mapping)] if _map(rules) else []
    elif found is not True:
        return None
    else:
        listed = item.at("properties", "allowedFqdnList")
        hosts = listed if isinstance(listed, list) else []
    return tuple(host for host in hosts if isinstance(host, str))


def _map(value: object) -> bool:
    return isinstance(value, Mapping)


def unclear(item: Declared, key: str) -> Iterator[Diagnostic]:
    """A word where it is not known whether outbound access is restricted."""
    if item.unknown(*switch(item)) and not item.existing:
        yield said(f"{key}: whether it may call any host is not known", item, *switch(item))


@dataclass(frozen=True, slots=True)
class Logged:
    """The diagnostic setting of an account or hub, where it sends logs, and that place where it is declared."""

    setting: Declared
    logs: Logs
    place: Declared | None


class Settings:
    """The diagnostic settings that are declared, by the accounts and hubs that they are of."""

    def __init__(
        self, declared: Sequence[Declared], by_where: Mapping[str, Declared], by_id: Mapping[str, Declared]
    ) -> None:
        self._by_where, self._by_id = by_where, by_id
        self._of: dict[str, Logged] = {}
        self._mute: set[str] = set()
        self.unknown: list[Declared] = []
        for item in declared:
            if item.type != DIAGNOSTIC:
                continue
            targets = self._targets(item)
            for target in targets if _sends(item) else ():
                self._of.setdefault(target.where, self._logged(item))
            if not _sends(item):
                self._mute |= {target.where for target in targets}
            elif not targets and not item.above:
                self.unknown.append(item)

    def of(self, item: Declared) -> Logged | None:
        """What is declared for an account or hub."""
        return self._of.get(item.where)

    def mute(self, item: Declared) -> bool:
        """Whether all that is declared for it sends metrics, and no logs."""
        return item.where in self._mute and item.where not in self._of

    def _targets(self, item: Declared) -> list[Declared]:
        known = self._by_id.get(item.above.lower().rstrip("/")) if item.above else None
        if known is not None or item.above:
            return [known] if known is not None else []
        linked = [where for name, where in item.links.items() if name.partition(".")[0] == TARGET]
        return [self._by_where[where] for where in (item.parent, *linked) if where in self._by_where]

    def _logged(self, item: Declared) -> Logged:
        for sink in SINKS:
            text, link = item.text("properties", sink), item.links.get(sink, "")
            if text or link or item.unknown("properties", sink):
                place = self._by_where.get(link) or self._by_id.get(text.lower().rstrip("/"))
                where = place.location if place is not None and isinstance(place.location, str) else ""
                return Logged(item, Logs(existing=text or link or sink, location=where), place)
        return Logged(item, Logs(existing=item.where), None)


def _sends(item: Declared) -> bool:
    """Does a setting send any log? Metrics alone say nothing of who called what."""
    logs = item.at("properties", "logs")
    if not isinstance(logs, list):
        return item.existing or isinstance(logs, Unknown)
    return any(
        isinstance(one, Unknown) or (isinstance(one, Mapping) and one.get("enabled") is not False) for one in logs
    )


def unassigned(settings: Settings) -> Iterator[Diagnostic]:
    """A word on each setting of which it is not known what it is of."""
    for item in settings.unknown:
        name = item.last or item.where.rpartition("::")[2]
        yield said(f"{name}: whose logs this diagnostic setting sends is not known before it is applied", item)
