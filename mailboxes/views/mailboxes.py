"""Pages: list, add, show, suspend, resume and delete mailboxes, and set their passwords."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.access import actor_of, operator_required
from audit.forms import posted
from audit.log import was_known
from audit.recent import recent_sign_in_required, recent_sign_in_required_of_form
from audit.refusals import Refused
from domains.forms import ConfirmedDeleteForm
from domains.keys import row_url
from domains.listing import asked
from domains.models import Domain, Transport
from domains.postfix import delimiter
from domains.state import state_of
from mailboxes.dependents import mailbox_dependents
from mailboxes.forms import MailboxForm, MailboxPasswordForm
from mailboxes.models import Forwarding, Mailbox
from mailboxes.reaching import reaching
from mailboxes.seen import shown, shown_ways
from mailboxes.services import mailboxes as services
from mailboxes.words import badges, forwarding_line, mailbox_line
from mailkit.passwords import generate_password
from mailkit.postfix.transports import transport_keys

# Offered while the domain is typed; more would make the page long.
DOMAINS_OFFERED = 100


@require_safe
@operator_required
def list_mailboxes(request: HttpRequest) -> HttpResponse:
    """Mailboxes page by page, by key; found by the first characters or by their domain."""
    actor = actor_of(request)
    query = asked(request, actor)
    rows = Mailbox.objects.visible_to(actor)
    if query.domain:
        rows = rows.in_domain(query.domain)
    if query.q:
        rows = rows.containing(query.q) if query.inside else rows.matching(query.q)
    page = rows.page(after=query.after)
    lines = [mailbox_line(mailbox) for mailbox in page.rows]
    context = {"page": page, "lines": lines, "asked": query}
    return render(request, "mailboxes/list_mailboxes.html", context)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def create_mailbox(request: HttpRequest) -> HttpResponse:
    """Add a mailbox with its first password."""
    actor = actor_of(request)
    domain = request.GET.get("domain", "")
    if "generate" in request.POST:
        generated = generate_password()
        typed = {**request.POST.dict(), "password1": generated, "password2": generated}
        form = MailboxForm(initial=typed)
        form.keep_passwords()
        return _create_page(request, form, generated)
    form = MailboxForm(posted(request), initial={"email": f"@{domain}" if domain else ""})
    if form.is_valid():
        data = form.cleaned_data
        address = data["email"].lower()
        # Nobody knows the first password of an owner who is invited to choose one.
        password = secrets.token_urlsafe(32) if data["invite"] else data["password1"]
        existed_before = was_known("mailbox", address)
        if form.carry_out(
            lambda: services.create_mailbox(
                actor=actor,
                email=data["email"],
                password=password,
                force=data["force"],
            )
        ):
            address = form.result.email
            messages.success(request, _("The mailbox %(address)s is ready.") % {"address": address})
            if existed_before:
                messages.warning(request, _former_mail(address))
            page = "invite_owner" if data["invite"] else "show_mailbox"
            return redirect(row_url(page, address) or "list_mailboxes")
    return _create_page(request, form)


def _create_page(
    request: HttpRequest, form: MailboxForm, generated: str = "", gone: str = ""
) -> HttpResponse:
    names = Domain.objects.visible_to(actor_of(request)).order_by("pk")[:DOMAINS_OFFERED]
    context = {"form": form, "generated": generated, "domains": list(names), "gone": gone}
    status = 404 if gone else 200
    return render(request, "mailboxes/create_mailbox.html", context, status=status)


def _gone(request: HttpRequest, email: str) -> HttpResponse:
    """404; the password typed for a mailbox that is gone can be given to a new one."""
    if request.method != "POST":
        raise Http404
    form = MailboxForm(initial={**request.POST.dict(), "email": email})
    form.keep_passwords()
    return _create_page(request, form, gone=email)


def _former_mail(address: str) -> str:
    return _(
        "There was a mailbox %(address)s before. If its mail still lies in the mail server's mail "
        "directory, the new owner sees it: look there before you hand out the password."
    ) % {"address": address}


@require_safe
@operator_required
def show_mailbox(request: HttpRequest, email: str) -> HttpResponse:
    """One mailbox: state, password hash, and what stands in the other tables about it."""
    mailbox = _mailbox(request, email)
    actor = actor_of(request)
    forwarding = Forwarding.objects.by_key(mailbox.email)
    context: dict[str, object] = {
        "mailbox": mailbox,
        "judgement": mailbox.judgement,
        "badges": badges(mailbox.judgement),
        "forwarding": forwarding,
        "forwarding_line": forwarding_line(forwarding) if forwarding else None,
        "transport": _transport_of(mailbox),
        "domain": Domain.objects.by_key(mailbox.domain_name)
        or Domain.objects.by_key(mailbox.domain_name.lower()),
        "reach_asked": request.GET.get("reach") == "1",
    }
    if context["reach_asked"]:
        # Reads all forwardings, so it comes after the page or when somebody asks for it.
        context["reach"] = shown_ways(reaching(mailbox.email), actor)
    return render(request, "mailboxes/show_mailbox.html", context)


def _transport_of(mailbox: Mailbox) -> Transport | None:
    """The transport that Postfix finds for the address, the most specific first."""
    keys = transport_keys(mailbox.email, delimiter())
    found = {row.domain: row for row in Transport.objects.filter(pk__in=keys)}
    return next((found[key] for key in keys if key in found), None)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
@recent_sign_in_required_of_form
def set_mailbox_password(request: HttpRequest, email: str) -> HttpResponse:
    """A new password for a mailbox."""
    mailbox: Mailbox | None = Mailbox.objects.visible_to(actor_of(request)).by_key(email)
    if mailbox is None:
        return _gone(request, email)
    stored = mailbox.email
    if "generate" in request.POST:
        generated = generate_password()
        typed = {**request.POST.dict(), "password1": generated, "password2": generated}
        form = MailboxPasswordForm(initial=typed)
        form.keep_passwords()
        return _password_page(request, form, mailbox, generated)
    form = MailboxPasswordForm(posted(request), initial={"state": _state(mailbox)})
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.set_mailbox_password(
                actor=actor_of(request),
                email=stored,
                password=data["password1"],
                force=data["force"],
                state=data["state"] or None,
            )
        ):
            messages.success(
                request,
                _("The password of %(address)s is changed. The former one is refused from now on.")
                % {"address": mailbox.email},
            )
            return redirect(row_url("show_mailbox", mailbox.email) or "list_mailboxes")
        if form.gone:
            return _gone(request, email)
        if form.current is not None:
            form.renew_state(_state(_mailbox(request, email)))
    return _password_page(request, form, mailbox)


def _password_page(
    request: HttpRequest, form: MailboxPasswordForm, mailbox: Mailbox, generated: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "mailbox": mailbox,
        "badges": badges(mailbox.judgement),
        "generated": generated,
    }
    return render(request, "mailboxes/set_mailbox_password.html", context)


@require_POST
@operator_required
def suspend_mailbox(request: HttpRequest, email: str) -> HttpResponse:
    """Nobody signs in any more; mail still arrives."""
    mailbox = _mailbox(request, email)
    try:
        services.suspend_mailbox(actor=actor_of(request), email=mailbox.email)
    except Refused as error:
        for text in error.messages:
            messages.error(request, text)
    else:
        messages.success(
            request,
            _(
                "%(address)s is suspended: mail still arrives, but nobody can sign in. A mail "
                "program that is connected stays so until it reconnects (doveadm kick ends it)."
            )
            % {"address": mailbox.email},
        )
    return redirect(row_url("show_mailbox", mailbox.email) or "list_mailboxes")


@require_POST
@operator_required
def resume_mailbox(request: HttpRequest, email: str) -> HttpResponse:
    """The former password works again."""
    mailbox = _mailbox(request, email)
    services.resume_mailbox(actor=actor_of(request), email=mailbox.email)
    messages.success(
        request,
        _("%(address)s is resumed: its former password works again.") % {"address": mailbox.email},
    )
    return redirect(row_url("show_mailbox", mailbox.email) or "list_mailboxes")


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
@recent_sign_in_required
def delete_mailbox(request: HttpRequest, email: str) -> HttpResponse:
    """Delete a mailbox, after showing what hangs on it."""
    mailbox = _mailbox(request, email)
    actor = actor_of(request)
    form = ConfirmedDeleteForm(
        posted(request),
        names=(mailbox.email,),
        blind=False,
        initial={"dependents": request.GET.get("dependents", "remove")},
    )
    if form.is_valid():
        choice = form.cleaned_data["dependents"]
        if form.carry_out(
            lambda: services.delete_mailbox(actor=actor, email=mailbox.email, dependents=choice)
        ):
            messages.success(
                request,
                _("The mailbox %(address)s is deleted. Its mail still lies on the mail server.")
                % {"address": mailbox.email},
            )
            return redirect("list_mailboxes")
    found = mailbox_dependents(mailbox.email)
    context = {
        "form": form,
        "mailbox": mailbox,
        "dependents": found,
        "forwardings_to": shown(found.forwardings_to.keys, actor, found.forwardings_to),
        "losing": shown(found.losing.keys, actor, found.losing),
    }
    return render(request, "mailboxes/delete_mailbox.html", context)


def _mailbox(request: HttpRequest, email: str) -> Mailbox:
    row: Mailbox | None = Mailbox.objects.visible_to(actor_of(request)).by_key(email)
    if row is None:
        raise Http404
    return row


def _state(mailbox: Mailbox) -> str:
    return state_of(services.mailbox_row(mailbox))
