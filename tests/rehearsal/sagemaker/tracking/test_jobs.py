"""Scripts that log by themselves, in the jobs of the local AWS."""

import json
from collections.abc import Iterator

import pytest

from support.jobs import JobRequests
from support.local_aws import SharedLocalAws, allow
from support.tracking import PYTHON, App, needs_mlflow, start_app

# The interpreter of the script has no client of MLflow's, which its requirements would bring from the network.
SCRIPT = f"""
import os, subprocess
program = '''
import mlflow
with mlflow.start_run():
    mlflow.log_metric("auc", 0.75)
    mlflow.log_text("words", "notes.txt")
'''
subprocess.run([{str(PYTHON)!r}, "-c", program], check=True)
open(os.path.join(os.environ["SM_MODEL_DIR"], "model"), "w").write("model")
"""
FIND = """
import json, mlflow
(run,) = mlflow.search_runs(experiment_names=["{name}"], output_format="list")
print(json.dumps([run.info.run_name, run.data.tags["modelyard.job"], run.data.metrics]))
"""


@pytest.fixture(scope="module")
def tracked(local_aws: SharedLocalAws) -> Iterator[App]:
    started = start_app(local_aws)
    yield started
    local_aws.client("sagemaker").delete_mlflow_app(Arn=started.arn)


@needs_mlflow
def test_a_script_logs_as_its_role_under_the_name_of_its_job(tracked: App, local_aws: SharedLocalAws) -> None:
    jobs = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    request = jobs.training(SCRIPT)
    name = request["TrainingJobName"]
    tags = json.dumps({"mlflow.runName": name, "modelyard.job": name})
    variables = {"MLFLOW_TRACKING_URI": tracked.arn, "MLFLOW_EXPERIMENT_NAME": name, "MLFLOW_RUN_CONTEXT": tags}

    ended = jobs.train({**request, "Environment": variables})
    assert ended["TrainingJobStatus"] == "Completed", ended
    assert tracked.run(FIND.format(name=name)) == [name, name, {"auc": 0.75}]
    stored = local_aws.client("s3").list_objects_v2(Bucket=tracked.bucket, Prefix="runs/")["Contents"]
    assert any(one["Key"].endswith("/artifacts/notes.txt") for one in stored)


@needs_mlflow
def test_a_script_whose_role_may_not_log_fails_and_says_so(tracked: App, local_aws: SharedLocalAws) -> None:
    jobs = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    request = jobs.training(SCRIPT, role=jobs.role(allow("s3:*", "logs:*", "cloudwatch:*", "kms:*", "ecr:*")))
    variables = {"MLFLOW_TRACKING_URI": tracked.arn, "MLFLOW_EXPERIMENT_NAME": "any"}

    ended = jobs.train({**request, "Environment": variables})
    assert ended["TrainingJobStatus"] == "Failed"
    assert "Request is not authorized" in "\n".join(jobs.log("TrainingJobs", request["TrainingJobName"])), json.dumps(
        ended, default=str
    )
