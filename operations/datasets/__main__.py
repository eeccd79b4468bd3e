"""The command `python -m modelyard.operations.datasets churn|digits --output FOLDER`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from modelyard.operations.datasets.churn import DRIFTED, USUAL, ChurnTable


def main(arguments: Sequence[str]) -> int:
    """Write one data set, print the paths of its files, and return the exit code: 0, or 1 with a sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m modelyard.operations.datasets", description="Write a data set to a folder."
    )
    kinds = parser.add_subparsers(dest="dataset", required=True)
    churn = kinds.add_parser("churn", help="a made-up telecom table of 70 columns")
    churn.add_argument("--rows", type=int, default=5000, help="labelled and unlabelled rows together (default 5000)")
    digits = kinds.add_parser("digits", help="real handwritten digits, 28 x 28 pixels")
    for kind in (churn, digits):
        kind.add_argument("--output", type=Path, required=True, help="the folder to write, made when missing")
        kind.add_argument("--drifted", action="store_true", help="draw it from a population that has moved")
        kind.add_argument("--seed", type=int, default=2026, help="another seed, other rows (default 2026)")
    chosen = parser.parse_args(arguments)
    try:
        paths = _write(chosen=chosen)
    except (ValueError, OSError) as error:
        print(f"{chosen.dataset}: {error}", file=sys.stderr)
        return 1
    print("\n".join(str(path) for path in paths))
    return 0


def _write(*, chosen: argparse.Namespace) -> tuple[Path, ...]:
    if chosen.dataset == "digits":
        # Here and not above: scikit-learn takes longer to load than the churn table to make.
        from modelyard.operations.datasets.digits import DigitImages

        return DigitImages(drifted=chosen.drifted, seed=chosen.seed).write(folder=chosen.output)
    population = DRIFTED if chosen.drifted else USUAL
    return ChurnTable(rows=chosen.rows, population=population, seed=chosen.seed).write(folder=chosen.output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
