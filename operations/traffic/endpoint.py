"""How many instances an endpoint has while it is called."""

from dataclasses import dataclass
from typing import Any

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantState:
    """A variant as it runs: what of the traffic it takes, and on how many instances."""

    name: str
    weight: float
    instances: int
    wanted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointState:
    """An endpoint as it runs; `reason` says why it failed, where it did."""

    name: str
    status: str
    config: str
    variants: tuple[VariantState, ...]
    reason: str
    arn: str

    @property
    def instances(self) -> int:
        """How many instances answer, of all variants."""
        return sum(variant.instances for variant in self.variants)


def endpoint_state(*, aws: Aws, name: str) -> EndpointState:
    """Return the endpoint as SageMaker describes it."""
    found = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    return EndpointState(
        name=name,
        status=found["EndpointStatus"],
        config=found["EndpointConfigName"],
        variants=tuple(_variant(one) for one in found.get("ProductionVariants", [])),
        reason=found.get("FailureReason", ""),
        arn=found["EndpointArn"],
    )


def answering(*, aws: Aws, name: str) -> EndpointState:
    """Return the endpoint, if it answers; one that is being updated answers too.

    Raises:
        Failure: it does not.
    """
    state = endpoint_state(aws=aws, name=name)
    if state.status in ("Creating", "Failed", "Deleting", "OutOfService"):
        why = f": {state.reason.rstrip('.')}" if state.reason else ""
        raise Failure(f"The endpoint {name} is {state.status}{why}; look at it with yard status")
    return state


def _variant(found: dict[str, Any]) -> VariantState:
    return VariantState(
        name=found["VariantName"],
        weight=found.get("CurrentWeight", 0.0),
        instances=found.get("CurrentInstanceCount", 0),
        wanted=found.get("DesiredInstanceCount", 0),
    )
