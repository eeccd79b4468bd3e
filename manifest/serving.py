"""The `[serving]` table: one endpoint, its variants, how it captures, scales, moves and is watched."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from modelyard.manifest.answer import Answer
from modelyard.manifest.artifact import Artifact
from modelyard.manifest.origin import FROM_MODEL
from modelyard.manifest.package import PACKAGE, PACKAGE_ARTIFACTS, PACKAGE_IMAGES
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rollout import MOST_ALARMS, Rollout
from modelyard.manifest.rules import (
    LONGEST_SCRIPT,
    AtMost,
    AwsName,
    Between,
    Container,
    Count,
    Declared,
    Each,
    Instance,
    Matches,
    OneOf,
)
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.scaling_schedule import MOST_INSTANCES
from modelyard.manifest.serving_container import ENVIRONMENT, PACKED_FILE, container_problems

# Limits of CreateEndpointConfig (SageMaker API reference).
MOST_VARIANTS = 10
MOST_CONTENT_TYPES = 10
SERVERLESS_MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
MOST_SERVERLESS_CONCURRENCY = 200
LONGEST_STARTUP_SECONDS = 3600
STARTUP_SECONDS = 600

# The error rate and the latency of a variant each have an alarm that rolls a deployment back.
ALARMS_A_VARIANT = 2

# As CsvContentType and JsonContentType have it (SageMaker API reference): `+` and `*` are no part of it.
MEDIA_TYPE = Matches(
    re.compile(r"(?=.{1,256}$)[A-Za-z0-9](-*[A-Za-z0-9])*/[A-Za-z0-9](-*[A-Za-z0-9.])*"),
    form="media types of letters, digits, hyphens and dots, without parameters, such as text/csv",
    hint="leave out what follows the semicolon: captures ignore it",
)
MEDIA_TYPES = Count(1, MOST_CONTENT_TYPES, hint="list one to ten, or leave the key out for the usual one")


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture(Declared):
    """How much of the traffic is captured for monitoring.

    Payloads of the listed content types are stored as text, all others as BASE64 (CaptureContentTypeHeader).
    """

    sampling_percentage: Annotated[int, Between(1, 100, hint="leave capture out to keep nothing")] = 100
    mode: Annotated[tuple[Literal["Input", "Output"], ...], Count(1, 2, hint="name Input, Output or both")] = (
        "Input",
        "Output",
    )
    csv: Annotated[tuple[str, ...], MEDIA_TYPES, Each(MEDIA_TYPE)] = ("text/csv",)
    json: Annotated[tuple[str, ...], MEDIA_TYPES, Each(MEDIA_TYPE)] = ("application/json",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Serverless(Declared):
    """Serving without instances: no capture, monitoring, shadow, further variant, scaling, rollout or VPC.

    The container's network is not isolated either: SageMaker has that for instances alone.
    """

    memory_mb: Annotated[int, OneOf(SERVERLESS_MEMORY_MB, hint="choose the next larger size")]
    max_concurrency: Annotated[int, Between(1, MOST_SERVERLESS_CONCURRENCY)]
    provisioned_concurrency: Annotated[int | None, Between(1, MOST_SERVERLESS_CONCURRENCY)] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        provisioned = self.provisioned_concurrency
        return (
            problem_if(
                provisioned is not None and provisioned > self.max_concurrency,
                key="provisioned_concurrency",
                allowed=f"at most max_concurrency ({self.max_concurrency})",
                got=provisioned,
                hint="lower it or raise max_concurrency",
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant(Declared):
    """One model behind the endpoint; `model` is empty until `yard promote` writes it.

    `transformer` is what `[preprocessing]` had fitted when the model was trained, written with it. `from_model` names
    the model that made both, if it is another model's or they lie in another bucket. `package` is, in place of these, a
    model package of a registry or of the AWS Marketplace; `package_artifacts` and `package_images` are what the role
    must be allowed to read of a registry's. `weight` is the variant's share of the traffic relative to the others.
    `instance` is by default that of `[serving]`; it decides which image of the container runs: that for CPUs, for GPUs
    or, where AWS has one, for Arm.
    The name is part of the paths of captures and scaling: keep it when the model changes.
    """

    name: Annotated[str, AwsName()]
    model: Annotated[str | None, Artifact()] = None
    transformer: Annotated[str | None, Artifact()] = None
    from_model: Annotated[str | None, FROM_MODEL] = None
    package: Annotated[str | None, PACKAGE] = None
    package_artifacts: Annotated[tuple[str, ...], *PACKAGE_ARTIFACTS] = ()
    package_images: Annotated[tuple[str, ...], *PACKAGE_IMAGES] = ()
    weight: Annotated[float, Between(0, 100, hint="choose a share of the traffic")] = 1.0
    instance: Annotated[str | None, Instance("hosting")] = None

    @property
    def is_promoted(self) -> bool:
        """Whether it has something to serve."""
        return self.model is not None or self.package is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms(Declared):
    """When the endpoint counts as unhealthy; the same alarms roll a deployment back.

    `error_percent` is the share of invocations with a 5xx response, `latency_ms` the 99th percentile of the model's
    latency, `no_invocations_minutes` after how long without invocations the alarm fires (0: never).
    """

    error_percent: Annotated[float, Between(0.01, 100, hint="choose a share of the invocations")] = 5.0
    latency_ms: Annotated[int, Between(1, 60_000, hint="SageMaker itself waits no longer than a minute")] = 1000
    no_invocations_minutes: Annotated[int, Between(0, 1440, hint="an alarm looks back a day at most")] = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving(Declared):
    """How a model is served.

    `container` and `script` are by default those of `[training]`. `program` is, in place of a script, the file below
    code/ of the model's own archive whose functions answer: `inference.py` by itself for scikit-learn where there is no
    script, and for PyTorch. `environment` holds variables of the serving container, of batch transform too; they can be
    read in the console and in the template, so that no secret belongs there. `instance_count` is how many instances a
    variant starts with: by default the minimum of `scaling`, or two if the rollout moves a part of the fleet first.
    `answer` says what the model answers.
    """

    variants: Annotated[tuple[Variant, ...], Count(1, MOST_VARIANTS, hint="add or remove [[serving.variants]]")]
    instance: Annotated[str | None, Instance("hosting")] = None
    instance_count: Annotated[int | None, Between(1, MOST_INSTANCES)] = None
    container: Annotated[str | None, Container("inference")] = None
    script: Annotated[str | None, AtMost(LONGEST_SCRIPT)] = None
    program: Annotated[str | None, PACKED_FILE] = None
    environment: Annotated[dict[str, str], *ENVIRONMENT] = field(default_factory=dict)
    serverless: Serverless | None = None
    capture: Capture | None = None
    answer: Answer | None = None
    scaling: Scaling | None = None
    rollout: Rollout = field(default_factory=Rollout)
    shadow: Variant | None = None
    alarms: Alarms = field(default_factory=Alarms)
    startup_timeout_seconds: Annotated[
        int,
        Between(60, LONGEST_STARTUP_SECONDS, hint="an endpoint that cannot start holds its stack for that long"),
    ] = STARTUP_SECONDS

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        fleet = () if self.serverless is not None else (*self._scaling_problems(), *self._rollout_problems())
        missing = any(not self.instance_of(variant=variant) for variant in self.all_variants)
        return (
            *self._variant_problems(),
            *container_problems(script=self.script, program=self.program, environment=self.environment),
            problem_if(
                self.serverless is None and missing,
                key="instance",
                allowed="given, or serverless in its place",
                got=NOTHING,
                hint='write for instance instance = "ml.m5.large"',
            ),
            *self._serverless_problems(),
            *self._bought_problems(),
            problem_if(
                self.shadow is not None and len(self.variants) > 1,
                key="shadow",
                allowed="left out when there are several variants",
                got=[variant.name for variant in self.variants],
                hint="keep one variant beside the shadow",
            ),
            *fleet,
        )

    @property
    def initial_count(self) -> int:
        """How many instances a variant starts with."""
        if self.instance_count is not None:
            return self.instance_count
        least = self.scaling.min if self.scaling is not None else 1
        return max(least, self.rollout.least_instances)

    @property
    def all_variants(self) -> tuple[Variant, ...]:
        """The variants that answer, and the shadow beside them."""
        return (*self.variants, *((self.shadow,) if self.shadow is not None else ()))

    @property
    def is_promoted(self) -> bool:
        """Whether every variant has a model to serve."""
        return all(variant.is_promoted for variant in self.all_variants)

    @property
    def is_bought(self) -> bool:
        """Whether a product of the AWS Marketplace is served, whose images SageMaker pulls itself."""
        return any(variant.package is not None and not variant.package_images for variant in self.all_variants)

    def instance_of(self, *, variant: Variant) -> str:
        """Return the instance type of a variant; empty for a serverless one."""
        own = variant.instance if variant.instance is not None else self.instance
        return own if own is not None else ""

    def _variant_problems(self) -> tuple[Problem | None, ...]:
        names = [variant.name for variant in self.variants]
        shadow = [] if self.shadow is None else [self.shadow.name]
        twice = sorted({name for name in names + shadow if (names + shadow).count(name) > 1})
        return (
            problem_if(
                bool(twice),
                key="variants.name",
                allowed="different in each variant",
                got=twice,
                hint="rename one of them",
            ),
            problem_if(
                bool(names) and not any(variant.weight > 0 for variant in self.variants),
                key="variants.weight",
                allowed="above 0 in at least one variant",
                got=[variant.weight for variant in self.variants],
                hint="give a variant some of the traffic",
            ),
        )

    def _serverless_problems(self) -> tuple[Problem | None, ...]:
        """What a serverless endpoint cannot have, or has no use for.

        Sources: developer guide, "Deploy models with Serverless Inference", feature exclusions; "Deployment
        guardrails", which "only apply to Asynchronous inference and Real-time inference endpoint types".
        """
        if self.serverless is None:
            return ()
        excluded = {
            "instance": self.instance,
            "variants.instance": next(
                (own for own in (one.instance for one in self.variants) if own is not None), None
            ),
            "instance_count": self.instance_count,
            "capture": self.capture,
            "scaling": self.scaling,
            "shadow": self.shadow,
            "rollout": None if self.rollout == Rollout() else self.rollout,
            "startup_timeout_seconds": (
                None if self.startup_timeout_seconds == STARTUP_SECONDS else self.startup_timeout_seconds
            ),
        }
        given = [key for key, value in excluded.items() if value is not None]
        return (
            *(
                Problem(
                    key=key,
                    allowed="left out when serverless is given, which has none",
                    got="given",
                    hint=f"remove {key} or serve from instances",
                )
                for key in given
            ),
            problem_if(
                len(self.variants) > 1,
                key="variants",
                allowed="one variant when serverless is given",
                got=[variant.name for variant in self.variants],
                hint="keep one of them or use instances",
            ),
        )

    def _bought_problems(self) -> tuple[Problem | None, ...]:
        """What an endpoint cannot have that serves a product of the AWS Marketplace.

        Sources: developer guide, "Deployment guardrails", exclusions (SageMaker then shifts all traffic at once and
        watches no alarm); "Deploy models with Serverless Inference", feature exclusions; "Shadow tests", which are of
        models of one's own.
        """
        if not self.is_bought:
            return ()
        excluded = {
            "serverless": self.serverless,
            "shadow": self.shadow,
            "rollout": None if self.rollout == Rollout() else self.rollout,
        }
        return tuple(
            Problem(
                key=key,
                allowed="left out where a product of the AWS Marketplace is served: a package without package_images",
                got="given",
                hint=f"remove {key}, or serve a version of a registry",
            )
            for key, value in excluded.items()
            if value is not None
        )

    def _scaling_problems(self) -> tuple[Problem | None, ...]:
        if self.scaling is None:
            return ()
        burstable = [
            self.instance_of(variant=variant)
            for variant in self.variants
            if self.instance_of(variant=variant).startswith("ml.t")
        ]
        return (
            problem_if(
                bool(burstable),
                key="scaling",
                allowed="left out for burstable instances, which SageMaker does not scale",
                got=sorted(set(burstable)),
                hint="choose another instance or leave scaling out",
            ),
            problem_if(
                not self.scaling.min <= self.initial_count <= self.scaling.max,
                key="instance_count",
                allowed=f"between scaling.min ({self.scaling.min}) and scaling.max ({self.scaling.max})",
                got=self.initial_count,
                hint="change it or the bounds",
            ),
        )

    def _rollout_problems(self) -> tuple[Problem | None, ...]:
        return (
            problem_if(
                self.rollout.strategy == "rolling" and len(self.variants) > 1,
                key="rollout.strategy",
                allowed="all-at-once, canary or linear when there are several variants",
                got=self.rollout.strategy,
                hint="choose another strategy or serve one variant",
            ),
            problem_if(
                0 < self.initial_count < self.rollout.least_instances,
                key="instance_count",
                allowed=f"at least {self.rollout.least_instances} for a {self.rollout.strategy} rollout",
                got=self.initial_count,
                hint="at most half of the fleet may move first: raise it or roll out all-at-once",
            ),
            problem_if(
                len(self.variants) * ALARMS_A_VARIANT > MOST_ALARMS,
                key="variants",
                allowed=f"at most {MOST_ALARMS // ALARMS_A_VARIANT} while each is watched by two rollback alarms",
                got=len(self.variants),
                hint="serve fewer variants from one endpoint",
            ),
        )
