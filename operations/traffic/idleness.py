"""Whether anybody asks an endpoint, and what it costs an hour if nobody does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import HOURS_A_MONTH, Prices
from modelyard.operations.failures import DENIED, code_of
from modelyard.operations.undeclared_resources import SERVERLESS, hourly_price, of_endpoint

DAYS = 14
NAMESPACE = "AWS/SageMaker"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointUse:
    """How often an endpoint was asked in the last `DAYS` days; None where the metric may not be read.

    `instances` are those that run, by their type. `is_new` says that it has not been there for so long.
    """

    requests: int | None
    instances: Mapping[str, int]
    is_new: bool

    @property
    def is_idle(self) -> bool | None:
        """Whether it costs money by the hour and nobody has asked it; None where that is not known."""
        if self.is_new or not any(count for kind, count in self.instances.items() if kind != SERVERLESS):
            return False
        return None if self.requests is None else self.requests == 0

    def record(self, *, prices: Prices) -> dict[str, Any]:
        """Return all of it, for a program; the price is in US dollars an hour, None where it is not known."""
        return {
            "days": DAYS,
            "requests": self.requests,
            "idle": self.is_idle,
            "instances": dict(self.instances),
            "hourly": hourly_price(self.instances, prices=prices),
        }


def use_of(*, aws: Aws, endpoint: str, now: datetime) -> EndpointUse:
    """Return how often an endpoint was asked until now."""
    described = aws.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    variants = [one["VariantName"] for one in described.get("ProductionVariants", ())]
    try:
        requests = sum(_invocations(aws, endpoint=endpoint, variant=variant, now=now) for variant in variants)
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        requests = None
    return EndpointUse(
        requests=requests,
        instances=of_endpoint(aws, described),
        is_new=now - described["CreationTime"] < timedelta(days=DAYS),
    )


def idleness(*, endpoint: str, use: Mapping[str, Any]) -> Iterator[str]:
    """Yield in a line that nobody asks an endpoint, or that it is not known, by its `record`."""
    if use["idle"] is None:
        yield f"Whether anybody asks the endpoint {endpoint} is not known: its metrics may not be read"
    if use["idle"]:
        hourly = use["hourly"]
        price = "a price that is not known" if hourly is None else f"{hourly * HOURS_A_MONTH:.2f} US dollars a month"
        yield f"Nobody has asked the endpoint {endpoint} for {use['days']} days; it costs {price}"


def _invocations(aws: Aws, *, endpoint: str, variant: str, now: datetime) -> int:
    """Return the requests to a variant, whose metric has no data of a time without any; the first day is whole."""
    first = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    answer = aws.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="Invocations",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
        StartTime=first,
        EndTime=now,
        Period=24 * 60 * 60,
        Statistics=["Sum"],
    )
    return round(sum(float(point["Sum"]) for point in answer["Datapoints"]))
