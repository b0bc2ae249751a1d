"""The certificates of a served sandbox: whom they speak for, who can read their keys, when they are made anew."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from modelform.errors import StateError
from modelform.sandbox.authority import Authority, ensure, is_loopback, recent

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def bundle(made: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.bundle.read_bytes())


def served(made: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.server.read_bytes())


def names(certificate: x509.Certificate) -> set[str]:
    return {str(one.value) for one in certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value}


def test_the_server_speaks_for_this_machine(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    assert names(served(made)) == {"localhost", "*.sandbox.localhost", "127.0.0.1", "::1"}
    served(made).verify_directly_issued_by(bundle(made))


def test_the_files_are_what_tls_takes(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.server)
    ssl.create_default_context(cafile=made.bundle)


def test_the_authority_can_sign_for_this_machine_alone(tmp_path: Path) -> None:
    found = bundle(ensure(tmp_path, now=NOW)).extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    assert {str(one.value) for one in found.value.permitted_subtrees or []} == {"localhost", "127.0.0.0/8", "::1/128"}


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    secret = [one for one in made.bundle.parent.iterdir() if b"PRIVATE KEY" in one.read_bytes()]
    assert {one.name for one in secret} == {"ca-key.pem", "server.pem", "token-key.pem"}
    assert {one.stat().st_mode & 0o777 for one in secret} == {0o600}
    assert b"PRIVATE" not in made.bundle.read_bytes()


def test_a_key_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    made.tokens.chmod(0o644)
    ensure(tmp_path, now=NOW)
    assert made.tokens.stat().st_mode & 0o777 == 0o600


def test_what_is_there_is_used_again(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    before = {one: one.read_bytes() for one in made.bundle.parent.iterdir()}
    ensure(tmp_path, now=NOW + timedelta(days=300))
    assert {one: one.read_bytes() for one in made.bundle.parent.iterdir()} == before


@pytest.mark.parametrize("days", [336, 400, -1])
def test_a_server_certificate_near_its_end_is_renewed(tmp_path: Path, days: int) -> None:
    made = ensure(tmp_path, now=NOW)
    authority, old = bundle(made), served(made)
    moment = NOW + timedelta(days=days)
    again = ensure(tmp_path, now=moment)
    assert served(again) != old
    assert served(again).not_valid_after_utc > moment + timedelta(days=300)
    assert (bundle(again) == authority) is (days > 0)


def test_an_authority_near_its_end_is_replaced(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    old = bundle(made)
    moment = NOW + timedelta(days=3400)
    again = ensure(tmp_path, now=moment)
    assert bundle(again) != old
    served(again).verify_directly_issued_by(bundle(again))
    assert [one.name for one in tmp_path.iterdir()] == ["ca"]


def test_a_host_beyond_this_machine_gets_an_authority_that_may(tmp_path: Path) -> None:
    near = bundle(ensure(tmp_path, now=NOW))
    made = ensure(tmp_path, "192.0.2.7", now=NOW)
    assert bundle(made) != near
    assert "192.0.2.7" in names(served(made))
    kept = bundle(made)
    assert bundle(ensure(tmp_path, "127.0.0.1", now=NOW)) == kept
    assert "build.example" in names(served(ensure(tmp_path, "build.example", now=NOW)))


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "server.pem"])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, name: str) -> None:
    ensure(tmp_path, now=NOW)
    (tmp_path / "ca" / name).write_text("no certificate")
    with pytest.raises(StateError, match="cannot be read") as raised:
        ensure(tmp_path, now=NOW)
    assert "Remove the folder" in raised.value.diagnostics[0].hint


def test_a_key_of_another_authority_is_one_clear_error(tmp_path: Path) -> None:
    ensure(tmp_path / "one", now=NOW)
    ensure(tmp_path / "two", now=NOW)
    (tmp_path / "one/ca/ca-key.pem").write_bytes((tmp_path / "two/ca/ca-key.pem").read_bytes())
    with pytest.raises(StateError, match="not the key"):
        ensure(tmp_path / "one", now=NOW)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW)
    made.tokens.unlink()
    with pytest.raises(StateError, match="cannot be kept"):
        ensure(tmp_path, now=NOW)


def test_servers_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: bundle(ensure(tmp_path, now=NOW)), range(6)))
    assert len({one.subject for one in made}) == 1
    served(ensure(tmp_path, now=NOW)).verify_directly_issued_by(made[0])
    assert [one.name for one in tmp_path.iterdir()] == ["ca"]


def test_two_sandboxes_have_authorities_of_their_own(tmp_path: Path) -> None:
    one, two = (bundle(ensure(tmp_path / name, now=NOW)) for name in ("one", "two"))
    assert one.subject != two.subject
    key = load_pem_private_key((tmp_path / "one/ca/ca-key.pem").read_bytes(), None)
    assert key.public_key() == one.public_key() != two.public_key()


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("arm.sandbox.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("192.0.2.7", False),
        ("localhost.example", False),
    ],
)
def test_loopback_is_told_from_the_rest(host: str, near: bool) -> None:
    assert is_loopback(host) is near


def test_a_young_certificate_is_told_from_the_files_alone(tmp_path: Path) -> None:
    assert recent(tmp_path) is None
    made = ensure(tmp_path)
    assert recent(tmp_path) == made
    assert recent(tmp_path, now=datetime.now(UTC) + timedelta(days=31)) is None
    assert recent(tmp_path, now=datetime.now(UTC) - timedelta(days=1)) is None
    made.tokens.unlink()
    assert recent(tmp_path) is None
