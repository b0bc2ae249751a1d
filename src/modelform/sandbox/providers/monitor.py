"""Microsoft.Insights beside components: diagnostic settings on any resource, metric alerts, action groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelform.sandbox.exchange import Json, Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.shapes import table

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"
SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "serviceBusRuleId", "marketplacePartnerId")
HERE = {
    "workspaceId": "Microsoft.OperationalInsights/workspaces",
    "storageAccountId": "Microsoft.Storage/storageAccounts",
}
MOST_SETTINGS = 5
CATEGORIES = {
    "Microsoft.CognitiveServices/accounts": ("Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage"),
}
GROUPS = ("alllogs", "audit")
DURATION = re.compile(r"PT(?:1M|5M|15M|30M|1H|6H|12H)|P1D")

SETTING = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    location~: text
    properties!
      storageAccountId: text
      serviceBusRuleId: text
      eventHubAuthorizationRuleId: text
      eventHubName: text
      metrics[]
        timeGrain: text
        category: text
        enabled!: flag
        retentionPolicy
          enabled!: flag
          days!: whole 0..
      logs[]
        category: text
        categoryGroup: text
        enabled!: flag
        retentionPolicy
          enabled!: flag
          days!: whole 0..
      workspaceId: text
      marketplacePartnerId: text
      logAnalyticsDestinationType: text
    """
)

ALERT = table(
    """
    id~: text
    name~: text
    type~: text
    etag~: text
    kind~: text
    location: text
    tags{}: text
    properties!
      description: text
      severity!: whole 0..4
      enabled!: flag
      scopes[]!: text
      evaluationFrequency!: text
      windowSize!: text
      targetResourceType: text
      targetResourceRegion: text
      criteria!: any
      autoMitigate: flag
      actions[]
        actionGroupId: text
        webHookProperties{}: text
      lastUpdatedTime~: text
      isMigrated~: flag
    """
)

NAMED = "name!: text"
GROUP = table(
    f"""
    id~: text
    {NAMED.replace("!", "~")}
    type~: text
    kind~: text
    identity~: any
    location: text
    tags{{}}: text
    properties!
      groupShortName!: text 1..12
      enabled!: flag
      emailReceivers[]
        {NAMED}
        emailAddress!: text
        useCommonAlertSchema: flag
        status~: text
      smsReceivers[]
        {NAMED}
        countryCode!: text
        phoneNumber!: text
        status~: text
      webhookReceivers[]
        {NAMED}
        serviceUri!: text
        useCommonAlertSchema: flag
        useAadAuth: flag
        objectId: text
        identifierUri: text
        tenantId: text
      itsmReceivers[]: any
      azureAppPushReceivers[]
        {NAMED}
        emailAddress!: text
      automationRunbookReceivers[]: any
      voiceReceivers[]: any
      logicAppReceivers[]
        {NAMED}
        resourceId!: text
        callbackUrl!: text
        useCommonAlertSchema: flag
      azureFunctionReceivers[]: any
      armRoleReceivers[]
        {NAMED}
        roleId!: text
        useCommonAlertSchema: flag
      eventHubReceivers[]: any
    """
)
RECEIVERS = tuple(name for name in GROUP.members["properties"].shape.members if name.endswith("Receivers"))
CRITERIA = "Microsoft.Azure.Monitor."
SORTS = ("SingleResourceMultipleMetricCriteria", "MultipleResourceMultipleMetricCriteria")


def _flat(message: str, code: str = "BadRequest", status: int = 400) -> Refusal:
    """Diagnostic settings answer their errors without an envelope."""
    return Refusal(status, code, message, flat=True)


def _write_setting(change: Change) -> None:
    properties = change.properties
    sinks = {name: str(properties[name]) for name in SINKS if properties.get(name)}
    if not sinks:
        raise _flat("At least one data sink needs to be specified.")
    for name, type in HERE.items():
        found = change.view.get(sinks[name].lower()) if name in sinks else None
        if name in sinks and (found is None or found.type != type):
            raise _flat(f"Resource '{sinks[name]}' was not found.", "ResourceNotFound", 404)
    for part, group in (("logs", "categoryGroup"), ("metrics", "")):
        for one in properties.setdefault(part, []):
            if not one.get("category") and not (group and one.get(group)):
                raise _flat(f"A {part[:-1]} setting must have a category{' or a category group' if group else ''}.")
            one.setdefault("retentionPolicy", {"enabled": False, "days": 0})
    _known_categories(change)
    others = [one for one in change.view.children(change.address.parent_key, DIAGNOSTICS) if one.key != change.key]
    if len(others) >= MOST_SETTINGS:
        text = f"The limit of {MOST_SETTINGS} diagnostic settings was reached. To create a new setting, delete one."
        raise _flat(text)
    for name, id in sinks.items():
        for one in others:
            shared = _enabled(properties) & _enabled(one.properties)
            if str(one.properties.get(name, "")).lower() == id.lower() and shared:
                raise _flat(
                    f"Data sink '{id}' is already used in diagnostic setting '{one.name}' for category "
                    f"'{min(shared)}'. Data sinks can't be reused in different settings on the same category for the "
                    "same resource.",
                    "Conflict",
                    409,
                )


def _enabled(properties: Json) -> set[str]:
    found = [one for part in ("logs", "metrics") for one in properties.get(part) or [] if one["enabled"]]
    return {str(one.get("category") or one.get("categoryGroup")) for one in found}


def _known_categories(change: Change) -> None:
    known = CATEGORIES.get(change.parent.type) if change.parent else None
    if known is None:
        return
    for one in change.properties["logs"]:
        name, group = one.get("category"), one.get("categoryGroup")
        if (name and name.lower() not in (each.lower() for each in known)) or (group and group.lower() not in GROUPS):
            raise _flat(f"Category '{name or group}' is not supported.")
    for one in change.properties["metrics"]:
        if str(one.get("category")).lower() != "allmetrics":
            raise _flat(f"Metric category '{one.get('category')}' is not supported.")


def _write_alert(change: Change) -> None:
    properties, criteria = change.properties, change.properties["criteria"]
    sort = str((criteria if isinstance(criteria, dict) else {}).get("odata.type") or "").removeprefix(CRITERIA)
    if sort not in (*SORTS, "WebtestLocationAvailabilityCriteria"):
        raise Refusal(400, "BadRequest", f"The criteria type '{sort}' of the alert rule is not supported.")
    if sort in SORTS and not criteria.get("allOf"):
        raise Refusal(400, "BadRequest", "The alert rule has no condition: 'criteria.allOf' is empty.")
    if not properties["scopes"]:
        raise Refusal(400, "BadRequest", "The alert rule has no scope: 'scopes' is empty.")
    for name in ("evaluationFrequency", "windowSize"):
        if not DURATION.fullmatch(properties[name]):
            raise Refusal(400, "BadRequest", f"'{properties[name]}' is not a supported '{name}'.")
    for one in properties.setdefault("actions", []):
        if change.view.get(str(one.get("actionGroupId") or "").lower()) is None:
            text = f"The action group '{one.get('actionGroupId')}' was not found."
            raise Refusal(400, "BadRequest", text)
    change.default(autoMitigate=True, targetResourceType="", targetResourceRegion="")


def _write_group(change: Change) -> None:
    for name in RECEIVERS:
        names = [str(one.get("name", "")).lower() for one in change.properties.setdefault(name, [])]
        if len(set(names)) != len(names):
            raise Refusal(400, "ReceiverNamesNotUnique", f"The receivers of '{name}' must have different names.")
    for one in change.properties["emailReceivers"]:
        one["status"] = "Enabled"


def _global(control: Control) -> list[str]:
    return ["global"]


def _global_or_regional(control: Control) -> list[str]:
    return ["global", *control.offers.regions]


KINDS = (
    Kind(
        type=DIAGNOSTICS,
        versions=("2017-05-01-preview", "2021-05-01-preview"),
        shape=SETTING,
        evidence=Evidence.DOCUMENTED,
        name=r"^[^<>*%&:\\?+/]{1,260}$",
        tracked=False,
        writes=Writes(Style.NONE, created=200),
        deletes=Deletes(Style.NONE),
        stateful=False,
        reach="at",
        write=_write_setting,
    ),
    Kind(
        type="Microsoft.Insights/metricAlerts",
        versions=("2018-03-01", "2024-01-01-preview", "2024-03-01-preview"),
        shape=ALERT,
        evidence=Evidence.DOCUMENTED,
        name=r"^[^*#&+:<>?@%{}\\/]{0,259}[^*#&+:<>?@%{}\\/ .]$",
        regions=_global,
        writes=Writes(Style.NONE, created=200),
        deletes=Deletes(Style.NONE),
        stateful=False,
        write=_write_alert,
    ),
    Kind(
        type="Microsoft.Insights/actionGroups",
        versions=("2019-06-01", "2021-09-01", "2022-06-01", "2023-01-01", "2024-10-01-preview"),
        shape=GROUP,
        evidence=Evidence.DOCUMENTED,
        name=r"^[^/&%\\?]{0,259}[^/&%\\? .]$",
        regions=_global_or_regional,
        echo_location=True,
        writes=Writes(Style.NONE),
        deletes=Deletes(Style.NONE),
        stateful=False,
        write=_write_group,
    ),
)
