"""A throw-away authority, a certificate of it, and servers that show them: SMTP and HTTPS."""

from __future__ import annotations

import contextlib
import datetime
import functools
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.servers.processes import free_port, make_directory


@dataclass(frozen=True)
class Certificate:
    """`chain` holds it, its authority's and the key; `authority` is the file to trust."""

    chain: Path
    authority: Path
    der: bytes
    authority_der: bytes


@functools.cache
def _authority(_which: int) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test authority")])
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate, make_directory("ma-tls")


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
    )


@functools.cache
def certificate(name: str, which: int = 0) -> Certificate:
    """The same one for the same name as long as the tests run; `which`: of the authorities."""
    ca_key, ca, directory = _authority(which)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:60])])
    leaf = (
        _builder(subject, ca.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName([_name_of(name)]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    authority = directory / "authority.pem"
    authority.write_bytes(ca.public_bytes(Encoding.PEM))
    chain = directory / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(leaf.public_bytes(Encoding.PEM) + ca.public_bytes(Encoding.PEM) + private)
    return Certificate(
        chain, authority, leaf.public_bytes(Encoding.DER), ca.public_bytes(Encoding.DER)
    )


def _name_of(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _context(shown: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.chain)
    return context


@contextlib.contextmanager
def smtp_server(
    name: str, *, starttls: bool = True, ip: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """An SMTP server on loopback that goes as far as STARTTLS; gives its port."""
    context = _context(certificate(name))
    with socket.create_server((ip, port or free_port())) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    _talk(connection, context, name, starttls)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _talk(connection: socket.socket, context: ssl.SSLContext, name: str, starttls: bool) -> None:
    connection.sendall(f"220-{name} ESMTP\r\n220 ready\r\n".encode())
    connection.recv(1000)
    connection.sendall(f"250-{name}\r\n250 STARTTLS\r\n".encode())
    connection.recv(1000)
    if not starttls:
        connection.sendall(b"502 5.5.1 no\r\n")
        return
    connection.sendall(b"220 go\r\n")
    with context.wrap_socket(connection, server_side=True) as tls:
        tls.recv(1)


@contextlib.contextmanager
def https_server(
    name: str, text: str, *, status: int = 200, kind: str = "text/plain", location: str = ""
) -> Iterator[int]:
    """An HTTPS server on 127.0.0.1 with a certificate for `name`; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", free_port()), Handler)
    server.socket = _context(certificate(name)).wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
