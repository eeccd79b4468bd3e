"""The training stack of a model that Autopilot searches."""

import json

import pytest

from support.manifests import synthesize_text
from support.synth import Synthesized

STACK = "dev-leavers-training"
MANIFEST = """
name = "leavers"
[training]
objective = { metric = "AUC", goal = "maximize" }
channels = { train = { path = "datasets/train", header = true } }
[training.automl]
target = "leaves"
problem_type = "BinaryClassification"
[serving]
instance = "ml.m5.large"
[[serving.variants]]
name = "primary"
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize_text(tmp_path_factory.mktemp("searched"), MANIFEST)


def of_action(searched: Synthesized, role: str, action: str) -> list[list[str]]:
    """The resources on which a role may do something."""
    statements = searched.statements(STACK, role)
    return [one["Resource"] for one in statements if action in one["Action"]]


def test_the_state_machine_starts_and_follows_only_its_own_searches(searched: Synthesized) -> None:
    own = ["arn:<Partition>:sagemaker:<Region>:<AccountId>:automl-job/dev-leavers--*"]

    assert of_action(searched, "RunRole", "sagemaker:CreateAutoMLJobV2") == [own]
    assert of_action(searched, "RunRole", "sagemaker:DescribeAutoMLJobV2") == [own]
    assert of_action(searched, "RunRole", "sagemaker:CreateTrainingJob") == []


def test_candidates_are_listed_by_an_action_that_knows_no_resource(searched: Synthesized) -> None:
    assert of_action(searched, "RunRole", "sagemaker:ListCandidatesForAutoMLJob") == [["*"]]


@pytest.mark.parametrize("kind", ["TrainingJob", "ProcessingJob", "TransformJob", "HyperParameterTuningJob"])
def test_the_role_of_a_search_starts_jobs_of_its_name(searched: Synthesized, kind: str) -> None:
    (resources,) = of_action(searched, "TrainingRole", f"sagemaker:Create{kind}")

    assert all(one.endswith("/dev-leavers--*") for one in resources)


def test_the_role_of_a_search_may_pass_itself_to_sagemaker_and_nothing_else(searched: Synthesized) -> None:
    policy = searched.one(STACK, "IAM::Policy")
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement["Action"] == ["iam:PassRole"]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert "TrainingRole" in json.dumps(statement["Resource"])
    assert "TrainingRole" in json.dumps(policy["Roles"])


def test_jobs_of_a_search_read_what_others_of_it_have_made(searched: Synthesized) -> None:
    read = [one for resources in of_action(searched, "TrainingRole", "s3:GetObject") for one in resources]

    assert any(one.endswith("/leavers/training/*") for one in read)


def test_nothing_is_served_before_the_promotion(searched: Synthesized) -> None:
    assert "dev-leavers-serving" not in searched.templates
