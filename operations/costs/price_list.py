"""What AWS itself asks for instances: its price list, where it can be reached.

The service is in few regions and answers for all (AWS Billing user guide, "Using the AWS Price List Query API");
whoever asks needs pricing:GetProducts.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modelyard.operations.aws import Aws

REGION = "us-east-1"
SERVICE, FAMILY, HOSTING = "AmazonSageMaker", "ML Instance", "hosting"


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList:
    """US dollars an hour by type of instance, and the day on which AWS published them."""

    hour: dict[str, float]
    date: str


def read_price_list(*, aws: Aws, instances: Iterable[str], region: str) -> PriceList | None:
    """Return the prices of these types in a region, as far as AWS has them, or None when it has none.

    Raises:
        botocore.exceptions.ClientError: AWS refuses, or whoever answers is no price list.
        botocore.exceptions.BotoCoreError: nobody answers within seconds.
    """
    pricing = aws.brief_client("pricing", region=REGION)
    found = {instance: _price_of(pricing, instance=instance, region=region) for instance in instances}
    known = {instance: one for instance, one in found.items() if one is not None}
    if not known:
        return None
    return PriceList(hour={name: one[0] for name, one in known.items()}, date=max(one[1] for one in known.values()))


def _price_of(pricing: Any, *, instance: str, region: str) -> tuple[float, str] | None:
    wanted = {"instanceName": instance, "regionCode": region, "productFamily": FAMILY}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = pricing.get_paginator("get_products").paginate(ServiceCode=SERVICE, Filters=filters)
    products = [json.loads(one) for one in pages.build_full_result().get("PriceList", [])]
    prices = [
        (float(dimension["pricePerUnit"]["USD"]), product["publicationDate"][:10])
        for product in products
        if _is_hosting(product)
        for term in product["terms"].get("OnDemand", {}).values()
        for dimension in term["priceDimensions"].values()
    ]
    return prices[0] if prices else None


def _is_hosting(product: dict[str, Any]) -> bool:
    """One of the uses of a type; the list has called the attribute by either of these names."""
    attributes = product["product"]["attributes"]
    return HOSTING in (attributes.get("component", "").lower(), attributes.get("platoinstancetype", "").lower())
