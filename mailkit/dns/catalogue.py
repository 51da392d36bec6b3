"""Every code a check of DNS can fail with, and how bad it is. Codes are part of the API: they stay.

Where several severities stand, the family chooses (a foreign error or our own, a mode).
"""

from __future__ import annotations

from dataclasses import dataclass

from mailkit.dns.results import Severity

CRITICAL, ERROR = Severity.CRITICAL, Severity.ERROR
WARNING, NOTICE = Severity.WARNING, Severity.NOTICE


@dataclass(frozen=True)
class Code:
    """A code, the severities it comes with; none for one that is only ever unknown."""

    code: str
    severities: tuple[Severity, ...]

    @property
    def family(self) -> str:
        return self.code.partition(".")[0]

    @property
    def fails(self) -> bool:
        """Whether it can be a fault; a code that is only ever unknown cannot."""
        return bool(self.severities)


def _codes(family: str, **severities: Severity | tuple[Severity, ...] | None) -> list[Code]:
    found = []
    for name, severity in severities.items():
        several = severity if isinstance(severity, tuple) else (severity,) if severity else ()
        found.append(Code(f"{family}.{name}", several))
    return found


_ALL = [
    *_codes("domain", nxdomain=CRITICAL, bad_name=ERROR, dnssec_bogus=CRITICAL),
    *_codes(
        "mx",
        missing=(CRITICAL, ERROR),
        null=CRITICAL,
        null_mixed=ERROR,
        not_ours=CRITICAL,
        foreign_extra=WARNING,
        target_cname=ERROR,
        target_missing=CRITICAL,
        target_partial=ERROR,
        target_private=CRITICAL,
        target_ip=ERROR,
        target_syntax=ERROR,
        no_ipv4=WARNING,
        no_ipv6=NOTICE,
    ),
    *_codes(
        "spf",
        missing=CRITICAL,
        multiple=CRITICAL,
        syntax=CRITICAL,
        non_ascii=CRITICAL,
        bad_chunk_join=CRITICAL,
        not_authorised=CRITICAL,
        lookups=(CRITICAL, ERROR, NOTICE),
        void=(CRITICAL, ERROR, NOTICE),
        loop=CRITICAL,
        include_dead=CRITICAL,
        include_unknown=None,
        open=CRITICAL,
        wide=WARNING,
        neutral=WARNING,
        no_all=WARNING,
        ptr_mechanism=WARNING,
        after_all=WARNING,
        redirect_ignored=WARNING,
        duplicate_term=NOTICE,
        too_long=NOTICE,
        type99=NOTICE,
        senderid=NOTICE,
        mx_many=CRITICAL,
    ),
    *_codes(
        "dkim",
        no_key=CRITICAL,
        missing=CRITICAL,
        doubled_name=CRITICAL,
        mismatch=CRITICAL,
        revoked=CRITICAL,
        multiple=ERROR,
        syntax=CRITICAL,
        base64=CRITICAL,
        truncated=CRITICAL,
        escaped=CRITICAL,
        version=CRITICAL,
        key_type=CRITICAL,
        hash=CRITICAL,
        service=CRITICAL,
        weak=(CRITICAL, WARNING),
        testing=WARNING,
        ed25519_only=WARNING,
        old_selector=NOTICE,
    ),
    *_codes(
        "dmarc",
        missing=ERROR,
        inherited=(ERROR, NOTICE),
        multiple=ERROR,
        syntax=ERROR,
        bad_tag=ERROR,
        p_missing=ERROR,
        p_none=WARNING,
        sp_weaker=WARNING,
        testing=WARNING,
        no_rua=WARNING,
        rua_syntax=ERROR,
        rua_unauthorised=WARNING,
        rua_no_mx=WARNING,
        old_tags=NOTICE,
        alignment=ERROR,
    ),
    *_codes(
        "ptr",
        missing=CRITICAL,
        not_confirmed=CRITICAL,
        helo_mismatch=ERROR,
        generic=WARNING,
        multiple=NOTICE,
    ),
    *_codes("helo", no_address=ERROR, not_fqdn=ERROR, spf=WARNING),
    *_codes(
        "sts",
        missing=NOTICE,
        record=ERROR,
        multiple=ERROR,
        policy_fetch=ERROR,
        policy=ERROR,
        mx_mismatch=(CRITICAL, WARNING),
        testing=WARNING,
        max_age=WARNING,
        id_stale=WARNING,
    ),
    *_codes("tlsrpt", missing=NOTICE, syntax=WARNING),
    *_codes("dnssec", unsigned=NOTICE),
    *_codes(
        "tlsa",
        missing=NOTICE,
        mismatch=CRITICAL,
        not_secure=ERROR,
        syntax=ERROR,
        no_rollover=WARNING,
    ),
    *_codes("bimi", policy=NOTICE, syntax=NOTICE),
    *_codes(
        "client", autoconfig=NOTICE, autodiscover=NOTICE, srv_missing=NOTICE, srv_wrong=WARNING
    ),
    *_codes("dnsbl", listed=ERROR, refused=None),
    *_codes("caa", blocks_us=ERROR, missing=NOTICE),
]
CATALOGUE: dict[str, Code] = {one.code: one for one in _ALL}
