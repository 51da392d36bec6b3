"""For tests in Chromium: its virtual authenticator, and the steps that every story has."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
from playwright.sync_api import CDPSession, Page, expect

from tests.conftest import PASSWORD

SECURITY = "/account/security/"


@dataclass
class Phone:
    """Chromium's virtual authenticator: it keeps passkeys and says yes, until told otherwise.

    See https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
    """

    cdp: CDPSession
    id: str

    @classmethod
    def of(cls, page: Page) -> Phone:
        """One for this page, and no other authenticator."""
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        made = cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        return cls(cdp, made["authenticatorId"])

    def refuse(self, *, refuses: bool = True) -> None:
        """Finger, face or PIN are wrong from now on, as when somebody cancels."""
        self.cdp.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.id, "isUserVerified": not refuses},
        )

    def passkeys(self) -> list[dict]:
        """What it keeps."""
        answer = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return answer["credentials"]

    def lose(self) -> None:
        """It keeps nothing any more."""
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})


def type_password(page: Page, name: str, password: str = PASSWORD) -> None:
    """The first step."""
    page.goto("/login/")
    page.get_by_label("Name or address").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def is_in(page: Page) -> None:
    """Signed in, and the page has come to rest."""
    page.get_by_role("button", name="Sign out", include_hidden=True).wait_for(state="attached")
    # A part of the page that comes later must not set its cookie beside the next sign-in's.
    page.wait_for_load_state("networkidle")


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """All that somebody without a second factor does."""
    type_password(page, name, password)
    is_in(page)


def sign_out(page: Page) -> None:
    """On a telephone the button is in the menu."""
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():
        menu.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def add_passkey(page: Page, name: str = "my phone") -> None:
    """From the page Security on; ends with recovery codes or there again."""
    page.goto(SECURITY)
    page.get_by_role("link", name="Add passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()


def set_up_app(page: Page) -> pyotp.TOTP:
    """An authenticator app that has typed its secret off the page."""
    page.goto(SECURITY)
    page.get_by_role("link", name="Set up").click()
    app = pyotp.TOTP(page.locator("[data-secret]").inner_text().replace(" ", ""))
    page.get_by_label("Number that the app shows").fill(app.now())
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("Your authenticator app is set up.")).to_be_visible()
    return app


def make_codes(page: Page) -> list[str]:
    """Recovery codes, from the page that follows the first factor."""
    page.get_by_role("button", name="Make recovery codes").click()
    codes = page.locator(".codes li").all_inner_texts()
    page.get_by_role("link", name="I have noted them").click()
    return codes
