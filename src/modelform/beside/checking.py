"""Runs the checks over what another tool declares, and says what they find in that tool's places and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from modelform.beside import tags
from modelform.beside.assemble import MARK, Assembled
from modelform.beside.declared import CODE, STORES, WORKSPACE, Declared, said
from modelform.beside.held import UNASKED
from modelform.checks.fields import UPGRADES
from modelform.checks.place import several
from modelform.checks.rule import every_rule
from modelform.checks.runner import LEVELS, OFF, wanted_level
from modelform.checks.waiving import waived
from modelform.errors import Diagnostic, Report, Severity, Span

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.checks.facts import Facts
    from modelform.spec.resolved import Stack

# These ask what only modelform's own files and runs have.
NOT_OURS = ("company.runs", "company.duties")
SETTING = "security.diagnostics"
NONE = "the workspace has no diagnostic setting, and"
NONE_HERE = "no diagnostic setting of it is declared here (one may be elsewhere), and"
MUTE = "its diagnostic setting sends no logs (another may be elsewhere), and"
_UPGRADE = re.compile(r"^write `upgrade: (\w+)`")
_MARKED = re.compile(re.escape(MARK) + r":(\d+):0")

# The way out in each tool's words, where a check's own speaks of the stack file; with a type, of resources of it.
HINTS: dict[str, dict[str, str]] = {
    "Terraform": {
        "security.open-outbound": "set `outbound_network_access_restricted = true` with `fqdns`",
        f"security.open-outbound {WORKSPACE}": 'set `managed_network { isolation_mode = "AllowOnlyApprovedOutbound" }`',
        "security.diagnostics": "declare an `azurerm_monitor_diagnostic_setting` with it as the target",
        "security.local-keys": "set `local_auth_enabled = false` (azurerm_ai_services: `local_authentication_enabled`)",
        "security.public-network": "set `public_network_access_enabled = false` (azurerm_ai_services: `Disabled`)",
        "security.content-filter": 'leave `rai_policy_name` out, or set it to "Microsoft.DefaultV2"',
        "company.pinning upgrade": "set `version_upgrade_option = {}`",
    },
    "": {
        "security.open-outbound": "set `restrictOutboundNetworkAccess: true` and `allowedFqdnList` in its properties",
        f"security.open-outbound {WORKSPACE}": "set `isolationMode: AllowOnlyApprovedOutbound` of its managedNetwork",
        "security.diagnostics": "declare a diagnosticSettings resource for it, with a log workspace",
        "security.local-keys": "set `disableLocalAuth: true` in its properties",
        "security.public-network": "set `publicNetworkAccess: Disabled` in its properties, and make a private endpoint",
        "marketplace.terms": "declare a marketplaceSubscriptions resource for the model, which accepts its terms",
        "security.content-filter": "leave `raiPolicyName` out, or set it to Microsoft.DefaultV2",
        "company.naming": "give it a name of that form",
        "company.pinning": "name the version of the model",
        "company.pinning upgrade": "set `versionUpgradeOption: {}` in its properties",
        "company.tags": "give each of them the tag",
        "cost.limit": "take less capacity: how much of it is used stands in no file of another tool",
    },
}  # fmt: skip


def check(made: Assembled, catalog: Catalog, today: date, facts: Facts | None = None) -> list[Diagnostic]:
    """Every finding, and what could not be checked, in the places of the tool's own file.

    `facts` are what Azure said, or (`held.unasked`) that it was not asked.
    """
    from modelform import checks

    report = Report()
    stack, doubtful = tags.supposed(made.stack)
    for finding in [
        *checks.run(stack, catalog, today=today, facts=facts),
        *waived(_stores(made, catalog), stack, today),
    ]:
        if finding.code.startswith(NOT_OURS) or _about_unknown(finding, made):
            continue
        if finding.detail == UNASKED.why:
            finding = replace(finding, summary=finding.summary.replace("could not be asked", "was not asked"))
        report.add(_translated(finding, made))
    wanted = _wanted(stack)
    late = [said(f"{several(doubtful)}: tags are not known before they are applied: not checked")] if doubtful else []
    level = LEVELS.get(wanted)
    notes = [
        replace(note, severity=level) if level and note.severity is Severity.WARNING else note
        for note in ((*made.notes, *late) if wanted != OFF else ())
    ]
    report.extend(waived(notes, stack, today))
    return report.sorted()


def _wanted(stack: Stack) -> str:
    """The level of what could not be checked; a policy may only raise its company's."""
    own = stack.policy.rules.get(CODE, "")
    floor = stack.company.policy.rules.get(CODE, "") if stack.company else ""
    order = ("off", "info", "", "warning", "error")
    return max((own, floor), key=order.index) if floor else own


def _about_unknown(finding: Diagnostic, made: Assembled) -> bool:
    """Whether a finding is of what is not known: a region, or what an account that is only read looks like."""
    if finding.code == "availability.region" and finding.summary.endswith("there is no region ''"):
        return True
    # What an account that is only read looks like, or is called, is not decided here.
    item = _marked(finding.span, made)
    return item is not None and item[0].existing and not finding.code.startswith(("availability.", "residency."))


def _marked(span: Span | None, made: Assembled) -> tuple[Declared, tuple[str, ...]] | None:
    return made.places[span.line] if span is not None and span.file == MARK else None


def _translated(finding: Diagnostic, made: Assembled) -> Diagnostic:
    tool = made.stack.engine
    hints = HINTS.get("Terraform" if tool == "terraform" else "", {})
    found = _marked(finding.span, made)
    upgrade = _UPGRADE.search(finding.hint)
    keys = (f"{finding.code} upgrade" if upgrade else "", f"{finding.code} {found[0].type}" if found else "")
    ours = (table[key] for key in (*keys, finding.code) for table in (hints, HINTS[""]) if key in table)
    hint = next(ours, "") or _instead(finding.hint)
    if upgrade:
        arm = next((arm for arm, word in UPGRADES.items() if word == upgrade[1]), upgrade[1])
        hint = hint.format(f'"{arm}"')
    finding = replace(finding, hint=_words(hint, made), detail=_words(finding.detail, made))
    if found is None:
        return finding
    item, path = found
    told = "" if item.spans else f"declared as {item.shown}"
    detail = f"{finding.detail}; {told}" if finding.detail and told else finding.detail or told
    severity = finding.severity
    stops = severity is Severity.ERROR and not _levelled(finding.code, made.stack)
    if stops and finding.code in ("marketplace.terms", SETTING):
        # The subscription or setting may have been made elsewhere: nothing here says that it was not.
        severity = Severity.WARNING
    if finding.code == SETTING:
        key = finding.summary.partition(":")[0]
        finding = replace(finding, summary=finding.summary.replace(NONE, MUTE if key in made.mute else NONE_HERE))
    return replace(finding, span=item.span(*path), detail=detail, urn=item.urn or item.shown, severity=severity)


def _levelled(code: str, stack: Stack) -> bool:
    """Whether a policy sets a level of its own for a check."""
    company = stack.company.policy.rules if stack.company else {}
    return code in stack.policy.rules or code in company


def _instead(hint: str) -> str:
    """A way out that names a key of the stack file, in words for whoever has none."""
    hint = re.sub(r"write `model: ([^`]+)`", r"deploy \1", hint)
    hint = re.sub(r"^write its region beside it.*", "look up its region", hint)
    return re.sub(r", which has (?:no )?\w+ in ?$", "", hint)


def _words(text: str, made: Assembled) -> str:
    """A text with the marks in it replaced by what they stand for."""

    def put(found: re.Match[str]) -> str:
        item, path = made.places[int(found[1])]
        return str(item.span(*path) or item.shown)

    return _MARKED.sub(put, text)


def _stores(made: Assembled, catalog: Catalog) -> Iterator[Diagnostic]:
    """What hubs keep data in, where it is in another region than the hub, held against where data may be."""
    wanted = made.stack.policy.storage
    rule = next(rule for rule in every_rule() if rule.code == "residency.at-rest")
    level = wanted_level(made.stack, rule) or str(rule.level)
    if wanted is None or level == OFF:
        return
    for key, store in made.stores:
        place = store.location if isinstance(store.location, str) else ""
        elsewhere = place in catalog.regions and place != made.stack.workspaces[key].location
        if elsewhere and not catalog.rest_allowed(wanted, place):
            what = STORES.get(store.type, "store")
            summary = f"{key}: its {what} keeps data in {place}, and the policy allows {wanted}"
            detail = "" if store.spans else f"declared as {store.shown}"
            span, urn = store.span("location"), store.urn or store.shown
            yield Diagnostic(rule.code, LEVELS[level], summary, detail, span, "move it", urn)


def document(made: Assembled, catalog: Catalog) -> dict[str, Any]:
    """What stands beside the findings: the proof of residency, and the cost where the policy limits it."""
    from modelform.checks import cost, proof

    found: dict[str, Any] = {"residency": proof.table(made.stack, catalog)}
    if made.stack.policy.monthly_cost is not None:
        found["cost"] = cost.document(made.stack, catalog)
    return found
