"""What the oracles find and why it is safe: a list that people have read, and that may hold nothing stale."""

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from modelyard.manifest.reading import read_toml
from modelyard.manifest.rules import Count, Declared, Matches
from modelyard.manifest.structuring import structured

ANSWERS = Path(__file__).with_name("answers.toml")

PATTERN = Matches(re.compile(r"\S(.*\S)?"), form="a text, in which * stands for any", hint="write what it matches")
REASON = Matches(re.compile(r"\S.{20,}\."), form="a sentence with its full stop", hint="say why the finding is safe")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a tool says: by which check, of which resource of which stack (`stack/resource`), and what in particular."""

    tool: str
    check: str
    owner: str
    detail: str

    def __str__(self) -> str:
        return f"{self.owner}: {self.tool}, {self.check}: {self.detail}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Declared):
    """Why the findings of one check are safe. `owner` and `detail` are patterns, in which `*` stands for any text."""

    tool: Literal["cfn-lint", "checkov", "parliament", "policy_sentry"]
    check: Annotated[str, PATTERN]
    owner: Annotated[str, PATTERN]
    safe: Annotated[str, REASON]
    detail: Annotated[str, PATTERN] = "*"

    def answers(self, finding: Finding) -> bool:
        """Whether a finding is one of those that this is about."""
        return (
            (self.tool, self.check) == (finding.tool, finding.check)
            and fnmatch.fnmatchcase(finding.owner, self.owner)
            and fnmatch.fnmatchcase(finding.detail, self.detail)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers(Declared):
    """The list, with each answer once."""

    answer: Annotated[tuple[Answer, ...], Count(1, 1000, hint="write one")]

    def complaints(self, findings: Iterable[Finding]) -> list[str]:
        """Return a sentence for each finding that nothing answers, and for each answer that no finding needs."""
        found = sorted(set(findings), key=str)
        unanswered = [
            f"{finding}; mend it, or answer it in {ANSWERS.name}"
            for finding in found
            if not any(answer.answers(finding) for answer in self.answer)
        ]
        stale = [
            f"{ANSWERS.name}: nothing is found any more of {answer.tool} {answer.check} {answer.owner} {answer.detail}"
            "; remove the answer"
            for answer in self.answer
            if not any(answer.answers(finding) for finding in found)
        ]
        return unanswered + stale


def read_answers(file: Path) -> Answers:
    """Return the list.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    return structured(read_toml(file), Answers, file=str(file))
