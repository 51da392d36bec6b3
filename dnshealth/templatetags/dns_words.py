"""What a check keeps in codes, in words: `{{ reason|reason_words }}`, `{{ line|seen_words }}`."""

from __future__ import annotations

from django import template

from dnshealth.words.answers import reason_words, seen_words

register = template.Library()
register.filter(reason_words)
register.filter(seen_words)
