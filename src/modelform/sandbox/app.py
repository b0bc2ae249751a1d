"""The sandbox as one ASGI application: the control plane behind every path that no other route takes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.sandbox import refusals
from modelform.sandbox.buyers import Buyers
from modelform.sandbox.control import Control
from modelform.sandbox.exchange import Dropped, Handler, Layer, Request, Response
from modelform.sandbox.faults import VARIABLE, Plan, load_plan
from modelform.sandbox.identity import principal_of
from modelform.sandbox.journal import Journal
from modelform.sandbox.offers import Offers
from modelform.sandbox.plane.service import DataPlane
from modelform.sandbox.providers import PROVIDERS
from modelform.sandbox.retail import PriceList
from modelform.sandbox.store import DATABASE, Store, folder
from modelform.sandbox.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.routing import BaseRoute

JOURNAL = "MODELFORM_SANDBOX_JOURNAL"


def create_control(
    data_dir: Path | None,
    *,
    latency: float = 0.0,
    journal: Path | None = None,
    today: date | None = None,
    clock: Callable[[], float] = time.time,
    authenticate: Callable[[str], str | None] = principal_of,
    recognize: Callable[[str], str | None] | None = None,
    layers: Sequence[Layer] = (),
    catalogue: dict[str, Any] | None = None,
    faults: Plan | None = None,
) -> Control:
    """The control plane over `<data_dir>/sandbox.db` (a folder of its own that goes with it, for None).

    Seconds of `latency` a long-running operation; the day `today` decides which models are retired (else the clock's);
    `authenticate` gives the client id of a bearer token or None, and `recognize` (else the same) that of a token for
    the data plane; `layers` are put between journal and handling; `faults` (else those of the file that
    MODELFORM_SANDBOX_FAULTS names) happen before everything else, and are in `trouble` of what is given back.
    Raises `StateError` for a folder or a database that cannot be used, `ModelformError` for a wrong fault plan.
    """
    from modelform.catalog import data

    place = Path(tempfile.mkdtemp(prefix="modelform-sandbox-")) if data_dir is None else data_dir
    named = os.environ.get(JOURNAL)
    file = journal or (Path(named) if named else None)
    around: list[Layer] = [Journal(file)] if file else []
    store = Store(folder(place) / DATABASE)
    offers = Offers(catalogue if catalogue is not None else data.load())
    planned = os.environ.get(VARIABLE)
    trouble = Trouble(store, load_plan(Path(planned)) if faults is None and planned else faults)
    day = (lambda: today) if today else (lambda: datetime.fromtimestamp(clock(), UTC).date())
    models = DataPlane(store, offers, clock=clock, authenticate=recognize or authenticate, today=day)
    control = Control(
        store,
        offers,
        PROVIDERS,
        latency=latency,
        clock=clock,
        today=day,
        layers=[Buyers(store), PriceList(offers), models, *around, *layers, bearer(authenticate)],
        trouble=trouble,
    )
    if data_dir is None:
        weakref.finalize(control, _forget, store, place)
    return control


def _forget(store: Store, place: Path) -> None:
    store.close()
    shutil.rmtree(place, ignore_errors=True)


def bearer(authenticate: Callable[[str], str | None]) -> Layer:
    """The layer that wants a bearer token, and says who came."""

    def check(request: Request, inner: Handler) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token or scheme.lower() != "bearer":
            return refusals.no_token().response()
        principal = authenticate(token.strip())
        if principal is None:
            return refusals.bad_token().response()
        request.principal = principal
        return inner(request)

    return check


def create_app(
    data_dir: Path | None,
    *,
    latency: float = 0.0,
    journal: Path | None = None,
    today: date | None = None,
    routes: Sequence[BaseRoute] = (),
    **options: Any,
) -> Starlette:
    """The ASGI application; `routes` come before the control plane, which is in `app.state.control`."""
    from starlette.routing import Route

    from modelform.sandbox.connections import cut
    from modelform.sandbox.front import Application, Face
    from modelform.sandbox.plane.web import ModelHosts

    control = create_control(data_dir, latency=latency, journal=journal, today=today, **options)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        control.store.close()

    everything = Route("/{path:path}", Face(control))
    app = Application(
        routes=[*routes, ModelHosts(control), everything], lifespan=lifespan, exception_handlers={Dropped: cut}
    )
    app.state.control = control
    return app
