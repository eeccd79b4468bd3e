"""Names from S3 and from requests that try to be paths elsewhere, or that no file can have."""

import itertools
import json
import os
import tempfile
import textwrap
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.manifest.artifact import Artifact
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.cli.main import main
from modelyard.operations.failures import Failure
from modelyard.rehearsal.sagemaker.hosting import launching
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.shared.object_path import object_path, object_paths
from modelyard.shared.s3_uri import S3Uri
from support.attempts import Attempts
from support.endpoints import Endpoints, variant
from support.jobs import SCIKIT, JobRequests, source
from support.local_aws import SharedLocalAws
from support.yard import make_foundation

PREFIX = "hostile"
PARTS = (
    "..",
    ".",
    "",
    "...",
    "a",
    "%2e%2e",
    "%2F..%2F",
    "a#b?c",
    "..\\..",
    "~",
    "-rf",
    "\u0000",
    "a\nb",
    "\x1b[2J",
    "\x9b",
    "\u202egnp.exe",
    "\udc80",
    "\uff0e\uff0e",
    unicodedata.normalize("NFC", "e\u0301"),
    unicodedata.normalize("NFD", "\u00e9"),
    "x" * 255,
    "x" * 256,
    "\u00fc" * 128,
    "/etc",
)
# Those that S3 takes, for what is asked of S3 itself; `{out}` is a folder that nothing may be written to.
CLIMB = "../" * 40
HOSTILE = {
    "absolute": "/{out}/evil",
    "climbing": CLIMB + "{out}/evil",
    "climbing from below": "a/b/" + CLIMB + "{out}/evil",
    "the folder itself": "a/..",
    "one up": "../evil",
    "here": "a/./b",
    "empty part": "a//b",
    "control character": "a\nb",
    "escape": "\x1b[2Jb",
    "a part of 300 bytes": "x" * 300,
    "a part of 128 umlauts": "\u00fc" * 128,
}
HARMLESS = ("a#b?c", "%2e%2e/%2e%2e", "..\\..\\b", "...", "\uff0e\uff0e/b", "e\u0301", "\u00e9", "~", "-rf")


def keys(tmp_path: Path) -> dict[str, str]:
    """The hostile keys below the prefix."""
    out = str(tmp_path).lstrip("/")
    return {name: f"{PREFIX}/{key.format(out=out)}" for name, key in HOSTILE.items()}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


class Objects:
    """A bucket that lists and gives whatever keys it is told, also those that S3 would not."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def get_paginator(self, _name: str) -> "Objects":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in self.names]}]

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": _Body()}

    def download_file(self, _bucket: str, _key: str, path: str) -> None:
        Path(path).write_bytes(b"evil")


class _Body:
    def __init__(self) -> None:
        self.left = b"evil"

    def read(self, _size: int = -1) -> bytes:
        content, self.left = self.left, b""
        return content


def path_or_sentence(*, folder: Path, key: str, prefix: str = "") -> Path | str:
    try:
        return object_path(folder=folder, key=key, prefix=prefix)
    except ValueError as error:
        return str(error)


def uri_or_sentence(text: str) -> S3Uri | str:
    try:
        return S3Uri.parse(text)
    except ValueError as error:
        return str(error)


def names() -> Iterator[str]:
    """Every key of up to three of the parts."""
    for length in (1, 2, 3):
        for parts in itertools.product(PARTS, repeat=length):
            yield "/".join(parts)


def test_every_mixture_of_parts_lies_below_the_folder_or_is_refused(attempts: Attempts, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    refused = 0
    for name in names():
        attempts.add()
        path = path_or_sentence(folder=folder, key=f"{PREFIX}/{name}", prefix=PREFIX)
        if isinstance(path, str):
            refused += 1
            assert path.isprintable()
            assert path.endswith("; give it another name")
        else:
            assert Path(os.path.normpath(path)) == path
            assert path.is_relative_to(folder)
            assert path != folder
    assert refused > 1000


def test_every_mixture_that_is_not_refused_can_be_written(attempts: Attempts, tmp_path: Path) -> None:
    for number, name in enumerate(itertools.chain(PARTS, map("/".join, itertools.product(PARTS, repeat=2)))):
        attempts.add()
        folder = tmp_path / "deep" / str(number)
        path = path_or_sentence(folder=folder, key=name)
        if isinstance(path, str):
            continue
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        assert [one for one in folder.rglob("*") if one.is_file()] == [path]
    assert files(tmp_path / "deep").isdisjoint(PARTS)


def test_any_key_lies_below_the_folder_or_is_refused(attempts: Attempts, tmp_path: Path) -> None:
    part = st.one_of(st.sampled_from(PARTS), st.text(st.characters(), max_size=300))

    @settings(max_examples=400, deadline=None, database=None)
    @given(st.lists(part, min_size=1, max_size=8).map("/".join), st.sampled_from(["", "p", "p/", "p//", "p/.."]))
    def holds(name: str, prefix: str) -> None:
        attempts.add()
        path = path_or_sentence(folder=tmp_path, key=f"{prefix}{name}", prefix=prefix)
        if isinstance(path, str):
            assert path.isprintable()
            return
        assert Path(os.path.realpath(path)) == path
        assert path != tmp_path
        assert path.is_relative_to(tmp_path)

    holds()


def test_keys_that_are_not_refused_are_as_many_files(attempts: Attempts, tmp_path: Path) -> None:
    part = st.sampled_from(["a", "b", "A", "e\u0301", "\u00e9", "", ".."])

    @settings(max_examples=300, deadline=None, database=None)
    @given(st.lists(st.lists(part, min_size=1, max_size=3).map("/".join), min_size=2, max_size=6, unique=True))
    def holds(given: list[str]) -> None:
        attempts.add()
        try:
            paths = object_paths(folder=tmp_path, keys=given, prefix="a")
        except ValueError:
            return
        assert len(set(paths.values())) == len(paths)
        assert not any(one in other.parents for one in paths.values() for other in paths.values())

    holds()


def test_any_text_is_one_uri_or_is_refused(attempts: Attempts) -> None:
    @settings(max_examples=400, deadline=None, database=None)
    @given(st.one_of(st.text(), st.text().map("s3://bucket/{}".format), st.text().map("s3://{}".format)))
    def holds(text: str) -> None:
        attempts.add()
        uri = uri_or_sentence(text)
        if isinstance(uri, str):
            assert uri.isprintable()
        else:
            assert str(uri) in (text, f"{text}/")
            assert S3Uri.parse(str(uri)) == uri

    holds()


def test_no_downloader_of_the_rehearsal_writes_outside_its_folder(attempts: Attempts, tmp_path: Path) -> None:
    hostile = [*keys(tmp_path).values(), f"{PREFIX}/a\0b", f"{PREFIX}/\udc80", f"{PREFIX}/{'a/' * 600}b"]
    uri = S3Uri(bucket="bucket", key=f"{PREFIX}/")
    for number, key in enumerate(hostile):
        attempts.add(2)
        client, folder = Objects(f"{PREFIX}/good", key), tmp_path / "inside" / str(number)
        with pytest.raises(JobFailed, match=r"^ClientError: Data download failed:"):
            Transfers(client=client, role_arn="arn", region="eu-west-1").download(source=uri, folder=folder)
        if "a/a" not in key:
            with pytest.raises(launching.DownloadError, match=r"S3 key 'hostile/.*; give it another name"):
                launching.download(client=client, uri=uri, folder=folder)
        assert files(tmp_path) <= {"inside", f"inside/{number}", *(f"inside/{other}" for other in range(number))}


def test_the_disk_being_full_is_the_failure_of_a_download(attempts: Attempts, tmp_path: Path) -> None:
    attempts.add(2)
    uri = S3Uri(bucket="bucket", key="big/model.tar.gz")
    transfers = Transfers(client=Objects(), role_arn="arn", region="eu-west-1")
    with pytest.raises(JobFailed, match=r"s3://bucket/big/model.tar.gz': this machine's disk is full; make room"):
        transfers.fetch(source=uri, path=Path("/dev/full"))
    (tmp_path / "archive.tar.gz").symlink_to("/dev/full")
    with pytest.raises(launching.DownloadError, match=r"model.tar.gz: this machine's disk is full; make room"):
        launching.download(client=Objects(), uri=uri, folder=tmp_path)


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


def put(aws: SharedLocalAws, *, bucket: str, key: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"evil")


CASES = pytest.mark.parametrize("name", [*HOSTILE, "a file where a folder is needed"])


def hostile_prefix(aws: SharedLocalAws, *, bucket: str, name: str, tmp_path: Path) -> str:
    """Put objects of a hostile name below a prefix, and return the prefix."""
    if name in HOSTILE:
        put(aws, bucket=bucket, key=keys(tmp_path)[name])
    else:
        put(aws, bucket=bucket, key=f"{PREFIX}/a")
        put(aws, bucket=bucket, key=f"{PREFIX}/a/b")
    return f"s3://{bucket}/{PREFIX}/"


SENTENCE = "ClientError: Data download failed:Failed to download data. S3 key 'hostile/"


@CASES
def test_a_channel_of_hostile_keys_fails_its_training_job(
    job_requests: JobRequests, attempts: Attempts, tmp_path: Path, name: str
) -> None:
    attempts.add()
    uri = hostile_prefix(job_requests.local_aws, bucket=job_requests.bucket, name=name, tmp_path=tmp_path)
    request = job_requests.training("print('trained')")
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = uri
    job = job_requests.train(request)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(SENTENCE)
    assert job["FailureReason"].endswith("; give it another name")
    assert files(tmp_path) == set()


@CASES
def test_an_input_of_hostile_keys_fails_its_processing_job(
    job_requests: JobRequests, attempts: Attempts, tmp_path: Path, name: str
) -> None:
    attempts.add()
    uri = hostile_prefix(job_requests.local_aws, bucket=job_requests.bucket, name=name, tmp_path=tmp_path)
    request = job_requests.processing("print('processed')")
    request["ProcessingInputs"].append(source("data", uri, "/opt/ml/processing/input/data"))
    job = job_requests.process(request)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(SENTENCE)
    assert files(tmp_path) == set()


def test_a_transform_of_hostile_keys_fails(host: Endpoints, attempts: Attempts, tmp_path: Path) -> None:
    model = host.model()
    for name, key in keys(tmp_path).items():
        attempts.add()
        prefix = f"{host.aws.name('in')}/"
        put(host.aws, bucket=host.bucket, key=f"{prefix}{key}")
        job = transformed(host, model=model, prefix=f"{prefix}{PREFIX}/")
        assert job["TransformJobStatus"] == "Failed", name
        assert job["FailureReason"].startswith("ClientError: Data download failed:Failed to download data. S3 key 'in-")
    assert files(tmp_path) == set()


def test_a_transform_keeps_the_names_of_harmless_keys(host: Endpoints, attempts: Attempts) -> None:
    names = [*HARMLESS, "a", "a/b", "a.out/b", "x" * 255]
    for name in names:
        attempts.add()
        host.aws.client("s3").put_object(Bucket=host.bucket, Key=f"harmless/{name}", Body=b"2")
    job = transformed(host, model=host.model(), prefix="harmless")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert set(host.objects("out/")) == {f"out/{name}.out" for name in names}


def transformed(host: Endpoints, *, model: str, prefix: str) -> Any:
    name = host.aws.name("transform")
    host.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{host.bucket}/{prefix}"}},
            "ContentType": "text/csv",
        },
        TransformOutput={"S3OutputPath": f"s3://{host.bucket}/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )

    def described() -> Any:
        return host.sagemaker.describe_transform_job(TransformJobName=name)

    host.until(lambda: described()["TransformJobStatus"] not in ("InProgress", "Stopping"))
    return described()


@CASES
def test_an_uncompressed_model_of_hostile_keys_fails_its_endpoint(
    host: Endpoints, attempts: Attempts, tmp_path: Path, name: str
) -> None:
    attempts.add()
    uri = hostile_prefix(host.aws, bucket=host.bucket, name=name, tmp_path=tmp_path)
    endpoint = host.settled(host.begin(host.config(variant(uncompressed(host, uri=uri)))))
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"].startswith(
        f'Failed to download model data for container "container_1" from URL: "{uri}'
    )
    assert endpoint["FailureReason"].endswith("; give it another name)")
    assert files(tmp_path) == set()


def uncompressed(host: Endpoints, *, uri: str) -> str:
    source = {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}}
    name = host.aws.name("model")
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    container = {"Image": image, "ModelDataSource": source, "Environment": {"SAGEMAKER_PROGRAM": "serve.py"}}
    host.sagemaker.create_model(ModelName=name, ExecutionRoleArn=host.role, PrimaryContainer=container)
    return name


def test_a_model_whose_key_has_the_marks_of_a_url_is_served(host: Endpoints, attempts: Attempts) -> None:
    attempts.add()
    s3 = host.aws.client("s3")
    told = host.model("3")
    key = f"{told}/model.tar.gz"
    odd = f"{told}/a#b?c%2e%2e/{'x' * 300}/model.tar.gz"
    s3.copy_object(Bucket=host.bucket, Key=odd, CopySource={"Bucket": host.bucket, "Key": key})
    s3.delete_object(Bucket=host.bucket, Key=key)
    model = host.model("5", ModelDataUrl=f"s3://{host.bucket}/{odd}")
    assert host.invoke(host.endpoint(host.config(variant(model)))) == "6.0"


@pytest.mark.parametrize("name", ["..", "."])
def test_a_channel_of_a_name_that_leads_elsewhere_is_refused(
    job_requests: JobRequests, attempts: Attempts, name: str
) -> None:
    attempts.add()
    request = job_requests.training("print('trained')")
    request["InputDataConfig"][0]["ChannelName"] = name
    with pytest.raises(Exception, match=rf"channel '{name}' has an illegal char sub-sequence"):
        job_requests.sagemaker.create_training_job(**request)


@pytest.mark.parametrize("archive", ["/etc/passwd", "/opt/ml/input/data/../x", "/opt/ml/input/data//etc", "s3://B/x"])
def test_a_script_that_lies_elsewhere_is_refused(job_requests: JobRequests, attempts: Attempts, archive: str) -> None:
    attempts.add()
    request = job_requests.training("print('trained')")
    request["HyperParameters"]["sagemaker_submit_directory"] = archive
    with pytest.raises(Exception, match=r"ValidationException.*(sagemaker_submit_directory|an S3 URI must)"):
        job_requests.sagemaker.create_training_job(**request)


@pytest.mark.parametrize("program", ["../train.py", "/etc/init.sh", "a//b.py", f"{'x' * 300}.py"])
def test_a_program_outside_of_its_archive_fails_the_job(
    job_requests: JobRequests, attempts: Attempts, program: str
) -> None:
    attempts.add()
    request = job_requests.training("print('trained')")
    request["HyperParameters"]["sagemaker_program"] = program
    reason = job_requests.train(request)["FailureReason"]
    assert reason.startswith(f"ClientError: program {program!r} has a")
    assert reason.endswith("; give it another name")


def test_a_program_outside_of_its_archive_is_not_served(host: Endpoints, attempts: Attempts) -> None:
    attempts.add(2)
    environment = {"SAGEMAKER_PROGRAM": "../../../serve.py"}
    model = host.model(Environment=environment)
    endpoint = host.settled(host.begin(host.config(variant(model))))
    assert endpoint["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    put(host.aws, bucket=host.bucket, key="one/a.csv")
    job = transformed(host, model=model, prefix="one")
    assert job["FailureReason"].startswith("ClientError: program '../../../serve.py' has an illegal char sub-sequence")


@pytest.mark.parametrize("path", ["/opt/ml/../x", "/opt/ml/a\u0000b", "/etc", "/opt/ml/" + "x" * 240 + "/\n"])
def test_a_local_path_that_no_file_can_have_is_refused(
    job_requests: JobRequests, attempts: Attempts, path: str
) -> None:
    attempts.add()
    request = job_requests.processing("print('processed')")
    request["ProcessingInputs"][0]["S3Input"]["LocalPath"] = path
    with pytest.raises(Exception, match=r"ValidationException.*(local path|localPath)"):
        job_requests.sagemaker.create_processing_job(**request)


def test_a_file_that_s3_has_no_key_for_fails_its_job(job_requests: JobRequests, attempts: Attempts) -> None:
    attempts.add()
    script = """
        import os, pathlib
        folder = pathlib.Path(os.environ["OUT"])
        for _ in range(5):
            folder = folder / ("x" * 250)
        folder.mkdir(parents=True)
        (folder / "file").write_text("deep")
    """
    output = {"S3Uri": job_requests.uri("out"), "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    request = job_requests.processing(
        textwrap.dedent(script),
        outputs=[{"OutputName": "out", "S3Output": output}],
        changes={"Environment": {"OUT": "/opt/ml/processing/output"}},
    )
    job = job_requests.process(request)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "an S3 key must have at most 1,024 bytes in UTF-8, got 1,2" in job["FailureReason"]


def test_two_inputs_that_are_a_file_and_a_folder_fail_their_job(job_requests: JobRequests, attempts: Attempts) -> None:
    attempts.add()
    put(job_requests.local_aws, bucket=job_requests.bucket, key="first/deep")
    put(job_requests.local_aws, bucket=job_requests.bucket, key="second/file")
    request = job_requests.processing("print('processed')")
    request["ProcessingInputs"] += [
        source("first", job_requests.uri("first/"), "/opt/ml/processing/in"),
        source("second", job_requests.uri("second/"), "/opt/ml/processing/in/deep"),
    ]
    job = job_requests.process(request)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].endswith(
        "second/file' ('deep'): a file is where it needs a folder; rename one of the two"
    )


@pytest.mark.parametrize("uri", ["s3://B/x", "s3://192.168.0.1/x", "s3://a..b/x", "s3://user@host/x", "s3://ab/x"])
def test_a_bucket_that_cannot_be_is_refused_before_anything_starts(
    job_requests: JobRequests, attempts: Attempts, uri: str
) -> None:
    attempts.add(2)
    request = job_requests.fit(name="hostile", image=SCIKIT, role=None, channels={"train": uri})
    with pytest.raises(Exception, match="an S3 URI must name a bucket by 3 to 63"):
        job_requests.sagemaker.create_training_job(**request)
    with pytest.raises(Exception, match="an S3 URI must name a bucket by 3 to 63"):
        job_requests.sagemaker.create_model(
            ModelName="hostile",
            ExecutionRoleArn=job_requests.role(),
            PrimaryContainer={"Image": SCIKIT, "ModelDataUrl": uri},
        )


@pytest.mark.parametrize(
    "artifact",
    [
        "s3://bucket/*.tar.gz",
        "s3://bucket/mode?.tar.gz",
        "s3://bucket/${aws:username}.tar.gz",
        "s3://bucket/a\n.tar.gz",
        "s3://Bucket/model.tar.gz",
        "s3://bucket/" + "x" * 1024 + ".tar.gz",
        "s3://bucket/.zip",
        "s3://*/model.tar.gz",
        "S3://bucket/model.tar.gz",
        "https://bucket/model.tar.gz",
    ],
)
def test_an_artifact_that_names_more_than_one_object_is_refused(attempts: Attempts, artifact: str) -> None:
    attempts.add()
    problem = Artifact().problem(key="serving.variants[0].model", value=artifact)
    assert problem is not None
    assert "without *, ? and $" in problem.allowed


STAGE = "paths"
REPORTS = "hostile/monitoring"
MANIFEST = """
name = "hostile"

[serving]
container = "xgboost:3.2-0"
script = "churn_xgboost/train.py"
instance = "ml.m5.large"
capture = { sampling_percentage = 100 }

[[serving.variants]]
name = "primary"
model = "hostile/training/run/job/output/model.tar.gz"

[monitoring]
engine = "model-monitor"
baseline = "hostile/baseline/run"

[monitoring.quality]
problem_type = "BinaryClassification"
probability = "0"
positive_label = "1"
baseline = "hostile/baseline/run/model-quality"
"""
OUTPUTS = {
    "MonitoringEngine": "model-monitor",
    "MonitoringScheduleName": "none",
    "MonitoringReportPrefix": f"{REPORTS}/drift",
    "BaselinePrefix": "hostile/baseline/run",
    "QualityScheduleName": "none",
    "QualityReportPrefix": f"{REPORTS}/quality",
    "QualityBaselinePrefix": "hostile/baseline/run/model-quality",
}


class Yard:
    """`yard drift` and `yard quality` of a model whose monitoring prefix somebody else writes to."""

    def __init__(self, *, aws: SharedLocalAws, folder: Path) -> None:
        self.aws = aws
        self.bucket = make_foundation(aws, stage=STAGE, policy="Delete")
        self.models = folder / "models"
        self.models.mkdir()
        (folder / "stages.toml").write_text(f"[{STAGE}]\n")
        (self.models / "hostile.toml").write_text(MANIFEST)
        self._deploy("serving", EndpointName="none")
        self._deploy("monitoring", **OUTPUTS)

    def _deploy(self, part: str, **outputs: str) -> None:
        """Make a stack of which only the outputs are looked at."""
        template = {
            "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        cloudformation, name = self.aws.client("cloudformation"), f"{STAGE}-hostile-{part}"
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    def run(self, *words: str) -> int:
        return main([*words, "--stage", STAGE, "--models", str(self.models)])

    def empty(self) -> None:
        s3 = self.aws.client("s3")
        for one in s3.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            s3.delete_object(Bucket=self.bucket, Key=one["Key"])


@pytest.fixture(scope="module")
def yard(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        yield Yard(aws=local_aws, folder=tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("command", ["drift", "quality"])
@CASES
def test_a_hostile_check_is_not_downloaded(
    yard: Yard,
    attempts: Attempts,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    name: str,
) -> None:
    attempts.add()
    yard.empty()
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    hour = f"{REPORTS}/{command}/2026/01/31/12"
    put(yard.aws, bucket=yard.bucket, key=f"{hour}/statistics.json")
    hostile = keys(tmp_path) | {"a file where a folder is needed": f"{PREFIX}/statistics.json/deep"}
    put(yard.aws, bucket=yard.bucket, key=f"{hour}/{hostile[name].removeprefix(f'{PREFIX}/')}")
    assert yard.run(command, "hostile") == 1
    said = capsys.readouterr().err
    assert f"s3://{yard.bucket}/{hour}/ cannot be downloaded: S3 key '{hour}/" in said.replace("\n", " ")
    assert "give it another name" in said.replace("\n", " ")
    assert "Traceback" not in said
    assert files(tmp_path) == {"work"}


@pytest.mark.parametrize("command", ["drift", "quality"])
def test_what_lies_in_no_hour_of_a_check_is_none(yard: Yard, attempts: Attempts, tmp_path: Path, command: str) -> None:
    yard.empty()
    for key in keys(tmp_path).values():
        attempts.add()
        name = key.removeprefix(f"{PREFIX}/")
        put(yard.aws, bucket=yard.bucket, key=f"{REPORTS}/{command}/{name}/statistics.json")
    assert yard.run(command, "hostile") == 3
    assert files(tmp_path) == set()


def test_a_folder_where_a_file_is_downloaded_to_is_named(yard: Yard, attempts: Attempts, tmp_path: Path) -> None:
    attempts.add()
    put(yard.aws, bucket=yard.bucket, key="taken/file")
    (tmp_path / "file").mkdir()
    bucket = DataBucket(aws=Aws(), name=yard.bucket)
    with pytest.raises(Failure, match=r"taken/file' could not be written to .*: a folder is where it needs a file"):
        bucket.download(prefix="taken", folder=tmp_path)
