"""Service Quotas, as far as it answers what an account may have.

A quota here is a number to be asked for, and nothing more: the local AWS holds nobody to it. Its names are those of
AWS; the codes of quotas of instances are made here, for each type and use has one of its own there.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.store import Document

# What an account has that never asked for more (each service's own page of quotas): code, name, value.
DEFAULTS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "cloudformation": (("L-0485CB21", "Stack count", 2000.0),),
    "iam": (("L-FE177D64", "Roles per account", 1000.0),),
    "events": (("L-244521F2", "Rules", 300.0),),
    "sagemaker": (),
}
USES = ("endpoint", "training job", "spot training job", "processing job", "transform job")
TYPES = ("ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge", "ml.g4dn.xlarge")
# A new account has none of most types; a rehearsal is of one that has asked.
INSTANCES = 20.0
PAGE = 10


class ServiceQuotas:
    """The quotas of one account, each of which can be set: what AWS grants, a person does here."""

    def __init__(self, *, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._values: dict[tuple[str, str], float] = {}

    @operation
    def list_service_quotas(self, request: Document) -> Document:
        """Return a page of a service's quotas.

        Raises:
            ServiceError: NoSuchResourceException, the service is not known.

        """
        quotas = self._quotas(service=request["ServiceCode"])
        start = int(request.get("NextToken", "0"))
        end = start + min(int(request.get("MaxResults", PAGE)), PAGE)
        page: Document = {"Quotas": quotas[start:end]}
        return page | ({"NextToken": str(end)} if end < len(quotas) else {})

    @operation
    def get_service_quota(self, request: Document) -> Document:
        """Return one quota.

        Raises:
            ServiceError: NoSuchResourceException, the service or the quota is not known.

        """
        service, code = request["ServiceCode"], request["QuotaCode"]
        for quota in self._quotas(service=service):
            if quota["QuotaCode"] == code:
                return {"Quota": quota}
        raise unknown(f"the quota {code} of {service}")

    def grant(self, *, service: str, name: str, value: float) -> None:
        """Set a quota, as AWS does when it grants an increase.

        Raises:
            ServiceError: NoSuchResourceException, the service or the quota is not known.

        """
        if name not in [quota["QuotaName"] for quota in self._quotas(service=service)]:
            raise unknown(f'the quota "{name}" of {service}')
        self._values[service, name] = value

    def saved(self) -> dict[tuple[str, str], float]:
        """Return what was granted, by service and name."""
        return dict(self._values)

    def restore(self, saved: Mapping[tuple[str, str], float]) -> None:
        """Grant what was saved."""
        self._values.update(saved)

    def _quotas(self, *, service: str) -> list[dict[str, Any]]:
        if service not in DEFAULTS:
            raise unknown(f"the service {service}")
        quotas = list(DEFAULTS[service])
        if service == "sagemaker":
            names = (f"{instance} for {use} usage" for use in USES for instance in TYPES)
            quotas += (
                (f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}", name, INSTANCES) for name in names
            )
        return [
            {
                "ServiceCode": service,
                "ServiceName": service,
                "QuotaArn": f"arn:aws:servicequotas:{self._region}:{self._account}:{service}/{code}",
                "QuotaCode": code,
                "QuotaName": name,
                "Value": self._values.get((service, name), default),
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": service == "iam",
            }
            for code, name, default in quotas
        ]


def unknown(what: str) -> ServiceError:
    """Return the refusal of what the rehearsal has no quotas of."""
    return ServiceError(code="NoSuchResourceException", message=f"{what} is not part of the rehearsal", status=400)
