"""The addresses in the wheels' metadata: those of the repository whose release workflow builds them."""

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Addresses(MetadataHookInterface):
    """Adds the URLs of a project; a build elsewhere has none, as nobody can say where its source is."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs, by what GitHub Actions says of the repository in each of its runs."""
        server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
        metadata["urls"] = {}
        if server and repository:
            source, tag = f"{server}/{repository}", f"v{metadata['version']}"
            metadata["urls"] = {
                "Source": source,
                "Documentation": f"{source}/tree/{tag}/docs",
                "Changelog": f"{source}/blob/{tag}/CHANGELOG.md",
                "Issues": f"{source}/issues",
            }
