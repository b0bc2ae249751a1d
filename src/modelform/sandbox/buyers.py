"""What kind of offer a subscription is of (ARM's `quotaId`), which decides whether it may buy from the marketplace.

Every subscription pays as it goes until `PUT /_sandbox/subscriptions/{id}` says otherwise.
"""

from __future__ import annotations

import json

from modelform.sandbox import refusals
from modelform.sandbox.address import parse
from modelform.sandbox.exchange import Handler, Refusal, Request, Response
from modelform.sandbox.store import Store, View

PREFIX = ("_sandbox", "subscriptions")
USUAL = "PayAsYouGo_2014-09-01"
SCOPE = "subscription-offer"
# The beginnings of the kinds that cannot buy, in lower case: documented (resold, students, Visual Studio) or reported.
EXCLUDED = ("csp", "freetrial", "azureforstudents", "azurepass", "sponsored", "msdn", "mpn", "bizspark", "dreamspark")


def quota_id(view: View, subscription: str) -> str:
    """The kind of a subscription."""
    return view.holder(SCOPE, subscription) or USUAL


def ineligible(view: View, subscription: str) -> str:
    """Why a subscription cannot buy from the marketplace; empty for one that can."""
    kind = quota_id(view, subscription)
    if not kind.lower().startswith(EXCLUDED):
        return ""
    return f"the offer of the Azure subscription, {kind}, does not allow the purchase of marketplace products"


class Buyers:
    """The part of the control API that tells and sets the kind of a subscription; a layer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, request: Request, inner: Handler) -> Response:
        """The layer."""
        segments = parse(request.path).segments
        if segments[:2] != PREFIX or len(segments) != 3:
            return inner(request)
        try:
            return self._answer(request, segments[2])
        except Refusal as refusal:
            return refusal.response()

    def _answer(self, request: Request, subscription: str) -> Response:
        if request.method == "PUT":
            kind = _kind(request)
            with self._store.write() as view:
                view.take(SCOPE, subscription, kind)
        elif request.method != "GET":
            raise refusals.not_allowed(request.method)
        with self._store.read() as view:
            found = quota_id(view, subscription)
            why = ineligible(view, subscription)
        return Response(200, {"subscriptionId": subscription, "quotaId": found, "buysFromMarketplace": not why})


def _kind(request: Request) -> str:
    try:
        sent = json.loads(request.body)
    except ValueError as error:
        raise refusals.bad_content(f"the body is not JSON ({error})") from error
    kind = sent.get("quotaId") if isinstance(sent, dict) else None
    if not isinstance(kind, str) or not kind or set(sent) != {"quotaId"}:
        raise refusals.bad_content(f'{{"quotaId": "{USUAL}"}} or another kind of offer is expected')
    return kind
