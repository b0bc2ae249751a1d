"""The way through `requests`: TLS with a certificate authority of one's own, and what happens without it."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modelform.azure import Arm, ArmError, Connection


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was asked; breaks off every second connection to /drop; /away leads elsewhere."""

    protocol_version = "HTTP/1.1"
    dropped = False

    def do_GET(self) -> None:
        if self.path.startswith("/drop"):
            Handler.dropped = not Handler.dropped
            if Handler.dropped:
                self.close_connection = True
                return
        away = self.path.startswith("/away")
        body = b'{"id": "/here"}'
        self.send_response(307 if away else 200)
        if away:
            self.send_header("Location", "/here")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "ca.pem", folder / "key.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return authority, private


@dataclass
class Server:
    endpoint: str
    authority: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    authority, private = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield Server(f"https://127.0.0.1:{http.server_port}", str(authority))
    http.shutdown()
    http.server_close()


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def client(endpoint: str, authority: str | None = None) -> Arm:
    return Arm(Connection(endpoint, "t", "s", ca_bundle=authority), sleep=lambda _: None)


def test_an_authority_of_ones_own(server: Server) -> None:
    arm = client(server.endpoint, server.authority)
    assert arm.get("/here", "1") == {"id": "/here"}
    arm.close()


def test_a_connection_that_is_broken_off_is_made_again(server: Server) -> None:
    arm = client(server.endpoint, server.authority)
    assert arm.get("/drop", "1") == {"id": "/here"}
    arm.close()


def test_a_redirect_is_not_followed(server: Server) -> None:
    arm = client(server.endpoint, server.authority)
    with pytest.raises(ArmError) as caught:
        arm.get("/away", "1")
    assert caught.value.status == 307
    arm.close()


def test_a_stranger_is_not_trusted(server: Server) -> None:
    arm = client(server.endpoint)
    with pytest.raises(ArmError) as caught:
        arm.get("/here", "1")
    assert caught.value.diagnostics[0].code == "azure.untrusted"
    assert "REQUESTS_CA_BUNDLE" in caught.value.diagnostics[0].hint
    arm.close()


def test_nobody_is_there() -> None:
    arm = client("https://127.0.0.1:9")
    with pytest.raises(ArmError) as caught:
        arm.get("/here", "1")
    assert caught.value.diagnostics[0].code == "azure.unreachable"
    arm.close()
