"""The example models as a promotion leaves them: with an artifact and a baseline that their stacks can be made from."""

import re
from collections.abc import Mapping
from pathlib import Path

RUN = "20261122-101500"
# The lines that a promotion adds, after the line that each pattern finds.
PROMOTED: Mapping[str, Mapping[str, str]] = {
    "churn": {
        r'^name = "primary"$': f'model = "churn/training/{RUN}/job/output/model.tar.gz"',
        r"^engine = .*$": f'baseline = "churn/baseline/{RUN}"',
        r"^positive_label = .*$": f'baseline = "churn/baseline/{RUN}/model-quality"',
    },
    "churn_forest": {
        r"^weight = 3$": f'model = "churn_forest/training/{RUN}/champion/output/model.tar.gz"',
        r"^weight = 1$": f'model = "churn_forest/training/{RUN}/challenger/output/model.tar.gz"',
        r"^engine = .*$": f'baseline = "churn_forest/baseline/{RUN}"',
        r"^positive_label = .*$": f'baseline = "churn_forest/baseline/{RUN}/model-quality"',
    },
}


def promote_examples(folder: Path) -> None:
    """Add the lines to the example manifests of a folder.

    Raises:
        ValueError: a manifest has not exactly one line for each pattern.
    """
    for model, lines in PROMOTED.items():
        file = folder / f"{model}.toml"
        text = file.read_text(encoding="utf-8")
        for place, line in lines.items():
            text, count = re.subn(place, rf"\g<0>\n{line}", text, flags=re.MULTILINE)
            if count != 1:
                raise ValueError(f"{file} must have one line that matches {place}, got {count}; change the pattern")
        file.write_text(text, encoding="utf-8")
