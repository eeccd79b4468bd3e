from typing import Any

import pytest

from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.plans import read_plan
from modelyard.shared.s3_uri import S3Uri
from support.served_endpoint import Served

PROGRAM = {"SAGEMAKER_PROGRAM": "serve.py"}


@pytest.mark.parametrize(
    ("model", "changes", "sentence"),
    [
        (
            {"PrimaryContainer": {"Environment": {**PROGRAM, "SAGEMAKER_SUBMIT_DIRECTORY": "s3://B/code"}}},
            {},
            "SAGEMAKER_SUBMIT_DIRECTORY: an S3 URI must name a bucket",
        ),
        ({"PrimaryContainer": {"Image": "own:1"}}, {}, "the image own:1 has no local command"),
        ({}, {"ModelName": None}, "Variant primary must name a model: inference components are not rehearsed"),
    ],
)
def test_what_is_not_rehearsed_is_refused_before_anything_starts(
    served: Served, model: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    served.declare(model=model)
    config = served.platform.store.table("EndpointConfig").get("config")
    for member in changes:
        del config["ProductionVariants"][0][member]

    with pytest.raises(ServiceError, match=sentence):
        read_plan(platform=served.platform, config="config")


def test_an_uncompressed_model_is_read_from_its_prefix(served: Served) -> None:
    source = {"S3Uri": "s3://bucket/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": "image", "ModelDataSource": {"S3DataSource": source}, "Environment": PROGRAM}
    served.declare(model={"PrimaryContainer": container})

    plan = read_plan(platform=served.platform, config="config")
    assert plan.variants[0].model.containers[0].archive == S3Uri(bucket="bucket", key="model/")


@pytest.mark.parametrize(
    ("model", "config", "network"),
    [
        ({}, {}, Network.INTERNET),
        ({"VpcConfig": {}}, {}, Network.VPC),
        ({"EnableNetworkIsolation": True, "VpcConfig": {}}, {}, Network.NONE),
        ({}, {"EnableNetworkIsolation": True}, Network.NONE),
    ],
)
def test_a_model_is_isolated_by_itself_or_by_its_endpoint_s_configuration(
    served: Served, model: dict[str, Any], config: dict[str, Any], network: Network
) -> None:
    served.declare(model=model)
    served.platform.store.table("EndpointConfig").get("config").update(config)

    assert read_plan(platform=served.platform, config="config").variants[0].model.network is network
