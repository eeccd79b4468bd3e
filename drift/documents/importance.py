"""importance.json: how much a model leans on each column; a file of ours, which may lie beside a baseline."""

import math
from collections.abc import Collection, Mapping
from pathlib import Path

from modelyard.drift.documents.node import Node, read_document

IMPORTANCE = "importance.json"


def read_importance(*, path: Path, columns: Collection[str]) -> Mapping[str, float]:
    """Return each column's share of the whole importance, of a file with a number of 0 or more for each column.

    Columns that it does not name have none.

    Raises:
        DriftError: the file cannot be used, or names a column that is not among these.
    """
    node = read_document(path=path)
    numbers = {name: _number(node.get(name)) for name in node.members()}
    unknown = [name for name in numbers if name not in columns]
    if unknown:
        raise node.error(
            allowed=f"of the baseline's columns, {', '.join(columns)}",
            hint=f"it has no {', '.join(unknown)}; add up what belongs to one column, and leave out what is none",
        )
    total = math.fsum(numbers.values())
    if not 0 < total < math.inf:
        raise node.error(allowed="numbers of which one is above 0", hint="leave the file out where none is known")
    return {name: number / total for name, number in numbers.items()}


def _number(node: Node) -> float:
    number = node.number()
    if not 0 <= number < math.inf:
        raise node.error(
            allowed="a number of 0 or more",
            hint="write 0 where the model does not use the column; a permutation importance below 0 is chance",
        )
    return number
