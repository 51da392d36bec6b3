"""Look names up: every question once a run, never an exception, and a dead resolver is noticed."""

from __future__ import annotations

import asyncio
import errno
import time
from collections import Counter
from collections.abc import Sequence

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver

from mailkit.dns.answers import Answer, Asks, Outcome
from mailkit.dns.names import BadName, absolute
from mailkit.dns.networks import loopback
from mailkit.dns.replies import to_answer
from mailkit.dns.wire import Malformed, Server, exchange, server

# Else the resolver keeps to 512 bytes, and each DKIM key costs a TCP connection (RFC 6891, 6.2.5).
PAYLOAD = 1232
# A socket a query: with `ulimit -n 1024` more of them fail with EMFILE.
IN_FLIGHT = 200
# Whoever has no answer by then waits for another try in a lane of its own, of so large a share:
# names that nobody answers for would else take every place, and live ones wait behind them.
FIRST_TRY = 0.5
SLOW_SHARE = 0.6
# So many lookups of a domain's own names without an answer, and its servers are taken for dead.
MOST_TIMEOUTS = 2
# What our own machine says when it can open no more sockets.
_LOCAL_ERRORS = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EPERM)
)
RESOLVER_DOWN = "the resolver does not answer"
_Known = Answer | asyncio.Task[Answer]


def system_servers() -> tuple[Server, ...]:
    """The resolvers of /etc/resolv.conf; none where it cannot be read."""
    try:
        found = dns.resolver.Resolver(configure=True).nameservers
    except dns.exception.DNSException:
        return ()
    return tuple(server(text) for text in found if isinstance(text, str) and "/" not in text)


def trusts_ad(servers: Sequence[Server], *, validating: bool = False) -> bool:
    """Whether AD may be believed: anybody on the way could set it (RFC 4035, 4.9.3).

    So only from a resolver on this machine, or from ones an operator named as `validating`.
    """
    return bool(servers) and (validating or all(loopback(one.ip) for one in servers))


class Lookups:
    """The lookups of one run, over these resolvers; a new run takes a new one.

    `ask` gives the answer as a value and never raises. Equal questions share one flight, and its
    answer stays until the run ends. `down` is true once no resolver answers any more: every
    question then ends at once, and nothing that was stored may be replaced.
    """

    def __init__(
        self,
        servers: Sequence[Server] = (),
        *,
        timeout: float = 2.0,
        lifetime: float = 5.0,
        in_flight: int = IN_FLIGHT,
        validating: bool = False,
    ) -> None:
        self.servers = tuple(servers) or system_servers()
        self.timeout = timeout
        self.lifetime = lifetime
        self.trusts_ad = trusts_ad(self.servers, validating=validating)
        self.queries = 0
        self.down = not self.servers
        slow = max(int(in_flight * SLOW_SHARE), 1)
        self._fast_lane = asyncio.Semaphore(max(in_flight - slow, 1))
        self._slow_lane = asyncio.Semaphore(slow)
        self._known: dict[tuple[str, str], _Known] = {}
        self._timeouts: Counter[str] = Counter()
        self._last_answer = 0.0
        self._canary: asyncio.Task[bool] | None = None

    async def ask(self, name: str, type: str) -> Answer:
        """The answer for a name (with or without its last dot) and a type such as `MX`."""
        return await self.ask_within("", name, type)

    def within(self, domain: str) -> Asks:
        """Lookups for one domain: names in it are given up after two that got no answer."""
        return _Within(self, domain.lower().rstrip("."))

    async def ask_within(self, domain: str, name: str, type: str) -> Answer:
        """As `ask`; `domain` is the one whose servers a missing answer is held against."""
        key = (name.lower().rstrip("."), type)
        known = self._known.get(key)
        if isinstance(known, Answer):
            return known
        if known is None:
            if not (key[0] == domain or key[0].endswith("." + domain)):
                domain = ""
            known = self._known[key] = asyncio.ensure_future(self._fly(domain, key))
        # One who stops waiting must not take the answer away from the others.
        return await asyncio.shield(known)

    async def alive(self) -> bool:
        """Whether a resolver answers at all, be it with an error: the canary is `. NS`."""
        if self._canary is None or self._canary.done():
            self._canary = asyncio.ensure_future(self._ask_canary())
        return await asyncio.shield(self._canary)

    async def _ask_canary(self) -> bool:
        query = _query(dns.name.root, "NS")
        for _ in range(2):
            for where in self.servers:
                self.queries += 1
                try:
                    await exchange(query, where, self.timeout)
                except Malformed:
                    continue
                except OSError as error:  # TimeoutError is one
                    if error.errno in _LOCAL_ERRORS:
                        return True  # our own fault says nothing about the resolver
                    continue
                self._last_answer = time.monotonic()
                return True
        self.down = True
        return False

    async def _fly(self, domain: str, key: tuple[str, str]) -> Answer:
        name = key[0] + "."
        try:
            query = _query(absolute(name), key[1])
        except BadName as error:
            answer = Answer(name, key[1], Outcome.BAD_NAME, reason=str(error))
        else:
            answer = await self._answer(domain, name, key[1], query)
        self._known[key] = answer
        return answer

    async def _answer(
        self, domain: str, name: str, kind: str, query: dns.message.QueryMessage
    ) -> Answer:
        if self.down:
            return Answer(name, kind, Outcome.NETWORK, reason=RESOLVER_DOWN)
        if self._gave_up(domain):
            words = "not asked: the domain's name servers did not answer before"
            return Answer(name, kind, Outcome.TIMEOUT, reason=words)
        began = time.monotonic()
        answer, waited = await self._try_servers(domain, name, kind, query)
        if answer.outcome == Outcome.SERVFAIL and await self._answers_unchecked(query):
            words = f"{answer.reason}: the data is there, but DNSSEC validation fails"
            return Answer(name, kind, Outcome.BOGUS, reason=words)
        silent = answer.outcome in (Outcome.TIMEOUT, Outcome.NETWORK)
        # Another question that was answered meanwhile shows that the resolver lives.
        if silent and self._last_answer < began and not await self.alive():
            return Answer(name, kind, Outcome.NETWORK, reason=RESOLVER_DOWN)
        # A resolver that gave up after a while has met the same silence as we have.
        if domain and waited and answer.outcome in (Outcome.TIMEOUT, Outcome.SERVFAIL):
            self._timeouts[domain] += 1
        return answer

    async def _try_servers(
        self, domain: str, name: str, kind: str, query: dns.message.QueryMessage
    ) -> tuple[Answer, bool]:
        """The first answer that says something; else the first error that a server gave.

        And whether it took more than one try. Silence is worth another until the lifetime ends;
        what a server said is said.
        """
        said: dict[Server, Answer] = {}
        silence = Answer(name, kind, Outcome.TIMEOUT, reason=f"no answer in {self.lifetime:g} s")
        left = self.lifetime
        while len(said) < len(self.servers):
            for where in self.servers:
                if where in said:
                    continue
                first = left == self.lifetime
                async with self._fast_lane if first else self._slow_lane:
                    if left <= 0 or self.down or self._gave_up(domain):
                        return next(iter(said.values()), silence), True
                    seconds = min(FIRST_TRY if first else self.timeout, self.timeout, left)
                    answer = await self._try(name, kind, query, where, seconds)
                if answer.known:
                    return answer, False
                if answer.outcome == Outcome.TIMEOUT:
                    left -= seconds
                else:
                    said[where] = answer
        return next(iter(said.values())), left < self.lifetime

    def _gave_up(self, domain: str) -> bool:
        return bool(domain) and self._timeouts[domain] >= MOST_TIMEOUTS

    async def _try(
        self, name: str, kind: str, query: dns.message.QueryMessage, where: Server, seconds: float
    ) -> Answer:
        self.queries += 1
        try:
            reply = await exchange(query, where, seconds)
        except TimeoutError as error:
            words = f"no answer {error}".strip()
            return Answer(name, kind, Outcome.TIMEOUT, reason=words)
        except Malformed as error:
            return Answer(name, kind, Outcome.MALFORMED, reason=f"cannot be read: {error}")
        except OSError as error:
            local = error.errno in _LOCAL_ERRORS
            words = error.strerror or str(error) or type(error).__name__
            outcome = Outcome.LOCAL if local else Outcome.NETWORK
            return Answer(name, kind, outcome, reason=words)
        self._last_answer = time.monotonic()
        return to_answer(name, kind, reply, trusts_ad=self.trusts_ad)

    async def _answers_unchecked(self, query: dns.message.QueryMessage) -> bool:
        """SERVFAIL that turns into an answer with CD set is a failed validation (RFC 4035, 3.2.2).

        Resolvers older than RFC 8914 say it in no other way.
        """
        question = query.question[0]
        unchecked = _query(question.name, dns.rdatatype.to_text(question.rdtype))
        unchecked.flags |= dns.flags.CD
        for where in self.servers:
            async with self._slow_lane:
                answer = await self._try("", "", unchecked, where, self.timeout)
            if answer.known:
                return True
        return False


class _Within:
    def __init__(self, lookups: Lookups, domain: str) -> None:
        self._lookups = lookups
        self._domain = domain

    async def ask(self, name: str, type: str) -> Answer:
        return await self._lookups.ask_within(self._domain, name, type)


def _query(name: dns.name.Name, kind: str) -> dns.message.QueryMessage:
    flags = dns.flags.RD | dns.flags.AD
    return dns.message.make_query(name, kind, use_edns=0, payload=PAYLOAD, flags=flags)
