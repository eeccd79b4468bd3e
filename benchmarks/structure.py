"""How the code is divided: per top-level folder its files, lines and private functions; files per recipe.

`python -m benchmarks.structure` measures the working tree, `--commit 5e21fe4` a commit. A private function counts as
used once when its module names it in no more than one place besides its definition.
"""

import argparse
import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
NOT_PRODUCT = ("benchmarks", "docs", "tests")
RECIPE = re.compile(r"^### (.+?)$(.+?)(?=^###? |\Z)", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\d+\. ", re.MULTILINE)


@dataclass(kw_only=True, slots=True)
class Folder:
    """Counts of one top-level folder; functions include methods."""

    files: int = 0
    lines: int = 0
    functions: int = 0
    private: int = 0
    private_used_once: int = 0

    def add(self, source: str) -> None:
        """Count one module."""
        names = [
            node.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        private = [name for name in names if name.startswith("_") and not name.startswith("__")]
        self.files += 1
        self.lines += source.count("\n")
        self.functions += len(names)
        self.private += len(private)
        self.private_used_once += sum(len(re.findall(rf"\b{name}\b", source)) <= 2 for name in private)

    @property
    def row(self) -> str:
        """The counts as a row of the table."""
        density = 1000 * self.private / max(self.lines, 1)
        once = 100 * self.private_used_once / max(self.private, 1)
        return f"{self.files:5} {self.lines:7} {self.functions:9} {self.private:7} {density:9.1f} {once:8.0f} %"


def read_tree(commit: str | None) -> dict[str, str]:
    """Return the text of every tracked Python module and of CONTRIBUTING.md, by path.

    Raises:
        subprocess.CalledProcessError: git does not know the commit.

    """
    listing = ["git", "ls-files"] if commit is None else ["git", "ls-tree", "-r", "--name-only", commit]
    paths = [path for path in _run(listing).splitlines() if path.endswith(".py") or path == "CONTRIBUTING.md"]
    if commit is None:
        return {path: (REPOSITORY / path).read_text() for path in paths}
    return {path: _run(["git", "show", f"{commit}:{path}"]) for path in paths}


def count_folders(tree: Mapping[str, str]) -> dict[str, Folder]:
    """Return the counts of each top-level folder of the product."""
    folders: dict[str, Folder] = defaultdict(Folder)
    for path, source in tree.items():
        top = path.split("/")[0]
        if path.endswith(".py") and "/" in path and top not in NOT_PRODUCT:
            folders[top].add(source)
    return dict(folders)


def count_recipes(contributing: str) -> dict[str, int]:
    """Return the number of files that each recipe of CONTRIBUTING.md names, by its heading."""
    recipes = contributing.partition("## Recipes")[2]
    return {heading: len(STEP.findall(text)) for heading, text in RECIPE.findall(recipes)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", help="a commit instead of the working tree")
    tree = read_tree(parser.parse_args(arguments).commit)
    print(f"{'':16} files   lines functions private per 1,000 used once")
    for name, folder in sorted(count_folders(tree).items()):
        print(f"{name:16} {folder.row}")
    for heading, files in count_recipes(tree.get("CONTRIBUTING.md", "")).items():
        print(f"recipe: {heading}: {files} files")


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
