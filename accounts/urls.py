"""Addresses of sign-in and of the mailbox owner's own pages."""

from __future__ import annotations

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/again/", views.sign_in_again, name="login_again"),
    path("logout/", views.sign_out, name="logout"),
    path("account/", views.show_account, name="show_account"),
    path("account/password/", views.change_own_password, name="change_own_password"),
]
