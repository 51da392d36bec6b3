"""The page of a row of each of the four tables, by the name of its address."""

from __future__ import annotations

PAGES = {
    "domains": "show_domain",
    "forwardings": "change_forwarding",
    "users": "show_mailbox",
    "transport": "change_transport",
}
