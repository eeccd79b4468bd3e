"""What the documentation site has beside `docs/`: pages from the root, a list of the decisions, links to the sources.

A hook of mkdocs, named in `mkdocs.yml`.
"""

import itertools
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
# Where the pages lie that are not written in docs/: GitHub and GitLab look for them at the root.
FROM_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security-policy.md",
}
DECISIONS = "decisions/index.md"
# What the hundreds of a decision's number stand for.
SUBJECTS = (
    "The app",
    "The analyzer",
    "Containers and workloads",
    "yard",
    "The local AWS",
    "The API",
    "Delivery",
    "Many models",
    "The project",
)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>(?!\w+:|#)[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages from the root, and the decisions in the order of their numbers, at the end of the navigation."""
    decisions = [f"decisions/{path.name}" for path in decision_files()]
    extend = [page for source, page in FROM_ROOT.items() if source != "README.md" and (ROOT / source).is_file()]
    config.nav = [*(config.nav or ()), {"Extend": extend}, {"Decisions": [DECISIONS, *decisions]}]
    return config


def decision_files() -> list[Path]:
    """Return the decisions, in the order of their numbers."""
    return sorted((ROOT / "docs" / "decisions").glob("*.md"))


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in docs/."""
    for source, page in FROM_ROOT.items():
        if (ROOT / source).is_file():
            text = from_docs((ROOT / source).read_text(encoding="utf-8"))
            alone = "---\nhide:\n  - navigation\n---\n\n" if page == "index.md" else ""
            files.append(File.generated(config, page, content=alone + text))
    files.append(File.generated(config, DECISIONS, content=list_of_decisions()))
    return files


def from_docs(text: str) -> str:
    """Return the text of a file of the root with its links and pictures as from `docs/`."""

    def moved(match: re.Match[str]) -> str:
        target = match["target"]
        if target in FROM_ROOT:
            return f"]({FROM_ROOT[target]}"
        return f"]({target.removeprefix('docs/')}" if target.startswith("docs/") else f"](../{target}"

    return re.sub(r"\]\((?P<target>(?!\w+:|#)[^)\s#]+)", moved, text)


def list_of_decisions() -> str:
    """Return a page with a line for each decision."""
    parts = ["# Decisions\n\nWhy things are as they are: one decision a page.\n"]
    for hundred, files in itertools.groupby(decision_files(), key=lambda file: int(file.name[:2])):
        titles = {file.name: file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for file in files}
        lines = [f"* [{title}]({name})\n" for name, title in titles.items()]
        parts.append(f"\n## {SUBJECTS[hundred]}\n\n{''.join(lines)}")
    return "".join(parts)


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs gives it
    """Lead links to files and folders outside docs/ to the repository; without its address, leave their text alone."""

    def led(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page.file.src_uri), match["target"]))
        if path.startswith("docs/") and path != "docs/decisions":
            return match[0]
        if path == "docs/decisions":
            return f"[{match['text']}]({DECISIONS})"
        if path in FROM_ROOT:
            return f"[{match['text']}]({posixpath.relpath(FROM_ROOT[path], posixpath.dirname(page.file.src_uri))})"
        if not (ROOT / path).exists():
            return match[0]
        return f"[{match['text']}]({config.repo_url}/blob/main/{path})" if config.repo_url else match["text"]

    return LINK.sub(led, markdown)
