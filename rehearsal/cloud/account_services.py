"""The services that MiniStack does not have, with all that an account has in them."""

import contextlib
from collections.abc import Mapping

from modelyard.rehearsal.cloud.service_quotas import ServiceQuotas
from modelyard.rehearsal.sagemaker.assembly import SageMaker
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.saved_documents import from_json, to_json
from modelyard.rehearsal.sagemaker.service import Service
from modelyard.rehearsal.scaling.api import ApplicationAutoScaling
from modelyard.rehearsal.scaling.scheduled_actions import ScheduledActions


class AccountServices:
    """SageMaker, Application Auto Scaling and Service Quotas of an account that is clean. `close` ends what runs."""

    def __init__(self, *, platform: Platform) -> None:
        account, region = platform.account, platform.region
        self._closing = contextlib.ExitStack()
        self.platform = platform
        self.sagemaker = SageMaker(platform=platform)
        self._closing.callback(self.sagemaker.close)
        scheduled = ScheduledActions(platform=platform)
        scaling = ApplicationAutoScaling(platform=platform, endpoints=self.sagemaker.endpoints, scheduled=scheduled)
        self._closing.callback(scaling.close)
        self.scaling = Service(
            service="application-autoscaling", parts=[scaling, scheduled], account=account, region=region
        )
        self.quotas = ServiceQuotas(account=account, region=region)
        # As `X-Amz-Target` names them.
        self.by_target: Mapping[str, Service] = {
            "SageMaker": self.sagemaker.service,
            "AnyScaleFrontendService": self.scaling,
            "ServiceQuotasV20190624": Service(
                service="service-quotas", parts=[self.quotas], account=account, region=region
            ),
        }

    def close_and_save(self) -> str:
        """End all jobs and endpoints, and return what the account has in it, as a text."""
        saved = {"sagemaker": self.sagemaker.close_and_save(), "quotas": self.quotas.saved()}
        self.close()
        return to_json(saved)

    def restore(self, text: str) -> None:
        """Go on with what was saved."""
        saved = from_json(text)
        self.quotas.restore(saved["quotas"])
        self.sagemaker.restore(saved["sagemaker"])

    def close(self) -> None:
        """End all jobs and endpoints; to be called once more does nothing."""
        self._closing.close()
