"""The pages and actions that are promised to be quick, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

from tests.large.browser import Browser, Timed
from tests.large.rows import LARGE, Rows

SECRET = "a long enough secret 7"
# One measurement: asked again and again, each time another row.
Step = Callable[[Browser, int], Timed]


def measured(rows: Rows) -> dict[str, Step]:
    """{name: step}, in the order of the report; those that change rows come last."""
    return {**dict(_pages(rows)), **dict(_actions(rows))}


def _pages(rows: Rows) -> Iterator[tuple[str, Step]]:
    middle = rows.mailboxes // 2
    of_large = rows.mailbox(middle - middle % 10)
    small = rows.domain_of(middle + 1)
    whole = rows.mailbox(middle + 1)
    yield "dashboard", _get("/")
    yield "domains", _get("/domains/")
    yield "domains, a later page", _get("/domains/", after=small)
    yield "domains, search", _get("/domains/", q=small[:4])
    yield "a domain", _get(f"/domains/{small}/")
    yield "a domain, the largest", _get(f"/domains/{LARGE}/")
    yield "mailboxes of a domain", _get("/mailboxes/", domain=small)
    yield "mailboxes of the largest", _get("/mailboxes/", domain=LARGE)
    yield "mailboxes of the largest, middle", _get("/mailboxes/", domain=LARGE, after=of_large)
    yield "all mailboxes, middle", _get("/mailboxes/", after=of_large)
    yield "mailboxes, whole address", _get("/mailboxes/", q=whole)
    yield "mailboxes, first characters", _get("/mailboxes/", q=whole[:8])
    yield "mailboxes, nothing found", _get("/mailboxes/", q="otto.graf")
    yield "mailboxes, @domain", _get("/mailboxes/", q=f"@{small}")
    yield "mailboxes, @largest domain", _get("/mailboxes/", q=f"@{LARGE}")
    yield "mailboxes, part of a domain", _get("/mailboxes/", q=small[2:6])
    yield "mailboxes, part of most domains", _get("/mailboxes/", q="test")
    yield "a mailbox", _get(f"/mailboxes/{whole}/")
    yield (
        "a mailbox, what reaches it",
        _each(rows.mailbox, rows.mailboxes, "/mailboxes/{}/?reach=1"),
    )
    yield "forwardings", _get("/forwardings/")
    yield (
        "forwardings, first characters",
        _get("/forwardings/", q=rows.forwarding(middle * 3 // 10)[:7]),
    )
    yield "forwardings, @domain", _get("/forwardings/", q=f"@{small}")
    yield "forwardings, nothing found", _get("/forwardings/", q="otto.graf")
    yield "forwardings by destination", _each(rows.mailbox, rows.mailboxes, "/forwardings/?to={}")
    yield "forwardings into a domain", _get("/forwardings/", to=f"@{small}")
    yield "forwardings into the largest", _get("/forwardings/", to=f"@{LARGE}")
    yield "trace", _each(rows.forwarding, rows.forwarding_count, "/trace/?address={}")
    yield "change log", _get("/audit/")
    yield "admin, mailboxes", _get("/admin/mailboxes/mailbox/")
    yield "admin, mailboxes of the largest", _get("/admin/mailboxes/mailbox/", domain=LARGE)
    yield "admin, mailboxes, search", _get("/admin/mailboxes/mailbox/", q=whole[:8])
    yield "admin, suspended mailboxes", _get("/admin/mailboxes/mailbox/", state="suspended")
    yield "admin, other hashes", _get("/admin/mailboxes/mailbox/", state="other")
    yield "admin, forwardings", _get("/admin/mailboxes/forwarding/")
    yield "admin, forwardings, search", _get("/admin/mailboxes/forwarding/", q=whole)
    yield "admin, forwardings of domains", _get("/admin/mailboxes/forwarding/", kind="domain")
    yield "admin, domains", _get("/admin/domains/domain/")
    yield "delete a mailbox, its page", _each(rows.mailbox, rows.mailboxes, "/mailboxes/{}/delete/")
    yield "delete a domain, its page", _get(f"/domains/{small}/delete/")


def _actions(rows: Rows) -> Iterator[tuple[str, Step]]:
    passwords = {"password1": SECRET, "password2": SECRET}
    here = rows.domain_of(rows.mailboxes // 2 + 1)
    yield "create a mailbox", _post("/mailboxes/add/", email=f"new{{}}@{here}", **passwords)
    yield "change a password", _post(f"/mailboxes/new{{}}@{here}/password/", **passwords)
    yield "suspend a mailbox", _post(f"/mailboxes/new{{}}@{here}/suspend/")
    yield (
        "create a forwarding",
        _post("/forwardings/add/", source=f"to{{}}@{here}", destination=f"new{{}}@{here}"),
    )
    yield (
        "change a forwarding",
        _post(f"/forwardings/to{{}}@{here}/", destination=f"new{{}}@{here}\nx@far.example"),
    )
    yield (
        "delete a mailbox",
        _post(f"/mailboxes/new{{}}@{here}/delete/", confirm=f"new{{}}@{here}"),
    )
    yield "delete a forwarding", _post(f"/forwardings/to{{}}@{here}/delete/")
    yield "create a domain", _post("/domains/add/", domain="new{}.test")
    yield "delete a domain", _post("/domains/new{}.test/delete/", confirm="new{}.test")


def _get(path: str, **query: str) -> Step:
    url = f"{path}?{urlencode(query)}" if query else path
    return lambda browser, _number: _good(browser.get(url), 200)


def _each(key: Callable[[int], str], count: int, path: str) -> Step:
    """A page of another row each time."""

    def step(browser: Browser, number: int) -> Timed:
        return _good(browser.get(path.format(quote(key(number * 7919 % count)))), 200)

    return step


def _post(path: str, **fields: str) -> Step:
    def step(browser: Browser, number: int) -> Timed:
        filled = {name: text.replace("{}", str(number)) for name, text in fields.items()}
        return _good(browser.post(path.replace("{}", str(number)), **filled), 302)

    return step


def _good(answer: Timed, status: int) -> Timed:
    if answer.status != status or "/login/" in answer.location:
        raise AssertionError(f"{answer.status} {answer.location}: {answer.text[:3000]}")
    return answer
