"""The alarms that a deployment watches, which the role of its model must be allowed to see.

Source: "Auto-Rollback Configuration and Monitoring" in AWS's developer guide. In which words AWS ends a deployment
whose role may not is not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform


class RolloutFailedError(Exception):
    """An update that cannot go on, with the FailureReason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms:
    """The alarms of the account, as a role may see them."""

    platform: Platform
    role_arn: str

    def ringing(self, names: Sequence[str]) -> Sequence[str]:
        """Return those that are in ALARM state.

        Raises:
            RolloutFailedError: the role may not see one of them.

        """
        if not names:
            return ()
        for name in names:
            self._require(name)
        answer = self.platform.own_client("cloudwatch").describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
        return sorted(alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM")

    def _require(self, name: str) -> None:
        arn = f"arn:aws:cloudwatch:{self.platform.region}:{self.platform.account}:alarm:{name}"
        try:
            self.platform.require(role_arn=self.role_arn, action="cloudwatch:DescribeAlarms", resource=arn, context={})
        except ServiceError as error:
            raise RolloutFailedError(
                f"The deployment was rolled back, as it cannot be watched: {error.message}"
            ) from error
