"""Addresses of sign-in, recovery, the mailbox owner's own pages, and operators."""

from __future__ import annotations

from django.urls import path

from accounts import account_views, operator_views, owner_views, recovery_views, views
from domains import keys as _keys  # noqa: F401 - registers the converter `key`

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/again/", views.sign_in_again, name="login_again"),
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
]
