"""Addresses of sign-in, recovery, the mailbox owner's own pages, and operators."""

from __future__ import annotations

from django.urls import path

from accounts import (
    account_views,
    again_views,
    operator_views,
    owner_views,
    recovery_views,
    views,
)
from accounts.second_factor import reset_views, step_views
from accounts.second_factor import views as security
from domains import keys as _keys  # noqa: F401 - registers the converter `key`

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/passkey/", views.sign_in_with_passkey, name="sign_in_with_passkey"),
    path("login/passkey/options/", views.passkey_options, name="passkey_options"),
    path("login/step/", step_views.second_step, name="second_step"),
    path("login/step/options/", step_views.second_step_options, name="second_step_options"),
    path("login/again/", again_views.sign_in_again, name="login_again"),
    path("login/again/options/", again_views.passkey_options_again, name="passkey_options_again"),
    path("logout/", views.sign_out, name="logout"),
    path("account/", account_views.show_account, name="show_account"),
    path("account/password/", account_views.change_own_password, name="change_own_password"),
    path("account/forwarding/", account_views.change_own_forwarding, name="change_own_forwarding"),
    path("account/recovery/", account_views.set_recovery_address, name="set_recovery_address"),
    path(
        "account/recovery/remove/",
        account_views.remove_recovery_address,
        name="remove_recovery_address",
    ),
    path("account/confirm/", account_views.confirm_own_factors, name="confirm_own_factors"),
    path("account/confirm/remove/", account_views.remove_own_factors, name="remove_own_factors"),
    path("account/security/", security.show_security, name="show_security"),
    path(
        "account/security/authenticator/",
        security.set_up_authenticator,
        name="set_up_authenticator",
    ),
    path(
        "account/security/authenticator/remove/",
        security.remove_authenticator,
        name="remove_authenticator",
    ),
    path("account/security/passkeys/add/", security.add_passkey, name="add_passkey"),
    path(
        "account/security/passkeys/add/options/",
        security.add_passkey_options,
        name="add_passkey_options",
    ),
    path(
        "account/security/passkeys/<int:passkey_id>/",
        security.rename_passkey,
        name="rename_passkey",
    ),
    path(
        "account/security/passkeys/<int:passkey_id>/remove/",
        security.remove_passkey,
        name="remove_passkey",
    ),
    path(
        "account/security/recovery-codes/",
        security.make_recovery_codes,
        name="make_recovery_codes",
    ),
    path("account/security/sessions/end/", security.end_other_sessions, name="end_other_sessions"),
    path(
        "account/security/sessions/<str:session_id>/end/", security.end_session, name="end_session"
    ),
    path("recover/", recovery_views.ask_for_link, name="ask_for_link"),
    path("recover/sent/", recovery_views.link_asked_for, name="link_asked_for"),
    path("recover/password/", recovery_views.recover_password, name="recover_password"),
    path(
        "recover/confirm/",
        recovery_views.confirm_recovery_address,
        name="confirm_recovery_address",
    ),
    path("invitation/", recovery_views.accept_invitation, name="accept_invitation"),
    path("mailboxes/<key:email>/invite/", owner_views.invite_owner, name="invite_owner"),
    path("mailboxes/<key:email>/confirm-owner/", owner_views.confirm_owner, name="confirm_owner"),
    path(
        "mailboxes/<key:email>/remove-factors/", owner_views.remove_factors, name="remove_factors"
    ),
    path(
        "mailboxes/<key:email>/reset-second-factor/",
        reset_views.reset_owner_factor,
        name="reset_owner_factor",
    ),
    path("password/", operator_views.change_own_password, name="change_operator_password"),
    path("operators/", operator_views.list_operators, name="list_operators"),
    path("operators/add/", operator_views.create_operator, name="create_operator"),
    path("operators/<str:name>/", operator_views.show_operator, name="show_operator"),
    path(
        "operators/<str:name>/password/",
        operator_views.set_operator_password,
        name="set_operator_password",
    ),
    path("operators/<str:name>/disable/", operator_views.disable_operator, name="disable_operator"),
    path("operators/<str:name>/enable/", operator_views.enable_operator, name="enable_operator"),
    path("operators/<str:name>/delete/", operator_views.delete_operator, name="delete_operator"),
    path(
        "operators/<str:name>/reset-second-factor/",
        reset_views.reset_operator_factor,
        name="reset_operator_factor",
    ),
]
