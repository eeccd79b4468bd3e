import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.environment import ContainerTree, TrainingHost, decode, is_reserved
from modelyard.rehearsal.containers.training_results import TrainingResult

# Writes its environment and arguments where the test finds them.
REPORT = """
    import json, os, sys
    report = {"env": dict(os.environ), "args": sys.argv[1:], "cwd": os.getcwd()}
    with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "report.json"), "w") as file:
        json.dump(report, file)
"""
HYPERPARAMETERS = {
    "num_round": "100",
    "eta": "0.1",
    "name": '"quick fox"',
    "plain": "not json",
    "flag": "true",
    "nothing": "null",
    "table": '{"b": 2, "a": 1}',
    "x": "7",
    "sagemaker_program": "train.py",
    "sagemaker_estimator_class_name": '"XGBoost"',
    "_tuning_objective_metric": "validation:auc",
}


def host(tmp_path: Path, **changes: object) -> TrainingHost:
    given: dict[str, object] = {
        "tree": ContainerTree(root=tmp_path),
        "job_name": "job",
        "job_arn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/job",
        "program": "train.py",
        "hyperparameters": HYPERPARAMETERS,
        "channels": ("validation", "train"),
        "network_interface": "lo",
    }
    return TrainingHost(**(given | changes))  # type: ignore[arg-type]


def test_arguments_are_sorted_by_name_and_leave_out_the_platforms_own(tmp_path: Path) -> None:
    assert host(tmp_path).arguments() == [
        *("--eta", "0.1"),
        *("--flag", "True"),
        *("--name", "quick fox"),
        *("--nothing", ""),
        *("--num_round", "100"),
        *("--plain", "not json"),
        *("--table", "a=1,b=2"),
        *("-x", "7"),
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SM_HP_NUM_ROUND", "100"),
        ("SM_HP_NAME", "quick fox"),
        ("SM_HP_FLAG", "true"),
        ("SM_HP_NOTHING", ""),
        ("SM_HP_TABLE", '{"a":1,"b":2}'),
        ("SM_CHANNELS", '["train","validation"]'),
        ("SM_HOSTS", '["algo-1"]'),
        ("SM_CURRENT_HOST", "algo-1"),
        ("SM_NETWORK_INTERFACE_NAME", "lo"),
        ("SM_USER_ENTRY_POINT", "train.py"),
        ("SM_MODULE_NAME", "train"),
        ("SM_FRAMEWORK_MODULE", ""),
        ("SM_FRAMEWORK_PARAMS", '{"sagemaker_estimator_class_name":"XGBoost"}'),
        ("SM_LOG_LEVEL", "20"),
        ("SM_NUM_GPUS", "0"),
        ("SM_NUM_NEURONS", "0"),
        ("SM_CURRENT_INSTANCE_TYPE", "local"),
        ("SM_CURRENT_INSTANCE_GROUP", "homogeneousCluster"),
        ("SM_CURRENT_INSTANCE_GROUP_HOSTS", '["algo-1"]'),
        ("SM_INSTANCE_GROUPS", '["homogeneousCluster"]'),
        ("SM_DISTRIBUTION_INSTANCE_GROUPS", "[]"),
        ("SM_IS_HETERO", "false"),
        ("TRAINING_JOB_NAME", "job"),
        ("TRAINING_JOB_ARN", "arn:aws:sagemaker:us-east-1:000000000000:training-job/job"),
    ],
)
def test_a_variable_has_the_text_that_the_toolkit_gives_it(tmp_path: Path, variable: str, value: str) -> None:
    assert host(tmp_path).variables()[variable] == value


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("SM_MODEL_DIR", "model"),
        ("SM_CHANNEL_TRAIN", "input/data/train"),
        ("SM_CHANNEL_VALIDATION", "input/data/validation"),
        ("SM_INPUT_DIR", "input"),
        ("SM_INPUT_CONFIG_DIR", "input/config"),
        ("SM_OUTPUT_DIR", "output"),
        ("SM_OUTPUT_DATA_DIR", "output/data"),
        ("SM_OUTPUT_INTERMEDIATE_DIR", "output/intermediate"),
        ("SM_MODULE_DIR", "code"),
    ],
)
def test_a_folder_is_named_under_the_relocated_root(tmp_path: Path, variable: str, place: str) -> None:
    assert host(tmp_path).variables()[variable] == str(tmp_path / place)


def test_the_submit_directory_of_the_job_is_the_module_directory(tmp_path: Path) -> None:
    given = {"sagemaker_submit_directory": '"s3://bucket/sourcedir.tar.gz"'}

    variables = host(tmp_path, hyperparameters=given).variables()

    assert variables["SM_MODULE_DIR"] == "s3://bucket/sourcedir.tar.gz"


def test_sm_hps_holds_the_scripts_hyperparameters_as_sorted_compact_json(tmp_path: Path) -> None:
    given = {"b": "2", "a": '"x"', "sagemaker_region": '"us-east-1"'}

    assert host(tmp_path, hyperparameters=given).variables()["SM_HPS"] == '{"a":"x","b":2}'


def test_sm_training_env_names_the_master_and_the_hyperparameters(tmp_path: Path) -> None:
    training_env = json.loads(host(tmp_path).variables()["SM_TRAINING_ENV"])

    assert (training_env["is_master"], training_env["hyperparameters"]["num_round"]) == (True, 100)


def test_a_second_host_is_not_the_master(tmp_path: Path) -> None:
    second = host(tmp_path, hosts=("algo-1", "algo-2"), current_host="algo-2")

    assert json.loads(second.variables()["SM_TRAINING_ENV"])["is_master"] is False


def test_a_host_that_is_not_among_the_hosts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"current_host must be one of \['algo-1'\], got 'algo-2'"):
        host(tmp_path, current_host="algo-2")


def test_the_platforms_own_hyperparameters_are_told_apart() -> None:
    names = ["sagemaker_region", "epochs", "_tuning_objective_metric"]

    assert [name for name in names if is_reserved(name)] == ["sagemaker_region", "_tuning_objective_metric"]


@pytest.mark.parametrize(("text", "value"), [("1", 1), ('"a"', "a"), ("a", "a"), ("", ""), ("[1]", [1])])
def test_a_hyperparameter_is_read_as_json_or_kept_as_text(text: str, value: object) -> None:
    assert decode(text) == value


def test_a_relative_root_is_refused() -> None:
    with pytest.raises(ValueError, match="root must be an absolute path, got ml"):
        ContainerTree(root=Path("ml"))


def report_of(tmp_path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((tmp_path / "run/algo-1/output/data/report.json").read_text())
    return report


def test_a_script_gets_its_hyperparameters_as_arguments(
    run_script: Callable[..., TrainingResult], tmp_path: Path
) -> None:
    run_script(REPORT, hyperparameters={"b": "2", "alpha": "0.5"})

    assert report_of(tmp_path)["args"] == ["--alpha", "0.5", "-b", "2"]


def test_a_script_runs_in_its_code_folder(run_script: Callable[..., TrainingResult], tmp_path: Path) -> None:
    run_script(REPORT)

    assert report_of(tmp_path)["cwd"] == str(opt_ml.seen(tmp_path / "run/algo-1") / "code")


def test_a_script_sees_none_of_the_users_credentials(
    run_script: Callable[..., TrainingResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "SECRET"):
        monkeypatch.setenv(name, "of-the-user")

    run_script(REPORT)

    assert "of-the-user" not in report_of(tmp_path)["env"].values()


def test_a_scripts_home_is_inside_its_tree(run_script: Callable[..., TrainingResult], tmp_path: Path) -> None:
    run_script(REPORT)

    assert report_of(tmp_path)["env"]["HOME"] == str(opt_ml.seen(tmp_path / "run/algo-1") / "home")


def test_the_jobs_own_environment_reaches_the_script(run_script: Callable[..., TrainingResult], tmp_path: Path) -> None:
    run_script(REPORT, environment={"AWS_ACCESS_KEY_ID": "of-the-role"})

    assert report_of(tmp_path)["env"]["AWS_ACCESS_KEY_ID"] == "of-the-role"


@pytest.mark.parametrize("name", ["hyperparameters", "resourceconfig", "inputdataconfig"])
def test_a_configuration_file_is_written(run_script: Callable[..., TrainingResult], tmp_path: Path, name: str) -> None:
    run_script(REPORT)

    assert json.loads((tmp_path / f"run/algo-1/input/config/{name}.json").read_text())


def test_hyperparameters_json_holds_texts_as_in_the_api(
    run_script: Callable[..., TrainingResult], tmp_path: Path
) -> None:
    run_script(REPORT, hyperparameters={"epochs": "3"})

    given = json.loads((tmp_path / "run/algo-1/input/config/hyperparameters.json").read_text())
    assert given["epochs"] == "3"
