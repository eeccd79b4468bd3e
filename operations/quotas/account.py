"""What an account has: its quotas, as Service Quotas answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.failures import code_of
from modelyard.operations.quotas.limits import Limit

CONSOLE = "https://console.aws.amazon.com/servicequotas/home/services/{service}/quotas/{code}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """A quota of an account, as it was granted."""

    service: str
    code: str
    name: str
    value: float
    adjustable: bool

    @property
    def link(self) -> str:
        """Where an increase is asked for."""
        return CONSOLE.format(service=self.service, code=self.code)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The quotas of some services, and why there are none of others."""

    quotas: Mapping[str, tuple[Quota, ...]]
    unreachable: Mapping[str, str]

    def quota(self, limit: Limit, *, instance: str) -> Quota | None:
        """Return the quota that a limit is, or None where the account says nothing of it."""
        listed = self.quotas.get(limit.service, ())
        return next((one for one in listed if limit.is_named(one.name, instance=instance)), None)


def ask_account(*, aws: Aws, services: Iterable[str]) -> Account:
    """Ask for the quotas of some services (permission `servicequotas:ListServiceQuotas`)."""
    quotas: dict[str, tuple[Quota, ...]] = {}
    unreachable: dict[str, str] = {}
    for service in services:
        try:
            pages = aws.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
            quotas[service] = tuple(
                Quota(
                    service=service,
                    code=one["QuotaCode"],
                    name=one["QuotaName"],
                    value=one["Value"],
                    adjustable=one["Adjustable"],
                )
                for page in pages
                for one in page["Quotas"]
                if "Value" in one
            )
        except ClientError as refused:
            unreachable[service] = code_of(refused)
        except BotoCoreError as error:
            unreachable[service] = str(error).rstrip(".")
    return Account(quotas=quotas, unreachable=unreachable)
