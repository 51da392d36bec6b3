"""Addresses, domains and destinations as people type them: what is stored, what is refused.

tests/stack/test_address_rules.py shows the same addresses to a running Postfix and Dovecot.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit.addresses import (
    CODES,
    AddressError,
    display_domain,
    domain_of,
    parse_address,
    parse_destinations,
    parse_domain,
    parse_mailbox_address,
    parse_source,
)

LONG_LABEL = "a" * 63
LONG_LOCAL = "l" * 64
# 253 characters, the longest name that DNS allows.
LONG_DOMAIN = ".".join([LONG_LABEL, LONG_LABEL, LONG_LABEL, "b" * 56, "test"])


def refusal(parse: Callable[..., object], *arguments: str) -> AddressError:
    with pytest.raises(AddressError) as caught:
        parse(*arguments)
    assert caught.value.code in CODES
    return caught.value


# Domains


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.org", "example.org"),
        ("  Example.ORG\t", "example.org"),
        ("example.org.", "example.org"),
        ("a.test", "a.test"),
        ("printer.local", "printer.local"),
        ("1.example.org", "1.example.org"),
        ("192-0-2-1.example.org", "192-0-2-1.example.org"),
        ("a--b.test", "a--b.test"),
        ("müller.example", "xn--mller-kva.example"),
        ("MÜLLER.example", "xn--mller-kva.example"),
        ("mu\u0308ller.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("XN--Mller-KVA.example", "xn--mller-kva.example"),
        # IDNA 2008: the sharp s is a letter, not "ss".
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("müller.example。", "xn--mller-kva.example"),
        ("ｅｘａｍｐｌｅ．org", "example.org"),
        ("münchen.xn--mller-kva.example", "xn--mnchen-3ya.xn--mller-kva.example"),
        (f"{LONG_LABEL}.org", f"{LONG_LABEL}.org"),
        (LONG_DOMAIN, LONG_DOMAIN),
    ],
)
def test_a_domain_is_stored_as_a_label_in_lower_case(typed: str, stored: str) -> None:
    assert parse_domain(typed) == stored
    assert parse_domain(stored) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "domain.empty"),
        (" \n", "domain.empty"),
        (".", "domain.empty"),
        ("..", "domain.empty"),
        ("example", "domain.no_dot"),
        ("localhost.", "domain.no_dot"),
        ("例え", "domain.no_dot"),
        ("example..org", "domain.syntax"),
        (".example.org", "domain.syntax"),
        ("example.org..", "domain.syntax"),
        ("exa mple.org", "domain.syntax"),
        ("exa\tmple.org", "domain.syntax"),
        ("exa\x00mple.org", "domain.syntax"),
        ("bad_domain.test", "domain.syntax"),
        ("-a.test", "domain.syntax"),
        ("a-.test", "domain.syntax"),
        ("a.-test", "domain.syntax"),
        ("@example.org", "domain.syntax"),
        ("anna@example.org", "domain.syntax"),
        ("http://example.org", "domain.syntax"),
        ("example.org/x", "domain.syntax"),
        ("*.example.org", "domain.syntax"),
        ("example.org,example.net", "domain.syntax"),
        ("192.0.2.1", "domain.ip"),
        ("[192.0.2.1]", "domain.ip"),
        ("[IPv6:2001:db8::1]", "domain.ip"),
        ("2001:db8::1", "domain.ip"),
        ("10.1", "domain.ip"),
        ("1", "domain.ip"),
        ("example.123", "domain.numeric"),
        (f"a{LONG_LABEL}.org", "domain.label_too_long"),
        ("ü" * 60 + ".org", "domain.label_too_long"),
        ("a" + LONG_DOMAIN, "domain.label_too_long"),
        (f"x.{LONG_DOMAIN}", "domain.too_long"),
        ("a." * 600 + "org", "domain.too_long"),
        ("ü" * 2000 + ".org", "domain.too_long"),
        ("ü_.example", "domain.idna"),
        ("-ü.example", "domain.idna"),
        ("\u0301a.example", "domain.idna"),
        ("xn--a.example", "domain.idna"),
        ("xn--.example", "domain.idna"),
        ("xn--example.example", "domain.idna"),
        ("xn--" + "a" * 70 + ".example", "domain.idna"),
        ("💩.example", "domain.idna"),
        ("a\u202eb.example", "domain.idna"),
        ("a\ud800b.example", "domain.idna"),
    ],
)
def test_a_domain_that_cannot_be_is_refused(typed: str, code: str) -> None:
    error = refusal(parse_domain, typed)
    assert error.code == code
    if code != "domain.empty":
        assert error.params["value"] == typed.strip()


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("example.org", "example.org"),
        ("xn--mller-kva.example", "müller.example"),
        ("xn--r8jz45g.xn--zckzah", "例え.テスト"),
        ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
        ("xn--strae-oqa.example", "straße.example"),
        (".xn--mller-kva.example", ".müller.example"),
        # Not what it claims to be.
        ("xn--a.example", "xn--a.example"),
        ("xn--.example", "xn--.example"),
        ("", ""),
        ("Odd Süd xn--", "Odd Süd xn--"),
        ("xn--mller-kva..example", "müller..example"),
        # Latin "apple" with a Cyrillic а
        ("xn--pple-43d.com", "xn--pple-43d.com"),
    ],
)
def test_a_domain_is_shown_as_people_write_it(stored: str, shown: str) -> None:
    assert display_domain(stored) == shown


# Addresses


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("anna@example.org", "anna@example.org"),
        (" Anna.B@Example.ORG. ", "anna.b@example.org"),
        ("anna@müller.example", "anna@xn--mller-kva.example"),
        ("o'brien+tag@example.org", "o'brien+tag@example.org"),
        ("a!#$%&'*/=?^_`{|}~-b@example.org", "a!#$%&'*/=?^_`{|}~-b@example.org"),
        ("0@a.test", "0@a.test"),
        (f"{LONG_LOCAL}@example.org", f"{LONG_LOCAL}@example.org"),
    ],
)
def test_an_address_is_stored_in_lower_case(typed: str, stored: str) -> None:
    assert parse_address(typed) == stored
    assert parse_address(stored) == stored


BAD_ADDRESSES = [
    ("anna", "address.no_at"),
    ("anna at example.org", "address.no_at"),
    ("@example.org", "local.empty"),
    ("anna@", "domain.empty"),
    ("anna@example", "domain.no_dot"),
    ("anna@bad_domain.test", "domain.syntax"),
    ("anna@[192.0.2.1]", "domain.ip"),
    ("anna@example .org", "domain.syntax"),
    ("Anna <anna@example.org>", "address.display_name"),
    ("<anna@example.org>", "address.display_name"),
    ("anna>@example.org", "address.display_name"),
    ('"anna b"@example.org', "local.quoted"),
    ("anna b@example.org", "local.blank"),
    ("anna @example.org", "local.blank"),
    ("anna\u00a0b@example.org", "local.blank"),
    ("anna\x00@example.org", "local.control"),
    ("an\tna@example.org", "local.control"),
    ("an\nna@example.org", "local.control"),
    ("an\x85na@example.org", "local.control"),
    ("ännä@example.org", "local.non_ascii"),
    ("anna\u200b@example.org", "local.non_ascii"),
    ("ａnna@example.org", "local.non_ascii"),
    (".anna@example.org", "local.dots"),
    ("anna.@example.org", "local.dots"),
    ("an..na@example.org", "local.dots"),
    (".@example.org", "local.dots"),
    ("an@na@example.org", "local.syntax"),
    ("an(na)@example.org", "local.syntax"),
    ("an:na@example.org", "local.syntax"),
    ("an\\na@example.org", "local.syntax"),
    ("mailto:anna@example.org", "local.syntax"),
    ("-anna@example.org", "local.leading_hyphen"),
    ("-@example.org", "local.leading_hyphen"),
    (f"l{LONG_LOCAL}@example.org", "local.too_long"),
    (f"{LONG_LOCAL}@{LONG_DOMAIN}", "address.too_long"),
    (f"a@x.{LONG_DOMAIN}", "domain.too_long"),
]


@pytest.mark.parametrize(("typed", "code"), [("", "address.empty"), *BAD_ADDRESSES])
def test_an_address_that_no_mail_can_be_sent_to_is_refused(typed: str, code: str) -> None:
    assert refusal(parse_address, typed).code == code


def test_an_address_may_have_254_characters() -> None:
    longest = "a@" + LONG_DOMAIN[1:]
    assert parse_address(longest) == longest
    assert len(longest) == 254
    assert refusal(parse_address, "b" + longest).code == "address.too_long"


@pytest.mark.parametrize(
    ("typed", "delimiter", "stored"),
    [
        ("Anna.B_c-D@Example.org", "+", "anna.b_c-d@example.org"),
        ("anna@müller.example", "+", "anna@xn--mller-kva.example"),
        ("_@a.test", "+", "_@a.test"),
        ("a-@a.test", "+", "a-@a.test"),
        ("anna-b@example.org", "", "anna-b@example.org"),
    ],
)
def test_a_mailbox_has_an_address_that_can_sign_in(typed: str, delimiter: str, stored: str) -> None:
    assert parse_mailbox_address(typed, delimiter) == stored
    assert parse_mailbox_address(stored, delimiter) == stored


@pytest.mark.parametrize(
    ("typed", "delimiter", "code"),
    [
        ("anna+tag@example.org", "+", "local.delimiter"),
        ("+anna@example.org", "+", "local.delimiter"),
        ("anna-b@example.org", "+-", "local.delimiter"),
        ("owner-b@example.org", "-", "local.delimiter"),
        ("anna+tag@example.org", "", "local.not_for_sign_in"),
        ("o'brien@example.org", "+", "local.not_for_sign_in"),
        ("anna/b@example.org", "+", "local.not_for_sign_in"),
        ("anna%b@example.org", "+", "local.not_for_sign_in"),
        ("*@example.org", "+", "local.not_for_sign_in"),
        *((typed, "+", code) for typed, code in BAD_ADDRESSES),
    ],
)
def test_a_mailbox_that_could_not_sign_in_is_refused(typed: str, delimiter: str, code: str) -> None:
    assert refusal(parse_mailbox_address, typed, delimiter).code == code


def test_the_delimiter_that_is_in_the_way_is_told() -> None:
    error = refusal(parse_mailbox_address, "anna-b@example.org", "+-")
    assert error.params == {"value": "anna-b", "delimiter": "-"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Anna@Example.org", "anna@example.org"),
        ("anna+tag@example.org", "anna+tag@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("@example.org", "@example.org"),
        (" @Müller.example. ", "@xn--mller-kva.example"),
    ],
)
def test_a_source_is_an_address_or_a_whole_domain(typed: str, stored: str) -> None:
    assert parse_source(typed) == stored
    assert parse_source(stored) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "address.empty"),
        ("@", "domain.empty"),
        ("@example", "domain.no_dot"),
        ("@a@example.org", "domain.syntax"),
        ("@ example.org,", "domain.syntax"),
        ("a%b@example.org", "local.routing"),
        ("example.net!a@example.org", "local.routing"),
        *((typed, code) for typed, code in BAD_ADDRESSES if not typed.startswith("@")),
    ],
)
def test_a_source_that_no_mail_reaches_is_refused(typed: str, code: str) -> None:
    assert refusal(parse_source, typed).code == code


# Destinations


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a@x.test", "a@x.test"),
        ("A@X.test\r\nb@x.test\r\n", "a@x.test b@x.test"),
        ("a@x.test,b@x.test; c@x.test d@x.test", "a@x.test b@x.test c@x.test d@x.test"),
        ("\n\n a@x.test ,\n,, b@x.test\n", "a@x.test b@x.test"),
        ("b@x.test, a@x.test, B@x.test", "b@x.test a@x.test"),
        ("a+tag@x.test, a%b@x.test", "a+tag@x.test a%b@x.test"),
        ("a@müller.example", "a@xn--mller-kva.example"),
        ("a@x.test\u00a0b@x.test", "a@x.test b@x.test"),
        ("@X.test", "@x.test"),
        ("@x.test\n@x.test", "@x.test"),
        ("/x=y/s=z@gateway.test", "/x=y/s=z@gateway.test"),
    ],
)
def test_destinations_are_read_in_order_each_once(typed: str, stored: str) -> None:
    assert parse_destinations(typed) == stored.split()


@pytest.mark.parametrize(
    ("typed", "code", "value", "line"),
    [
        ("", "destination.empty", None, None),
        (" ,\n ; ", "destination.empty", None, None),
        ("a@x.test, @y.test", "destination.domain_in_list", "@y.test", None),
        ("@x.test, @y.test", "destination.domain_in_list", "@x.test", None),
        ("a@x.test\nroot", "address.no_at", "root", 2),
        ("|/bin/cat", "destination.command", "|/bin/cat", 1),
        ("a@x.test\n|/usr/bin/vacation -t 1d anna", "destination.command", None, 2),
        ('"|/usr/bin/procmail -a x"', "destination.command", None, 1),
        ("a@x.test |cat", "destination.command", "|cat", 1),
        ("/var/mail/anna", "destination.path", "/var/mail/anna", 1),
        (":include:/etc/list", "destination.include", ":include:/etc/list", 1),
        (":INCLUDE:/etc/list", "destination.include", ":INCLUDE:/etc/list", 1),
        ("Anna B. <a@x.test>, b@x.test", "address.display_name", "Anna B. <a@x.test>", 1),
        ('"a b"@x.test', "local.quoted", '"a b"', 1),
        ("a@x.test\n\nb@y", "domain.no_dot", "y", 3),
        ("a@x.test\r\nä@x.test", "local.non_ascii", "ä", 2),
        ("-a@x.test", "local.leading_hyphen", "-a", 1),
        ("a@", "domain.empty", "a@", 1),
        ("@", "domain.empty", "@", 1),
        ("a\x00b@x.test", "local.control", None, 1),
        ("a@x.test\x00", "domain.syntax", None, 1),
    ],
)
def test_a_wrong_destination_is_named_with_its_line(
    typed: str, code: str, value: str | None, line: int | None
) -> None:
    error = refusal(parse_destinations, typed)
    assert error.code == code
    assert error.params.get("line") == line
    if value is not None:
        assert error.params["value"] == value


# Whatever is typed


TYPED = st.one_of(
    st.text(max_size=40),
    st.text(alphabet='aAbZ09.-_@+,; \n"<>|/:%üßİ。\u0301\u200dxn', max_size=40),
    st.from_regex(r"[a-z.+-]{0,5}@(xn--)?[a-zü-]{0,6}\.[a-z]{0,3}", fullmatch=True),
)
PARSERS = [parse_domain, parse_address, parse_mailbox_address, parse_source]


@pytest.mark.parametrize("parse", PARSERS)
@given(typed=TYPED)
@settings(deadline=None)
def test_anything_typed_is_stored_in_one_form_or_refused(
    parse: Callable[[str], str], typed: str
) -> None:
    try:
        stored = parse(typed)
    except AddressError as error:
        refused = error.code
    else:
        assert stored.isascii()
        assert stored == stored.lower().strip()
        assert parse(stored) == stored
        assert display_domain(domain_of(stored) or stored)
        return
    assert refused in CODES


@given(st.lists(TYPED, max_size=4), st.sampled_from(["\n", ", ", " ", ";"]))
@settings(deadline=None)
def test_any_destinations_are_stored_in_one_form_or_refused(
    parts: list[str], separator: str
) -> None:
    try:
        stored = parse_destinations(separator.join(parts))
    except AddressError as error:
        refused = error.code
    else:
        assert len(set(stored)) == len(stored)
        assert parse_destinations("\n".join(stored)) == stored
        assert parse_destinations(", ".join(stored)) == stored
        return
    assert refused in CODES


@given(st.text(max_size=30))
@settings(deadline=None)
def test_whatever_stands_in_the_table_can_be_shown(stored: str) -> None:
    display_domain(stored)
    display_domain("xn--" + stored)
    display_domain(stored + ".xn--" + stored)


@given(st.text(alphabet=st.characters(categories=["Ll", "Lo"]), min_size=1, max_size=20))
@settings(deadline=None)
def test_a_domain_that_is_shown_can_be_typed_again(label: str) -> None:
    try:
        stored = parse_domain(f"{label}.example")
    except AddressError:
        return
    assert parse_domain(display_domain(stored)) == stored


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("anna@example.org", "example.org"),
        ("@example.org", "example.org"),
        ("a@b@example.org", "example.org"),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_the_domain_of_an_address(address: str, domain: str) -> None:
    assert domain_of(address) == domain
