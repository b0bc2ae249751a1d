"""The user's overlay: what Azure itself said of models, regions and prices, in one file that stands above our data.

The file is beside `stacks/` and belongs into version control: a plan is then made from a commit and nothing else, on
every machine alike, and a refresh is a change that somebody reviews. `modelform catalog refresh` writes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from modelform.catalog.data import VARIABLE
from modelform.errors import Diagnostic, Severity
from modelform.record import dataclass

Json = dict[str, Any]

CODE = "catalog.overlay"
FORMAT = "modelform/catalog-overlay/v1"
BASE = "USD"
MODELS_SOURCE, ACCOUNTS_SOURCE, PRICES_SOURCE = "azure-models", "azure-skus", "azure-retail"
REFRESH = "run `modelform catalog refresh`"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay that was found: `path` as people may write it, the day of its newest fact, whose facts they are.

    `regions` is of how many regions it knows what models they have. `problem` says why it is not used, `hint` what to
    do; then the rest is as good as the file allows.
    """

    path: str
    as_of: str = ""
    target: str = ""
    digest: str = ""
    problem: str = ""
    hint: str = ""
    regions: int = 0

    @property
    def used(self) -> bool:
        """Do its facts stand above the package's?"""
        return not self.problem

    @property
    def name(self) -> str:
        """The file's name, for a sentence."""
        return Path(self.path).name

    def age(self, today: date) -> int:
        """Days since its newest fact."""
        return (today - date.fromisoformat(self.as_of)).days if self.as_of else 0


def notice(overlay: Overlay, version: str) -> Diagnostic:
    """What is to be said of an overlay: that it decides, or why it does not. `version` is the catalogue's."""
    if overlay.problem:
        said = f"{overlay.name} is not used: it {overlay.problem}"
        return Diagnostic(CODE, Severity.WARNING, said, overlay.path, None, overlay.hint)
    whose = "Azure" if overlay.target == "azure" else "the sandbox"
    said = f"overlay of {overlay.as_of}: what {whose} said stands above the catalogue of {version}"
    return Diagnostic(CODE, Severity.INFO, said, overlay.path)


def read(path: str, target: str, newest_fact: str) -> tuple[Overlay, Json]:
    """The overlay of a file and its facts; no facts where it cannot be used, and then it says why.

    `target` is the cloud of the stack that asks, empty for nobody's; `newest_fact` the day of the package's.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        named = f"set {VARIABLE} to a file that is there" if isinstance(error, FileNotFoundError) else "make it legible"
        return Overlay(path, problem=why, hint=f"{named}, or {REFRESH}"), {}
    restore = f"restore it from version control, or delete it and {REFRESH}"
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        place = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return Overlay(path, problem=f"is no JSON, or is cut short ({said}{place})", hint=restore), {}
    wrong = next(problems(document), "")
    if wrong:
        return Overlay(path, problem=f"has another form than an overlay's: {wrong}", hint=restore), {}
    asked = sum("models" in row for row in document["regions"].values())
    found = Overlay(path, document["asOf"], document["target"], sha256(raw).hexdigest(), regions=asked)
    if found.target == "sandbox" and target == "azure":
        why = "holds what the sandbox says, which is no fact about Azure"
        return _unused(found, why, "run `modelform catalog refresh --target azure`"), {}
    if found.as_of < newest_fact:
        why = f"is of {found.as_of}, and older than the catalogue of this release ({newest_fact})"
        return _unused(found, why, f"{REFRESH}, or delete the file"), {}
    return found, document


def _unused(found: Overlay, problem: str, hint: str) -> Overlay:
    return Overlay(found.path, found.as_of, found.target, "", problem, hint)


def empty(target: str, currency: str = BASE) -> Json:
    """An overlay without facts, to be filled. `prices` are in `currency`; those in others are under `currencies`."""
    return {
        "format": FORMAT,
        "target": target,
        "asOf": "",
        "currency": currency,
        "regions": {},
        "accounts": None,
        "models": {},
        "rooms": {},
        "prices": {},
        "currencies": {},
        "parts": {},
        "missing": [],
    }


def price_table(document: Json, currency: str) -> tuple[Json, Json]:
    """The prices of a currency by model and sku, and the day of those of each region; both to be filled."""
    if currency == document["currency"]:
        return document["prices"], document["regions"]
    table = document.setdefault("currencies", {}).setdefault(currency, {"regions": {}, "prices": {}})
    return table["prices"], table["regions"]


def currencies(document: Json) -> tuple[str, ...]:
    """The currencies that an overlay has prices in, its own first."""
    return (document["currency"], *sorted(document.get("currencies", ())))


def render(document: Json) -> str:
    """The text of an overlay's file: sorted, one line a model, so that a difference can be read."""
    parts = []
    for name, value in document.items():
        if isinstance(value, dict) and value and name != "accounts":
            rows = ",\n".join(f"{_compact(key)}:{_compact(value[key])}" for key in sorted(value))
            parts.append(f"{_compact(name)}:{{\n{rows}\n}}")
        else:
            parts.append(f"{_compact(name)}:{_compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def write(file: Path, document: Json) -> None:
    """Writes an overlay whole or not at all."""
    import tempfile

    text = render(document)
    handle, half = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(half).chmod(0o644)
        Path(half).replace(file)
    except OSError:
        Path(half).unlink(missing_ok=True)
        raise


# the form


def problems(document: Any) -> Iterator[str]:
    """What is wrong with an overlay's form, each as `where: what`; nothing reads a document that has any."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        yield f"format: not {FORMAT}"
        return
    yield from _expect(document, "target", lambda value: value in ("sandbox", "azure"))
    yield from _expect(document, "asOf", _is_day)
    yield from _expect(document, "currency", lambda value: value == BASE)
    yield from _table(document, "regions", _region)
    accounts = document.get("accounts")
    if accounts is not None:
        if not isinstance(accounts, dict):
            yield "accounts: no table"
        else:
            yield from _expect(accounts, "asOf", _is_day, "accounts.")
            yield from _expect(accounts, "regions", _are_texts, "accounts.")
    yield from _table(document, "models", _model)
    yield from _table(document, "prices", _rates)
    yield from _table(document, "rooms", _rooms)
    for name, each in (("currencies", _currency), ("parts", _parts)):
        if name in document:
            yield from _table(document, name, each)
    if not isinstance(document.get("missing"), list):
        yield "missing: no list"


def _expect(row: Json, key: str, fits: Callable[[Any], bool], where: str = "") -> Iterator[str]:
    if not fits(row.get(key)):
        yield f"{where}{key}: {str(row.get(key))[:40]!r}" if key in row else f"{where}{key}: missing"


def _table(document: Json, name: str, each: Callable[[Json, str], Iterator[str]]) -> Iterator[str]:
    table = document.get(name)
    if not isinstance(table, dict):
        yield f"{name}: no table"
        return
    for key, row in table.items():
        if not isinstance(row, dict):
            yield f"{name}.{key}: no table"
        else:
            yield from each(row, f"{name}.{key}.")


def _region(row: Json, where: str) -> Iterator[str]:
    for api in ("models", "prices"):
        if api in row:
            yield from _expect(row, api, _is_day, where)


def _model(row: Json, where: str) -> Iterator[str]:
    for key in ("format", "name", "version", "publisher", "status"):
        yield from _expect(row, key, lambda value: isinstance(value, str), where)
    yield from _expect(row, "asOf", _is_day, where)
    yield from _expect(row, "retires", lambda value: value is None or _is_day(value), where)
    yield from _expect(row, "features", _are_texts, where)
    skus = row.get("skus")
    if not isinstance(skus, dict):
        yield f"{where}skus: no table"
        return
    for name, sku in skus.items():
        if not isinstance(sku, dict):
            yield f"{where}skus.{name}: no table"
            continue
        yield from _expect(sku, "usageName", lambda value: isinstance(value, str), f"{where}{name}.")
        yield from _expect(sku, "regions", _are_texts, f"{where}{name}.")
        for bound in ("minimum", "maximum", "step", "default"):
            yield from _expect(sku, bound, lambda value: value is None or type(value) is int, f"{where}{name}.")


def _rates(row: Json, where: str) -> Iterator[str]:
    for sku, rows in row.items():
        fits = isinstance(rows, list) and all(
            isinstance(item, dict) and _are_texts(item.get("regions")) and _are_numbers(item.get("rates"))
            for item in rows
        )
        if not fits:
            yield f"{where}{sku}: no prices by region"


def _currency(row: Json, where: str) -> Iterator[str]:
    for name, each in (("regions", _region), ("prices", _rates)):
        table = row.get(name)
        if not isinstance(table, dict) or not all(isinstance(item, dict) for item in table.values()):
            yield f"{where}{name}: no table"
            continue
        for key, item in table.items():
            yield from each(item, f"{where}{name}.{key}.")


def _parts(row: Json, where: str) -> Iterator[str]:
    yield from _expect(row, "asOf", _is_day, where)
    prices = row.get("prices")
    if not isinstance(prices, dict) or not all(_are_numbers(places) for places in prices.values()):
        yield f"{where}prices: no numbers by region"


def _rooms(row: Json, where: str) -> Iterator[str]:
    yield from _expect(row, "asOf", _is_day, where)
    skus = row.get("skus")
    if not isinstance(skus, dict) or not all(_are_numbers(places) for places in skus.values()):
        yield f"{where}skus: no numbers by region"


def _are_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(number, (int, float)) and not isinstance(number, bool) and number >= 0 for number in value.values()
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
