"""Pages that join several nouns: the dashboard, and domains with what is in them."""
