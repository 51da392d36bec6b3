"""What only a name server makes that is there and does not answer."""

from __future__ import annotations

from mailkit.dns.results import Status
from tests.mailkit.dns.cases import Case
from tests.servers.plugin import SILENT_ZONE

OURS = "ip4:{ip4} ip6:{ip6} -all"
CASES = [
    Case(
        "spf.include_unknown",
        f'@ TXT "v=spf1 include:_spf.{SILENT_ZONE} {OURS}"',
        f'@ TXT "v=spf1 include:_spf.{{d}} {OURS}"\n_spf TXT "v=spf1 ip4:198.51.100.0/24 -all"',
        mend=None,
        status=Status.UNKNOWN,
    ),
]
