"""DKIM: each code has a zone that makes it, a near miss, and a record that mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailkit.dns.answers import Outcome
from mailkit.dns.dkim_record import key_record, read_record
from mailkit.dns.families import dkim
from mailkit.dns.families.common import seen
from mailkit.dns.results import Severity, Status
from mailkit.dns.subject import MailDomain, SignerKey
from tests.mailkit.dns.dkim_cases import CASES, EDWARDS, GOOD, KEY, SIGNED, bits, published, signed
from tests.mailkit.dns.memory import (
    DOMAIN,
    HOST,
    PLAIN,
    Case,
    assert_case,
    checks_of,
    failed,
    loaded,
)

CODES = {
    "no_key", "missing", "doubled_name", "mismatch", "revoked", "multiple", "syntax", "base64",
    "truncated", "escaped", "version", "key_type", "hash", "service", "weak", "testing",
    "ed25519_only", "old_selector",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    assert_case(dkim, case)


def test_each_code_has_a_case_and_a_near_miss() -> None:
    assert {code for case in CASES for code in case.codes} == {f"dkim.{code}" for code in CODES}
    near = {code for case in CASES if case.near is not None for code in case.codes}
    assert near == {f"dkim.{code}" for code in CODES}


def test_a_good_key_passes() -> None:
    (check,) = checks_of(dkim, SIGNED, HOST, loaded(Case((), GOOD)))
    assert check.status == Status.PASS
    assert check.observed == seen([key_record(DOMAIN, KEY)])
    assert check.observed[0].startswith(f'mail._domainkey.{DOMAIN}. TXT "v=DKIM1')


def test_without_a_key_to_compare_with_it_says_so() -> None:
    (check,) = checks_of(dkim, PLAIN, HOST, loaded(Case((), GOOD)))
    assert (check.status, check.code) == (Status.SKIPPED, "dkim")
    assert check.observed == seen([key_record(DOMAIN, KEY)])
    assert check.observed[0].startswith(f'mail._domainkey.{DOMAIN}. TXT "v=DKIM1')


SECOND = replace(KEY, selector="second")


@pytest.mark.parametrize(
    ("keys", "zone", "codes", "status"),
    [
        ((EDWARDS,), GOOD + published(EDWARDS), set(), Status.UNKNOWN),
        ((SECOND,), GOOD + published(SECOND), set(), Status.UNKNOWN),
        ((SECOND,), published(SECOND), {"dkim.missing"}, Status.FAIL),
        ((SECOND,), GOOD, {"dkim.missing"}, Status.FAIL),
        ((replace(SECOND, retired=True),), GOOD, set(), Status.UNKNOWN),
        # Retired, and the signer still names it: nobody can say that no key signs.
        ((replace(KEY, retired=True),), "", set(), Status.UNKNOWN),
    ],
)
def test_a_key_that_nobody_could_read_never_passes(
    keys: tuple[SignerKey, ...], zone: str, codes: set[str], status: Status
) -> None:
    domain = MailDomain(DOMAIN, keys=keys, selectors=("mail",), keys_unread=True)
    host = replace(HOST, signer_known=True)
    checks = checks_of(dkim, domain, host, loaded(Case((), zone)))
    assert failed(checks) == codes
    assert {check.status for check in checks} == {status}
    assert status == Status.FAIL or "cannot be read" in checks[0].reason


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in ("ok", "nodata", "nxdomain")])
@pytest.mark.parametrize("domain", [SIGNED, PLAIN, MailDomain(DOMAIN, selectors=("mail",))])
def test_no_answer_is_not_missing(domain: MailDomain, outcome: Outcome) -> None:
    faults = {f"{name}._domainkey.{DOMAIN}": outcome for name in ("mail", "default", "dkim")}
    checks = checks_of(dkim, domain, HOST, loaded(Case((), GOOD, faults=faults)))
    assert [(check.status, check.code) for check in checks] == [(Status.UNKNOWN, "dkim")]


def test_one_selector_without_an_answer_does_not_hide_another_ones_fault() -> None:
    domain = signed(KEY, replace(KEY, selector="second"))
    case = Case((), "", faults={f"second._domainkey.{DOMAIN}": Outcome.TIMEOUT})
    checks = checks_of(dkim, domain, HOST, loaded(case))
    assert failed(checks) == {"dkim.missing"}
    assert checks[-1].status == Status.UNKNOWN
    assert checks[-1].params == {"selector": "second"}


@pytest.mark.parametrize(
    ("size", "severity"),
    [(512, Severity.CRITICAL), (1023, Severity.CRITICAL), (1024, Severity.WARNING)],
)
def test_a_very_short_key_is_critical(size: int, severity: Severity) -> None:
    case = Case((), published(bits(size)), domain=signed(bits(size)))
    (check,) = checks_of(dkim, case.domain, HOST, loaded(case))
    assert (check.code, check.severity, check.params["bits"]) == ("dkim.weak", severity, size)


def test_what_stands_at_a_named_selector_is_judged_beside_a_good_one() -> None:
    domain = MailDomain(DOMAIN, selectors=("mail", "default"))
    revoked = GOOD + 'default._domainkey TXT "v=DKIM1; p="\n'
    assert failed(checks_of(dkim, domain, HOST, loaded(Case((), revoked)))) == {"dkim.revoked"}


def test_another_signing_domain_is_looked_up_there() -> None:
    domain = signed(replace(KEY, signs_as="host.test"))
    case = Case((), "", others={"host.test": GOOD})
    (check,) = checks_of(dkim, domain, HOST, loaded(case))
    assert check.status == Status.PASS


def test_an_ed25519_key_is_its_32_bytes() -> None:
    record = read_record(key_record(DOMAIN, EDWARDS).value.encode())
    assert record.key
    assert record.key.number.to_bytes(32) == EDWARDS.spki[-32:]


def test_a_key_that_is_no_key_makes_no_record_and_no_crash() -> None:
    domain = signed(replace(KEY, spki=b"broken"))
    (check,) = checks_of(dkim, domain, HOST, loaded(Case((), "")))
    assert (check.code, check.publish) == ("dkim.missing", ())
