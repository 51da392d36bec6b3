"""The lookup layer against a resolver that misbehaves: a value for everything, never "absent"."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator

import pytest

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.lookups import Lookups, trusts_ad
from mailkit.dns.wire import Server, server
from tests.servers.bad_dns import BadDns
from tests.servers.processes import free_port


@pytest.fixture
def bad() -> Iterator[BadDns]:
    with BadDns() as server:
        yield server


def ask(bad: BadDns, *names: str, **options: float) -> list[Answer]:
    async def run() -> list[Answer]:
        lookups = Lookups([bad.server], **{"timeout": 0.1, "lifetime": 0.3, **options})
        return await asyncio.gather(*(lookups.ask(name, "A") for name in names))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("good.a.test", Outcome.OK, ""),
        ("GOOD.A.TEST.", Outcome.OK, ""),
        ("truncated.a.test", Outcome.OK, ""),
        ("wrong-id-first.a.test", Outcome.OK, ""),
        ("timeout.a.test", Outcome.TIMEOUT, "no answer"),
        ("wrong-id.a.test", Outcome.TIMEOUT, "no answer"),
        ("wrong-question.a.test", Outcome.TIMEOUT, "no answer"),
        ("query-back.a.test", Outcome.TIMEOUT, "no answer"),
        ("servfail.a.test", Outcome.SERVFAIL, "SERVFAIL"),
        ("no-authority.a.test", Outcome.SERVFAIL, "because"),
        ("bogus.a.test", Outcome.BOGUS, "because"),
        ("bogus-by-cd.a.test", Outcome.BOGUS, "validation"),
        ("refused.a.test", Outcome.REFUSED, "REFUSED"),
        ("notimp.a.test", Outcome.REFUSED, "NOTIMP"),
        ("formerr.a.test", Outcome.MALFORMED, "FORMERR"),
        ("garbage.a.test", Outcome.MALFORMED, "cannot be read"),
        ("short-address.a.test", Outcome.MALFORMED, "cannot be read"),
        ("alias-loop.a.test", Outcome.MALFORMED, "CNAME"),
        ("dead-tcp.a.test", Outcome.NETWORK, "TCP"),
        ("garbage-tcp.a.test", Outcome.MALFORMED, "cannot be read"),
        ("truncated-tcp.a.test", Outcome.MALFORMED, "cut short"),
        ("referral.a.test", Outcome.REFUSED, "not a resolver"),
        ("referral-by-resolver.a.test", Outcome.REFUSED, "not a resolver"),
        ("empty.a.test", Outcome.REFUSED, "not a resolver"),
        ("other-owner.a.test", Outcome.MALFORMED, "another question"),
        ("other-type.a.test", Outcome.MALFORMED, "another question"),
        ("open-alias.a.test", Outcome.MALFORMED, "not followed"),
        ("a..test", Outcome.BAD_NAME, "empty"),
        ("x" * 64 + ".test", Outcome.BAD_NAME, ""),
        (".".join(["x" * 60] * 5), Outcome.BAD_NAME, ""),
        ("bücher.test", Outcome.BAD_NAME, "ASCII"),
    ],
)
def test_every_answer_is_a_value(bad: BadDns, name: str, outcome: Outcome, words: str) -> None:
    (answer,) = ask(bad, name)
    assert answer.outcome == outcome
    assert words in answer.reason
    assert answer.known == (outcome == Outcome.OK)
    assert not answer.absent


@pytest.mark.parametrize("how", ["nodata", "nodata-bare", "nodata-by-owner", "alias-to-nothing"])
def test_who_knows_that_there_is_nothing_is_believed(bad: BadDns, how: str) -> None:
    (answer,) = ask(bad, f"{how}.a.test")
    assert answer.outcome == Outcome.NODATA
    assert answer.absent
    assert not answer.reason


def test_equal_questions_share_one_flight(bad: BadDns) -> None:
    answers = ask(bad, *["good.a.test", "Good.a.test."] * 20)
    assert len(bad.questions) == 1
    assert len(set(answers)) == 1


def test_a_second_resolver_is_asked_when_the_first_has_nothing_to_say(bad: BadDns) -> None:
    closed = Server(bad.server.ip, free_port())

    async def run() -> Answer:
        lookups = Lookups([closed, bad.server], timeout=0.2, lifetime=1)
        return await lookups.ask("good.a.test", "A")

    assert asyncio.run(run()).outcome == Outcome.OK


def test_a_domain_with_dead_servers_is_given_up_and_no_other(bad: BadDns) -> None:
    async def run() -> tuple[list[Answer], Answer, Answer]:
        lookups = Lookups([bad.server], timeout=0.05, lifetime=0.1)
        dead = lookups.within("a.test")
        first = [await dead.ask(f"timeout.{n}.a.test", "A") for n in range(2)]
        asked = len(bad.questions)
        later = await dead.ask("good.a.test", "A")
        assert len(bad.questions) == asked
        outside = await dead.ask("good.b.test", "A")
        return first, later, outside

    first, later, outside = asyncio.run(run())
    assert [answer.outcome for answer in first] == [Outcome.TIMEOUT] * 2
    assert later.outcome == Outcome.TIMEOUT
    assert "not asked" in later.reason
    assert outside.outcome == Outcome.OK


@pytest.mark.parametrize("how", ["silent", "closed"])
def test_a_dead_resolver_is_noticed_within_seconds(bad: BadDns, how: str) -> None:
    bad.silent = True
    where = bad.server if how == "silent" else Server(bad.server.ip, free_port())

    async def run() -> None:
        lookups = Lookups([where], timeout=0.1, lifetime=0.3)
        answers = await asyncio.gather(*(lookups.ask(f"{n}.a.test", "A") for n in range(300)))
        assert lookups.down
        assert {answer.outcome for answer in answers} == {Outcome.NETWORK}
        assert not await lookups.alive()

    began = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - began < 3


def test_a_live_resolver_with_dead_names_is_not_taken_for_dead(bad: BadDns) -> None:
    async def run() -> None:
        lookups = Lookups([bad.server], timeout=0.05, lifetime=0.1)
        for number in range(3):
            assert (await lookups.ask(f"timeout.{number}.test", "A")).outcome == Outcome.TIMEOUT
        assert not lookups.down
        assert await lookups.alive()

    asyncio.run(run())


def test_a_resolver_that_refuses_everything_lives(bad: BadDns) -> None:
    async def run() -> bool:
        lookups = Lookups([bad.server], timeout=0.1)
        await lookups.ask("refused.test", "A")
        return await lookups.alive() and not lookups.down

    assert asyncio.run(run())


def test_want_of_sockets_is_our_own_fault(bad: BadDns) -> None:
    """With too few descriptors the answer is `local`: neither absent nor the resolver's doing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def run() -> list[Answer]:
        lookups = Lookups([bad.server], timeout=0.2, lifetime=0.2)
        await lookups.ask("good.test", "A")
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
        try:
            answers = [await lookups.ask(f"good.{n}.test", "A") for n in range(3)]
            assert await lookups.alive()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert not lookups.down
        return answers

    assert {answer.outcome for answer in asyncio.run(run())} == {Outcome.LOCAL}


def test_no_more_than_the_limit_are_under_way(bad: BadDns) -> None:
    async def run() -> None:
        lookups = Lookups([bad.server], timeout=0.2, lifetime=0.2, in_flight=10)
        tasks = [asyncio.ensure_future(lookups.ask(f"timeout.{n}.test", "A")) for n in range(50)]
        await asyncio.sleep(0.1)
        assert 1 <= len(bad.questions) <= 10
        for task in tasks:
            task.cancel()

    asyncio.run(run())


def test_without_a_resolver_everything_is_down() -> None:
    async def run() -> Answer:
        lookups = Lookups([])
        lookups.servers, lookups.down = (), True
        assert not await lookups.alive()
        return await lookups.ask("a.test", "A")

    assert asyncio.run(run()).outcome == Outcome.NETWORK


@pytest.mark.parametrize(
    ("servers", "validating", "trusted"),
    [
        (["127.0.0.1"], False, True),
        (["::1", "127.0.0.53"], False, True),
        (["127.0.0.1", "192.0.2.53"], False, False),
        (["192.0.2.53"], False, False),
        (["192.0.2.53@5353"], True, True),
        ([], True, False),
    ],
)
def test_ad_is_believed_from_this_machine_only(
    servers: list[str], validating: bool, trusted: bool
) -> None:
    assert trusts_ad([server(one) for one in servers], validating=validating) == trusted


@pytest.mark.parametrize("text", ["", "a.test", "192.0.2.1@0", "192.0.2.1@x", "192.0.2.1:53"])
def test_a_resolver_is_an_address_with_or_without_port(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        server(text)
