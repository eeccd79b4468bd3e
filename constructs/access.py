"""IAM statements, each granting one kind of work and nothing beside it.

The lists of actions are those of the developer guide, "How to use SageMaker AI execution roles", and of the Step
Functions guide, "Calling SageMaker AI"; what was added says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from modelyard.shared.s3_uri import S3Uri

ONLY_ANY = "these actions know no resource to be narrowed to (service authorization reference)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """Actions allowed on resources, under a condition if there is one.

    Raises:
        ValueError: a resource has a wildcard and nothing says why that is safe.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any] | None = None
    safe_because: str = ""

    def __post_init__(self) -> None:
        wide = [resource for resource in self.resources if "*" in resource]
        if wide and not self.safe_because:
            raise ValueError(f"safe_because must be given for {wide[0]}, got nothing; say why it is safe, or narrow it")

    @property
    def document(self) -> dict[str, Any]:
        """The statement as a policy holds it."""
        document: dict[str, Any] = {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}
        return document if self.condition is None else {**document, "Condition": self.condition}


def allow(*actions: str, on: Sequence[str], when: Mapping[str, Any] | None = None, safe_because: str = "") -> Statement:
    """Return a statement that allows the actions on the resources."""
    return Statement(actions=actions, resources=tuple(on), condition=when, safe_because=safe_because)


def write_logs(*, group: str) -> Statement:
    """Write the logs of jobs or endpoints below `/aws/sagemaker/`."""
    return allow(
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        on=[_arn("logs", f"log-group:/aws/sagemaker/{group}*")],
        safe_because="only the log groups that SageMaker names so for this kind of work; none can be read",
    )


def publish_metrics(*namespaces: str) -> Statement:
    """Publish the metrics of an instance, in SageMaker's namespaces or in those that are given alone."""
    only = {"StringEquals": {"cloudwatch:namespace": list(namespaces)}} if namespaces else None
    return allow("cloudwatch:PutMetricData", on=["*"], when=only, safe_because=ONLY_ANY)


def pull_image(*repository_arns: str) -> list[Statement]:
    """Pull images of some repositories; the token for it can be asked for all registries only."""
    layers = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
    token = allow("ecr:GetAuthorizationToken", on=["*"], safe_because=ONLY_ANY)
    return [token, allow(*layers, on=repository_arns)]


def list_data(*, bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """See which objects lie below the prefixes of a bucket."""
    below = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}}
    return allow("s3:ListBucket", on=[bucket_arn], when=below)


def read_data(*, bucket_arn: str, prefixes: Sequence[str]) -> list[Statement]:
    """List and read what lies below the prefixes of a bucket."""
    return [
        list_data(bucket_arn=bucket_arn, prefixes=prefixes),
        allow(
            "s3:GetObject",
            on=[f"{bucket_arn}/{prefix}*" for prefix in prefixes],
            safe_because="only what lies below the prefixes that this work reads",
        ),
    ]


def read_objects(*, arns: Sequence[str]) -> Statement:
    """Read single objects."""
    return allow("s3:GetObject", on=arns)


def read_elsewhere(place: S3Uri, *, key_arn: str | None) -> list[Statement]:
    """List and read a folder, or one object, of another bucket, and what its key encrypts, through S3 alone."""
    bucket_arn = f"arn:{cdk.Aws.PARTITION}:s3:::{place.bucket}"
    if place.is_folder:
        statements = read_data(bucket_arn=bucket_arn, prefixes=[place.key])
    else:
        only = {"StringEquals": {"s3:prefix": [place.key]}}
        listed = allow("s3:ListBucket", on=[bucket_arn], when=only)
        statements = [listed, read_objects(arns=[f"{bucket_arn}/{place.key}"])]
    if key_arn is None:
        return statements
    # The key's own region, which is its bucket's (S3 user guide, "Using server-side encryption with AWS KMS keys").
    service = f"s3.{key_arn.split(':')[3]}.{cdk.Aws.URL_SUFFIX}"
    return [*statements, allow("kms:Decrypt", on=[key_arn], when={"StringEquals": {"kms:ViaService": service}})]


def write_data(*, bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """Write below the prefixes of a bucket; parts of an upload that fails are aborted."""
    return allow(
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        on=[f"{bucket_arn}/{prefix}/*" for prefix in prefixes],
        safe_because="only below the prefixes that this work writes; versions keep what was there",
    )


def use_key(*, key_arn: str) -> list[Statement]:
    """Read and write what the key encrypts, and let SageMaker attach encrypted volumes.

    `GenerateDataKey` is not on the guide's list of 2023; S3 needs it for every encrypted write.
    """
    grants = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        allow("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", on=[key_arn]),
        allow("kms:CreateGrant", on=[key_arn], when=grants),
    ]


def write_with_key(*, key_arn: str) -> Statement:
    """Write what the key encrypts: objects, and messages to an encrypted topic, which asks for both actions."""
    return allow("kms:Decrypt", "kms:GenerateDataKey", on=[key_arn])


def read_with_key(*, key_arn: str) -> Statement:
    """Read what the key encrypts."""
    return allow("kms:Decrypt", on=[key_arn])


def attach_network() -> Statement:
    """Attach interfaces in the user's VPC; SageMaker's own checks fail where this is narrowed."""
    return allow(
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        on=["*"],
        safe_because="SageMaker's own checks fail where this is narrowed (developer guide, execution roles)",
    )


def run_jobs(*, kind: str, name_prefixes: Sequence[str], rule: str) -> list[Statement]:
    """Start, follow, tag and stop jobs whose names begin with one of these: what `.sync` needs of Step Functions.

    `kind` is TrainingJob, TransformJob, ProcessingJob or HyperParameterTuningJob. The rule is Step Functions' own, by
    which it learns that a job has ended.
    """
    jobs = [_arn("sagemaker", f"{ARN_WORD[kind]}/{prefix}*") for prefix in name_prefixes]
    actions = (f"sagemaker:Create{kind}", f"sagemaker:Describe{kind}", f"sagemaker:Stop{kind}", "sagemaker:AddTags")
    return [
        allow(*actions, on=jobs, safe_because="only this model's jobs, whose names begin so and end with the run"),
        allow(
            "sagemaker:ListTags",
            on=["*"],
            safe_because="reads tags and nothing else; Step Functions asks it of all (its guide, IAM for SageMaker AI)",
        ),
        allow(
            "events:DescribeRule",
            "events:PutRule",
            "events:PutTargets",
            on=[_arn("events", f"rule/StepFunctionsGetEventsForSageMaker{rule}JobsRule")],
        ),
    ]


def search_for_models(*, name_prefix: str) -> list[Statement]:
    """Start, follow and stop the jobs of an AutoML job, and make models of what they find; pull AWS's images for them.

    Whatever it starts runs as a role that may be passed, which is said elsewhere. That the jobs' names begin with that
    of the search, and what the repositories are called, is seen in examples and documented nowhere.
    """
    jobs = [sagemaker_arn(f"{word}/{name_prefix}*") for word in ARN_WORD.values()]
    actions = [f"sagemaker:{verb}{kind}" for kind in ARN_WORD for verb in ("Create", "Describe", "Stop")]
    return [
        allow(
            *actions,
            "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
            "sagemaker:AddTags",
            on=jobs,
            safe_because="only the jobs of this model's searches, whose names begin so",
        ),
        allow(
            "sagemaker:CreateModel",
            "sagemaker:DescribeModel",
            "sagemaker:DeleteModel",
            "sagemaker:AddTags",
            on=[sagemaker_arn(f"model/{name_prefix}*")],
            safe_because="only what this model's searches make to score with, whose names begin so",
        ),
        allow("ecr:GetAuthorizationToken", on=["*"], safe_because=ONLY_ANY),
        allow(
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            on=[
                f"arn:{cdk.Aws.PARTITION}:ecr:{cdk.Aws.REGION}:*:repository/{repository}"
                for repository in SEARCH_REPOSITORIES
            ],
            safe_because="AWS's accounts differ by region, and Autopilot chooses the image; none is written",
        ),
    ]


def pass_role(*, role_arn: str) -> Statement:
    """Hand a role to SageMaker and to no other service."""
    only = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return allow("iam:PassRole", on=[role_arn], when=only)


def publish(*, topic_arn: str) -> Statement:
    """Publish to a topic."""
    return allow("sns:Publish", on=[topic_arn])


def look_at_alarms(*, names: Sequence[str]) -> Statement:
    """See the state of alarms on metrics, by their names."""
    return allow("cloudwatch:DescribeAlarms", on=[_arn("cloudwatch", f"alarm:{name}") for name in names])


# What Autopilot's images are called: its own for tables, and those of the algorithms that it tunes.
SEARCH_REPOSITORIES = ("sagemaker-*", "autogluon-*", "linear-learner", "mxnet-algorithms")
ARN_WORD = {
    "TrainingJob": "training-job",
    "TransformJob": "transform-job",
    "ProcessingJob": "processing-job",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
}


def sagemaker_arn(resource: str) -> str:
    """Return the ARN of something of SageMaker's in this account and region; ARNs carry names in lower case."""
    return _arn("sagemaker", resource.lower())


def _arn(service: str, resource: str) -> str:
    return f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"
