"""The analyzer's side of a processing job."""

import dataclasses
import json
from pathlib import Path

import pytest

from modelyard.constructs.workflows.analysis import CODE, OUTPUT, Analyzer, baseline_job, processing_job
from modelyard.drift.container import contract
from modelyard.drift.container.variables import Variables
from modelyard.drift.reading.source import Format
from modelyard.manifest.data import DataFormat
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.stage import Vpc
from support.workflows import ANALYZER, JOB_CONTEXT

MONITORING = Monitoring(engine="drift", instance="ml.m5.large", volume_gb=30, max_runtime_minutes=20)
SUBNETS = {"subnet-0aaaaaaa": "eu-west-1a", "subnet-0bbbbbbb": "eu-west-1b"}
VPC = Vpc(subnets=SUBNETS, security_groups=("sg-0ccccccc",))


def test_an_image_of_its_own_is_given_no_code() -> None:
    analyzer = Analyzer(image="analyzer:1")

    assert analyzer.specification == {"ImageUri": "analyzer:1"}
    assert analyzer.inputs == []


def test_an_archive_is_started_as_a_program_from_where_it_is_downloaded() -> None:
    assert ANALYZER.specification["ContainerEntrypoint"] == ["python3", f"{CODE}/drift.zip"]
    (code,) = ANALYZER.inputs
    assert (code["S3Input"]["S3Uri"], code["S3Input"]["LocalPath"]) == ("s3://assets/drift.zip", CODE)


def test_a_baseline_is_made_of_the_training_data() -> None:
    request = baseline_job(
        monitoring=MONITORING,
        analyzer=ANALYZER,
        job_context=JOB_CONTEXT,
        dataset="s3://data/churn/datasets",
        output="s3://data/churn/baseline",
    )

    dataset, code = request["ProcessingInputs"]
    (output,) = request["ProcessingOutputConfig"]["Outputs"]
    assert dataset["S3Input"]["S3Uri"] == "s3://data/churn/datasets"
    assert code["InputName"] == "code"
    assert output["S3Output"]["S3Uri"] == "s3://data/churn/baseline"
    assert request["Environment"]["dataset_source"] == dataset["S3Input"]["LocalPath"]
    assert request["Environment"]["output_path"] == OUTPUT == output["S3Output"]["LocalPath"]
    assert json.loads(request["Environment"]["dataset_format"])["csv"]["header"] is True


@pytest.mark.parametrize(
    ("data_format", "read"), [("csv", Format.CSV), ("jsonl", Format.JSON_LINES), ("parquet", Format.PARQUET)]
)
def test_the_analyzer_is_told_the_format_of_the_baseline_data(data_format: DataFormat, read: Format) -> None:
    request = baseline_job(
        monitoring=MONITORING,
        analyzer=ANALYZER,
        job_context=JOB_CONTEXT,
        dataset="s3://data/churn/datasets",
        output="s3://data/churn/baseline",
        data_format=data_format,
    )
    assert contract.data_format(variables=Variables(environment=request["Environment"], root=Path("/"))).format is read


def test_a_job_runs_on_one_encrypted_machine_for_the_declared_time_in_the_network_of_the_stage() -> None:
    request = processing_job(
        monitoring=MONITORING,
        analyzer=ANALYZER,
        job_context=dataclasses.replace(JOB_CONTEXT, vpc=VPC),
        inputs=[],
        outputs=[],
        environment={},
    )

    assert request["ProcessingResources"]["ClusterConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "VolumeSizeInGB": 30,
        "VolumeKmsKeyId": JOB_CONTEXT.key_arn,
    }
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 1200}
    assert request["NetworkConfig"]["VpcConfig"]["Subnets"] == list(SUBNETS)
    assert request["RoleArn"] == JOB_CONTEXT.role_arn
