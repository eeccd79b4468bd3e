"""The ledger of refusals: what AWS does not take, and which side of the repository refuses it first.

One file of `manifest/tables/refusals` for each subject, `[[refusal]]` for each rule. The page is docs/refusals.md.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from modelyard.manifest.problems import NOTHING, Problem, Refused, problem_if
from modelyard.manifest.reading import read_toml
from modelyard.manifest.rules import Count, Declared, Matches
from modelyard.manifest.structuring import structured

LEDGER = Path(__file__).parent.parent / "manifest" / "tables" / "refusals"

SENTENCE = Matches(re.compile(r"\S(.*\S)?\."), form="a sentence with its full stop", hint="write one")
TEXT = Matches(re.compile(r"\S(.*\S)?"), form="a text", hint="write what there is to say")
CERTAINTY = Matches(
    re.compile(r"sure|believed [1-9][0-9] %"),
    form="sure, or believed NN %",
    hint="write sure where a source at hand says so, and else how sure you are",
)
TEST = Matches(
    re.compile(r"tests/[\w/]+/test_\w+\.py::test_\w+"),
    form="a test as pytest names it, tests/…/test_….py::test_…, without its parameters",
    hint="name the test that shows the refusal",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal(Declared):
    """What AWS refuses or does otherwise, and the test of each side that refuses it here.

    `local_aws` is the test that the local AWS refuses the same, or does what AWS does; `not_local` says why it cannot
    where the manifest refuses. `nobody` says why no side refuses.
    """

    rule: Annotated[str, SENTENCE]
    aws: Annotated[str, SENTENCE]
    source: Annotated[str, TEXT]
    certainty: Annotated[str, CERTAINTY]
    manifest: Annotated[str | None, TEST] = None
    template_check: Annotated[str | None, TEST] = None
    local_aws: Annotated[str | None, TEST] = None
    operations: Annotated[str | None, TEST] = None
    not_local: Annotated[str | None, SENTENCE] = None
    nobody: Annotated[str | None, SENTENCE] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        refused = bool(self.tests)
        return (
            problem_if(
                not refused and self.nobody is None,
                key="nobody",
                allowed="given where no side refuses",
                got=NOTHING,
                hint="name the test of manifest, template_check, local_aws or operations, or say why there is none",
            ),
            problem_if(
                refused and self.nobody is not None,
                key="nobody",
                allowed=f"left out beside {', '.join(self.tests)}",
                got=self.nobody,
                hint="remove one of them",
            ),
            problem_if(
                self.manifest is not None and self.local_aws is None and self.not_local is None,
                key="local_aws",
                allowed="given where the manifest refuses, or not_local in its place",
                got=NOTHING,
                hint="what passes a rehearsal must pass on AWS: name the test, or say why it cannot be",
            ),
            problem_if(
                self.local_aws is not None and self.not_local is not None,
                key="not_local",
                allowed="left out beside local_aws",
                got=self.not_local,
                hint="remove one of them",
            ),
        )

    @property
    def tests(self) -> dict[str, str]:
        """The test of each side that refuses."""
        sides = {
            "manifest": self.manifest,
            "template_check": self.template_check,
            "local_aws": self.local_aws,
            "operations": self.operations,
        }
        return {side: test for side, test in sides.items() if test is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject(Declared):
    """One file of the ledger."""

    refusal: Annotated[tuple[Refusal, ...], Count(1, 1000, hint="write a row, or remove the file")]


def read_ledger(folder: Path = LEDGER) -> dict[str, tuple[Refusal, ...]]:
    """Return the rows of each subject, both in the order of their files.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    files = sorted(folder.glob("*.toml"))
    subjects = {}
    problems: list[Problem] = []
    for file in files:
        try:
            subjects[file.stem] = structured(read_toml(file), Subject, file=str(file)).refusal
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(problems)
    return subjects
