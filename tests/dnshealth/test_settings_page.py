"""The page of a domain's DNS settings, and what a domain's DNS page shows of them."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.actor import Actor
from audit.models import Entry
from dnshealth.change_settings import change_settings
from dnshealth.domain_settings import NONE, settings_of
from dnshealth.services import Result, store_results
from dnshealth.settings_form import check_choices
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.results import REQUIRED_FAMILIES, skipped
from tests.dnshealth.samples import store_samples
from tests.dnshealth.test_show_dns import NOW
from tests.pages.reading import read

PAGE = "/domains/a.test/dns/settings/"


def posted(**fields: str) -> dict[str, str]:
    return {"role": "", "selectors": "", "off_0": "", "because_0": "", **fields}


def test_it_is_saved_and_shown_again(admin: Client, two_domains: None) -> None:
    opened = read(admin.get(PAGE))
    data = posted(
        role="send_only",
        selectors="s1, s2",
        off_0="caa",
        because_0="no <web> server",
        state=opened.value("state"),
    )

    answer = admin.post(PAGE, data)

    assert (answer.status_code, answer["Location"]) == (302, "/domains/a.test/dns/")
    found = settings_of("a.test")
    assert (found.role, found.selectors) == ("send_only", ("s1", "s2"))
    assert found.switched_off["caa"].by == "alice"
    page = read(admin.get(PAGE))
    assert page.value("selectors") == "s1, s2"
    assert page.value("because_0") == "no <web> server"
    assert page.has("because_2")
    assert not page.has("because_3")
    assert 'value="caa" selected' in page.html
    assert "alice, " in page.text
    # To switch it on again is to choose no check.
    admin.post(PAGE, posted(off_0="", because_0=""))
    assert settings_of("a.test") == NONE


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"off_0": "caa"}, "Say why “caa” is switched off."),
        ({"off_0": "caa", "because_0": " "}, "Say why “caa” is switched off."),
        ({"because_0": "why"}, "Choose what is switched off."),
        (
            {"off_0": "caa", "because_0": "x", "off_1": "caa", "because_1": "y"},
            "This stands here twice.",
        ),
        ({"off_0": "nonsense", "because_0": "x"}, "Select a valid choice."),
        ({"off_0": "spf.include_unknown", "because_0": "x"}, "Select a valid choice."),
        ({"selectors": "a_b!"}, "cannot be a selector"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    fields: dict[str, str], said: str, admin: Client, two_domains: None
) -> None:
    page = read(admin.post(PAGE, posted(**fields)))

    assert said in page.text
    assert 'role="alert"' in page.html
    assert settings_of("a.test") == NONE


def test_a_finding_leads_to_it(admin: Client, two_domains: None) -> None:
    store_samples("a.test")
    html = read(admin.get("/domains/a.test/dns/")).html
    assert f'href="{PAGE}?off=mx.foreign_extra"' in html

    page = read(admin.get(f"{PAGE}?off=mx.foreign_extra"))

    assert 'value="mx.foreign_extra" selected' in page.html
    assert "nonsense" not in read(admin.get(f"{PAGE}?off=nonsense")).html


def test_only_what_can_be_switched_off_is_offered() -> None:
    offered = {key for _family, some in check_choices()[1:] for key, _label in some}
    faults = {one.code for one in CATALOGUE.values() if one.severities}
    assert set(CATALOGUE) - faults == {"spf.include_unknown", "dnsbl.refused"}
    assert offered == faults | (set(BY_NAME) - set(REQUIRED_FAMILIES))


def test_two_tabs(admin: Client, root: Actor, two_domains: None) -> None:
    state = read(admin.get(PAGE)).value("state")
    change_settings(
        actor=root, domain="a.test", role="receives_elsewhere", selectors=["s1"], switched_off={}
    )

    page = read(admin.post(PAGE, posted(role="send_only", state=state)))

    assert "Somebody else has changed these settings" in page.text
    assert settings_of("a.test").role == "receives_elsewhere"
    # With what stands there now in view, saving again is a choice.
    again = admin.post(PAGE, posted(role="send_only", state=page.value("state")))
    assert again.status_code == 302
    assert settings_of("a.test").role == "send_only"


@pytest.mark.parametrize(("domain", "status"), [("a.test", 200), ("b.test", 404), ("c.test", 404)])
def test_a_domain_admin_has_own_domains_only(
    domain: str, status: int, bob: Client, two_domains: None
) -> None:
    assert bob.get(f"/domains/{domain}/dns/settings/").status_code == status


def test_what_is_switched_off_stands_apart_on_the_dns_page(
    admin: Client, two_domains: None
) -> None:
    reason = "caa.missing switched off by bob because: why <not>"
    off = skipped("caa", reason, observed=("a.test. A 192.0.2.1",), params={"off": "caa.missing"})
    store_results([Result("a.test", NOW, (off, skipped("dnsbl", "no list is set")))])

    page = read(admin.get("/domains/a.test/dns/"))

    at = page.text.index("Every authority may make certificates")
    assert reason in page.text[at:]
    assert "They are not in order" in page.text
    assert "What was seen" in page.text[at:]
    assert page.text.index("Not looked at") > at
    assert "switched off" in read(admin.get("/dns/")).html


def test_the_log_has_it_in_words(admin: Client, two_domains: None) -> None:
    admin.post(PAGE, posted(off_0="caa", because_0="no web server"))
    entry = Entry.objects.latest("pk")

    page = read(admin.get(f"/audit/{entry.pk}/"))

    assert "changed the DNS settings of" in page.text
    assert "Switched off: caa" in page.text
    assert "alice: no web server" in page.text
    assert f'href="{PAGE}"' in page.html
    assert admin.post(f"/audit/{entry.pk}/undo/").status_code == 302
    assert settings_of("a.test") == NONE
