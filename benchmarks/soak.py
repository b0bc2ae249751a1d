"""Many clients, many requests, many faults, kill -9 in the middle; then every promise of the sandbox is checked.

    python benchmarks/soak.py [--clients 16] [--requests 5000] [--faults 0.1] [--kill 0] [--seed 1]

Each client has resource groups of its own, keeps a model of what must be in them, and does what chance tells it to.
What was answered is certain. Where the connection broke, the change took place or did not: the client asks, and takes
either for right, but nothing else. Names that are one world's, quota and the database are shared. At the end, without
faults: everything that a client was told of is there and as it was told, what was deleted is gone, nothing is there
twice or without what it belongs to, quota sums are those of the deployments and the soft-deleted, no operation goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelform.sandbox.identity import SUBSCRIPTION, TENANT, TOKEN
from modelform.sandbox.store import DATABASE, Store

ROOT = f"/subscriptions/{SUBSCRIPTION}"
REGION = "swedencentral"
COGNITIVE, LEARNING, NETWORK, STORAGE, VAULT = "2025-06-01", "2025-12-01", "2024-05-01", "2024-01-01", "2024-11-01"
GROUPS = "2024-03-01"
LATENCY = 30  # milliseconds of each long-running operation
MOST = 60.0  # seconds for which a client tries one thing
KINDS = ("throttle", "error", "drop-before", "drop-after")
SHARED = 6  # storage account names that all clients want
BUSY = (
    *("RequestConflict", "AnotherOperationInProgress", "StorageAccountOperationInProgress"),
    *("ResourceGroupBeingDeleted", "AccountProvisioningStateInvalid"),
)
# What a client may hear for its own sake: each says that nothing was changed.
REFUSALS = ("InsufficientQuota", "DeploymentLimitReached", "StorageAccountAlreadyTaken", "CannotDeleteResource")
Json = dict[str, Any]


class Broken(Exception):
    """A promise that was not kept."""


class Lost(Exception):
    """The connection broke before the answer: whether the request took effect is not known."""


@dataclass
class Tally:
    """What all clients have done so far."""

    budget: int
    sent: int = 0
    lost: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def count(self, status: int, code: str = "") -> None:
        """Counts an answer, or with 0 none."""
        with self.lock:
            self.sent += 1
            self.statuses[status] += 1
            self.lost += status == 0
            if code:
                self.codes[code] += 1

    @property
    def over(self) -> bool:
        """Were all requests sent?"""
        return self.sent >= self.budget or self.stop.is_set()


class Server:
    """`modelform sandbox serve` on a folder; it can be killed and comes back at the same port."""

    def __init__(self, folder: Path, faults: float, seed: int) -> None:
        (folder / "stacks").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        lines = [{"kind": kind, "chance": round(faults / len(KINDS), 4)} for kind in KINDS]
        lines[0]["seconds"] = 0.05
        (folder / "faults.yaml").write_text(json.dumps({"seed": seed, "faults": lines if faults else []}))
        self.start()

    def start(self) -> None:
        """Starts it and waits until it takes requests."""
        command = [sys.executable, "-m", "modelform", "sandbox", "serve", "--json", "--latency", str(LATENCY)]
        self.process = subprocess.Popen(
            [*command, "-C", str(self.folder)],
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "MODELFORM_SANDBOX_FAULTS": str(self.folder / "faults.yaml")},
        )  # fmt: skip
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.port, self.bundle = int(told["url"].rpartition(":")[2]), told["caBundle"]

    def kill(self) -> None:
        """kill -9, and up again."""
        self.process.kill()
        self.process.wait()
        self.start()

    def end(self) -> None:
        """Ends it as a person does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Web:
    """One client's connection."""

    def __init__(self, server: Server, tally: Tally) -> None:
        self._server, self._tally = server, tally
        self._trust = ssl.create_default_context(cafile=server.bundle)
        self._connection: http.client.HTTPSConnection | None = None

    def ask(self, method: str, path: str, version: str, body: Json | None = None) -> tuple[int, Json]:
        """One request; raises `Lost`."""
        separator = "&" if "?" in path else "?"
        content = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        try:
            connection = self._open()
        except OSError as error:  # it is being killed and comes back; nothing was sent
            time.sleep(0.05)
            raise Unsent from error
        try:
            connection.request(method, f"{path}{separator}api-version={version}", content, headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self._tally.count(0)
            raise Lost from error
        found = json.loads(data) if data else {}
        self._tally.count(answer.status, code_of(found))
        return answer.status, found

    def _open(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            connection = http.client.HTTPSConnection("localhost", self._server.port, timeout=30, context=self._trust)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Closes the connection; the next request makes another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class Unsent(Exception):
    """Nobody took the request."""


def code_of(body: Any) -> str:
    """An answer's error code."""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code")) if isinstance(error, dict) else ""


class Client:
    """Does what chance tells it to in groups of its own, and keeps a model of what must be there."""

    def __init__(self, number: int, server: Server, tally: Tally, seed: int) -> None:
        self.name, self._tally = f"c{number:02}", tally
        self._dice = random.Random(f"{seed}/{number}")
        self.web = Web(server, tally)
        self.group = f"{ROOT}/resourceGroups/soak-{self.name}"
        self.side = f"{ROOT}/resourceGroups/side-{self.name}"
        self.kept: dict[str, str] = {}  # what is there, and the mark that it bears
        self.gone: set[str] = set()
        self.buried: dict[str, dict[str, str]] = {}  # soft-deleted accounts, each with itself and its children
        self.keys: dict[str, str] = {}
        self._turn = 0
        self.failure: BaseException | None = None

    # asking

    def _ask(self, method: str, path: str, version: str, body: Json | None = None) -> tuple[int, Json]:
        """Asks until there is an answer that means something; raises `Lost`."""
        end = time.monotonic() + MOST
        while time.monotonic() < end:
            try:
                status, found = self.web.ask(method, path, version, body)
            except Unsent:
                continue
            if status != 429 and status < 500 and code_of(found) not in BUSY:
                return status, found
            time.sleep(self._dice.uniform(0.01, 0.06))
        raise Broken(f"{method} {path} came to no end in {MOST:.0f} s: {status} {found}")

    def look(self, path: str) -> str | None:
        """The mark of what is there, once it has settled; None for nothing."""
        end = time.monotonic() + MOST
        while time.monotonic() < end:
            try:
                status, found = self._ask("GET", path, version_of(path))
            except Lost:
                continue
            if status == 404:
                return None
            if status != 200:
                raise Broken(f"GET {path}: {status} {found}")
            state = (found.get("properties") or {}).get("provisioningState", "Succeeded")
            if state == "Succeeded":
                return mark_of(path, found)
            if state not in ("Creating", "RegisteringDns", "Accepted", "Updating", "Deleting"):
                raise Broken(f"{path} is {state}")
            time.sleep(LATENCY / 1000)
        raise Broken(f"{path} did not settle in {MOST:.0f} s")

    def put(self, path: str, body: Json, mark: str) -> bool:
        """Makes or changes a resource that will bear a mark; did it?"""
        try:
            status, found = self._ask("PUT", path, version_of(path), body)
        except Lost:
            seen = self.look(path)
            if seen not in (self.kept.get(path), mark):
                raise Broken(f"{path} is {seen!r}: it was {self.kept.get(path)!r}, or was to be {mark!r}") from None
            self._note(path, seen)
            return seen == mark
        if status in (200, 201, 202):
            self._note(path, mark)
            return True
        if code_of(found) not in REFUSALS:
            raise Broken(f"PUT {path}: {status} {found}")
        return False

    def delete(self, path: str, query: str = "") -> None:
        """Deletes a resource and all that is below it."""
        try:
            status, found = self._ask("DELETE", path + query, version_of(path))
        except Lost:
            pass
        else:
            if status >= 400 and code_of(found) not in REFUSALS:
                raise Broken(f"DELETE {path}: {status} {found}")
            refused = status >= 400
            if refused:
                if self.look(path) != self.kept[path]:
                    raise Broken(f"{path} was refused to go, and is not what it was")
                return
            if self.look(path) is not None:
                raise Broken(f"{path} was deleted, and is there")
        seen = self.look(path)
        if seen is None:
            self._drop(path)
        elif seen != self.kept[path]:
            raise Broken(f"{path} is {seen!r} after a lost DELETE, and was {self.kept[path]!r}")

    def _note(self, path: str, mark: str | None) -> None:
        if mark is not None:
            self.kept[path] = mark
            self.gone.discard(path)

    def _drop(self, path: str) -> None:
        inside = {one: mark for one, mark in self.kept.items() if one == path or one.startswith(f"{path}/")}
        for one in inside:
            del self.kept[one]
            self.gone.add(one)
            self.keys.pop(one, None)
        for one in (one for one in inside if kind_of(one) == "accounts"):
            self.buried[one] = {key: mark for key, mark in inside.items() if key == one or key.startswith(f"{one}/")}

    # doing

    def run(self) -> None:
        """Works until all requests are sent; whatever goes wrong stops everybody."""
        try:
            while not self.put(self.group, {"location": REGION, "tags": {"mark": "0"}}, "0"):
                continue
            while not self._tally.over:
                self._dice.choice(self._deeds())()
        except BaseException as error:  # noqa: BLE001, told by the main thread
            self.failure = error
            self._tally.stop.set()
        finally:
            self.web.close()

    def _deeds(self) -> list[Callable[[], None]]:
        deeds = [self._account, self._account, self._group, self._store, self._shared, self._network, self._side]
        deeds += [self._deployment] * 6 + [self._project] * 2 + [self._workspace, self._subnet]
        deeds += [self._lists, self._keys, self._leave, self._leave, self._bury, self._back, self._purge]
        return deeds

    def _mark(self) -> str:
        self._turn += 1
        return f"{self.name}-{self._turn}"

    def _some(self, kind: str) -> str | None:
        found = [one for one in self.kept if kind_of(one) == kind]
        return self._dice.choice(found) if found else None

    def _group(self) -> None:
        mark = self._mark()
        self.put(self.group, {"location": REGION, "tags": {"mark": mark}}, mark)

    def _account(self) -> None:
        name = f"{self.name}-{self._dice.randrange(3)}"
        path = f"{self.group}/providers/Microsoft.CognitiveServices/accounts/{name}"
        if path in self.buried:
            status, found = self._certain("PUT", path, account("x", f"soak-{name}"))
            if status is not None and (status, code_of(found)) != (409, "FlagMustBeSetForRestore"):
                raise Broken(f"{path} is soft-deleted, and a PUT was answered {status} {found}")
            return
        mark = self._mark()
        self.put(path, account(mark, f"soak-{name}"), mark)

    def _certain(self, method: str, path: str, body: Json | None = None) -> tuple[int | None, Json]:
        try:
            return self._ask(method, path, version_of(path), body)
        except Lost:
            return None, {}

    def _deployment(self) -> None:
        if (above := self._some("accounts")) is None:
            return
        capacity = self._dice.randint(1, 40)
        path = f"{above}/deployments/model{self._dice.randrange(4)}"
        model = {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"}
        sku = {"name": "DataZoneStandard", "capacity": capacity}
        self.put(path, {"sku": sku, "properties": {"model": model}}, str(capacity))

    def _project(self) -> None:
        if (above := self._some("accounts")) is None:
            return
        mark = self._mark()
        body = {"location": REGION, "identity": {"type": "SystemAssigned"}, "tags": {"mark": mark}, "properties": {}}
        self.put(f"{above}/projects/project{self._dice.randrange(2)}", body, mark)

    def _store(self) -> None:
        mark = self._mark()
        self.put(self._home(), storage(mark), mark)
        vault = f"{self.group}/providers/Microsoft.KeyVault/vaults/soak-{self.name}"
        rules = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
        self.put(vault, {"location": REGION, "tags": {"mark": mark}, "properties": rules}, mark)

    def _home(self) -> str:
        return f"{self.group}/providers/Microsoft.Storage/storageAccounts/soak{self.name}"

    def _shared(self) -> None:
        """A name that everybody wants: at most one has it."""
        name = f"soakshared{self._dice.randrange(SHARED)}"
        path, mark = f"{self.group}/providers/Microsoft.Storage/storageAccounts/{name}", self._mark()
        self.put(path, storage(mark), mark)

    def _workspace(self) -> None:
        vault = f"{self.group}/providers/Microsoft.KeyVault/vaults/soak-{self.name}"
        if vault not in self.kept or self._home() not in self.kept:
            return
        mark = self._mark()
        below = {"storageAccount": self._home(), "keyVault": vault}
        body = {"location": REGION, "kind": "Hub", "identity": {"type": "SystemAssigned"}, "properties": below}
        name = f"{self.name}-hub{self._dice.randrange(2)}"
        path = f"{self.group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
        self.put(path, {**body, "tags": {"mark": mark}}, mark)

    def _network(self) -> None:
        path = f"{self.group}/providers/Microsoft.Network/virtualNetworks/net{self._dice.randrange(2)}"
        mark = self._mark()
        subnets = [
            {"name": one.rpartition("/")[2], "properties": {"addressPrefix": prefix}}
            for one, prefix in self.kept.items()
            if one.startswith(f"{path}/subnets/")
        ]
        space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}
        self.put(path, {"location": REGION, "tags": {"mark": mark}, "properties": space}, mark)

    def _subnet(self) -> None:
        if (above := self._some("virtualNetworks")) is None:
            return
        number = self._dice.randrange(4)
        prefix = f"10.0.{number * 16 + self._dice.randrange(16)}.0/24"
        self.put(f"{above}/subnets/part{number}", {"properties": {"addressPrefix": prefix}}, prefix)

    def _side(self) -> None:
        """A group that comes with something in it, and goes as a whole."""
        if self.side in self.kept:
            self.delete(self.side)
            return
        mark = self._mark()
        if self.put(self.side, {"location": REGION, "tags": {"mark": mark}}, mark):
            path = f"{self.side}/providers/Microsoft.Storage/storageAccounts/side{self.name}"
            self.put(path, storage(mark), mark)

    def _leave(self) -> None:
        kind = self._dice.choice(("deployments", "deployments", "projects", "subnets", "virtualNetworks", "storage"))
        found = [one for one in self.kept if kind_of(one) == kind or (kind == "storage" and "soakshared" in one)]
        if found:
            self.delete(self._dice.choice(found))
        elif (hub := self._some("workspaces")) is not None:
            self.delete(hub, "?forceToPurge=true")

    def _bury(self) -> None:
        path = self._some("accounts")
        if path is None:
            return
        if self._dice.random() < 0.7:  # else it may be refused for its projects
            for one in [one for one in self.kept if one.startswith(f"{path}/projects/")]:
                self.delete(one)
        self.delete(path)

    def _back(self) -> None:
        if not self.buried:
            return
        path = self._dice.choice(sorted(self.buried))
        mark = self._mark()
        body = account(mark, f"soak-{path.rpartition('/')[2]}")
        body["properties"]["restore"] = True
        status, found = self._certain("PUT", path, body)
        if status is not None and status >= 400:
            raise Broken(f"the restore of {path} was answered {status} {found}")
        seen = self.look(path)
        if seen is None and status is None:
            return
        if seen != mark:
            raise Broken(f"{path} was restored and is {seen!r}, not {mark!r}")
        for one, old in {**self.buried.pop(path), path: mark}.items():
            self._note(one, old)

    def _purge(self) -> None:
        if not self.buried:
            return
        path = self._dice.choice(sorted(self.buried))
        place = grave_of(path)
        status, found = self._certain("DELETE", place)
        if status is not None and status >= 400:
            raise Broken(f"the purge of {path} was answered {status} {found}")
        end = time.monotonic() + MOST
        while time.monotonic() < end:
            there, _ = self._certain("GET", place)
            if there == 404:
                del self.buried[path]
                return
            if there == 200 and status is None:
                return
            time.sleep(LATENCY / 1000)
        raise Broken(f"{path} was purged, and is among the deleted")

    def _keys(self) -> None:
        path = self._some("accounts")
        if path is None:
            return
        if self._dice.random() < 0.5:
            status, found = self._certain("POST", f"{path}/regenerateKey", {"keyName": "Key1"})
            self.keys.pop(path, None)
        else:
            status, found = self._certain("POST", f"{path}/listKeys")
        if status is None:
            return
        if status != 200:
            raise Broken(f"the keys of {path} were answered {status} {found}")
        if self.keys.setdefault(path, found["key1"]) != found["key1"]:
            raise Broken(f"{path} has another key than it was told to have")

    def _lists(self) -> None:
        """What a list says must be what the model says."""
        above = self._some("accounts") or self.group
        kind = "deployments" if kind_of(above) == "accounts" else "providers/Microsoft.CognitiveServices/accounts"
        status, found = self._certain("GET", f"{above}/{kind}")
        if status is None:
            return
        if status != 200:
            raise Broken(f"the list of {above}/{kind} was answered {status} {found}")
        listed = sorted(one["id"].lower() for one in found["value"])
        wanted = sorted(one.lower() for one in self.kept if one.rpartition("/")[0] == f"{above}/{kind}")
        if listed != wanted:
            raise Broken(f"{above}/{kind} lists {listed}, and {wanted} is there")

    # the end

    def verify(self) -> None:
        """Everything that is kept is there and as it was told; what is gone is gone; the deleted lie where they lay."""
        for path, mark in self.kept.items():
            if (seen := self.look(path)) != mark:
                raise Broken(f"{path} is {seen!r}, and was to be {mark!r}")
        for path in self.gone:
            if (seen := self.look(path)) is not None:
                raise Broken(f"{path} was deleted, and is {seen!r}")
        for path in self.buried:
            if self._certain("GET", grave_of(path))[0] != 200:
                raise Broken(f"{path} is not among the deleted")


def account(mark: str, subdomain: str) -> Json:
    """A Foundry account."""
    properties = {"customSubDomainName": subdomain, "allowProjectManagement": True}
    body: Json = {"kind": "AIServices", "location": REGION, "sku": {"name": "S0"}, "properties": properties}
    return {**body, "identity": {"type": "SystemAssigned"}, "tags": {"mark": mark}}


def storage(mark: str) -> Json:
    """A storage account."""
    return {"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "tags": {"mark": mark}}


def grave_of(path: str) -> str:
    """Where ARM keeps a deleted account."""
    parts = path.split("/")
    scope = f"{ROOT}/providers/Microsoft.CognitiveServices/locations/{REGION}/resourceGroups/{parts[4]}"
    return f"{scope}/deletedAccounts/{parts[-1]}"


def kind_of(path: str) -> str:
    """The last type of a path."""
    return path.split("/")[-2]


def version_of(path: str) -> str:
    """An api-version for a path."""
    for word, version in (
        ("CognitiveServices", COGNITIVE),
        ("MachineLearning", LEARNING),
        ("Microsoft.Network", NETWORK),
        ("Microsoft.Storage", STORAGE),
        ("KeyVault", VAULT),
    ):
        if word in path:
            return version
    return GROUPS


def mark_of(path: str, found: Json) -> str:
    """The mark that a resource bears."""
    if kind_of(path) == "deployments":
        return str(found["sku"]["capacity"])
    if kind_of(path) == "subnets":
        return str(found["properties"]["addressPrefix"])
    return str((found.get("tags") or {}).get("mark"))


def check(store: Store, clients: list[Client], now: float) -> dict[str, int]:
    """Every invariant of the database, and that it holds what the clients' models say and nothing else."""
    with store.read() as view:
        live = {one.key: one for one in view.below(ROOT)}
        used = view.used(SUBSCRIPTION, REGION)
    with contextlib.closing(sqlite3.connect(store.file)) as rows:  # what no question of the store's own shows
        dead = {key: json.loads(body) for key, body in rows.execute("SELECT key, body FROM deleted")}
        quota = rows.execute("SELECT owner, usage, amount FROM quota").fetchall()
        taken = rows.execute("SELECT scope, name, owner FROM taken").fetchall()
        stuck = rows.execute("SELECT count(*) FROM operations WHERE ends > ?", (now,)).fetchone()[0]
    bodies = {key: one.body for key, one in live.items()} | dead
    wanted = {path.lower() for client in clients for path in client.kept}
    buried = {path.lower() for client in clients for below in client.buried.values() for path in below}
    for said, broken in (
        ("resources that nobody was told of", set(live) - wanted),
        ("resources that are lost", wanted - set(live)),
        ("deleted ones that nobody was told of", set(dead) - buried),
        ("deleted ones that are lost", buried - set(dead)),
        ("both alive and deleted", set(live) & set(dead)),
        ("without a parent", {k for k, one in live.items() if one.parent.count("/") > 2 and one.parent not in live}),
        ("not settled", {key for key, one in live.items() if one.ready > now or one.state_at(now) != "Succeeded"}),
        ("names of nobody", {name for _, name, owner in taken if owner not in bodies}),
        ("quota of nobody", {owner for owner, _, _ in quota if owner not in bodies}),
    ):
        if broken:
            raise Broken(f"{said}: {sorted(broken)[:5]}")
    if stuck:
        raise Broken(f"{stuck} operations go on")
    held = {key: body["sku"]["capacity"] for key, body in bodies.items() if "/deployments/" in key}
    if held != {owner: amount for owner, _, amount in quota}:
        raise Broken("the quota that is written down is not what deployments and the soft-deleted hold")
    if sum(used.values()) != sum(held.values()):
        raise Broken(f"{sum(used.values())} units of quota are used, and {sum(held.values())} are held")
    domains = Counter(body["properties"]["customSubDomainName"] for key, body in bodies.items() if _is(key, "accounts"))
    stores = Counter(key.rpartition("/")[2] for key in live if _is(key, "storageaccounts"))
    if twice := [name for names in (domains, stores) for name, number in names.items() if number > 1]:
        raise Broken(f"names that are one world's are there twice: {twice}")
    return {"resources": len(live), "deleted": len(dead), "quota": sum(held.values()), "names": len(taken)}


def _is(key: str, kind: str) -> bool:
    return key.split("/")[-2] == kind


def soak(folder: Path, clients: int, requests: int, faults: float, kills: int, seed: int) -> Json:
    """A whole soak; its figures. Raises `Broken`."""
    server, tally, began = Server(folder, faults, seed), Tally(requests), time.monotonic()
    try:
        every = [Client(n, server, tally, seed) for n in range(clients)]
        threads = [threading.Thread(target=one.run, daemon=True) for one in every]
        for thread in threads:
            thread.start()
        happened: Counter[str] = Counter()
        for number in range(kills):
            while tally.sent < requests * (number + 1) / (kills + 1) and not tally.over:
                time.sleep(0.01)
            happened += faults_met(server)
            server.kill()
        for thread in threads:
            thread.join()
        for one in every:
            if one.failure is not None:
                raise one.failure
        took = time.monotonic() - began
        happened += faults_met(server)
        calm(server)
        time.sleep(2 * LATENCY / 1000)
        for one in every:
            one.verify()
    finally:
        server.end()
    store = Store(folder / ".modelform" / "sandbox" / DATABASE)
    try:
        found = check(store, every, time.time())
    finally:
        store.close()
    return {
        "requests": tally.sent,
        "lost": tally.lost,
        "seconds": took,
        "faults": dict(sorted(happened.items())),
        "statuses": dict(sorted(tally.statuses.items())),
        "refused": {code: tally.codes[code] for code in (*BUSY, *REFUSALS) if tally.codes[code]},
        **found,
    }


def faults_met(server: Server) -> Counter[str]:
    """The faults of the server's life so far."""
    return Counter(_control(server, "GET")["happened"])


def calm(server: Server) -> None:
    """Ends the faults."""
    _control(server, "DELETE")


def _control(server: Server, method: str) -> Json:
    trust = ssl.create_default_context(cafile=server.bundle)
    with contextlib.closing(http.client.HTTPSConnection("localhost", server.port, timeout=30, context=trust)) as one:
        one.request(method, "/_sandbox/faults")
        data = one.getresponse().read()
    found: Json = json.loads(data) if data else {}
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--clients", type=int, default=16)
    arguments.add_argument("--requests", type=int, default=5000)
    arguments.add_argument("--faults", type=float, default=0.1, help="the share of requests that meet one")
    arguments.add_argument("--kill", type=int, default=0, help="how often the server is killed and started again")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        try:
            found = soak(Path(name), options.clients, options.requests, options.faults, options.kill, options.seed)
        except Broken as problem:
            sys.exit(f"seed {options.seed}: {problem}")
    for key, value in found.items():
        print(f"{key}: {value:.1f}" if isinstance(value, float) else f"{key}: {value}")


if __name__ == "__main__":
    main()
