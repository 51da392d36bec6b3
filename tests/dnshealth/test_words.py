"""Every code of the catalogue has words that somebody can use who has never heard of SPF."""

from __future__ import annotations

import re

import pytest

from dnshealth import words
from dnshealth.words import Words, family_name, words_of
from dnshealth.words.answers import OUTCOMES, reason_words, seen_words
from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.common import looked_for, why
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.results import Check, Severity, Status, Verdict, fail, passed

FOUR = ("title", "meaning", "effect", "todo")
# What only those know who would not need the words. They may stand where they are explained.
JARGON = ("FCrDNS", "FQDN", "NXDOMAIN", "SERVFAIL", "NODATA", "rdata", "apex", "A-label", "SPKI")


def test_the_catalogue_and_the_words_have_the_same_codes() -> None:
    assert set(words.WORDS) == set(CATALOGUE)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_each_code_says_what_it_is_means_does_and_needs(code: str) -> None:
    found = words.WORDS[code]
    texts = {name: str(getattr(found, name)) for name in FOUR}
    for name, text in texts.items():
        assert text, name
        # The page shows these as they are: only the detail is filled in.
        assert "%" not in text, name
        assert not [word for word in JARGON if word in text], text
        assert "  " not in text, text
    assert not texts["title"].endswith(".")
    assert len(texts["title"]) <= 80
    for name in FOUR[1:]:
        assert texts[name].endswith((".", "?", "”")), name
    assert len(set(texts.values())) == len(FOUR)
    if code not in {"spf.senderid"}:
        assert len(texts["effect"]) > 15, texts["effect"]


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_detail_is_left_out_where_its_value_is_missing(code: str) -> None:
    family = CATALOGUE[code].family
    found = words_of(fail(family, code, Severity.ERROR))
    assert found is not None
    wanted = re.findall(r"%\((\w+)\)s", str(words.WORDS[code].detail))
    if wanted:
        assert found.detail == ""
    params: dict[str, str | int] = {name: f"<{name}>" for name in wanted}
    found = words_of(fail(family, code, Severity.ERROR, params=params))
    assert isinstance(found, Words)
    assert all(f"<{name}>" in found.detail for name in wanted)


def test_a_pass_has_no_words_of_its_own() -> None:
    assert words_of(passed("mx")) is None


def test_every_family_status_severity_and_verdict_has_a_name() -> None:
    assert set(words.FAMILIES) == set(BY_NAME)
    assert set(words.STATUSES) == set(Status)
    assert set(words.SEVERITIES) == set(Severity)
    assert set(words.VERDICTS) == set(Verdict)
    assert str(family_name("ptr")) == "Reverse names (PTR)"
    assert family_name("other") == "other"


def test_the_detail_of_a_real_finding_is_filled_in() -> None:
    check = Check(
        "spf.not_authorised",
        "spf",
        Status.FAIL,
        Severity.CRITICAL,
        params={"ips": "192.0.2.1", "result": "softfail"},
    )
    found = words_of(check)
    assert found is not None
    assert found.detail == "Not allowed: 192.0.2.1 (result: softfail)."


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_of_a_lookup_has_a_plain_sentence(outcome: Outcome) -> None:
    sentence = str(OUTCOMES[outcome])
    assert len(sentence.split()) > 3
    assert not any(word in sentence for word in JARGON)
    answer = Answer("_dmarc.a.test.", "TXT", outcome, reason="details; more")
    if not answer.known:
        reason = why(answer)
        assert reason_words(reason) == f"{sentence} ({reason})"
    if answer.absent:
        (line,) = looked_for(answer)
        assert seen_words(line) == f"_dmarc.a.test. TXT: {sentence} ({outcome})"


def test_several_answers_that_did_not_come_are_said_once_and_other_words_stay() -> None:
    two = [Answer("a.test.", kind, Outcome.TIMEOUT, reason="no answer") for kind in ("A", "AAAA")]
    assert reason_words(why(*two)).count(str(OUTCOMES[Outcome.TIMEOUT])) == 1
    assert reason_words("a fault of this program") == "a fault of this program"
    assert seen_words('a.test. TXT "nxdomain"') == 'a.test. TXT "nxdomain"'
