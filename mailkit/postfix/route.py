"""What Postfix and Dovecot do with a stranger's mail for an address, step by step: the trace.

In Postfix's order: smtpd(8) asks at RCPT whether the domain is ours and whether the address has a
row; cleanup(8) replaces it by what the forwardings say, until no row answers; trivial-rewrite(8)
finds the transport of each final recipient; and Dovecot takes mail for the mailboxes there are.
The stranger has not signed in and is not in mynetworks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailkit.postfix.address_list import parse_address_list, quote_local_part
from mailkit.postfix.aliases import (
    Expansion,
    Table,
    alias_keys,
    expand,
    split_extension,
    takes_mail_away,
)
from mailkit.postfix.aliases import (
    Step as AliasStep,
)
from mailkit.postfix.fates import Fate, Outcome, fates_of, mailbox_key
from mailkit.postfix.master import Settings
from mailkit.postfix.resolve import (
    CachedTables,
    Class,
    Resolved,
    ResolveTables,
    classes_of,
    has_bad_syntax,
    resolve,
    rules_of,
)
from mailkit.postfix.trace_result import Delivery, Kind, Step, Trace, Warn
from mailkit.postfix.transports import split_value, transport_keys

__all__ = ["Delivery", "Kind", "Outcome", "Step", "Trace", "Warn", "trace"]

USERS = "users"
# With these in the local part a stranger could make us a relay (allow_untrusted_routing).
_ROUTING = frozenset("@%!")
_STAR = "*"
_CONTROL = frozenset("\r\n\x00")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


def trace(address: str, tables: ResolveTables, settings: Settings | None = None) -> Trace:
    """Follow a mail to an address as a stranger's server would write it in RCPT TO."""
    return _Tracing(address, tables, settings or Settings()).run()


class _Tracing:
    """One trace; collects steps and warnings on its way."""

    def __init__(self, address: str, tables: ResolveTables, settings: Settings) -> None:
        self._asked = address
        self._tables = CachedTables(tables)
        self._settings = settings
        self._rules = rules_of(settings)
        self._steps: list[Step] = []
        self._warnings: dict[Warn, None] = {}

    def run(self) -> Trace:
        address = self._recipient()
        if address is None:
            return self._refused(
                self._asked, f"501 5.1.3 Bad recipient address syntax: {self._asked}"
            )
        refusal = self._relay_check(address) or self._access_check(address)
        if refusal:
            return self._refused(address, refusal)
        expansion = expand(quote_local_part(address), self._tables, self._rules)
        self._note_empty(address, expansion)
        if not (expansion.steps or self._is_postmaster or self._is_listed_unquoted(address)):
            refusal = self._unlisted(address)
            if refusal:
                return self._refused(address, refusal)
        self._say(Kind.RCPT, address, "250 2.1.5 Ok", "accepted")
        self._steps += [self._alias_step(step) for step in expansion.steps]
        if expansion.error is not None:
            self._warn(Warn.LOOP if expansion.loop else Warn.ENDLESS)
            reply = "451 4.6.0 Alias expansion error"
            self._say(Kind.DATA, address, reply, expansion.error)
            return self._done(Outcome.DEFERRED, reply=reply)
        return self._deliver(expansion)

    # At RCPT, smtpd_check.c

    def _recipient(self) -> str | None:
        """The address that smtpd(8) understands, or None."""
        if _CONTROL & set(self._asked):
            return None
        found = parse_address_list(self._asked)
        if len(found) != 1 or not found[0]:
            return None
        address = found[0].lower()
        if "@" not in address and self._settings.myorigin:
            address = f"{address}@{self._settings.myorigin.lower()}"
        return None if has_bad_syntax(address) or address == "@" else address

    @property
    def _is_postmaster(self) -> bool:
        # RFC 5321, 4.5.1: without a domain, always taken.
        return self._asked.strip().lower() == "postmaster"

    def _relay_check(self, address: str) -> str:
        """reject_unauth_destination: the refusal of an address that is not ours, or ""."""
        local = address.rpartition("@")[0]
        # The domain's class and the first rows in one question.
        keys = [key for key, _rest in alias_keys(address, self._rules)]
        self._tables.ask([*keys, address.rpartition("@")[2]])
        address_class = classes_of([address], self._tables, self._settings)[address]
        self._domain_step(address, address_class)
        if self._is_postmaster:
            return ""
        denied = f"554 5.7.1 <{address}>: Relay access denied"
        if _ROUTING & set(local):
            return denied
        if address_class is not Class.DEFAULT:
            return ""
        keys = transport_keys(address, self._settings.recipient_delimiter)
        rows = self._tables.transports([key for key in keys if key != _STAR])
        if any(rows.values()):
            self._warn(Warn.TRANSPORT_WITHOUT_DOMAIN)
        return denied

    def _access_check(self, address: str) -> str:
        """check_recipient_access with the table `access`: the refusal by an `error:` row, or "".

        access(5) asks for the same keys as transport(5) but `*`, and sees `error:` rows alone: so
        that of a domain beats another transport of an address in it.
        """
        if not self._settings.refuses_error_rows or self._is_postmaster:
            return ""
        keys = transport_keys(address, self._settings.recipient_delimiter)
        rows = self._tables.transports(keys)
        for key in keys:
            service, nexthop = split_value(rows.get(key, ""))
            if key != _STAR and service == "error" and ":" in rows[key]:
                note = _transport_note(key, address)
                self._steps.append(Step(Kind.TRANSPORT, key, "transport", rows[key], note, address))
                status, text = _status_and_text(nexthop, "5.7.1")
                refusal = f"Recipient address rejected: {text or 'Access denied'}"
                return f"554 {status} <{address}>: {refusal}"
        return ""

    def _domain_step(self, address: str, address_class: Class) -> None:
        domain = address.rpartition("@")[2]
        table, answer = "domains", domain if address_class is Class.VIRTUAL else ""
        if address_class is Class.LOCAL:
            table = ""
            self._warn(Warn.LOCAL_DOMAIN)
        elif address_class is Class.ALIAS:
            table = "forwardings"
            self._warn(Warn.ALIAS_DOMAIN)
        self._steps.append(Step(Kind.DOMAIN, domain, table, answer, address_class.value, address))

    def _is_listed_unquoted(self, address: str) -> bool:
        """Whether smtpd(8) finds a row that cleanup(8) will not.

        For a local part that stands in quotes (`u..v`, `a b`) it asks for both forms.
        """
        if quote_local_part(address) == address:
            return False
        keys = [address, split_extension(address, self._rules.delimiter)[0]]
        self._tables.ask(keys)
        return any(self._tables.answer(key) for key in keys)

    def _unlisted(self, address: str) -> str:
        """check_rcpt_maps: the refusal of an address that has no row, or ""."""
        self._steps.append(Step(Kind.ALIAS, address, "forwardings", "", "no_row", address))
        found = resolve([address], self._tables, self._settings)[address]
        if found.service in ("error", "retry"):
            self._transport_step(found)
            code, status = ("550", "5.1.1") if found.service == "error" else ("450", "4.1.1")
            status, text = _status_and_text(found.nexthop, status)
            return f"{code} {status} <{address}>: Recipient address rejected: {text}"
        if found.address_class is Class.LOCAL:
            # local_recipient_maps: users of the system, which no table of ours has.
            return ""
        kind = "alias" if found.address_class is Class.ALIAS else "mailbox"
        return (
            f"550 5.1.1 <{address}>: Recipient address rejected: "
            f"User unknown in virtual {kind} table"
        )

    # After it was taken

    def _note_empty(self, address: str, expansion: Expansion) -> None:
        asked = (address, *expansion.recipients)
        keys = [key for one in asked for key, _rest in alias_keys(one, self._rules)]
        if "" in self._tables.forwardings(list(dict.fromkeys(keys))).values():
            self._warn(Warn.EMPTY_DESTINATION)

    def _alias_step(self, step: AliasStep) -> Step:
        if step.table is Table.FORWARDINGS:
            table, answer = Table.FORWARDINGS.value, self._tables.forwardings([step.key])[step.key]
        else:
            table, answer = USERS, step.key
        note = _alias_note(step.address, step.key, step.table)
        if step.contains_itself and step.table is Table.FORWARDINGS:
            note = "keeps_copy"
        return Step(Kind.ALIAS, step.key, table, answer, note, step.address, step.answer)

    def _deliver(self, expansion: Expansion) -> Trace:
        final = expansion.recipients
        if takes_mail_away(mailbox_key(expansion.address), expansion) and self._has_mailbox(
            expansion.address
        ):
            self._warn(Warn.MAIL_TAKEN_AWAY)
        resolved = resolve(final, self._tables, self._settings)
        fates = fates_of(resolved.values(), self._tables, self._settings)
        deliveries = []
        for found in sorted(resolved.values(), key=lambda one: quote_local_part(one.address)):
            fate = fates[found.address]
            self._resolved_steps(found, fate)
            written = quote_local_part(found.address)
            deliveries.append(Delivery(written, found.address, found.service, found.nexthop, fate))
        outcomes = {fate.outcome for fate in fates.values()}
        outcome = outcomes.pop() if len(outcomes) == 1 else Outcome.MIXED
        return self._done(outcome, deliveries)

    def _has_mailbox(self, address: str) -> bool:
        key = mailbox_key(address)
        return key in self._tables.mailboxes([key])

    def _resolved_steps(self, found: Resolved, fate: Fate) -> None:
        if found.domain and found.domain not in {
            step.question for step in self._steps if step.kind is Kind.DOMAIN
        }:
            self._domain_step(found.address, found.address_class)
        if "@" not in found.address:
            self._warn(Warn.NO_ORIGIN)
        self._transport_step(found)
        if fate.mailbox is not None:
            answer = fate.mailbox if fate.outcome is Outcome.DELIVERED else ""
            note = "found" if answer else "no_row"
            self._steps.append(Step(Kind.MAILBOX, fate.mailbox, USERS, answer, note, found.address))
        self._warn(*(Warn(code) for code in fate.warnings))
        self._say(Kind.DELIVERY, found.address, f"{found.service}:{found.nexthop}", fate.outcome)

    def _transport_step(self, found: Resolved) -> None:
        if found.bad_syntax:
            return
        key, value = found.row or (found.address, "")
        if key == _STAR:
            self._warn(Warn.TRANSPORT_STAR)
        note = "default" if found.row is None else _transport_note(key, found.address)
        self._steps.append(Step(Kind.TRANSPORT, key, "transport", value, note, found.address))

    # Steps and the end

    def _say(self, kind: Kind, address: str, answer: str, note: str) -> None:
        self._steps.append(Step(kind, address, "", answer, str(note), address))

    def _warn(self, *codes: Warn) -> None:
        self._warnings.update(dict.fromkeys(codes))

    def _refused(self, address: str, reply: str) -> Trace:
        self._say(Kind.RCPT, address, reply, "refused")
        outcome = Outcome.DEFERRED if reply.startswith("4") else Outcome.REJECTED
        return self._done(outcome, reply=reply)

    def _done(
        self, outcome: Outcome, deliveries: Iterable[Delivery] = (), reply: str = ""
    ) -> Trace:
        return Trace(
            self._asked,
            outcome,
            tuple(deliveries),
            tuple(self._warnings),
            tuple(self._steps),
            reply,
        )


def _alias_note(address: str, key: str, table: Table) -> str:
    """How the row was found: by the whole address, without its extension, or by its domain."""
    if table is Table.EMAIL2EMAIL:
        return "mailbox"
    if key.startswith("@"):
        return "catch_all"
    return "exact" if key == quote_local_part(address) else "without_extension"


def _transport_note(key: str, address: str) -> str:
    if key == _STAR:
        return "star"
    if "@" in key:
        return "exact" if key in (address, quote_local_part(address)) else "without_extension"
    return "parent" if key.startswith(".") else "domain"


def _status_and_text(nexthop: str, status: str) -> tuple[str, str]:
    """The status code of an `error:` or `retry:`, its own if it has one, and the rest."""
    own = _STATUS.match(nexthop)
    return (own[1], nexthop[own.end() :]) if own else (status, nexthop)
