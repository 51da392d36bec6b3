"""The pages of a domain's keys: what each state says, who may act, what a step refuses."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from dnshealth.dkim.models import DkimKey, KeyState
from domains.models import Domain
from mailkit.dns.dkim_keys import make_rsa
from tests.dnshealth.conftest import Configure
from tests.dnshealth.signer import Signer
from tests.dnshealth.test_show_dns import code_of
from tests.pages.reading import read

PAGE = "/domains/a.test/dns/dkim/"

pytestmark = pytest.mark.usefixtures("two_domains")


def made(admin: Client, selector: str = "s1") -> DkimKey:
    answer = admin.post(f"{PAGE}new/", {"kind": "rsa", "selector": selector})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    return DkimKey.objects.get(selector=selector)


def test_without_a_signer(admin: Client, configure: Configure) -> None:
    configure()
    page = read(admin.get(PAGE))
    assert "MAILADMIN_DKIM_SIGNER" in page.text
    assert "New key" not in page.text
    assert f'href="{PAGE}"' in read(admin.get("/domains/a.test/dns/")).html
    page = read(admin.post(f"{PAGE}new/", {"kind": "rsa", "selector": ""}))
    assert "The panel does not know the signer" in page.text


def test_a_key_through_all_its_states(admin: Client, signer: Signer) -> None:
    assert "goes out unsigned" in read(admin.get(PAGE)).text
    key = made(admin)
    page = read(admin.get(PAGE))
    assert "made, not yet published" in page.text
    assert "Publish the record below" in page.text
    assert code_of(page.html, "key-1-host") == "s1._domainkey"
    assert code_of(page.html, "key-1-value").startswith("v=DKIM1; k=rsa; p=")
    assert f'action="{PAGE}s1/look/"' in page.html
    assert "switch/" not in page.html
    assert "PRIVATE" not in page.html

    looked = read(admin.post(f"{PAGE}s1/look/", follow=True))
    assert "has no TXT record yet" in looked.text
    signer.publish(key)
    looked = read(admin.post(f"{PAGE}s1/look/", follow=True))
    assert "The record is there." in looked.text
    assert f'href="{PAGE}s1/switch/"' in looked.html

    assert "DNS is asked once more" in read(admin.get(f"{PAGE}s1/switch/")).text
    page = read(admin.post(f"{PAGE}s1/switch/", follow=True))
    assert "Mail is signed with this key" in page.text
    assert "systemctl reload opendkim" in page.text
    assert "retire/" not in page.html

    signer.publish(made(admin, "s2"))
    assert "s1 then signs no more. Keep its record for 7 days" in (
        read(admin.get(f"{PAGE}s2/switch/")).text
    )
    page = read(admin.post(f"{PAGE}s2/switch/", follow=True))
    assert "Grace period until" in page.text
    assert "Let it sign again" in page.text

    page = read(admin.post(f"{PAGE}s1/retire/"))
    assert "may be under way until" in page.text
    assert page.has("force")
    DkimKey.objects.filter(selector="s1").update(old_since=timezone.now() - timedelta(days=8))
    assert "The grace period is over" in read(admin.get(PAGE)).text
    assert "looks for this key" in read(admin.get(f"{PAGE}s1/retire/")).text
    page = read(admin.post(f"{PAGE}s1/retire/", follow=True))
    assert "One key that is gone" in page.text
    assert not Path(key.path).exists()


def test_it_does_not_sign_before_it_is_seen(admin: Client, signer: Signer) -> None:
    made(admin)
    page = read(admin.post(f"{PAGE}s1/switch/", {"force": "on"}))
    assert "has no TXT record yet" in page.text
    assert signer.read("SigningTable") == ""


def test_what_a_form_refuses(admin: Client, signer: Signer) -> None:
    made(admin)
    page = read(admin.post(f"{PAGE}new/", {"kind": "rsa", "selector": "s1"}))
    assert page.is_invalid("selector")
    assert "Each is used once" in page.text
    page = read(admin.post(f"{PAGE}new/", {"kind": "ed25519", "selector": ""}))
    assert "signs all mail with one algorithm" in page.text
    assert read(admin.post(f"{PAGE}new/", {"kind": "dsa", "selector": ""}))
    assert DkimKey.objects.count() == 1


def test_a_domain_admin_sees_and_does_not_act(admin: Client, bob: Client, signer: Signer) -> None:
    key = made(admin)
    page = read(bob.get(PAGE))
    assert "Keys are changed by superadmins" in page.text
    assert code_of(page.html, "key-1-value").startswith("v=DKIM1;")
    assert "look/" not in page.html
    assert "New key" not in page.text
    for step in ("new", "s1/look", "s1/switch", "s1/retire"):
        assert bob.post(f"{PAGE}{step}/").status_code == 403
    assert bob.get("/domains/b.test/dns/dkim/").status_code == 404
    key.refresh_from_db()
    assert key.state == "made"


def test_a_key_that_only_the_signer_has(admin: Client, signer: Signer) -> None:
    (signer.directory / "hand").write_text(make_rsa().pem)
    (signer.directory / "KeyTable").write_text(
        f"one a.test:mail:{signer.directory}/hand\ntwo a.test:lost:{signer.directory}/lost\n"
    )
    (signer.directory / "SigningTable").write_text("*@a.test one\n")
    page = read(admin.get(PAGE))
    assert "found at the signer" in page.text
    assert "mail/retire/" not in page.html
    (signer.directory / "SigningTable").write_text("*@a.test two\n")
    page = read(admin.get(PAGE))
    assert "not readable" in page.text
    assert "lost: No such file or directory" in page.text


def test_a_table_that_cannot_be_read(admin: Client, signer: Signer) -> None:
    (signer.directory / "KeyTable").unlink()
    assert "Not everything could be read" in read(admin.get(PAGE)).text


@pytest.mark.parametrize("step", ["look", "switch", "retire"])
def test_a_key_that_is_not_there(step: str, admin: Client, signer: Signer) -> None:
    assert admin.post(f"{PAGE}none/{step}/").status_code == 404


def test_a_domain_with_another_spelling(admin: Client, signer: Signer) -> None:
    Domain.objects.create(domain="bücher.example")
    url = "/domains/b%C3%BCcher.example/dns/dkim/"
    assert admin.post(f"{url}new/", {"kind": "rsa", "selector": "s1"}).status_code == 302
    page = read(admin.get(url))
    assert "s1._domainkey.xn--bcher-kva.example" in unescape(page.html)
    assert (signer.keys / "xn--bcher-kva.example.s1.key").exists()


def test_a_second_click_makes_no_second_key(admin: Client, signer: Signer) -> None:
    form = read(admin.get(f"{PAGE}new/"))
    selector = f"s{timezone.now():%Y%m%d}"
    assert f'value="{selector}"' in form.html
    made(admin, selector)
    again = read(admin.post(f"{PAGE}new/", {"kind": "rsa", "selector": selector}))
    assert "Each is used once" in again.text
    assert DkimKey.objects.count() == 1
    assert f'value="{selector}b"' in read(admin.get(f"{PAGE}new/")).html


def test_a_key_that_cannot_be_read(admin: Client, bob: Client, signer: Signer) -> None:
    """Where it lies is for superadmins; once replaced nothing can be compared with it."""
    (signer.directory / "KeyTable").write_text(f"k a.test:how:{signer.directory}/none\n")
    (signer.directory / "SigningTable").write_text("*@a.test k\n")
    page = read(admin.get(PAGE))
    assert f"{signer.directory}/none: No such file" in page.text
    # The page has an id `how` of its own.
    assert page.html.count('id="how"') == page.html.count('id="dkim-how"') == 1
    page = read(bob.get(PAGE))
    assert "superadmins see what" in page.text
    assert str(signer.directory) not in page.html

    signer.publish(made(admin))
    admin.post(f"{PAGE}s1/look/")
    assert "how then signs no more" in read(admin.get(f"{PAGE}s1/switch/")).text
    admin.post(f"{PAGE}s1/switch/")
    page = read(admin.post(f"{PAGE}how/look/", follow=True))
    assert "does not know its public half" in page.text
    page = read(admin.post(f"{PAGE}how/switch/"))
    assert "cannot be switched to" not in page.text
    page = read(admin.post(f"{PAGE}how/retire/", {"force": "on"}, follow=True))
    assert "Take the record at how._domainkey.a.test out of DNS" in page.text
    page = read(admin.post(f"{PAGE}how/switch/"))
    assert "The state of this key is “removed”" in page.text


def test_a_step_says_what_it_is_about_and_once_what_speaks_against_it(
    admin: Client, signer: Signer
) -> None:
    key = made(admin)
    page = read(admin.get(f"{PAGE}s1/switch/")).text
    assert "s1._domainkey.a.test." in page
    assert "no key: none of this kind signs now" in page
    page = read(admin.get(f"{PAGE}s1/retire/")).text
    assert f"{key.path} is deleted" in page

    DkimKey.objects.update(state=KeyState.OLD, old_since=timezone.now())
    warned = read(admin.post(f"{PAGE}s1/retire/"))
    assert "Nothing has changed yet" in warned.text
    assert "what you typed" not in warned.text
    assert warned.text.count("may be under way until") == 1
