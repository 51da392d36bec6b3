"""Addresses of mailboxes, of forwardings, and of the page that deletes a virtual domain."""

from __future__ import annotations

from django.urls import path

from domains import keys as _keys  # noqa: F401 - registers the converter `key`
from mailboxes.views import domains, export, forwardings, mailboxes

urlpatterns = [
    path("domains/<key:domain>/delete/", domains.delete_domain, name="delete_domain"),
    path("export/<str:kind>/", export.export_rows, name="export_rows"),
    path("mailboxes/", mailboxes.list_mailboxes, name="list_mailboxes"),
    path("mailboxes/add/", mailboxes.create_mailbox, name="create_mailbox"),
    path(
        "mailboxes/<key:email>/password/",
        mailboxes.set_mailbox_password,
        name="set_mailbox_password",
    ),
    path("mailboxes/<key:email>/suspend/", mailboxes.suspend_mailbox, name="suspend_mailbox"),
    path("mailboxes/<key:email>/resume/", mailboxes.resume_mailbox, name="resume_mailbox"),
    path("mailboxes/<key:email>/delete/", mailboxes.delete_mailbox, name="delete_mailbox"),
    path("mailboxes/<key:email>/", mailboxes.show_mailbox, name="show_mailbox"),
    path("refresh/forwardings/", forwardings.refresh_targets, name="refresh_targets"),
    path("forwardings/", forwardings.list_forwardings, name="list_forwardings"),
    path("forwardings/add/", forwardings.create_forwarding, name="create_forwarding"),
    path(
        "forwardings/<key:source>/delete/", forwardings.delete_forwarding, name="delete_forwarding"
    ),
    path("forwardings/<key:source>/", forwardings.change_forwarding, name="change_forwarding"),
]
