"""Transform jobs as a client meets them: a real model server for each instance."""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import botocore.exceptions
import pytest

from support.jobs import ACCOUNT, SCIKIT, JobRequests, packed
from support.local_aws import allow

# Answers each row with its sum; a row with `bad` is refused, one with `break` breaks the model.
ADDS = """
    import os, time

    def model_fn(model_dir):
        return None

    def input_fn(body, content_type):
        if "bad" in body:
            raise ValueError("a cell is no number")
        return body

    def predict_fn(body, model):
        if "break" in body:
            raise RuntimeError("the model broke")
        if "hang" in body:
            print("hanging", flush=True)
            time.sleep(3600)
        if "ask" in body:
            names = ("BATCH", "MAX_PAYLOAD_IN_MB", "BATCH_STRATEGY", "MAX_CONCURRENT_TRANSFORMS")
            return ["|".join(os.environ["SAGEMAKER_" + name] for name in names)]
        return [sum(map(float, line.split(","))) for line in body.splitlines()]

    def output_fn(sums, accept):
        return "".join(f"{value}\\n" for value in sums)
"""


@dataclass(kw_only=True)
class Transforms:
    """A model that adds, and transform jobs with it."""

    job_requests: JobRequests
    model: str

    def request(self, files: Mapping[str, str | bytes], **parts: Any) -> dict[str, Any]:
        name = self.job_requests.local_aws.name("transform")
        for path, text in files.items():
            self.job_requests.put(f"{name}/in/{path}", text)
        source: dict[str, Any] = {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": self.job_requests.uri(f"{name}/in")}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        }
        output: dict[str, Any] = {"S3OutputPath": self.job_requests.uri(f"{name}/out"), "Accept": "text/csv"}
        return {
            "TransformJobName": name,
            "ModelName": self.model,
            "TransformInput": source | parts.pop("source", {}),
            "TransformOutput": output | {"AssembleWith": "Line"} | parts.pop("output", {}),
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": parts.pop("instances", 1)},
            **parts,
        }

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        self.job_requests.sagemaker.create_transform_job(**request)
        return self.ended(request["TransformJobName"])

    def ended(self, name: str) -> dict[str, Any]:
        sagemaker = self.job_requests.sagemaker
        return self.job_requests.ended(
            lambda: sagemaker.describe_transform_job(TransformJobName=name), "TransformJobStatus"
        )

    def outputs(self, job: dict[str, Any]) -> dict[str, str]:
        prefix = f"{job['TransformJobName']}/out/"
        return {key.removeprefix(prefix): self.job_requests.get(key).decode() for key in self.job_requests.keys(prefix)}

    def transform(self, files: Mapping[str, str | bytes], **parts: Any) -> dict[str, str]:
        job = self.run(self.request(files, **parts))
        assert job["TransformJobStatus"] == "Completed", job
        return self.outputs(job)


@pytest.fixture(scope="module")
def transforms(local_aws: Any) -> Transforms:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    return Transforms(job_requests=job_requests, model=made_model(job_requests, role=job_requests.role()))


def made_model(job_requests: JobRequests, *, role: str, image: str = SCIKIT, isolated: bool = False) -> str:
    name = job_requests.local_aws.name("model")
    script = job_requests.put(f"{name}/sourcedir.tar.gz", packed({"serve.py": ADDS}))
    artifact = job_requests.put(f"{name}/model.tar.gz", packed({"weights": "3"}))
    environment = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": script}
    container = {"Image": image, "ModelDataUrl": artifact, "Environment": environment}
    job_requests.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container, EnableNetworkIsolation=isolated
    )
    return name


def test_each_object_has_an_output_in_its_folder(transforms: Transforms) -> None:
    made = transforms.transform({"a.csv": "1,2\n3,4\n", "deep/b.csv": "5,6"})
    assert made == {"a.csv.out": "3.0\n7.0\n", "deep/b.csv.out": "11.0\n"}


def test_several_instances_share_the_objects(transforms: Transforms) -> None:
    made = transforms.transform({f"{number}.csv": f"{number},1\n" for number in range(3)}, instances=2)
    assert made == {"0.csv.out": "1.0\n", "1.csv.out": "2.0\n", "2.csv.out": "3.0\n"}


def test_single_records_keep_their_order_though_they_run_at_once(transforms: Transforms) -> None:
    rows = "".join(f"{number},0\n" for number in range(40))
    made = transforms.transform({"a.csv": rows}, BatchStrategy="SingleRecord", MaxConcurrentTransforms=8)
    assert made["a.csv.out"].splitlines() == [f"{number}.0" for number in range(40)]


def test_the_container_is_told_of_the_batch(transforms: Transforms) -> None:
    made = transforms.transform(
        {"a.csv": "ask"}, BatchStrategy="SingleRecord", MaxPayloadInMB=2, MaxConcurrentTransforms=3
    )
    assert made["a.csv.out"] == "true|2|SINGLE_RECORD|3\n"


def test_the_log_says_what_the_container_asked_for_where_the_request_is_silent(transforms: Transforms) -> None:
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}))
    said = transforms.job_requests.log("TransformJobs", job["TransformJobName"])
    pattern = r"\[sagemaker logs\]: MaxConcurrentTransforms=\d+, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"
    assert any(re.search(pattern, line) for line in said)


def test_filters_and_join_are_applied(transforms: Transforms) -> None:
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    made = transforms.transform({"a.csv": "id1,1,2\nid2,3,4\n"}, DataProcessing=processing)
    assert made == {"a.csv.out": "id1,3.0\nid2,7.0\n"}


def test_gzip_is_unpacked(transforms: Transforms) -> None:
    made = transforms.transform({"a.csv.gz": gzip.compress(b"1,2\n")}, source={"CompressionType": "Gzip"})
    assert made == {"a.csv.gz.out": "3.0\n"}


@pytest.mark.parametrize(
    ("image", "row", "kind", "said"),
    [
        (f"{ACCOUNT}/team/own:1", "bad", "ClientError", "400"),
        (f"{ACCOUNT}/team/own:1", "break", "AlgorithmError", "500"),
        (SCIKIT, "bad", "AlgorithmError", "500"),
    ],
)
def test_a_record_that_fails_costs_its_object_and_the_job_but_no_other(
    transforms: Transforms, image: str, row: str, kind: str, said: str
) -> None:
    model = made_model(transforms.job_requests, role=transforms.job_requests.role(), image=image)
    transforms = replace(transforms, model=model)
    job = transforms.run(transforms.request({"a.csv": "1,2\n", "b.csv": f"1,2\n{row}\n", "c.csv": "3,4\n"}))
    assert (job["TransformJobStatus"], job["FailureReason"]) == ("Failed", f"{kind}: See job logs for more information")
    assert transforms.outputs(job) == {"a.csv.out": "3.0\n", "c.csv.out": "7.0\n"}
    lines = transforms.job_requests.log("TransformJobs", job["TransformJobName"])
    assert any(line.endswith(f"/in/b.csv: {kind}: {said}") for line in lines)


def test_a_record_that_is_longer_than_a_payload_fails_its_object(transforms: Transforms) -> None:
    job = transforms.run(transforms.request({"a.csv": "1" * 2_000_000}, MaxPayloadInMB=1))
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    lines = transforms.job_requests.log("TransformJobs", job["TransformJobName"])
    assert any("a record must be at most 1 MB, got 2000001 bytes" in line for line in lines)


def test_an_object_that_is_not_gzip_fails(transforms: Transforms) -> None:
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}, source={"CompressionType": "Gzip"}))
    lines = transforms.job_requests.log("TransformJobs", job["TransformJobName"])
    assert any("the object must be gzip as CompressionType says" in line for line in lines)


def test_captured_data_are_two_manifests_in_the_hour_of_the_start(transforms: Transforms) -> None:
    capture = {"DestinationS3Uri": transforms.job_requests.uri("captured"), "GenerateInferenceId": True}
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}, DataCaptureConfig=capture))
    name, started = job["TransformJobName"], job["TransformStartTime"]
    found = {key.split("/")[1]: key for key in transforms.job_requests.keys("captured")}
    assert [key.rpartition("/")[0] for key in found.values()] == [
        f"captured/{side}/{started:%Y/%m/%d/%H}" for side in ("input", "output")
    ]
    manifests = {side: json.loads(transforms.job_requests.get(key)) for side, key in found.items()}
    assert manifests["input"] == [{"prefix": transforms.job_requests.uri(f"{name}/in/")}, "a.csv"]
    assert manifests["output"] == [{"prefix": transforms.job_requests.uri(f"{name}/out/")}, "a.csv.out"]


def test_an_inference_has_an_id_and_the_start_of_the_job(transforms: Transforms) -> None:
    capture = {"DestinationS3Uri": transforms.job_requests.uri("ids"), "GenerateInferenceId": True}
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}, DataCaptureConfig=capture))
    value, identifier, moment = transforms.outputs(job)["a.csv.out"].strip().split(",")
    assert (value, len(identifier)) == ("3.0", 36)
    assert moment == job["TransformStartTime"].strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_job_that_hangs_is_stopped_without_output(transforms: Transforms) -> None:
    request = transforms.request({"a.csv": "hang\n"})
    transforms.job_requests.sagemaker.create_transform_job(**request)
    name = request["TransformJobName"]
    transforms.job_requests.await_(lambda: "hanging" in transforms.job_requests.log("TransformJobs", name))
    transforms.job_requests.sagemaker.stop_transform_job(TransformJobName=name)
    job = transforms.ended(name)
    assert (job["TransformJobStatus"], transforms.outputs(job)) == ("Stopped", {})


def test_a_job_that_has_ended_cannot_be_stopped(transforms: Transforms) -> None:
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}))
    with pytest.raises(botocore.exceptions.ClientError, match="the transform job is in status Completed"):
        transforms.job_requests.sagemaker.stop_transform_job(TransformJobName=job["TransformJobName"])


def test_jobs_are_listed(transforms: Transforms) -> None:
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}))
    found = transforms.job_requests.sagemaker.list_transform_jobs(NameContains=job["TransformJobName"])
    assert job["TransformJobName"] in [item["TransformJobName"] for item in found["TransformJobSummaries"]]


def test_a_model_whose_script_does_not_load_fails_the_job(job_requests: JobRequests) -> None:
    name = job_requests.local_aws.name("broken")
    container = {
        "Image": SCIKIT,
        "ModelDataUrl": job_requests.put(
            "model.tar.gz", packed({"code/serve.py": "raise ImportError('no such thing')"})
        ),
        "Environment": {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    }
    job_requests.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=job_requests.role(), PrimaryContainer=container
    )
    transforms = Transforms(job_requests=job_requests, model=name)
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}))
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert any("no such thing" in line for line in job_requests.log("TransformJobs", job["TransformJobName"]))


def test_an_image_of_another_processor_than_the_instance_s_fails_the_job(job_requests: JobRequests) -> None:
    arm = f"{ACCOUNT}/pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
    transforms = Transforms(
        job_requests=job_requests, model=made_model(job_requests, role=job_requests.role(), image=arm)
    )
    job = transforms.run(transforms.request({"a.csv": "1,2\n"}))
    assert job["FailureReason"] == (
        "ClientError: CannotStartContainerError. "
        "Please make sure the container can be run with 'docker run <image> serve'."
    )
    assert any("exec format error" in line for line in job_requests.log("TransformJobs", job["TransformJobName"]))


@pytest.mark.parametrize(
    ("actions", "readable", "reason"),
    [
        (("s3:ListBucket", "s3:PutObject"), "model-*", "ClientError: Data download failed:Unable to download object"),
        (("s3:PutObject",), "*", "ClientError: Data download failed:Unable to list objects below s3://"),
        (("s3:ListBucket",), "*", "ClientError: Artifact upload failed:Unable to upload object s3://"),
    ],
)
def test_what_the_models_role_may_not_do_fails_the_job(
    job_requests: JobRequests, actions: tuple[str, ...], readable: str, reason: str
) -> None:
    role = job_requests.role(
        allow(*actions), allow("s3:GetObject", on=f"arn:aws:s3:::{job_requests.bucket}/{readable}")
    )
    transforms = Transforms(job_requests=job_requests, model=made_model(job_requests, role=role))
    assert transforms.run(transforms.request({"a.csv": "1,2\n"}))["FailureReason"].startswith(reason)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"source": {"SplitType": "RecordIO"}}, "SplitType must be None or Line here, got RecordIO"),
        (
            {"TransformResources": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": "key"}},
            "You can't request a VolumeKmsKeyId when using an instance type with local storage: ml.g5.xlarge",
        ),
        ({"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2}, "must be at most 100, got 60 and 2"),
        ({"output": {"S3OutputPath": "https://bucket/x"}}, "an S3 URI must begin with s3://"),
        ({"DataProcessing": {"InputFilter": "features"}}, "a filter must begin with $"),
        ({"output": {"Accept": "image/png"}, "DataProcessing": {"JoinSource": "Input"}}, "Accept must be one of"),
    ],
)
def test_what_cannot_be_transformed_is_refused(transforms: Transforms, parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        transforms.job_requests.sagemaker.create_transform_job(**transforms.request({"a.csv": "1"}, **parts))
    assert sentence in str(refused.value)


def test_a_manifest_as_input_is_refused(transforms: Transforms) -> None:
    request = transforms.request({"a.csv": "1"})
    request["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    with pytest.raises(botocore.exceptions.ClientError, match="S3DataType must be S3Prefix here"):
        transforms.job_requests.sagemaker.create_transform_job(**request)


def test_a_model_that_is_not_there_is_refused(transforms: Transforms) -> None:
    request = transforms.request({"a.csv": "1"}) | {"ModelName": "nobody"}
    with pytest.raises(botocore.exceptions.ClientError, match="Could not find model"):
        transforms.job_requests.sagemaker.create_transform_job(**request)


def test_an_isolated_model_cannot_download_its_script(job_requests: JobRequests) -> None:
    model = made_model(job_requests, role=job_requests.role(), isolated=True)
    transforms = Transforms(job_requests=job_requests, model=model)

    job = transforms.run(transforms.request({"a.csv": "1,2\n"}))

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: Unable to locate credentials: with EnableNetworkIsolation")


def test_a_record_passes_the_containers_of_a_model_in_their_order(transforms: Transforms) -> None:
    requests = transforms.job_requests
    name = requests.local_aws.name("row")
    described = requests.sagemaker.describe_model(ModelName=transforms.model)
    container = described["PrimaryContainer"]
    doubles = """
        def model_fn(model_dir):
            return None

        def input_fn(body, content_type):
            return body, content_type

        def predict_fn(asked, model):
            body, content_type = asked
            return "".join(f"{float(line)},{float(line)}\\n" for line in body.splitlines()) if content_type else ""

        def output_fn(text, accept):
            return text, "text/csv"
    """
    requests.put(f"{name}/code.tar.gz", packed({"serve.py": doubles}))
    first = {
        **container,
        "Environment": {
            **container["Environment"],
            "SAGEMAKER_PROGRAM": "serve.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": requests.uri(f"{name}/code.tar.gz"),
        },
    }
    requests.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=described["ExecutionRoleArn"], Containers=[first, container]
    )

    outputs = replace(transforms, model=name).transform({"a.csv": "1\n2\n"})

    assert outputs == {"a.csv.out": "2.0\n4.0\n"}
