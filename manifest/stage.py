"""A stage of `stages.toml`: what differs between dev and prod, and nothing else."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from modelyard.manifest import catalogue
from modelyard.manifest.delivery import Delivery
from modelyard.manifest.names import MODEL_NAME, STAGE_NAME
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import KMS_KEY, Between, Count, Declared, Each, EachValue, Matches, OneOf
from modelyard.manifest.tracking import ExperimentTracking

CHECK = "check it against the AWS console"
NAME = Matches(STAGE_NAME, form="a word of at most ten lower-case letters", hint="it begins every name in AWS")
MODEL = Matches(MODEL_NAME, form="names of models", hint="leave out .toml")
ACCOUNT = Matches(re.compile(r"[0-9]{12}"), form="twelve digits in quotes", hint=CHECK)
REGION = Matches(re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]"), form="a region such as eu-west-1", hint=CHECK)
EMAIL = Matches(re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), form="an e-mail address", hint="name one that is read")
# Eight digits, or 17 since 2016 (EC2 user guide, "Resource IDs").
SUBNET = Matches(re.compile(r"subnet-[0-9a-f]{8}([0-9a-f]{9})?"), form="ids such as subnet-0a1b2c3d", hint=CHECK)
SECURITY_GROUP = Matches(re.compile(r"sg-[0-9a-f]{8}([0-9a-f]{9})?"), form="ids such as sg-0a1b2c3d", hint=CHECK)
USER_POOL = Matches(
    re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[\w-]+"),
    form="the ARN of a Cognito user pool",
    hint=CHECK,
)
ZONE = Matches(re.compile(r"[a-z0-9-]+"), form="an availability zone such as eu-west-1a", hint=CHECK)
# What every service takes in a tag (AWS General Reference, "Tagging your AWS resources").
TAG_KEY = Matches(
    re.compile(r"(?![Aa][Ww][Ss]:)[\w .:/=+@-]{1,128}"),
    form="keys of at most 128 letters, digits, spaces and _ . : / = + @ - that do not begin with aws:",
    hint="rename the tag",
)
# A resource has fifty at most, two of which are the stage and the model.
MOST_TAGS = 48
MLFLOW_APP = "AWS::SageMaker::MlflowApp"
TAG_VALUE = Matches(
    re.compile(r"[\w .:/=+@-]{0,256}"),
    form="at most 256 letters, digits, spaces and _ . : / = + @ -",
    hint="leave out the other characters",
)

# CloudWatch Logs keeps logs for these numbers of days only (API reference, PutRetentionPolicy).
LOG_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vpc(Declared):
    """An existing network for jobs and endpoints.

    `subnets` gives each subnet's availability zone: an endpoint needs two zones even for one instance (developer
    guide, "Give SageMaker hosted endpoints access to resources in your VPC"), and synth cannot ask AWS. The network
    is not part of this app, because SageMaker's interfaces outlive an endpoint and would block the network's deletion.
    """

    subnets: Annotated[dict[str, str], Count(2, 16, hint="name two subnets or more"), Each(SUBNET), EachValue(ZONE)]
    security_groups: Annotated[tuple[str, ...], Count(1, 5, hint="name one to five groups"), Each(SECURITY_GROUP)]

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        zones = sorted(set(self.subnets.values()))
        return (
            problem_if(
                len(zones) < 2,
                key="subnets",
                allowed="in at least two availability zones",
                got=zones,
                hint="add a subnet of another zone",
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage(Declared):
    """One deployment of all models.

    Without `account` or `region` the CLI's are used at deploy, and the templates are the same for all. To delete the
    data with the stack takes two settings: `removal = "destroy"`, and `-c destroy_data=<stage>` on the command line.
    APIs with `auth = "jwt"` accept tokens of `user_pool`. With `api_log_role` the foundation sets API Gateway's role
    for the logs of all APIs of the account and region; one stage of an account is enough. `retired_models` are models
    whose files are gone and whose captures are not: these go on expiring after `capture_days`. `bootstrap_key` is the
    key that `cdk bootstrap --bootstrap-kms-key-id` was given, with which roles decrypt the scripts that they fetch.
    """

    name: Annotated[str, NAME]
    account: Annotated[str | None, ACCOUNT] = None
    region: Annotated[str | None, REGION] = None
    removal: Literal["retain", "destroy"] = "retain"
    termination_protection: bool = True
    alert_email: Annotated[str | None, EMAIL] = None
    capture_days: Annotated[int, Between(1, 3650)] = 90
    log_days: Annotated[int, OneOf(LOG_DAYS, hint="choose the next longer one")] = 90
    user_pool: Annotated[str | None, USER_POOL] = None
    api_log_role: bool = False
    bootstrap_key: Annotated[str | None, KMS_KEY] = None
    retired_models: Annotated[tuple[str, ...], Each(MODEL)] = ()
    vpc: Vpc | None = None
    delivery: Delivery | None = None
    tracking: ExperimentTracking | None = None
    tags: Annotated[dict[str, str], Count(0, MOST_TAGS, hint="leave some out"), Each(TAG_KEY), EachValue(TAG_VALUE)] = (
        field(default_factory=dict)
    )

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            problem_if(
                self.region is None and self.account is not None,
                key="region",
                allowed="given when account is",
                got=NOTHING,
                hint="give both or neither",
            ),
            problem_if(
                self.tracking is not None
                and self.region is not None
                and not catalogue.has_type(resource_type=MLFLOW_APP, region=self.region),
                key="tracking",
                allowed=f"left out in {self.region}, where CloudFormation knows no MLflow App",
                got="given",
                hint="remove it, or choose another region",
            ),
        )
