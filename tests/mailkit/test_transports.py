"""Transport keys and values: what is stored, what is refused, and the order of lookups.

tests/stack/test_transport_values.py shows the same values to a running Postfix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit.addresses import CODES as ADDRESS_CODES
from mailkit.addresses import AddressError
from mailkit.postfix.master import DEBIAN_SERVICES
from mailkit.postfix.transports import (
    CODES,
    TransportError,
    first_match,
    lookup_transport,
    parse_transport,
    parse_transport_key,
    split_value,
    transport_keys,
)

LONG_LABEL = "a" * 63


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("example.org", "example.org"),
        (" Example.ORG. ", "example.org"),
        ("müller.example", "xn--mller-kva.example"),
        (".example.org", ".example.org"),
        (".Müller.example", ".xn--mller-kva.example"),
        (".test", ".test"),
        (".TEST.", ".test"),
        ("*", "*"),
        (" * ", "*"),
        ("Anna@Example.org", "anna@example.org"),
        ("anna+tag@example.org", "anna+tag@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_a_key_is_stored_as_postfix_asks_for_it(typed: str, key: str) -> None:
    assert parse_transport_key(typed) == key
    assert parse_transport_key(key) == key


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "transport.key_empty"),
        ("  ", "transport.key_empty"),
        (".", "domain.empty"),
        ("..org", "domain.syntax"),
        ("localhost", "domain.no_dot"),
        ("a b.test", "domain.syntax"),
        ("*.example.org", "domain.syntax"),
        ("a_b.test", "domain.syntax"),
        ("@example.org", "local.empty"),
        ("anna@", "domain.empty"),
        ("anna@localhost", "domain.no_dot"),
        ("é@example.org", "local.non_ascii"),
        ("[192.0.2.1]", "domain.ip"),
        ("192.0.2.1", "domain.ip"),
    ],
)
def test_a_key_that_postfix_never_asks_for_is_refused(typed: str, code: str) -> None:
    with pytest.raises((TransportError, AddressError)) as caught:
        parse_transport_key(typed)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("smtp:[192.0.2.1]:2525", ("smtp", "[192.0.2.1]:2525")),
        ("smtp:[192.0.2.1]", ("smtp", "[192.0.2.1]")),
        ("smtp:[192.0.2.1]:", ("smtp", "[192.0.2.1]:")),
        ("smtp:192.0.2.1:25", ("smtp", "192.0.2.1:25")),
        ("smtp:[2001:db8::1]:25", ("smtp", "[2001:db8::1]:25")),
        ("smtp:[IPv6:2001:db8::1]", ("smtp", "[IPv6:2001:db8::1]")),
        ("smtp:[mx.example.org]:submission", ("smtp", "[mx.example.org]:submission")),
        ("smtp:mx.example.org", ("smtp", "mx.example.org")),
        ("smtp:MX.Example.org:587", ("smtp", "MX.Example.org:587")),
        ("smtp:mx.example.org:", ("smtp", "mx.example.org:")),
        ("smtp:localhost:25", ("smtp", "localhost:25")),
        ("smtp:mail_1.example.org", ("smtp", "mail_1.example.org")),
        (f"smtp:{LONG_LABEL}.org", ("smtp", f"{LONG_LABEL}.org")),
        ("smtp:[192.0.2.1]:25, [192.0.2.2]:25", ("smtp", "[192.0.2.1]:25, [192.0.2.2]:25")),
        ("smtp:mx1.example.org mx2.example.org", ("smtp", "mx1.example.org mx2.example.org")),
        ("smtp:", ("smtp", "")),
        ("smtp", ("smtp", "")),
        ("relay:[mx.example.org]", ("relay", "[mx.example.org]")),
        ("lmtp:unix:private/dovecot-lmtp", ("lmtp", "unix:private/dovecot-lmtp")),
        ("lmtp:unix:/run/dovecot/lmtp", ("lmtp", "unix:/run/dovecot/lmtp")),
        ("lmtp:inet:127.0.0.1:24", ("lmtp", "inet:127.0.0.1:24")),
        ("lmtp:[127.0.0.1]:24", ("lmtp", "[127.0.0.1]:24")),
        ("lmtp:inet:a.test, [127.0.0.1]:24", ("lmtp", "inet:a.test, [127.0.0.1]:24")),
        ("lmtp:", ("lmtp", "")),
        ("error:5.2.1 mailbox disabled", ("error", "5.2.1 mailbox disabled")),
        ("error:mailbox: disabled", ("error", "mailbox: disabled")),
        ("error:", ("error", "")),
        ("error: 5.1.1 gone", ("error", " 5.1.1 gone")),
        ("error:5.1 gone", ("error", "5.1 gone")),
        ("error:4.2.1x", ("error", "4.2.1x")),
        ("retry:4.2.1 later", ("retry", "4.2.1 later")),
        ("retry:later", ("retry", "later")),
        ("discard:silently, gone", ("discard", "silently, gone")),
        ("discard:", ("discard", "")),
        ("maildrop:whatever $nexthop is", ("maildrop", "whatever $nexthop is")),
        ("local:", ("local", "")),
        ("virtual:", ("virtual", "")),
        (":", ("", "")),
        (":[192.0.2.1]:25", ("", "[192.0.2.1]:25")),
        (":unix:private/other", ("", "unix:private/other")),
        ("  smtp:[192.0.2.1]\t", ("smtp", "[192.0.2.1]")),
    ],
)
def test_a_value_is_split_and_kept_as_written(value: str, parts: tuple[str, str]) -> None:
    found = parse_transport(value, DEBIAN_SERVICES)
    assert (found.service, found.nexthop) == parts
    assert str(found) == value.strip()
    assert split_value(str(found)) == parts
    assert found.is_null == (value == ":")
    assert parse_transport(str(found), DEBIAN_SERVICES) == found


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "transport.empty"),
        ("   ", "transport.empty"),
        ("smtp:\nx", "transport.control"),
        ("smtp:mx.test\n", "transport.control"),
        ("\nsmtp:", "transport.control"),
        ("error:tab\there", "transport.control"),
        ("error:\x7f", "transport.control"),
        ("error:geschlossen für immer", "transport.non_ascii"),
        ("smtp:[é.test]", "transport.non_ascii"),
        ("nosuchservice:", "transport.unknown_service"),
        ("nosuchservice", "transport.unknown_service"),
        ("mx.example.org", "transport.unknown_service"),
        ("[192.0.2.1]:25", "transport.unknown_service"),
        ("SMTP:mx.example.org", "transport.unknown_service"),
        ("bounce:x", "transport.unknown_service"),
        ("smtp :mx.example.org", "transport.unknown_service"),
        ("smtp: mx.example.org", "transport.blanks"),
        ("smtp:[192.0.2.1", "transport.bad_host"),
        ("smtp:[192.0.2.1]x", "transport.bad_host"),
        ("smtp:[]:25", "transport.bad_host"),
        ("smtp::25", "transport.bad_host"),
        ("smtp::", "transport.bad_host"),
        ("smtp:,", "transport.bad_host"),
        ("smtp:300.1.1.1", "transport.bad_host"),
        ("smtp:[300.1.1.1]:25", "transport.bad_host"),
        ("smtp:1", "transport.bad_host"),
        ("smtp:2001:db8::1", "transport.bad_host"),
        ("smtp:[2001:db8::g]", "transport.bad_host"),
        ("smtp:[fe80::1%eth0]", "transport.bad_host"),
        ("smtp:[IPv6:192.0.2.1]", "transport.bad_host"),
        ("smtp:[ipv6:]", "transport.bad_host"),
        ("smtp:-a.test", "transport.bad_host"),
        ("smtp:a.test.", "transport.bad_host"),
        ("smtp:a..test", "transport.bad_host"),
        (f"smtp:a{LONG_LABEL}.org", "transport.bad_host"),
        (f"smtp:{'a.' * 127}ab", "transport.bad_host"),
        ("smtp:a.test,[b.test", "transport.bad_host"),
        ("smtp:inet:127.0.0.1:25", "transport.bad_host"),
        ("lmtp:inet:", "transport.bad_host"),
        ("smtp:[192.0.2.1]:0", "transport.bad_port"),
        ("smtp:[192.0.2.1]:70000", "transport.bad_port"),
        ("smtp:[192.0.2.1]:65536", "transport.bad_port"),
        ("smtp:[192.0.2.1]:25x", "transport.bad_port"),
        ("smtp:[192.0.2.1]:-1", "transport.bad_port"),
        ("smtp:mx.test:nosuch", "transport.bad_port"),
        ("smtp:unix:private/x", "transport.bad_port"),
        ("lmtp:private/dovecot-lmtp", "transport.bad_host"),
        ("lmtp:UNIX:private/dovecot-lmtp", "transport.bad_port"),
        ("lmtp:[127.0.0.1]:24, unix:private/dovecot-lmtp", "transport.bad_port"),
        ("lmtp:[127.0.0.1]:24, inet:[127.0.0.1]:24", "transport.bad_host"),
        ("lmtp: unix:private/dovecot-lmtp", "transport.blanks"),
        ("lmtp:unix:", "transport.bad_socket"),
        ("lmtp:unix:private/a, unix:private/b", "transport.bad_socket"),
        ("lmtp:unix:private/a b", "transport.bad_socket"),
        ("error:4.2.1 later", "transport.bad_status"),
        ("error:2.0.0 ok", "transport.bad_status"),
        ("error:9.1.1 what", "transport.bad_status"),
        ("retry:5.2.1 gone", "transport.bad_status"),
        ("retry: 2.0.0", "transport.bad_status"),
        (":[192.0.2.1", "transport.bad_host"),
    ],
)
def test_a_value_that_postfix_would_not_understand_is_refused(value: str, code: str) -> None:
    with pytest.raises(TransportError) as caught:
        parse_transport(value, DEBIAN_SERVICES)
    assert caught.value.code == code


def test_an_unknown_service_is_told_with_those_there_are() -> None:
    with pytest.raises(TransportError) as caught:
        parse_transport("amavis:[127.0.0.1]:10024", {"smtp": "smtp", "lmtp": "lmtp"})
    assert caught.value.params == {"value": "amavis", "services": "lmtp, smtp"}


def test_a_service_of_ones_own_is_judged_by_its_kind() -> None:
    services = {"amavis": "lmtp", "slow": "smtp", "archive": "pipe"}
    assert parse_transport("amavis:unix:private/amavis", services).service == "amavis"
    assert parse_transport("archive:[[[", services).nexthop == "[[["
    with pytest.raises(TransportError):
        parse_transport("slow:unix:private/x", services)


@given(st.text(alphabet="smtp:lerro[]12.,- \té\x00", max_size=30))
@settings(deadline=None)
def test_any_text_is_either_kept_or_refused(text: str) -> None:
    try:
        found = parse_transport(text, DEBIAN_SERVICES)
    except TransportError as error:
        refused = error.code
    else:
        assert parse_transport(str(found), DEBIAN_SERVICES) == found
        return
    assert refused in CODES


@given(st.text(max_size=30))
@settings(deadline=None)
def test_any_key_is_either_kept_or_refused(text: str) -> None:
    try:
        key = parse_transport_key(text)
    except (TransportError, AddressError) as error:
        refused = error.code
    else:
        assert parse_transport_key(key) == key
        return
    assert refused in (*CODES, *ADDRESS_CODES)


@pytest.mark.parametrize(
    ("address", "delimiter", "keys"),
    [
        ("u@a.test", "+", "u@a.test a.test .test *"),
        ("U+Ext@A.test", "+", "u+ext@a.test u@a.test a.test .test *"),
        (
            "q@sub.dom.far.test",
            "+",
            "q@sub.dom.far.test sub.dom.far.test .dom.far.test .far.test .test *",
        ),
        ("u+ext@a.test", "", "u+ext@a.test a.test .test *"),
        ("u-ext@a.test", "+-", "u-ext@a.test u@a.test a.test .test *"),
        ("owner-u@a.test", "+-", "owner-u@a.test a.test .test *"),
        ("u@localhost", "+", "u@localhost localhost *"),
        ("nobody", "+", "nobody *"),
        ("u@a..test", "+", "u@a..test a..test ..test .test *"),
    ],
)
def test_the_keys_in_postfixs_order(address: str, delimiter: str, keys: str) -> None:
    assert transport_keys(address, delimiter) == keys.split()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("u@a.test", ("u@a.test", "error:off")),
        ("u+x@a.test", ("u@a.test", "error:off")),
        ("v@a.test", ("a.test", "smtp:[192.0.2.1]")),
        ("v@wild.test", ("*", "smtp:")),
        ("v@sub.wild.test", (".wild.test", "relay:")),
        ("v@empty.test", ("*", "smtp:")),
        ("v@null.test", ("null.test", ":")),
    ],
)
def test_the_row_that_decides(address: str, found: tuple[str, str]) -> None:
    rows = {
        "u@a.test": "error:off",
        "a.test": "smtp:[192.0.2.1]",
        ".wild.test": "relay:",
        "empty.test": "",
        "null.test": ":",
        "*": "smtp:",
    }

    def read(keys: Sequence[str]) -> Mapping[str, str]:
        return {key: rows[key] for key in keys if key in rows}

    assert lookup_transport(address, read) == found


def test_without_a_row_nothing_decides() -> None:
    assert lookup_transport("u@a.test", lambda _keys: {}) is None
    assert first_match(["a.test"], {"b.test": "smtp:"}) is None
