"""Hashed and compressed static files by whitenoise."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Leaves `sourceMappingURL` alone: Tabler's wheel names `.map` files it does not bring."""

    support_js_module_import_aggregation = False
    manifest_strict = False
    patterns = tuple(
        (glob, tuple(one for one in found if "sourceMappingURL" not in str(one)))
        for glob, found in CompressedManifestStaticFilesStorage.patterns
    )
