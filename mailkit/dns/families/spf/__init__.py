"""SPF (RFC 7208): which addresses may send mail in the domain's name.

The record is read term by term with all it includes (`walk`, `parse`), and evaluated as a
receiver does (`evaluate`) for each of our addresses and for an address of nobody: a stranger that
passes means that anybody may send, and a stranger's error is one that an early match hides from
our own mail. `judge` turns this into findings, `mend` makes the record to publish.
"""

from mailkit.dns.families.spf.evaluate import Cause, Evaluation
from mailkit.dns.families.spf.judge import judge
from mailkit.dns.families.spf.probe import SpfFacts, probe

__all__ = ["Cause", "Evaluation", "SpfFacts", "judge", "probe"]
