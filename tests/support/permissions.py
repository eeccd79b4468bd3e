"""The statements that roles share, written out as a policy holds them."""

from typing import Any

Statement = dict[str, Any]

METRICS: Statement = {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": ["*"]}
OWN_METRICS: Statement = {
    **METRICS,
    "Condition": {"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/ProcessingJobs"]}},
}
TAGS: Statement = {"Effect": "Allow", "Action": ["sagemaker:ListTags"], "Resource": ["*"]}
WRITE_WITH_KEY: Statement = {
    "Effect": "Allow",
    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
    "Resource": ["<key-arn>"],
}
PUBLISH: Statement = {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["<topic-arn>"]}
KEY: list[Statement] = [
    {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
        "Resource": ["<key-arn>"],
    },
    {
        "Effect": "Allow",
        "Action": ["kms:CreateGrant"],
        "Resource": ["<key-arn>"],
        "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    },
]
MACHINE: list[Statement] = [
    {
        "Effect": "Allow",
        "Action": [
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ],
        "Resource": ["*"],
    },
    {
        "Effect": "Allow",
        "Action": [
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ],
        "Resource": ["*"],
    },
]


def pull(*, accounts: str, repository: str) -> list[Statement]:
    """Pull one image of AWS's."""
    arn = f"arn:<Partition>:ecr:<Region>:<{accounts} of <Region>>:repository/{repository}"
    layers = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    return [
        {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
        {"Effect": "Allow", "Action": layers, "Resource": [arn]},
    ]


def published(path: str) -> list[Statement]:
    """Read one object of the bootstrap bucket as a processing job does, which lists it first."""
    bucket, _, key = path.partition("/")
    arn = f"arn:<Partition>:s3:::{bucket}"
    return [objects(f"{arn}/{key}"), listed(key, bucket=arn)]


def logs(group: str) -> Statement:
    """Write the logs of one kind of work."""
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        "Resource": [f"arn:<Partition>:logs:<Region>:<AccountId>:log-group:/aws/sagemaker/{group}*"],
    }


def read(*prefixes: str) -> list[Statement]:
    """List and read below prefixes of the data bucket."""
    below = [f"{prefix}*" for prefix in prefixes]
    return [listed(*prefixes), objects(*(f"<bucket-arn>/{prefix}" for prefix in below))]


def listed(*prefixes: str, bucket: str = "<bucket-arn>") -> Statement:
    """See what lies below prefixes of the data bucket, or of another."""
    return {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [bucket],
        "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    }


def objects(*arns: str) -> Statement:
    """Read objects."""
    return {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": list(arns)}


def write(*prefixes: str) -> Statement:
    """Write below prefixes of the data bucket."""
    return {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
        "Resource": [f"<bucket-arn>/{prefix}/*" for prefix in prefixes],
    }


def jobs(kind: str, *, word: str, prefix: str, rule: str) -> list[Statement]:
    """What Step Functions needs to run jobs of a kind to their end."""
    actions = [f"sagemaker:Create{kind}", f"sagemaker:Describe{kind}", f"sagemaker:Stop{kind}", "sagemaker:AddTags"]
    return [
        {
            "Effect": "Allow",
            "Action": actions,
            "Resource": [f"arn:<Partition>:sagemaker:<Region>:<AccountId>:{word}/{prefix}*"],
        },
        TAGS,
        {
            "Effect": "Allow",
            "Action": ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            "Resource": [
                f"arn:<Partition>:events:<Region>:<AccountId>:rule/StepFunctionsGetEventsForSageMaker{rule}JobsRule"
            ],
        },
    ]


def hand_over(role: str) -> Statement:
    """Hand a role to SageMaker alone."""
    return {
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": [f"<{role}.Arn>"],
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }


def trust(service: str) -> dict[str, Any]:
    """Which service may take a role; all but SageMaker only for this account."""
    statement: Statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    if service != "sagemaker.amazonaws.com":
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": "<AccountId>"}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def start(machine: str) -> Statement:
    """Start one state machine."""
    return {"Effect": "Allow", "Action": ["states:StartExecution"], "Resource": [f"<{machine}>"]}
