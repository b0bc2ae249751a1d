"""The sandbox's certificate authority and its server's certificate, kept under `ca/` of the sandbox's folder.

The authority can sign for this machine's own names only (name constraints), so that whoever trusts it risks nothing
elsewhere. The folder is made as a whole and renamed into place: two servers that start at once agree on one.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from modelform.errors import StateError
from modelform.record import dataclass

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

FOLDER, BUNDLE, KEY, SERVER, TOKENS = "ca", "ca.pem", "ca-key.pem", "server.pem", "token-key.pem"
AUTHORITY_LIFE, SERVER_LIFE, RENEWAL = timedelta(days=3650), timedelta(days=365), timedelta(days=30)
NAMES = ("localhost", "*.sandbox.localhost", "127.0.0.1", "::1")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
EVERYWHERE = ("0.0.0.0", "::", "")

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Authority:
    """The files that a server needs: the bundle that clients trust, the server's key and chain, the tokens' key."""

    bundle: Path
    server: Path
    tokens: Path


def ensure(data_dir: Path, host: str = "127.0.0.1", *, now: datetime | None = None) -> Authority:
    """The authority of a sandbox and a server certificate for a host, made or renewed where that is needed.

    An authority near its end, or one that cannot sign for the host, is replaced. Raises `StateError` for files that
    cannot be read or written.
    """
    moment = now or datetime.now(UTC)
    folder, names = data_dir / FOLDER, names_of(host)
    try:
        held = folder.is_dir()
        if not held or not _can_sign(folder, names, moment):
            _make(folder, names, moment, replaces=held)
        for name in (KEY, TOKENS):
            (folder / name).chmod(0o600)
        if not _serves(folder, names, moment):
            _issue(folder, names, moment)
    except OSError as error:
        raise StateError(
            f"the sandbox's certificates in {folder} cannot be kept: {error.strerror}", code="sandbox.certificates"
        ) from error
    except ValueError as error:
        raise StateError(
            f"the sandbox's certificates in {folder} cannot be read: {error}",
            code="sandbox.certificates",
            hint=f"Remove the folder {folder}: new ones are made, and clients have to trust them anew.",
        ) from error
    return Authority(folder / BUNDLE, folder / SERVER, folder / TOKENS)


def recent(data_dir: Path, *, now: datetime | None = None) -> Authority | None:
    """The authority of a sandbox whose server certificate was issued within the last month: a look at the files alone,
    for whoever leaves `ensure` for later."""
    folder = data_dir / FOLDER
    try:
        issued = datetime.fromtimestamp((folder / SERVER).stat().st_mtime, UTC)
        whole = all((folder / name).is_file() for name in (BUNDLE, KEY, TOKENS))
    except OSError:
        return None
    if not whole or not timedelta() <= (now or datetime.now(UTC)) - issued < RENEWAL:
        return None
    return Authority(folder / BUNDLE, folder / SERVER, folder / TOKENS)


def names_of(host: str) -> tuple[str, ...]:
    """The names and addresses that a server at a host is asked by."""
    if is_loopback(host):
        more: tuple[str, ...] = (host,)
    else:
        more = (socket.gethostname(),) if host in EVERYWHERE else (host,)
    return tuple(dict.fromkeys((*NAMES, *more)))


def is_loopback(host: str) -> bool:
    """Does a server at this host answer this machine alone?"""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _address(name: str) -> Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _permitted(names: Sequence[str]) -> tuple[set[str], set[Network]]:
    """What an authority for these names may sign: their domains, and their addresses."""
    domains, networks = {"localhost"}, set[Network](LOOPBACK)
    for name in names:
        address = _address(name)
        if address is None:
            domains |= set() if is_loopback(name.removeprefix("*.")) else {name}
        elif not address.is_loopback:
            networks.add(ip_network(address))
    return domains, networks


def _can_sign(folder: Path, names: Sequence[str], now: datetime) -> bool:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificate = x509.load_pem_x509_certificate((folder / BUNDLE).read_bytes())
    key = load_pem_private_key((folder / KEY).read_bytes(), None)
    if key.public_key() != certificate.public_key():
        raise ValueError(f"{KEY} is not the key of {BUNDLE}")
    if certificate.not_valid_after_utc - now < SERVER_LIFE or now < certificate.not_valid_before_utc:
        return False
    held = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    domains, networks = _permitted(names)
    found = {one.value for one in held}
    return domains | networks <= found


def _make(folder: Path, names: Sequence[str], now: datetime, *, replaces: bool) -> None:
    """Makes an authority beside the folder and moves it into place, unless another server is first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".ca-", dir=folder.parent))
    try:
        _found(made, names, now)
        if replaces:
            old = Path(tempfile.mkdtemp(prefix=".ca-old-", dir=folder.parent))
            folder.rename(old / FOLDER)
            shutil.rmtree(old)
        try:
            made.rename(folder)
        except OSError:
            if not (folder / BUNDLE).exists():  # else another server's authority is there, and does
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _found(folder: Path, names: Sequence[str], now: datetime) -> None:
    """Writes the authority's certificate and key, and the key that signs tokens."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = ec.generate_private_key(ec.SECP256R1())
    mark = os.urandom(4).hex()  # so that two sandboxes' authorities are told apart
    name = _name(f"modelform sandbox {mark}")
    domains, networks = _permitted(names)
    permitted: list[x509.GeneralName] = [x509.DNSName(one) for one in sorted(domains)]
    permitted += [x509.IPAddress(one) for one in sorted(networks, key=str)]
    public = key.public_key()
    certificate = (
        _builder(name, name, public, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, _hash())
    )
    (folder / BUNDLE).write_bytes(_pem(certificate))
    _write(folder / KEY, _private(key))
    _write(folder / TOKENS, _private(rsa.generate_private_key(65537, 2048)))


def _serves(folder: Path, names: Sequence[str], now: datetime) -> bool:
    """Is there a server certificate of this authority for these names, good for a while?"""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    file = folder / SERVER
    if not file.exists():
        return False
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    authority = x509.load_pem_x509_certificate((folder / BUNDLE).read_bytes())
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return False
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = {str(one.value) for one in held}
    fresh = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWAL
    return fresh and set(names) <= found


def _issue(folder: Path, names: Sequence[str], now: datetime) -> None:
    """Writes a server certificate, with its key and chain in one file, so that they are replaced at once."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority = x509.load_pem_x509_certificate((folder / BUNDLE).read_bytes())
    signer = load_pem_private_key((folder / KEY).read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{KEY} is no key of this authority")
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = []
    for name in names:
        address = _address(name)
        alternatives.append(x509.DNSName(name) if address is None else x509.IPAddress(address))
    public = key.public_key()
    certificate = (
        _builder(_name("localhost"), authority.subject, public, now, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, _hash())
    )
    _write(folder / SERVER, _pem(certificate) + _pem(authority) + _private(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: object, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    assert isinstance(public, EllipticCurvePublicKey)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clients whose clock is a little behind
        .not_valid_after(now + life)
    )


def _name(common: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _hash() -> SHA256:
    from cryptography.hazmat.primitives.hashes import SHA256

    return SHA256()


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _private(key: EllipticCurvePrivateKey | RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(file: Path, content: bytes) -> None:
    """Writes a secret file, readable by its owner alone, at once."""
    handle, name = tempfile.mkstemp(prefix=".new-", dir=file.parent)  # mkstemp's mode is 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
