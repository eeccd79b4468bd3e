"""Which methods of a part are operations, and what a service makes of them."""

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.service import Service
from modelyard.rehearsal.sagemaker.shapes import service_model
from modelyard.rehearsal.sagemaker.store import Document

MODEL_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model/m"


class Models:
    @operation
    def delete_model(self, request: Document) -> Document:
        return {}

    @operation
    def describe_model(self, request: Document) -> Document:
        return {"ModelName": request["ModelName"], "ModelArn": MODEL_ARN, "Unknown": 1}

    def list_models(self, request: Document) -> Document:
        return {"Models": []}


class Packages:
    @operation
    def describe_model_package(self, request: Document) -> Document:
        raise AssertionError(request)


class MoreModels(Models):
    pass


class Misnamed:
    @operation
    def describe_modell(self, request: Document) -> Document:
        return request


def service_of(part: object, *, service: str = "sagemaker") -> Service:
    return Service(service=service, parts=[part], account="123456789012", region="eu-west-1")


def answer(part: object, operation_name: str, request: Document) -> Document:
    return service_of(part).answer(operation=operation_name, request=request, check=lambda _need: None)


@pytest.mark.parametrize("part", [Models(), MoreModels()])
def test_a_marked_method_answers_the_operation_of_its_name(part: Models) -> None:
    assert answer(part, "DescribeModel", {"ModelName": "m"}) == {"ModelName": "m", "ModelArn": MODEL_ARN}


def test_a_public_method_that_is_not_marked_is_no_operation() -> None:
    with pytest.raises(ServiceError, match="ListModels is not part of the rehearsal") as refused:
        answer(Models(), "ListModels", {})

    assert (refused.value.code, refused.value.status) == ("UnsupportedOperation", 501)


def test_what_is_no_operation_here_is_named_before_its_request_is_looked_at() -> None:
    with pytest.raises(ServiceError, match="ListModels is not part of the rehearsal"):
        answer(Models(), "ListModels", {"SortBy": "Colour"})


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-metrics", "application-autoscaling", "service-quotas"])
def test_each_operation_that_no_part_has_is_refused_by_its_name(service: str) -> None:
    nothing = service_of(object(), service=service)
    for name in service_model(service).operation_names:
        with pytest.raises(ServiceError, match=f"^{name} is not part of the rehearsal"):
            nothing.answer(operation=name, request={}, check=lambda _need: None)


@pytest.mark.parametrize("name", ["CreateLabelingJob", "CreateFlowDefinition"])
def test_what_aws_has_closed_to_new_customers_is_said_to_be_closed(name: str) -> None:
    with pytest.raises(ServiceError, match=r"not part of the rehearsal; AWS has closed .* to new customers"):
        answer(object(), name, {})


def test_a_member_of_which_nothing_is_made_is_refused() -> None:
    with pytest.raises(ServiceError, match="includedData must be AllData here, got MetadataOnly"):
        answer(Packages(), "DescribeModelPackage", {"ModelPackageName": "m", "IncludedData": "MetadataOnly"})


def test_a_marked_method_that_is_named_after_no_operation_fails_at_the_start() -> None:
    sentence = r"Misnamed\.describe_modell must be named after an operation of sagemaker.*; correct it or remove @op"

    with pytest.raises(ValueError, match=sentence):
        service_of(Misnamed())


def test_an_operation_of_another_service_fails_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"Models\.\w+ must be named after an operation of sagemaker-metrics"):
        service_of(Models(), service="sagemaker-metrics")
