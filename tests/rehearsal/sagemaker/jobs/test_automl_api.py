"""AutoML jobs as a client meets them."""

from collections.abc import Mapping
from typing import Any

import botocore.exceptions
import pytest

from support.jobs import JobRequests
from support.leavers import leavers
from support.local_aws import SharedLocalAws


def request(
    job_requests: JobRequests,
    *,
    content: str | None = None,
    target: str = "leaves",
    criteria: Mapping[str, int] | None = None,
    table: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    name = job_requests.local_aws.name("auto")
    job_requests.put(f"{name}/data/table.csv", leavers(400) if content is None else content)
    source = {"S3DataType": "S3Prefix", "S3Uri": job_requests.uri(f"{name}/data/")}
    tabular = {"TargetAttributeName": target, "CompletionCriteria": criteria or {"MaxCandidates": 2}, **(table or {})}
    return {
        "AutoMLJobName": name,
        "AutoMLJobInputDataConfig": [{"ChannelType": "training", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": job_requests.uri(f"{name}/out")},
        "AutoMLProblemTypeConfig": {"TabularJobConfig": tabular},
        "RoleArn": job_requests.role(),
        **(changes or {}),
    }


def ended(job_requests: JobRequests, asked: dict[str, Any]) -> dict[str, Any]:
    job_requests.sagemaker.create_auto_ml_job_v2(**asked)
    name = asked["AutoMLJobName"]
    return job_requests.ended(
        lambda: job_requests.sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name), "AutoMLJobStatus"
    )


@pytest.fixture(scope="module")
def place(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture(scope="module")
def searched(place: JobRequests) -> dict[str, Any]:
    auc = {"AutoMLJobObjective": {"MetricName": "AUC"}, "Tags": [{"Key": "stage", "Value": "searched"}]}
    return ended(place, request(place, table={"ProblemType": "BinaryClassification"}, changes=auc))


def candidates(place: JobRequests, job: dict[str, Any], **order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.sagemaker.list_candidates_for_auto_ml_job(
        AutoMLJobName=job["AutoMLJobName"], **order
    )["Candidates"]
    return found


def test_a_search_ends_with_as_many_candidates_as_it_may_have(place: JobRequests, searched: dict[str, Any]) -> None:
    assert searched.get("FailureReason") is None
    assert (searched["AutoMLJobStatus"], searched["AutoMLJobSecondaryStatus"]) == ("Completed", "MaxCandidatesReached")
    assert [one["CandidateStatus"] for one in candidates(place, searched)] == ["Completed", "Completed"]


def test_the_best_candidate_has_the_best_objective(place: JobRequests, searched: dict[str, Any]) -> None:
    ranked = candidates(place, searched, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    values = [one["FinalAutoMLJobObjectiveMetric"]["Value"] for one in ranked]

    assert values == sorted(values, reverse=True)
    assert searched["BestCandidate"]["CandidateName"] == ranked[0]["CandidateName"]
    assert values[0] > 0.85


def test_a_candidate_is_a_training_job_that_says_whose_it_is(place: JobRequests, searched: dict[str, Any]) -> None:
    name = searched["BestCandidate"]["CandidateName"]
    job = place.sagemaker.describe_training_job(TrainingJobName=name)

    assert job["AutoMLJobArn"] == searched["AutoMLJobArn"]
    assert searched["BestCandidate"]["CandidateSteps"][0]["CandidateStepArn"] == job["TrainingJobArn"]


def test_a_candidate_is_found_by_its_name(place: JobRequests, searched: dict[str, Any]) -> None:
    name = searched["BestCandidate"]["CandidateName"]

    assert [one["CandidateName"] for one in candidates(place, searched, CandidateNameEquals=name)] == [name]


def test_the_best_candidates_containers_score_new_rows(place: JobRequests, searched: dict[str, Any]) -> None:
    name = searched["AutoMLJobName"]
    sagemaker = place.sagemaker
    sagemaker.create_model(
        ModelName=name,
        Containers=searched["BestCandidate"]["InferenceContainers"],
        ExecutionRoleArn=place.role(),
        # As a model of a package is: its code is in its archive.
        EnableNetworkIsolation=True,
    )
    place.put(f"{name}/rows/rows.csv", "basic,290,3\ngold,290,3\n,1,0\n")
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={
            "ContentType": "text/csv",
            "SplitType": "Line",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": place.uri(f"{name}/rows/")}},
        },
        TransformOutput={"S3OutputPath": place.uri(f"{name}/scored"), "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    job = place.ended(lambda: sagemaker.describe_transform_job(TransformJobName=name), "TransformJobStatus")

    assert job["TransformJobStatus"] == "Completed", job
    lines = [line.split(",") for line in place.get(f"{name}/scored/rows.csv.out").decode().splitlines()]
    assert [label for label, _ in lines] == ["yes", "no", "no"]
    assert all(0.5 <= float(probability) <= 1 for _, probability in lines)


def test_a_search_that_is_not_told_its_problem_finds_it_in_the_target(place: JobRequests) -> None:
    lines = [f"{number},{3 * number + number % 7}.5" for number in range(60)]
    job = ended(
        place, request(place, content="\n".join(["x,price", *lines]), target="price", criteria={"MaxCandidates": 1})
    )

    assert job["ResolvedAttributes"]["AutoMLJobObjective"] == {"MetricName": "MSE"}
    assert job["BestCandidate"]["FinalAutoMLJobObjectiveMetric"]["Type"] == "Minimize"


def test_a_target_that_no_column_is_ends_the_search_with_the_columns(place: JobRequests) -> None:
    job = ended(place, request(place, target="churned"))

    assert job["AutoMLJobStatus"] == "Failed"
    assert "The target 'churned' must be a column of" in job["FailureReason"]
    assert "['plan', 'minutes', 'calls', 'leaves']" in job["FailureReason"]


def test_a_search_that_may_not_read_its_data_fails_in_the_words_of_its_role(place: JobRequests) -> None:
    nothing = place.role({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    job = ended(place, request(place, changes={"RoleArn": nothing}))

    assert (job["AutoMLJobStatus"], "AccessDenied" in job["FailureReason"]) == ("Failed", True)


def test_a_search_without_a_candidate_that_can_be_measured_fails(place: JobRequests) -> None:
    job = ended(place, request(place, content="x,leaves\n1,yes\n2,no\n", criteria={"MaxCandidates": 1}))

    assert (job["AutoMLJobStatus"], job["FailureReason"][:38]) == ("Failed", "AlgorithmError: No candidate has an ob")
    assert candidates(place, job)[0]["CandidateStatus"] == "Failed"


def test_a_search_that_is_stopped_says_so(place: JobRequests) -> None:
    asked = request(place, criteria={"MaxCandidates": 50})
    place.sagemaker.create_auto_ml_job_v2(**asked)
    place.sagemaker.stop_auto_ml_job(AutoMLJobName=asked["AutoMLJobName"])
    job = place.ended(
        lambda: place.sagemaker.describe_auto_ml_job_v2(AutoMLJobName=asked["AutoMLJobName"]), "AutoMLJobStatus"
    )

    assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Stopped", "Stopped")


def test_searches_are_listed(place: JobRequests, searched: dict[str, Any]) -> None:
    listed = place.sagemaker.list_auto_ml_jobs(NameContains=searched["AutoMLJobName"])["AutoMLJobSummaries"]

    # The names of others begin with its name.
    assert (searched["AutoMLJobName"], "Completed") in [
        (one["AutoMLJobName"], one["AutoMLJobStatus"]) for one in listed
    ]


@pytest.mark.parametrize(
    ("table", "changes", "sentence"),
    [
        ({}, {"AutoMLJobName": "a" * 33}, "Member must have length less than or equal to 32"),
        (
            {"ProblemType": "Regression"},
            {},
            "ProblemType and AutoMLJobObjective must both be given or both be left out",
        ),
        ({}, {"AutoMLJobObjective": {"MetricName": "AUC"}}, "must both be given or both be left out"),
        (
            {"ProblemType": "Regression"},
            {"AutoMLJobObjective": {"MetricName": "AUC"}},
            "the objective of Regression must be one of MAE, MSE, R2, RMSE here, got AUC",
        ),
        ({"FeatureSpecificationS3Uri": "s3://bucket/key"}, {}, "FeatureSpecificationS3Uri is not rehearsed"),
        ({}, {"ModelDeployConfig": {"AutoGenerateEndpointName": True}}, "modelDeployConfig is not rehearsed"),
    ],
)
def test_what_is_refused_or_not_rehearsed_is_said(
    place: JobRequests, table: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        place.sagemaker.create_auto_ml_job_v2(**request(place, table=table, changes=changes))

    assert sentence.lower() in str(refused.value).lower()


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ({"ChannelType": "validation"}, "must have a training channel and at most one for validation"),
        ({"CompressionType": "Gzip"}, "CompressionType must be None here"),
        ({"ContentType": "text/csv;header=absent"}, "ContentType must be text/csv;header=present here"),
        (
            {"DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://bucket/key"}}},
            "S3DataType must be S3Prefix here",
        ),
    ],
)
def test_a_channel_that_is_not_rehearsed_is_refused(place: JobRequests, channel: dict[str, Any], sentence: str) -> None:
    asked = request(place)
    asked["AutoMLJobInputDataConfig"][0] |= channel

    with pytest.raises(botocore.exceptions.ClientError, match=sentence):
        place.sagemaker.create_auto_ml_job_v2(**asked)


@pytest.mark.parametrize("missing", ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "iam:PassRole"])
def test_the_role_of_a_search_must_be_allowed_to_run_its_jobs(place: JobRequests, missing: str) -> None:
    needed = ["s3:*", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "iam:PassRole"]
    role = place.role({"Effect": "Allow", "Action": [one for one in needed if one != missing], "Resource": "*"})

    job = ended(place, request(place, criteria={"MaxCandidates": 1}, changes={"RoleArn": role}))

    assert job["AutoMLJobStatus"] == "Failed"
    assert missing in job["FailureReason"]
