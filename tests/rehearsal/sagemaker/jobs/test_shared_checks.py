"""A check that two instances share, and one ends, on the local AWS: the analyzer's archive, as a template runs it."""

import io
import json
import zipfile
from typing import Any

import pytest

from modelyard.drift.container.build import Recipe, sources
from support.jobs import JobRequests, source, target

CODE, CAPTURES = "/opt/ml/processing/input/code", "/opt/ml/processing/input/endpoint"
BASELINE, PART, OUTPUT = (f"/opt/ml/processing/{name}" for name in ("baseline", "part", "output"))
CHECK = {
    "dataset_format": json.dumps({"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}),
    "dataset_source": CAPTURES,
    "output_path": OUTPUT,
    "publish_cloudwatch_metrics": "Disabled",
    "baseline_constraints": f"{BASELINE}/constraints.json",
    "baseline_statistics": f"{BASELINE}/statistics.json",
}
MERGE = {**CHECK, "dataset_format": '{"profile": {}}', "parts": "2"}


def captured(answer: float, value: str) -> str:
    sides = {
        side: {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}
        for side, mode, data in (("endpointInput", "INPUT", value), ("endpointOutput", "OUTPUT", str(answer)))
    }
    return json.dumps({"captureData": sides, "eventMetadata": {"eventId": "a"}, "eventVersion": "0"}) + "\n"


class SharedChecks:
    """Jobs of the analyzer's archive against one baseline."""

    def __init__(self, job_requests: JobRequests) -> None:
        self.job_requests = job_requests
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            for name, content in sources(recipe=Recipe()):
                files.writestr(name, content)
        s3 = job_requests.local_aws.client("s3")
        s3.put_object(Bucket=job_requests.bucket, Key="code/analyzer.zip", Body=archive.getvalue())

    def run(
        self, environment: dict[str, str], inputs: dict[str, str], outputs: dict[str, str], *, hosts: int = 1
    ) -> dict[str, Any]:
        """Run the archive; of the captures each host has its shard."""
        request = self.job_requests.processing("pass", changes={"Environment": environment})
        request["AppSpecification"]["ContainerEntrypoint"] = ["python3", f"{CODE}/analyzer.zip"]
        request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = hosts
        given = [source(name, self.job_requests.uri(name), path) for name, path in {"code": CODE, **inputs}.items()]
        for one in given:
            if one["InputName"] == "captures":
                one["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
        written = [target(name, self.job_requests.uri(name), path) for name, path in outputs.items()]
        request |= {"ProcessingInputs": given, "ProcessingOutputConfig": {"Outputs": written}}
        return self.job_requests.process(request)


@pytest.fixture
def shared(job_requests: JobRequests) -> SharedChecks:
    job_requests.put("train/train.csv", "label,x\n" + "".join(f"0.5,{row}\n" for row in range(200)))
    for hour in range(3):
        lines = "".join(captured(0.25, f"{hour * 40 + row / 7}") for row in range(40))
        job_requests.put(f"captures/{hour}.jsonl", lines)
    checks = SharedChecks(job_requests)
    environment = {
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": "/opt/ml/processing/input/train",
        "output_path": OUTPUT,
    }
    made = checks.run(environment, {"train": "/opt/ml/processing/input/train"}, {"baseline": OUTPUT})
    assert made["ProcessingJobStatus"] == "Completed"
    return checks


def test_two_instances_and_one_that_merges_find_what_one_finds(shared: SharedChecks) -> None:
    alone = shared.run(CHECK, {"captures": CAPTURES, "baseline": BASELINE}, {"alone": OUTPUT})
    parts = shared.run(
        {**CHECK, "part_path": PART}, {"captures": CAPTURES, "baseline": BASELINE}, {"parts": PART}, hosts=2
    )
    assert shared.job_requests.keys("parts") == ["parts/algo-1.profile", "parts/algo-2.profile"]
    together = shared.run(MERGE, {"parts": CAPTURES, "baseline": BASELINE}, {"together": OUTPUT})

    assert [job["ProcessingJobStatus"] for job in (alone, parts, together)] == ["Completed"] * 3
    assert together["ExitMessage"] == alone["ExitMessage"]
    names = ("constraint_violations.json", "constraints.json", "statistics.json", "verdict.json")
    for name in names:
        one, two = (json.loads(shared.job_requests.get(f"{folder}/{name}")) for folder in ("alone", "together"))
        assert without_order_and_last_digits(two) == without_order_and_last_digits(one)


def without_order_and_last_digits(value: Any) -> Any:
    """A document in which numbers have nine digits, and lists of numbers, as of sketches, are sorted."""
    match value:
        case float():
            return float(f"{value:.9g}")
        case dict():
            return {name: without_order_and_last_digits(inner) for name, inner in value.items()}
        case list():
            items = [without_order_and_last_digits(inner) for inner in value]
            return sorted(items) if all(isinstance(item, float) for item in items) else items
    return value


def test_a_shard_that_cannot_be_read_fails_the_job_and_leaves_no_part(shared: SharedChecks) -> None:
    s3 = shared.job_requests.local_aws.client("s3")
    s3.put_object(Bucket=shared.job_requests.bucket, Key="captures/3.jsonl", Body=b"\x1f\x8b no gzip")
    failed = shared.run(
        {**CHECK, "part_path": PART}, {"captures": CAPTURES, "baseline": BASELINE}, {"parts": PART}, hosts=2
    )

    assert failed["ProcessingJobStatus"] == "Failed"
    assert "3.jsonl cannot be read to its end" in failed["ExitMessage"]
    assert shared.job_requests.keys("parts") == []


def test_instances_that_are_not_told_where_their_parts_go_check_nothing(shared: SharedChecks) -> None:
    failed = shared.run(CHECK, {"captures": CAPTURES, "baseline": BASELINE}, {"alone": OUTPUT}, hosts=2)

    assert "InstanceCount must be 1, got 2 hosts" in failed["ExitMessage"]
