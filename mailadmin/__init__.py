"""The Django project: settings, the pages that join several nouns, navigation."""
