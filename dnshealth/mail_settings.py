"""Where an operator wants mails about changes to; a superadmin may say so for others."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts.in_log import log_operator
from accounts.models import User
from audit.actor import Actor
from audit.refusals import Findings
from audit.transaction import service
from dnshealth.models import MailSetting
from domains.words import words_for
from mailkit.addresses import AddressError, parse_address


def setting_of(name: str) -> MailSetting | None:
    """What this operator has said, or None."""
    return MailSetting.objects.filter(user__username=name.lower()).first()


@service
def set_mails(*, actor: Actor, name: str, address: str, wanted: bool) -> MailSetting | None:
    """Set an operator's address and whether mails are wanted; None where there is no address.

    Raises Refused for an address that nobody can write to, and for none where mails are wanted;
    User.DoesNotExist.
    """
    if not actor.touches_everything and actor.name != name.lower():
        raise PermissionDenied
    findings = Findings()
    parsed = ""
    if address.strip():
        try:
            parsed = parse_address(address.strip())
        except AddressError as error:
            findings.refuse("address", error.code, words_for(error.code, error.params))
    elif wanted:
        findings.refuse("address", "mails.no_address", _("Mails need an address to go to."))
    findings.settle(force=False)
    user = User.objects.operators().select_for_update().filter(username=name.lower()).first()
    if user is None:
        raise User.DoesNotExist(name)
    before = setting_of(user.username)
    if (before.address, before.wanted) == (parsed, wanted) if before else not parsed:
        return before
    after = {"mail_address": parsed or None, "dns_mails": str(wanted)}
    log_operator(actor, "change_dns_mails", user, _values(before), after)
    if not parsed:
        MailSetting.objects.filter(user=user).delete()
        return None
    setting, _made = MailSetting.objects.update_or_create(
        user=user, defaults={"address": parsed, "wanted": wanted}
    )
    return setting


def _values(setting: MailSetting | None) -> dict[str, str | None] | None:
    if setting is None:
        return None
    return {"mail_address": setting.address, "dns_mails": str(setting.wanted)}
