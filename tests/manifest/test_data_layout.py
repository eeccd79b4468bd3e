import pytest

from modelyard.manifest.data_layout import DataLayout

LAYOUT = DataLayout(model="churn")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("datasets/train", "churn/datasets/train/"),
        ("datasets/train.csv", "churn/datasets/train.csv"),
        ("v1.2/train", "churn/v1.2/train/"),
    ],
)
def test_a_dataset_ends_with_a_slash_unless_it_is_a_file(path: str, key: str) -> None:
    assert LAYOUT.dataset(path=path) == key


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        (LAYOUT.training(run="r1"), "churn/training/r1"),
        (LAYOUT.leaderboard(run="r1"), "churn/training/r1/leaderboard.json"),
        (LAYOUT.checkpoints(run="r1"), "churn/checkpoints/r1"),
        (LAYOUT.baseline(run="r1"), "churn/baseline/r1"),
        (LAYOUT.capture, "churn/capture"),
        (LAYOUT.monitoring, "churn/monitoring"),
        (LAYOUT.ground_truth, "churn/ground-truth"),
        (LAYOUT.merged, "churn/merged"),
        (LAYOUT.transform(run="r1"), "churn/transform/r1/output"),
        (LAYOUT.transform_input(run="r1"), "churn/transform/r1/input/"),
        (LAYOUT.transform_root, "churn/transform"),
        (LAYOUT.transform_capture, "churn/capture/transform"),
    ],
)
def test_what_a_run_writes_lies_below_its_model(prefix: str, key: str) -> None:
    assert prefix == key
