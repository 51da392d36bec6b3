"""The two connections a check makes: STARTTLS to our own mail host, HTTPS for an MTA-STS policy."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from mailkit.dns.subject import IPAddress

SECONDS = 10.0
# A policy is some lines; what goes beyond is cut off by senders too (RFC 8461, 3.3).
MOST_BYTES = 64 * 1024
POLICY_PATH = "/.well-known/mta-sts.txt"


@dataclass(frozen=True)
class Served:
    """The certificates a server presents, its own first, as DER; or why there are none."""

    chain: tuple[bytes, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Fetched:
    """A policy's text; `fault` where the server answered, but with none; `reason` where it could
    not be told, since nobody answered.
    """

    text: str = ""
    fault: str = ""
    reason: str = ""


async def served_certificates(ip: IPAddress, port: int, hostname: str) -> Served:
    """What our own mail host shows on port 25 after STARTTLS. Never raises."""
    try:
        async with asyncio.timeout(SECONDS):
            return Served(await _starttls(str(ip), port, hostname))
    except TimeoutError:
        return Served(reason=f"no answer from {ip} port {port} within {SECONDS:g} s")
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Served(reason=f"{ip} port {port}: {_words(error)}")


async def _starttls(ip: str, port: int, hostname: str) -> tuple[bytes, ...]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # DANE compares keys, whatever the authorities say (RFC 7672, 3.1.1).
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(ip, port, limit=MOST_BYTES)
    try:
        await _reply(reader, "220")
        writer.write(f"EHLO {hostname}\r\n".encode())
        await _reply(reader, "250")
        writer.write(b"STARTTLS\r\n")
        await _reply(reader, "220")
        await writer.start_tls(context, server_hostname=hostname)
        return _chain(writer.get_extra_info("ssl_object"))
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader, code: str) -> None:
    while True:
        line = (await reader.readline()).decode("utf-8", "replace")
        if not line:
            raise ConnectionResetError("the connection was closed")
        if not line.startswith(code):
            raise ValueError(f"answered {line.strip()[:200]}")
        if line[3:4] != "-":
            return


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    own = tls.getpeercert(binary_form=True) or b""
    # Public since Python 3.13, there on the inner object since 3.10.
    holder = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    if holder is None or not hasattr(holder, "get_unverified_chain"):
        return (own,)
    found = holder.get_unverified_chain() or ()
    chain = [one if isinstance(one, bytes) else _der(one) for one in found]
    return tuple(chain) or (own,)


def _der(certificate: object) -> bytes:
    pem: str = certificate.public_bytes()  # type: ignore[attr-defined]
    return ssl.PEM_cert_to_DER_cert(pem)


async def fetch_policy(ip: IPAddress, port: int, hostname: str, trust_file: str = "") -> Fetched:
    """The MTA-STS policy at this address, under this name (RFC 8461, 3.3). Never raises.

    The address is the domain owner's choice and our own lookup's result: the caller has seen to it
    that it is public. Nothing is followed from there.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await _get(str(ip), port, hostname, trust_file)
    except TimeoutError:
        return Fetched(reason=f"no answer from {ip} within {SECONDS:g} s")
    except ssl.SSLCertVerificationError as error:
        return Fetched(fault=f"certificate: {error.verify_message or error.reason}")
    except ssl.SSLError as error:
        return Fetched(fault=f"TLS: {error.reason or error}")
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Fetched(reason=f"{ip}: {_words(error)}")


async def _get(ip: str, port: int, hostname: str, trust_file: str) -> Fetched:
    context = ssl.create_default_context()
    if trust_file:
        context.load_verify_locations(trust_file)
    reader, writer = await asyncio.open_connection(
        ip, port, ssl=context, server_hostname=hostname, limit=MOST_BYTES
    )
    try:
        # 1.0: the answer then comes whole, not in chunks, and ends with the connection.
        writer.write(f"GET {POLICY_PATH} HTTP/1.0\r\nHost: {hostname}\r\n\r\n".encode())
        raw = b""
        while len(raw) <= MOST_BYTES and (part := await reader.read(MOST_BYTES)):
            raw += part
    finally:
        writer.close()
    return read_response(raw)


def read_response(raw: bytes) -> Fetched:
    """The body of an HTTP answer with 200 and text/plain; anything else is a fault."""
    if len(raw) > MOST_BYTES:
        return Fetched(fault=f"more than {MOST_BYTES // 1024} KiB")
    head, found, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    if not found or not words[0].startswith("HTTP/") or len(words) < 2:
        return Fetched(fault="no HTTP answer")
    if words[1] != "200":
        return Fetched(fault=f"HTTP {' '.join(words[1:])[:100]}")
    kinds = [line for line in lines[1:] if line.lower().startswith("content-type:")]
    kind = kinds[0].partition(":")[2].partition(";")[0].strip().lower() if kinds else ""
    if kind != "text/plain":
        return Fetched(fault=f"Content-Type {kind or 'missing'} in place of text/plain")
    return Fetched(text=body.decode("utf-8", "replace"))


def _words(error: BaseException) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror or error or type(error).__name__)
