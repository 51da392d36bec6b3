"""Pages for superadmins: who may sign in to manage mailboxes, and which domains they have."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.models import User
from accounts.operator_forms import (
    AddOperatorForm,
    ChangeOperatorForm,
    OperatorPasswordForm,
    OwnOperatorPasswordForm,
)
from accounts.signing_in import carry_out_with_password
from audit.access import actor_of, operator_required, superadmin_required
from audit.forms import posted
from audit.recent import (
    recent_sign_in_required,
    recent_sign_in_required_of_button,
    recent_sign_in_required_of_form,
)
from domains.forms import ConfirmedDeleteForm
from mailkit.passwords import generate_password


@require_safe
@superadmin_required
def list_operators(request: HttpRequest) -> HttpResponse:
    """All operators with their role and domains."""
    operators = User.objects.operators().prefetch_related("grants")
    return render(request, "accounts/operators/list_operators.html", {"operators": operators})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required_of_form
def create_operator(request: HttpRequest) -> HttpResponse:
    """Add an operator."""
    generated = ""
    if "generate" in request.POST:
        generated = generate_password()
        typed = {**request.POST.dict(), "password1": generated, "password2": generated}
        form = AddOperatorForm(initial=typed)
        form.keep_passwords()
    else:
        form = AddOperatorForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.add_operator(
                actor=actor_of(request),
                name=data["username"],
                password=data["password1"],
                superadmin=data["superadmin"],
                domains=data["domains"],
                max_mailboxes=data["max_mailboxes"],
                max_forwardings=data["max_forwardings"],
                force=data["force"],
            )
        ):
            messages.success(
                request, _("%(name)s can sign in now.") % {"name": form.result.username}
            )
            return redirect("show_operator", form.result.username)
    return render(
        request,
        "accounts/operators/create_operator.html",
        {"form": form, "generated": generated},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required_of_form
def show_operator(request: HttpRequest, name: str) -> HttpResponse:
    """Show an operator and change role, domains and limits."""
    operator = _operator(name)
    opened = {
        "superadmin": operator.is_superadmin,
        "domains": "\n".join(sorted(grant.domain for grant in operator.grants.all())),
        "max_mailboxes": operator.max_mailboxes,
        "max_forwardings": operator.max_forwardings,
    }
    form = ChangeOperatorForm(posted(request), initial=opened)
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.change_operator(
                actor=actor_of(request),
                name=operator.username,
                superadmin=data["superadmin"],
                domains=data["domains"],
                max_mailboxes=data["max_mailboxes"],
                max_forwardings=data["max_forwardings"],
                force=data["force"],
            )
        ):
            messages.success(request, _("%(name)s is saved.") % {"name": operator.username})
            return redirect("show_operator", operator.username)
    return render(
        request,
        "accounts/operators/show_operator.html",
        {"form": form, "operator": operator, "is_me": operator.pk == request.user.pk},
    )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required_of_form
def set_operator_password(request: HttpRequest, name: str) -> HttpResponse:
    """Set an operator's password, the own one too; other sessions of his end."""
    operator = _operator(name)
    generated = ""
    if "generate" in request.POST:
        generated = generate_password()
        form = OperatorPasswordForm(initial={"password1": generated, "password2": generated})
        form.keep_passwords()
    else:
        form = OperatorPasswordForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.set_operator_password(
                actor=actor_of(request),
                name=operator.username,
                password=data["password1"],
                force=data["force"],
            )
        ):
            if operator.pk == request.user.pk:
                update_session_auth_hash(request, form.result)
            messages.success(
                request,
                _("The password of %(name)s is changed; sessions with the old one have ended.")
                % {"name": operator.username},
            )
            return redirect("show_operator", operator.username)
    return render(
        request,
        "accounts/operators/set_operator_password.html",
        {"form": form, "operator": operator, "generated": generated},
    )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def change_own_password(request: HttpRequest) -> HttpResponse:
    """An operator's own new password; other sessions end, this one goes on."""
    generated = ""
    if "generate" in request.POST:
        generated = generate_password()
        form = OwnOperatorPasswordForm(initial={"password1": generated, "password2": generated})
        form.keep_passwords()
    else:
        form = OwnOperatorPasswordForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if carry_out_with_password(
            request,
            form,
            "old_password",
            lambda: services.change_own_operator_password(
                actor=actor_of(request),
                old_password=data["old_password"],
                password=data["password1"],
                force=data["force"],
            ),
        ):
            update_session_auth_hash(request, form.result)
            messages.success(request, _("Your password is changed; your other sessions ended."))
            return redirect("dashboard")
    return render(
        request,
        "accounts/operators/change_own_password.html",
        {"form": form, "generated": generated},
    )


@require_POST
@superadmin_required
@recent_sign_in_required_of_button
def disable_operator(request: HttpRequest, name: str) -> HttpResponse:
    """Let an operator sign in no more."""
    return _set_active(request, name, active=False)


@require_POST
@superadmin_required
@recent_sign_in_required_of_button
def enable_operator(request: HttpRequest, name: str) -> HttpResponse:
    """Let an operator sign in again."""
    return _set_active(request, name, active=True)


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def delete_operator(request: HttpRequest, name: str) -> HttpResponse:
    """Delete an operator with his grants; what he did stays in the change log."""
    operator = _operator(name)
    form = ConfirmedDeleteForm(posted(request), names=(operator.username,), blind=True)
    if form.is_valid() and form.carry_out(
        lambda: services.delete_operator(actor=actor_of(request), name=operator.username)
    ):
        messages.success(request, _("%(name)s is deleted.") % {"name": operator.username})
        return redirect("list_operators")
    return render(
        request, "accounts/operators/delete_operator.html", {"form": form, "operator": operator}
    )


def _operator(name: str) -> User:
    operators = User.objects.operators().prefetch_related("grants")
    operator = operators.filter(username=name.lower()).first()
    if operator is None:
        raise Http404
    return operator


def _set_active(request: HttpRequest, name: str, *, active: bool) -> HttpResponse:
    operator = _operator(name)
    form = ChangeOperatorForm({})
    if form.is_valid() and form.carry_out(
        lambda: services.set_operator_active(
            actor=actor_of(request), name=operator.username, active=active
        )
    ):
        text = _("%(name)s can sign in again.") if active else _("%(name)s can sign in no more.")
        messages.success(request, text % {"name": operator.username})
    else:
        for error in form.non_field_errors():
            messages.error(request, str(error))
    return redirect("show_operator", operator.username)
