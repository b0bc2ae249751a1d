"""Microsoft.Consumption: budgets on subscriptions and resource groups."""

from __future__ import annotations

from datetime import UTC, date, datetime

from modelform.sandbox.exchange import Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Provider, Style, Writes
from modelform.sandbox.shapes import table

MOST_NOTIFICATIONS = 5

BUDGET = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    eTag: text
    properties!
      category!: Cost|ReservationUtilization|*
      amount!: number
      timeGrain!: Monthly|Quarterly|Annually|BillingMonth|BillingQuarter|BillingAnnual|*
      timePeriod!
        startDate!: text
        endDate: text
      filter: any
      currentSpend~: any
      forecastSpend~: any
      notifications{}
        enabled!: flag
        operator!: EqualTo|GreaterThan|GreaterThanOrEqualTo|*
        threshold!: number 0..1000
        contactEmails[]!: text
        contactRoles[]: text
        contactGroups[]: text
        thresholdType: Actual|Forecasted|*
        locale: text
    """
)


def _day(text: str, name: str) -> date:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
    except ValueError as error:
        raise _refused(f"The {name} '{text}' is not a date.") from error


def _refused(message: str) -> Refusal:
    return Refusal(400, "400", message)  # as the service has it: the status is the code


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _write(change: Change) -> None:
    properties, period = change.properties, change.properties["timePeriod"]
    sent = change.body.pop("eTag", None)
    if sent and change.existing is not None and sent.strip('"') != change.existing.etag.strip('"'):
        raise Refusal(409, "409", "The budget was changed meanwhile: its eTag is another one.")
    if properties["amount"] <= 0:
        raise _refused("The amount of a budget must be greater than 0.")
    start = _day(period["startDate"], "start date")
    today = datetime.fromtimestamp(change.now, UTC).date()
    old = change.kept("properties.timePeriod.startDate")
    if old is not None:
        if _day(old, "start date") != start:
            raise _refused("Start date of budgets cannot be updated. Please delete and create a new budget.")
    elif start.day != 1:
        raise _refused("The start date of a budget must be the first day of a month.")
    elif properties["timeGrain"] == "Monthly" and start < today.replace(day=1):
        raise _refused("The start date of a monthly budget cannot be before the current month.")
    elif (start.year - today.year) * 12 + start.month - today.month > 12:
        raise _refused("The start date of a budget cannot be more than twelve months ahead.")
    end = _day(period["endDate"], "end date") if period.get("endDate") else start.replace(year=start.year + 10)
    if end <= start:
        raise _refused("The end date of a budget must be after its start date.")
    period.update(startDate=_moment(start), endDate=_moment(end))
    notifications = properties.get("notifications") or {}
    if len(notifications) > MOST_NOTIFICATIONS:
        raise _refused(f"A budget has at most {MOST_NOTIFICATIONS} notifications.")
    for one in notifications.values():
        if not one["contactEmails"] and not one.get("contactRoles") and not one.get("contactGroups"):
            raise _refused("A notification needs a contact: an email address, a role or an action group.")
        one.setdefault("thresholdType", "Actual")
    properties["currentSpend"] = {"amount": 0, "unit": "EUR"}


BUDGETS = Kind(
    type="Microsoft.Consumption/budgets",
    versions=("2019-10-01", "2021-10-01", "2023-05-01", "2023-11-01", "2024-08-01"),
    shape=BUDGET,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9_-]{1,63}$",
    tracked=False,
    writes=Writes(Style.NONE),
    deletes=Deletes(Style.NONE, absent=200),
    stateful=False,
    reach="at",
    write=_write,
)

PROVIDER = Provider("Microsoft.Consumption", (BUDGETS,))
