"""Endpoint configurations: which models serve on what, and what of their traffic is captured."""

from collections import Counter

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.serverless import check_serverless
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.models import find_model
from modelyard.rehearsal.sagemaker.store import Document, Table

KIND = "EndpointConfig"


class EndpointConfigs:
    """The operations on endpoint configurations, which never change once they are made.

    Source: CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs and DeleteEndpointConfig in the SageMaker
    API reference. Instance types are the template checks' business, not a list's here.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform

    @operation
    def create_endpoint_config(self, request: Document) -> Document:
        """Keep a configuration.

        Raises:
            ServiceError: ValidationException, the name is taken, a variant's model is not there, two variants share a
                name, or a serverless one has what it cannot have.

        """
        arn = endpoint_config_arn(platform=self._platform, name=request["EndpointConfigName"])
        with self._platform.store.lock:
            if self._table.find(request["EndpointConfigName"]) is not None:
                raise invalid(f'Cannot create already existing endpoint configuration "{arn}".')
            self._check_variants(request)
            self._table.add(request["EndpointConfigName"], self._document(request=request, arn=arn))
        return {"EndpointConfigArn": arn}

    @operation
    def describe_endpoint_config(self, request: Document) -> Document:
        """Return a configuration.

        Raises:
            ServiceError: ValidationException, there is no such configuration.

        """
        return dict(find_endpoint_config(platform=self._platform, name=request["EndpointConfigName"]))

    @operation
    def list_endpoint_configs(self, request: Document) -> Document:
        """Return the configurations that are asked for."""
        return page(request, self._table.documents(), member="EndpointConfigs", name="EndpointConfigName")

    @operation
    def delete_endpoint_config(self, request: Document) -> Document:
        """Forget a configuration, in use or not: AWS warns in its reference, and does not refuse.

        Raises:
            ServiceError: ValidationException, there is no such configuration.

        """
        find_endpoint_config(platform=self._platform, name=request["EndpointConfigName"])
        self._table.remove(request["EndpointConfigName"])
        return {}

    @property
    def _table(self) -> Table:
        return self._platform.store.table(KIND)

    def _check_variants(self, request: Document) -> None:
        variants = [*request["ProductionVariants"], *request.get("ShadowProductionVariants", [])]
        taken = [name for name, count in Counter(one["VariantName"] for one in variants).items() if count > 1]
        if taken:
            raise invalid(f"Variant names must be unique, got {taken[0]} more than once; give each variant its own")
        names = [variant["ModelName"] for variant in variants if "ModelName" in variant]
        models = [find_model(platform=self._platform, name=name) for name in names]
        check_serverless(request, models=models)

    def _document(self, *, request: Document, arn: str) -> Document:
        kept = {key: value for key, value in request.items() if key != "Tags"}
        for member in ("ProductionVariants", "ShadowProductionVariants"):
            if member in kept:
                kept[member] = [_with_weight(variant) for variant in kept[member]]
        return {
            "EnableNetworkIsolation": False,
            **kept,
            "EndpointConfigArn": arn,
            "CreationTime": self._platform.clock.now(),
        }


def endpoint_config_arn(*, platform: Platform, name: str) -> str:
    """Return a configuration's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind="endpoint-config", name=name.lower())


def find_endpoint_config(*, platform: Platform, name: str) -> Document:
    """Return a configuration's document.

    Raises:
        ServiceError: ValidationException, there is no such configuration.

    """
    found = platform.store.table(KIND).find(name)
    if found is None:
        arn = endpoint_config_arn(platform=platform, name=name)
        raise invalid(f'Could not find endpoint configuration "{arn}".')
    return found


def _with_weight(variant: Document) -> Document:
    """Return a variant with the weight that it has when none is given (API reference, InitialVariantWeight)."""
    return {"InitialVariantWeight": 1.0, **variant}
