import inspect

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
        (LAYOUT.preprocessing(digest="d1", run="r1"), "churn/preprocessing/d1/r1"),
        (LAYOUT.preprocessed(digest="d1"), "churn/preprocessing/complete/d1/"),
        (LAYOUT.transformer(digest="d1", run="r1"), "churn/preprocessing/d1/r1/transformer/model.tar.gz"),
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


# Each prefix is one that expires, or one of these, which are their owner's or the record of what was done.
KEPT = {
    "dataset",
    "training",
    "leaderboard",
    "baseline",
    "quality_baseline",
    "quality_data",
    "preprocessing",
    "preprocessed",
    "preprocessing_root",
    "transformer",
    "monitoring",
    "transform",
    "transform_input",
    "transform_root",
    "windows",
    "retraining_note",
    "retraining_verdict",
    "open_proposals",
}
PREFIXES = {name for name in vars(DataLayout) if not name.startswith("_") and name not in ("model", "days_kept")}


def below(name: str) -> str:
    """A prefix of the layout, of some run and path where it asks for one."""
    member = getattr(LAYOUT, name)
    if isinstance(member, str):
        return member
    values = {"path": "x", "run": "r1", "digest": "d1"}
    return str(member(**{parameter: values[parameter] for parameter in inspect.signature(member).parameters}))


@pytest.mark.parametrize("name", sorted(PREFIXES - KEPT))
def test_every_prefix_that_is_not_kept_expires(name: str) -> None:
    assert any(below(name).startswith(prefix) for prefix in LAYOUT.days_kept(capture_days=90))


@pytest.mark.parametrize("name", sorted(KEPT))
def test_what_is_kept_lies_below_nothing_that_expires(name: str) -> None:
    assert not any(f"{below(name)}/".startswith(f"{prefix}/") for prefix in LAYOUT.days_kept(capture_days=90))


def test_captures_and_what_copies_them_expire_together() -> None:
    days = LAYOUT.days_kept(capture_days=7)

    payloads = (LAYOUT.capture, LAYOUT.ground_truth, LAYOUT.merged, LAYOUT.managed_merged)
    assert [days[prefix] for prefix in payloads] == [7, 7, 7, 7]


@pytest.mark.parametrize(("capture_days", "days"), [(1, 28), (90, 90)])
def test_a_checkpoint_outlives_the_longest_job(capture_days: int, days: int) -> None:
    assert LAYOUT.days_kept(capture_days=capture_days)["churn/checkpoints"] == days
