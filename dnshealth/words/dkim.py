"""The words for DKIM: the signature under each mail, and the key that proves it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Words

_BROKEN = _(
    "Receivers cannot check our signatures: mail looks unsigned or forged, and more of it goes "
    "into spam or is refused."
)
_BELOW = _("Publish the record below in its place.")
_SELECTOR = _("The selector is %(selector)s.")
_DETAIL = _("Selector %(selector)s: %(detail)s.")

WORDS = {
    "dkim.no_key": Words(
        _("Mail of this domain is not signed"),
        _(
            "DKIM is a signature that our server writes into each mail. The signer has no key for "
            "this domain, so it cannot sign."
        ),
        _("Large providers trust unsigned mail less, and refuse it from those who send a lot."),
        _(
            "Make a key on the domain's page “DKIM keys”, publish its record, and let it sign. By "
            "hand: put a key where the signer reads it, and publish its public half."
        ),
    ),
    "dkim.missing": Words(
        _("The key for checking our signatures is not published"),
        _(
            "Our server signs mail, and receivers need the public half of the key, in a TXT record "
            "under the selector's name, to check it."
        ),
        _BROKEN,
        _(
            "Publish the record below. If there is none, the panel does not know the key: take the "
            "record from the signer (rspamd or OpenDKIM), or set MAILADMIN_DKIM_SIGNER."
        ),
        _SELECTOR,
    ),
    "dkim.doubled_name": Words(
        _("The key stands at the wrong name: the domain is in it twice"),
        _("The provider's form adds the domain by itself, and a full name was typed into it."),
        _BROKEN,
        _(
            "Publish it at the name below: type only the part before the domain into the form, or "
            "put a dot at the end."
        ),
        _("It stands at %(name)s"),
    ),
    "dkim.mismatch": Words(
        _("The published key is not the one we sign with"),
        _("The signer has a new key, and the old one is still published, or the other way round."),
        _(
            "Every signature of ours is wrong: mail looks tampered with, and with DMARC it is "
            "refused."
        ),
        _BELOW,
        _SELECTOR,
    ),
    "dkim.revoked": Words(
        _("The published key is withdrawn"),
        _("A record without a key (p=) says: this key is not valid any more."),
        _BROKEN,
        _BELOW,
        _SELECTOR,
    ),
    "dkim.multiple": Words(
        _("Several keys stand at one selector"),
        _("Receivers take one of them by chance; under one name only one key may stand."),
        _("Part of our mail is taken as forged."),
        _("Keep the one below, and remove the others."),
        _SELECTOR,
    ),
    "dkim.syntax": Words(
        _("The published key has a mistake"),
        _("The record is not written as receivers read it."),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.base64": Words(
        _("The published key is garbled"),
        _("The key (p=) has characters that cannot be in it, often from copying."),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.truncated": Words(
        _("The published key is cut off"),
        _(
            "A key is longer than the 255 characters that one part of a TXT record holds; the rest "
            "has been lost."
        ),
        _BROKEN,
        _("Publish the record below whole. For name servers that want parts, take the BIND line."),
        _DETAIL,
    ),
    "dkim.escaped": Words(
        _("The published key has backslashes in it"),
        _(
            "A line for a zone file was typed into a form that takes it literally: \\; in place "
            "of a semicolon."
        ),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.version": Words(
        _("The published key begins in a wrong way"),
        _("Where the record says its version it has to be v=DKIM1, as its first word."),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.key_type": Words(
        _("The published key is of a kind that receivers do not know"),
        _("Only RSA and Ed25519 are known, and the record has to name the one that it holds."),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.hash": Words(
        _("The published key forbids the way we sign"),
        _("The record (h=) allows other hashes than SHA-256, which every signer uses."),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.service": Words(
        _("The published key is not for mail"),
        _("The record (s=) says what the key may be used for, and mail is not among it."),
        _BROKEN,
        _BELOW,
        _DETAIL,
    ),
    "dkim.weak": Words(
        _("The key is too short"),
        _("Short keys can be worked out by others, who can then sign in your name."),
        _("Keys under 1024 bits are ignored by receivers; under 2048 bits some trust them less."),
        _(
            "Make a new key of 2048 bits under a new selector, publish it, then let the signer use "
            "it."
        ),
        _("Selector %(selector)s: %(bits)s bits."),
    ),
    "dkim.testing": Words(
        _("The published key says “only testing”"),
        _("t=y tells receivers to treat signed mail as if it were not signed."),
        _("The signature is worth nothing where receivers heed it."),
        _("Publish the record below, without t=y."),
        _SELECTOR,
    ),
    "dkim.ed25519_only": Words(
        _("We sign with Ed25519 only"),
        _("Ed25519 is newer and shorter than RSA; many receivers do not know it yet."),
        _("To them our mail is not signed."),
        _("Make an RSA key of 2048 bits too, under a selector of its own, and sign with both."),
        _SELECTOR,
    ),
    "dkim.old_selector": Words(
        _("A key that is no longer used is still published"),
        _("We sign with a newer one."),
        _("Whoever has a copy of the old private key can still sign in your name."),
        _("Remove the record."),
        _SELECTOR,
    ),
}
