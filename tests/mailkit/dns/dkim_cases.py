"""Cases of DKIM: each code, a near miss. The keys are test keys, made for these zones."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import cache

from mailkit.dns.dkim_keys import make_ed25519, make_rsa
from mailkit.dns.dkim_record import PublicKey, read_der, record_text
from mailkit.dns.subject import MailDomain, SignerKey
from tests.mailkit.dns.memory import DOMAIN, HOST, Case


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2)
    return bytes([tag]) + length + content


def pkcs1(key: PublicKey) -> bytes:
    number = key.number.to_bytes(key.number.bit_length() // 8 + 1)
    return der(0x30, der(0x02, number) + der(0x02, b"\x01\x00\x01"))


def rsa_of(bits: int) -> bytes:
    """SPKI of an RSA key of so many bits, of which nobody has the private half."""
    oid = bytes.fromhex("300d06092a864886f70d0101010500")
    number = pkcs1(PublicKey("rsa", (1 << bits) - 0x12345, 65537))
    return der(0x30, oid + der(0x03, b"\0" + number))


@cache
def pair() -> SignerKey:
    return make_rsa().signer_key("mail")


def p_of(spki: bytes) -> str:
    return base64.b64encode(spki).decode()


KEY = pair()
OTHER = SignerKey("mail", rsa_of(2048))
EDWARDS = make_ed25519().signer_key("ed")
P = p_of(KEY.spki)
AS_PKCS1 = p_of(pkcs1(read_der(KEY.spki)))
SIGNED = MailDomain(DOMAIN, keys=(KEY,))
NAME = "mail._domainkey"


def txt(value: str, name: str = NAME) -> str:
    strings = " ".join('"' + part.decode().replace("\\", "\\\\") + '"' for part in cut(value))
    return f"{name} TXT {strings}\n"


def cut(value: str) -> list[bytes]:
    raw = value.encode()
    return [raw[at : at + 200] for at in range(0, len(raw), 200)]


GOOD = txt(record_text(KEY))


def published(key: SignerKey) -> str:
    return txt(record_text(key), f"{key.selector}._domainkey")


def signed(*keys: SignerKey) -> MailDomain:
    return MailDomain(DOMAIN, keys=keys)


def bits(size: int) -> SignerKey:
    return SignerKey("mail", rsa_of(size))


CASES = (
    Case((), GOOD, domain=SIGNED),
    Case((), txt(f"p={P}"), domain=SIGNED, name="no v is fine"),
    Case((), txt(f"v=DKIM1; p={P[:50]} {P[50:]} ; n=note;"), domain=SIGNED, name="blanks in p"),
    Case((), txt(f"v=DKIM1; h=sha1:sha256; s=email; t=s; p={P}"), domain=SIGNED, name="all tags"),
    Case((), txt(f"v=DKIM1; p={AS_PKCS1}"), domain=SIGNED, name="as PKCS#1"),
    Case((), GOOD + published(EDWARDS), domain=signed(KEY, EDWARDS), name="RSA and Ed25519"),
    Case(
        (),
        "mail._domainkey CNAME key.host.test.\n",
        others={"host.test": "key" + GOOD.removeprefix(NAME)},
        domain=SIGNED,
        name="by CNAME",
    ),
    Case(
        ("dkim.no_key",),
        "",
        GOOD,
        near_domain=SIGNED,
        host=replace(HOST, signer_known=True),
        mends=False,
    ),
    # The rest of an old set-up at another usual selector harms nobody.
    Case((), GOOD + txt("v=DKIM1; p=", "default._domainkey"), name="one is enough: revoked"),
    Case((), GOOD + txt("v=DKIM1; p=!", "dkim._domainkey"), name="one is enough: broken"),
    Case(
        (),
        GOOD + txt(record_text(SignerKey("dkim", rsa_of(512))), "dkim._domainkey"),
        name="one is enough: a very short one",
    ),
    Case(("dkim.missing",), "www A 192.0.2.1", GOOD, domain=SIGNED),
    Case(("dkim.missing",), "www A 192.0.2.1", name="at no usual selector", mends=False),
    Case(
        ("dkim.missing",),
        GOOD,
        domain=MailDomain(DOMAIN, selectors=("mail", "second")),
        name="at a named selector",
        mends=False,
    ),
    Case(("dkim.doubled_name",), txt(record_text(KEY), f"{NAME}.{DOMAIN}"), GOOD, domain=SIGNED),
    Case(
        ("dkim.doubled_name",),
        txt(record_text(KEY), f"{NAME}.{DOMAIN}"),
        GOOD,
        name="without our key",
    ),
    Case(("dkim.mismatch",), published(OTHER), GOOD, domain=SIGNED),
    Case(
        ("dkim.mismatch",),
        published(replace(EDWARDS, selector="mail")),
        GOOD,
        domain=SIGNED,
        name="another kind",
    ),
    Case(("dkim.revoked",), txt("v=DKIM1; p="), GOOD, domain=SIGNED),
    Case(("dkim.multiple",), GOOD + txt(f"v=DKIM1; p={p_of(rsa_of(2048))}"), GOOD, domain=SIGNED),
    Case(
        ("dkim.multiple", "dkim.mismatch"),
        txt(f"v=DKIM1; p={p_of(rsa_of(2049))}") + txt(f"v=DKIM1; p={p_of(rsa_of(2048))}"),
        GOOD,
        domain=SIGNED,
        name="two, none ours",
    ),
    Case(
        ("dkim.syntax",), txt(f"v=DKIM1; k=rsa p={P}"), txt(f"v=DKIM1;k=rsa;p={P}"), domain=SIGNED
    ),
    Case(("dkim.syntax",), txt("v=DKIM1; k=rsa"), GOOD, domain=SIGNED, name="no p"),
    Case(("dkim.syntax",), txt(f"v=DKIM1; p={P}; p={P}"), GOOD, domain=SIGNED, name="p twice"),
    Case(
        ("dkim.syntax",),
        txt("v=DKIM1; p=" + p_of(b"no key at all")),
        GOOD,
        domain=SIGNED,
        name="bytes that are no key",
    ),
    Case(
        ("dkim.base64",),
        txt(f"v=DKIM1; p={P[:100]}!{P[101:]}"),
        txt(f"v=DKIM1; p={P[:100]} {P[100:]}"),
        domain=SIGNED,
    ),
    Case(("dkim.truncated",), txt(f"v=DKIM1; p={P[:240]}"), GOOD, domain=SIGNED),
    Case(
        ("dkim.truncated",),
        txt(f"v=DKIM1; p={P[:241]}"),
        GOOD,
        domain=SIGNED,
        name="cut in a group",
    ),
    Case(("dkim.escaped",), txt(f"v=DKIM1\\; k=rsa\\; p={P}"), GOOD, domain=SIGNED),
    Case(
        ("dkim.escaped",), txt(f"v=DKIM1\\; k=rsa\\; p={P}"), GOOD, name="escaped, without our key"
    ),
    Case(("dkim.version",), txt(f"v=DKIM2; p={P}"), txt(f"p={P}"), domain=SIGNED),
    Case(("dkim.version",), txt(f"k=rsa; v=DKIM1; p={P}"), GOOD, name="v is not first"),
    Case(("dkim.version",), txt(f"v=dkim1; p={P}"), GOOD, domain=SIGNED, name="v in lower case"),
    Case(
        ("dkim.key_type",),
        txt(f"v=DKIM1; k=dsa; p={P}"),
        txt(f"v=DKIM1; k=RSA; p={P}"),
        domain=SIGNED,
    ),
    Case(("dkim.hash",), txt(f"v=DKIM1; h=sha1; p={P}"), txt(f"v=DKIM1; h=sha1:sha256; p={P}")),
    Case(
        ("dkim.service",), txt(f"v=DKIM1; s=tlsrpt; p={P}"), txt(f"v=DKIM1; s=tlsrpt:email; p={P}")
    ),
    Case(
        ("dkim.weak",),
        published(bits(1024)),
        GOOD,
        domain=signed(bits(1024)),
        near_domain=SIGNED,
        mends=False,
    ),
    Case(
        ("dkim.weak",), published(bits(2047)), published(bits(2048)), mends=False, name="2047 bits"
    ),
    Case(
        ("dkim.weak",), published(bits(1023)), published(bits(2048)), mends=False, name="1023 bits"
    ),
    Case(
        ("dkim.testing",), txt(f"v=DKIM1; t=y:s; p={P}"), txt(f"v=DKIM1; t=s; p={P}"), domain=SIGNED
    ),
    Case(
        ("dkim.ed25519_only",),
        published(EDWARDS),
        GOOD + published(EDWARDS),
        domain=signed(EDWARDS),
        near_domain=signed(KEY, EDWARDS),
        mends=False,
    ),
    Case(
        ("dkim.old_selector",),
        GOOD + txt(record_text(OTHER), "old._domainkey"),
        GOOD + txt("v=DKIM1; p=", "old._domainkey"),
        domain=signed(KEY, replace(OTHER, selector="old", retired=True)),
    ),
)
