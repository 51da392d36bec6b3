"""Addresses of sign-in and of the mailbox owner's own pages."""

from __future__ import annotations

from django.urls import path

from accounts import account_views, operator_views, views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/again/", views.sign_in_again, name="login_again"),
    path("logout/", views.sign_out, name="logout"),
    path("account/", account_views.show_account, name="show_account"),
    path("account/password/", account_views.change_own_password, name="change_own_password"),
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
