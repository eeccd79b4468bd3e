import pytest
from botocore.session import get_session
from ministack.core import router

from modelyard.rehearsal.cloud.ministack import app
from modelyard.rehearsal.cloud.requests import Request


@pytest.fixture
def nothing_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """MiniStack before it has read a model of AWS's services."""
    monkeypatch.setattr(router, "_KNOWN_AWS_SERVICE_NAMES", None)
    monkeypatch.setattr(router, "_is_aws_service_name", router._is_aws_service_name)
    app.install()


def asked(service: str) -> str:
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20261127/us-east-1/{service}/aws4_request, Signature=0"
    return app.service_of(method="POST", path="/", headers={"authorization": scope}, query={}, body=b"")


@pytest.mark.usefixtures("nothing_read")
def test_a_service_that_ministack_has_not_is_known_without_reading_the_models_of_all() -> None:
    assert asked("sagemaker") == "sagemaker"
    assert router._KNOWN_AWS_SERVICE_NAMES is None


@pytest.mark.usefixtures("nothing_read")
def test_each_service_is_known_by_the_name_that_its_requests_are_signed_for() -> None:
    session = get_session()
    models = [session.get_service_model(service) for service in session.get_available_services()]
    names = {name for model in models for name in (model.service_name, model.endpoint_prefix, model.signing_name)}
    assert [name for name in names if not router._is_aws_service_name(name)] == []


@pytest.mark.usefixtures("nothing_read")
def test_a_name_that_no_service_has_is_none() -> None:
    assert asked("no-such-service") == "s3"


@pytest.mark.usefixtures("nothing_read")
def test_a_control_of_the_local_aws_is_for_no_service_of_aws_and_reads_no_model() -> None:
    scope = {"type": "http", "method": "POST", "path": "/_rehearsal/advance", "query_string": b"", "headers": []}
    request = Request.read(scope)
    assert (request.service(), request.action()) == ("rehearsal", "rehearsal:advance")
    assert router._KNOWN_AWS_SERVICE_NAMES is None
