"""Requests a second and p99 of the sandbox's server, against a bare Starlette application that writes to SQLite.

    python benchmarks/sandbox.py [--rounds 5] [--seconds 2] [--clients 8]

Both are uvicorn processes with the same settings and the same certificate. The bare one reads the request's JSON,
writes one row, and answers with the JSON that the sandbox answers with; it does so in the event loop: no thread, no
token, no check. Clients are threads with one kept-alive TLS connection each, in a process of its own, which send bytes
made beforehand and read no more of an answer than its status and its length; the share of a core that they took is
shown. Rounds go in turn; medians of rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import signal
import socket
import sqlite3
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from measure import HERE, MODELFORM, row

from modelform.sandbox import SUBSCRIPTION
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.store import DATABASE, Store

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bench"
COGNITIVE = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts"
VERSION = "?api-version=2025-06-01"
LEAST = 0.5  # of the bare application's rate
MOST = 1.5  # times what a GET costs with few resources
FEW, MANY = 100, 10_000
DEPLOYMENT = {
    "sku": {"name": "DataZoneStandard", "capacity": 1},
    "properties": {"model": {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"}},
}
ACCOUNT = {"kind": "AIServices", "location": "swedencentral", "sku": {"name": "S0"}, "properties": {}}


@dataclass(frozen=True)
class Rate:
    """What one round gave: requests a second, the 99th percentile in milliseconds, and the clients' share of a core."""

    rate: float
    p99: float
    client: float


# the clients


def connect(port: int, bundle: Path) -> ssl.SSLSocket:
    """A connection as any HTTPS client makes it."""
    raw = socket.create_connection(("127.0.0.1", port))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ssl.create_default_context(cafile=str(bundle)).wrap_socket(raw, server_hostname="localhost")


def request(method: str, path: str, body: Any = None) -> bytes:
    """A request's bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nAccept: application/json\r\n"
        f"User-Agent: benchmark\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def exchange(connection: ssl.SSLSocket, sent: bytes) -> tuple[int, bytes]:
    """Sends a request and gives the answer's status and body."""
    connection.sendall(sent)
    got = connection.recv(65536)
    while (at := got.find(b"\r\n\r\n")) < 0:
        got += _more(connection)
    head = got[:at].lower()
    _, _, rest = head.partition(b"content-length:")
    size = int(rest.partition(b"\r\n")[0] or 0)
    while len(got) < at + 4 + size:
        got += _more(connection)
    return int(got[9:12]), got[at + 4 :]


def _more(connection: ssl.SSLSocket) -> bytes:
    got = connection.recv(65536)
    if not got:
        raise ConnectionError("the server has closed the connection")
    return got


def load(port: int, bundle: Path, requests: Sequence[bytes], seconds: float) -> Rate:
    """One round: each client sends its request again and again; a status that is no success ends the benchmark."""
    times: list[list[float]] = [[] for _ in requests]
    failures: list[str] = []
    gate = threading.Barrier(len(requests) + 1)

    def client(number: int) -> None:
        sent, mine = requests[number], times[number]
        with connect(port, bundle) as connection:
            exchange(connection, sent)
            gate.wait()
            end = time.perf_counter() + seconds
            while (before := time.perf_counter()) < end:
                status, body = exchange(connection, sent)
                mine.append(time.perf_counter() - before)
                if status not in (200, 201):
                    failures.append(f"{status}: {body.decode(errors='replace')[:400]}")
                    return

    threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(len(requests))]
    for thread in threads:
        thread.start()
    gate.wait(30)
    began, busy = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    took, share = time.perf_counter() - began, time.process_time() - busy
    if failures:
        raise RuntimeError(failures[0])
    every = sorted(one for mine in times for one in mine)
    return Rate(len(every) / took, every[int(len(every) * 0.99)] * 1000, share / took)


def measured(pool: Any, port: int, bundle: Path, requests: Sequence[bytes], seconds: float) -> Rate:
    """A round in the clients' own process."""
    rate: Rate = pool.apply(load, (port, bundle, requests, seconds))
    return rate


# the servers


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[tuple[int, Path]]:
    """`modelform sandbox serve` on a project folder: its port and what clients trust."""
    (folder / "stacks").mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [*MODELFORM, "sandbox", "serve", "--json", "--latency", "0", "-C", str(folder)],
        stdout=subprocess.PIPE, text=True, env=HERE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        yield int(told["url"].rpartition(":")[2]), Path(told["caBundle"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextlib.contextmanager
def bare(folder: Path, certificate: Path, answer: bytes) -> Iterator[int]:
    """The bare application as a process: its port."""
    (folder / "answer.json").write_bytes(answer)
    process = subprocess.Popen(
        [sys.executable, __file__, "--bare", str(folder), "--certificate", str(certificate)],
        stdout=subprocess.PIPE, text=True, env=HERE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def run_bare(folder: Path, certificate: Path) -> None:
    """Runs the bare application."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS kept (path TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
    answer = json.loads((folder / "answer.json").read_bytes())

    async def write(web: Request) -> JSONResponse:
        kept = await web.json() if web.method == "PUT" else answer
        database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (web.url.path, json.dumps(kept)))
        return JSONResponse(answer)

    app = Starlette(routes=[Route("/{path:path}", write, methods=["GET", "PUT"])])
    bound = socket.create_server(("127.0.0.1", 0), backlog=2048)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(bound.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app,
        ssl_certfile=str(certificate),
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run([bound])


# what they hold


def furnish(port: int, bundle: Path, clients: int) -> bytes:
    """An account and a deployment for each client; what a GET of a deployment answers."""
    with connect(port, bundle) as connection:
        put(connection, GROUP + "?api-version=2024-03-01", {"location": "swedencentral"})
        for number in range(clients):
            put(connection, f"{COGNITIVE}/bench{number}{VERSION}", ACCOUNT)
            put(connection, f"{place(number)}{VERSION}", DEPLOYMENT)
        return exchange(connection, request("GET", place(0) + VERSION))[1]


def put(connection: ssl.SSLSocket, path: str, body: Any) -> None:
    """Makes a resource, or ends the benchmark."""
    status, answer = exchange(connection, request("PUT", path, body))
    if status not in (200, 201, 202):
        sys.exit(f"PUT {path}: {status} {answer.decode(errors='replace')}")


def place(number: int) -> str:
    """A client's deployment."""
    return f"{COGNITIVE}/bench{number}/deployments/model"


def fill(folder: Path, number: int) -> None:
    """Adds deployments like the first one, as many as make `number` resources in all, 32 to an account."""
    store = Store(folder / ".modelform" / "sandbox" / DATABASE)
    with store.write() as view:
        account, deployment = view.get(f"{COGNITIVE}/bench0".lower()), view.get(place(0).lower())
        assert account is not None
        assert deployment is not None
        held = sum(view.counts().values())
        parent = account
        for n in range(number - held):
            if n % 33 == 0:
                parent = replace(
                    account, id=f"{COGNITIVE}/more{n}", key=f"{COGNITIVE}/more{n}".lower(), name=f"more{n}"
                )
                view.put(parent)
                continue
            id = f"{parent.id}/deployments/model{n}"
            view.put(replace(deployment, id=id, key=id.lower(), name=f"model{n}", parent=parent.key))
        assert sum(view.counts().values()) == number
    store.close()


# the tables


def rates(pool: Any, folder: Path, clients: int, rounds: int, seconds: float) -> bool:
    """GET and PUT on both servers; is the bound kept?"""
    fine = True
    row("request", "bare, a second", "p99 ms", "sandbox, a second", "p99 ms", "ratio", "at least", "clients' core")
    row(*["---"] * 8)
    with sandbox(folder) as (port, bundle):
        answer = furnish(port, bundle, clients)
        with bare(folder, bundle.parent / "server.pem", answer) as other:
            for method, body in (("GET", None), ("PUT", DEPLOYMENT)):
                sent = [request(method, place(n) + VERSION, body) for n in range(clients)]
                found: dict[int, list[Rate]] = {other: [], port: []}
                for _ in range(rounds):
                    for one in found:
                        found[one].append(measured(pool, one, bundle, sent, seconds))
                plain, ours = (median(found[one]) for one in (other, port))
                ratio = statistics.median(
                    mine.rate / its.rate for its, mine in zip(found[other], found[port], strict=True)
                )
                fine &= ratio >= LEAST
                core = f"{plain.client:.2f} / {ours.client:.2f}"
                row(method, f"{plain.rate:.0f}", f"{plain.p99:.1f}", f"{ours.rate:.0f}", f"{ours.p99:.1f}",
                    f"{ratio:.2f}", LEAST, core)  # fmt: skip
    return fine


def growth(pool: Any, folder: Path, rounds: int, seconds: float) -> bool:
    """A GET by one client with few and with many resources; is the bound kept?"""
    print()
    row("a GET by one client", "ms", "ratio", "at most")
    row(*["---"] * 4)
    with contextlib.ExitStack() as open_servers:
        found: dict[int, list[float]] = {FEW: [], MANY: []}
        servers = {}
        for number in found:
            port, bundle = servers[number] = open_servers.enter_context(sandbox(folder / str(number)))
            furnish(port, bundle, 1)
            fill(folder / str(number), number)
        for _ in range(rounds):
            for number, (port, bundle) in servers.items():
                rate = measured(pool, port, bundle, [request("GET", place(0) + VERSION)], seconds)
                found[number].append(1000 / rate.rate)
    ratio = statistics.median(many / few for few, many in zip(found[FEW], found[MANY], strict=True))
    row(f"{FEW} resources", f"{statistics.median(found[FEW]):.3f}", 1, "")
    row(f"{MANY:,} resources", f"{statistics.median(found[MANY]):.3f}", f"{ratio:.2f}", MOST)
    return ratio <= MOST


def median(found: Sequence[Rate]) -> Rate:
    """The median of each figure."""
    return Rate(*(statistics.median(getattr(one, name) for one in found) for name in ("rate", "p99", "client")))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=2.0)
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--certificate", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.bare:
        run_bare(options.bare, options.certificate)
        return
    with (
        tempfile.TemporaryDirectory() as name,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        fine = rates(pool, Path(name), options.clients, options.rounds, options.seconds)
        fine &= growth(pool, Path(name), options.rounds, options.seconds)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
