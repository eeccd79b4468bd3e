"""A project of somebody else's, whose tests use the fixtures of the local AWS."""

from pathlib import Path

# What a project has: code that asks AWS as it is, and tests of it.
CODE = """
import boto3

def experiments():
    return [one["ExperimentName"] for one in boto3.client("sagemaker").list_experiments()["ExperimentSummaries"]]

def keep(name):
    boto3.client("s3").create_bucket(Bucket=name)
    boto3.client("sagemaker").create_experiment(ExperimentName=name)
"""
TESTS = """
import os, boto3, pytest, code_under_test

@pytest.fixture(autouse=True)
def account(local_aws):
    return local_aws

@pytest.mark.parametrize("number", range(20))
def test_each_begins_with_nothing(number):
    assert (code_under_test.experiments(), boto3.client("s3").list_buckets()["Buckets"]) == ([], [])
    code_under_test.keep("mine-of-all")
    assert code_under_test.experiments() == ["mine-of-all"]

def test_the_clock_moves(account):
    before = account.now()
    assert (account.advance(seconds=3600) - before).total_seconds() >= 3600

def test_the_user_s_settings_are_out_of_reach():
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert boto3.client("sts").get_caller_identity()["Account"] == "111122223333"
"""
AFTER = """
import os, boto3

def test_what_comes_after_has_the_user_s_settings_again():
    assert os.environ["AWS_PROFILE"] == "production"
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert boto3.DEFAULT_SESSION is None
"""
PASSED = "23 passed"


def write_tested_project(folder: Path) -> None:
    """Write its files; its tests pass where `AWS_PROFILE` is `production`."""
    for name, text in {"code_under_test.py": CODE, "test_code.py": TESTS, "test_later.py": AFTER}.items():
        (folder / name).write_text(text, encoding="utf-8")
