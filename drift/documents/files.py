"""The files of a baseline, a check and a preparation: what they are called, and how they are written."""

from pathlib import Path

from modelyard.drift.documents.jackson import Json, document_text
from modelyard.drift.errors import DriftError

STATISTICS, CONSTRAINTS, VIOLATIONS = "statistics.json", "constraints.json", "constraint_violations.json"
VERDICT = "verdict.json"
CALIBRATION_FILE, ESTIMATE_FILE = "calibration.json", "estimate.json"
# Held-out rows of a run that trains anew, by where they are from, and how the rows were counted.
DATASET_FILE, CAPTURES_FILE, COUNTS_FILE = "dataset.csv", "captures.csv", "counts.json"


def write_document(*, path: Path, document: Json) -> None:
    """Write a JSON file as the analyzer does, and the folders that it needs.

    Raises:
        DriftError: the file cannot be written.
    """
    write_text(path=path, text=document_text(document))


def write_text(*, path: Path, text: str) -> None:
    """Write a file and the folders that it needs.

    Raises:
        DriftError: the file cannot be written.
    """
    write_bytes(path=path, content=text.encode("utf-8", errors="replace"))


def write_bytes(*, path: Path, content: bytes) -> None:
    """Write a file and the folders that it needs.

    Raises:
        DriftError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise DriftError(f"{path} cannot be written ({error.strerror}); give a folder that can be") from error
