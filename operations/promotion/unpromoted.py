"""A manifest before anything of it was promoted: for an account that has none of its artifacts."""

import copy
import tomllib
from collections.abc import Mapping
from typing import Any

from modelyard.operations.failures import Failure
from modelyard.operations.promotion.toml_lines import HEADER

SERVED = ("model", "transformer", "from_model", "package", "package_artifacts", "package_images")
# What `yard promote` and `yard baseline` write: each key, by its table.
PROMOTED: Mapping[str, tuple[str, ...]] = {
    "serving.variants": SERVED,
    "serving.shadow": SERVED,
    "batch": SERVED,
    "monitoring": ("baseline",),
    "monitoring.quality": ("baseline",),
}


def promoted_values(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the artifacts, packages and baselines of a manifest, by keys as `serving.variants.primary.model`."""
    values: dict[str, str] = {}
    for path in PROMOTED:
        table: Any = document
        for part in path.split("."):
            table = table.get(part, {})
        for one in table if isinstance(table, list) else [table]:
            prefix = f"{path}.{one['name']}" if isinstance(table, list) else path
            values |= {
                f"{prefix}.{key}": one[key] for key in ("model", "transformer", "package", "baseline") if key in one
            }
    return values


def without_promotion(text: str, *, file: str) -> str:
    """Return a manifest's text in which the lines are comments that `yard promote` and `yard baseline` write.

    A manifest without [training] stays as it is: there is nothing to promote in their place.

    Raises:
        Failure: one of them is not a line of its own.
    """
    if "training" not in tomllib.loads(text):
        return text
    table, lines = "", []
    for line in text.split("\n"):
        header = HEADER.match(line)
        table = table if header is None else header[2]
        promoted = line.partition("=")[0].strip() in PROMOTED.get(table, ())
        lines.append(f"# {line}" if promoted else line)
    changed = "\n".join(lines)
    if tomllib.loads(changed) != _unpromoted(tomllib.loads(text)):
        raise Failure(
            f"{file} must have each model, from_model and baseline that was promoted in a line of its own, for "
            "another to be promoted in its place; write them so"
        )
    return changed


def _unpromoted(document: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    for path, keys in PROMOTED.items():
        table: Any = changed
        for part in path.split("."):
            table = table.get(part, {})
        for one in table if isinstance(table, list) else [table]:
            for key in keys:
                one.pop(key, None)
    return changed
