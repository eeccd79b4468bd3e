from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder in the place of /opt/ml, with training data."""
    data = tmp_path / "processing" / "input" / "baseline_dataset_input"
    data.mkdir(parents=True)
    (data / "train.csv").write_text("label,x\n" + "".join(f"0.{n},{n}\n" for n in range(1, 10)))
    return tmp_path
