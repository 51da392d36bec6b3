"""DKIM keys that the panel makes: written, published and seen, signing, kept for a while, gone."""
