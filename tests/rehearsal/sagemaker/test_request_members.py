"""No member of a request is without an answer: it is read, kept, or refused, as the table of members says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from maintenance.document_requests import PAGE, answered, page
from modelyard.rehearsal.cloud import service_quotas
from modelyard.rehearsal.cloud.service_quotas import ServiceQuotas
from modelyard.rehearsal.sagemaker import operations
from modelyard.rehearsal.sagemaker.assembly import RECORDS
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.jobs.automl_api import AutoMLApi
from modelyard.rehearsal.sagemaker.jobs.processing_api import ProcessingApi
from modelyard.rehearsal.sagemaker.jobs.training_api import TrainingApi
from modelyard.rehearsal.sagemaker.jobs.transform_api import TransformApi
from modelyard.rehearsal.sagemaker.jobs.tuning_api import TuningApi
from modelyard.rehearsal.sagemaker.monitoring.schedules import MonitoringSchedules
from modelyard.rehearsal.sagemaker.operations import MARK
from modelyard.rehearsal.sagemaker.records.metric_series import ComponentMetrics
from modelyard.rehearsal.sagemaker.records.tags import Tags
from modelyard.rehearsal.sagemaker.request_members import refuse_undone, table
from modelyard.rehearsal.sagemaker.shapes import below, service_model
from modelyard.rehearsal.sagemaker.tracking.apps import MlflowApps
from modelyard.rehearsal.scaling import api as scaling
from modelyard.rehearsal.scaling.scheduled_actions import ScheduledActions
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws

JOBS = (TrainingApi, TuningApi, AutoMLApi, ProcessingApi, TransformApi)
PARTS: dict[str, tuple[type, ...]] = {
    "sagemaker": (*RECORDS, Tags, *JOBS, Endpoints, MonitoringSchedules, MlflowApps),
    "sagemaker-metrics": (ComponentMetrics,),
    "application-autoscaling": (scaling.ApplicationAutoScaling, ScheduledActions),
    "service-quotas": (ServiceQuotas,),
}
ROOMS = (Path(operations.__file__).parent, Path(scaling.__file__).parent, Path(service_quotas.__file__))
SECTIONS = ("read", "kept", "only", "refused")
# Of an f-string so many letters must be given to say which member it names.
LEAST_LETTERS = 5


def inputs(service: str) -> Iterator[Any]:
    """The input of each operation of a service that is answered here."""
    marked = {name for part in PARTS[service] for name, method in vars(part).items() if getattr(method, MARK, False)}
    model = service_model(service)
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if xform_name(name) in marked and shape is not None:
            yield shape


def structures(service: str) -> dict[str, Any]:
    """The structures that are looked at: inputs, and what lies in members that are read."""
    found: dict[str, Any] = {}
    waiting = list(inputs(service))
    while waiting:
        shape = waiting.pop()
        if shape.type_name in ("list", "map"):
            waiting.append(shape.member if shape.type_name == "list" else shape.value)
        elif shape.type_name == "structure" and shape.members and shape.name not in found:
            found[shape.name] = shape
            read = table()["read"][service].get(shape.name, ())
            waiting += [member for name, member in shape.members.items() if name in read]
    return found


def test_the_page_is_the_one_that_the_table_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make coverage"


@pytest.mark.parametrize("service", PARTS)
def test_the_page_has_each_operation_that_is_answered(service: str) -> None:
    assert {service_model(service).operation_model(name).input_shape.name for name in answered(service)} == {
        shape.name for shape in inputs(service)
    }


def decided(service: str, structure: str) -> list[str]:
    return [name for section in SECTIONS for name in table()[section].get(service, {}).get(structure, ())]


def requests_for(*names: str, service: str, shape: Any, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The shortest values of a shape in which members of these names are given, each with their structure."""
    if shape.type_name == "list":
        yield from (
            (owner, [value]) for owner, value in requests_for(*names, service=service, shape=shape.member, seen=seen)
        )
    elif shape.type_name == "map":
        yield from (
            (owner, {"k": value})
            for owner, value in requests_for(*names, service=service, shape=shape.value, seen=seen)
        )
    elif shape.type_name == "structure" and shape.name not in seen:
        if set(names) <= set(shape.members):
            yield shape.name, dict.fromkeys(names, "asked")
        for member in table()["read"][service].get(shape.name, ()):
            found = requests_for(*names, service=service, shape=shape.members[member], seen=(*seen, shape.name))
            yield from ((owner, {member: value}) for owner, value in found)


def asked(service: str, structure: str, *names: str) -> list[tuple[Any, Any]]:
    """The requests, each after its shape, in which a structure has these members."""
    found = [
        (shape, request)
        for shape in inputs(service)
        for owner, request in requests_for(*names, service=service, shape=shape)
        if owner == structure
    ]
    assert found
    return found


REFUSED = [
    (service, structure, name)
    for service, by_structure in table()["refused"].items()
    for structure, names in by_structure.items()
    for name in names
]


@pytest.mark.parametrize("service", PARTS)
def test_each_member_of_each_request_is_decided_once(service: str) -> None:
    wrong = {
        f"{name}.{member}": count
        for name, shape in structures(service).items()
        for member in shape.members
        if (count := decided(service, name).count(member)) != 1
    }
    assert wrong == {}, "decide in request_members.toml: read, kept, only or refused"


@pytest.mark.parametrize("service", PARTS)
def test_the_table_names_nothing_that_no_request_has(service: str) -> None:
    known = {(name, member) for name, shape in structures(service).items() for member in shape.members}
    named = {
        (name, member)
        for section in SECTIONS
        for name, members in table()[section].get(service, {}).items()
        for member in members
    }
    alternatives = {
        (name, member) for name, members in table()["one_of"].get(service, {}).items() for member in members
    }
    assert (named | alternatives) - known == set()


def test_what_is_said_to_be_read_is_named_in_the_code() -> None:
    names, patterns = set(), set()
    for file in (file for room in ROOMS for file in (room.rglob("*.py") if room.is_dir() else [room])):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                if sum(len(part) for part in parts if isinstance(part, str)) >= LEAST_LETTERS:
                    patterns.add("".join(r"\w+" if part is None else re.escape(str(part)) for part in parts))
    read = {name for by_structure in table()["read"].values() for members in by_structure.values() for name in members}
    composed = re.compile("|".join(patterns))
    assert {name for name in read if name not in names and composed.fullmatch(name) is None} == set()


@pytest.mark.parametrize(("service", "structure", "name"), REFUSED)
def test_what_nothing_here_does_is_refused_wherever_it_is_asked_for(service: str, structure: str, name: str) -> None:
    instead = table()["instead"].get(service, {}).get(structure, {}).get(name, "leave it out")
    for shape, request in asked(service, structure, name):
        with pytest.raises(ServiceError, match=rf"{below('', name)} is not rehearsed; {instead}$"):
            refuse_undone(request, service=service, shape=shape)


def test_what_is_said_to_do_instead_is_of_members_that_are_refused() -> None:
    said = {
        (service, structure, name)
        for service, by_structure in table()["instead"].items()
        for structure, members in by_structure.items()
        for name in members
    }
    assert said <= set(REFUSED)


ALTERNATIVES = [
    (service, structure, names)
    for service, by_structure in table()["one_of"].items()
    for structure, names in by_structure.items()
]


@pytest.mark.parametrize(("service", "structure", "names"), ALTERNATIVES)
def test_of_members_of_which_one_may_be_given_none_is_chosen(service: str, structure: str, names: list[str]) -> None:
    for shape, request in asked(service, structure, *names):
        with pytest.raises(ServiceError, match=rf"^only one of .*{below('', names[-1])} may be given; choose one$"):
            refuse_undone(request, service=service, shape=shape)


def training(request: dict[str, Any]) -> None:
    shape = service_model("sagemaker").operation_model("CreateTrainingJob").input_shape
    refuse_undone(request, service="sagemaker", shape=shape)


def test_a_value_that_nothing_here_does_is_refused_with_those_that_are_done() -> None:
    training({"OutputDataConfig": {"CompressionType": "GZIP"}})
    with pytest.raises(ServiceError, match=r"^outputDataConfig\.compressionType must be GZIP here, got NONE$"):
        training({"OutputDataConfig": {"CompressionType": "NONE"}})


def test_a_member_that_the_model_of_the_api_does_not_know_is_refused() -> None:
    with pytest.raises(
        ServiceError, match=r"^inputDataConfig\.1\.member\.shade is not in the API model of sagemaker that is known"
    ):
        training({"InputDataConfig": [{"ChannelName": "train", "Shade": "red"}]})


@pytest.mark.parametrize("nothing", [None, False, "", [], {}, {"EnableSessionTagChaining": False}])
def test_a_member_that_asks_for_nothing_is_taken(nothing: object) -> None:
    training({"SessionChainingConfig": nothing})


def kept_paths(given: Any, described: Any, path: str) -> Iterator[str]:
    """The members that are kept, and that what describes the resource has no place for."""
    if given.type_name == "list":
        yield from kept_paths(given.member, described.member, path)
    elif given.type_name == "structure":
        for name, shape in given.members.items():
            shown = described.members.get(name)
            if name in table()["kept"]["sagemaker"].get(given.name, ()) and shown is None:
                yield f"{path}.{name}"
            elif name in table()["read"]["sagemaker"].get(given.name, ()) and shown is not None:
                yield from kept_paths(shape, shown, f"{path}.{name}")


def test_what_is_kept_can_be_described() -> None:
    model = service_model("sagemaker")
    described = {
        name: describe
        for name in answered("sagemaker")
        # A URL that is made is described nowhere.
        if name.startswith("Create") and (describe := name.replace("Create", "Describe")) in model.operation_names
    }
    lost = [
        path
        for create, describe in described.items()
        for path in kept_paths(
            model.operation_model(create).input_shape, model.operation_model(describe).output_shape, create
        )
    ]
    # It makes a request that is repeated the same one, and is no part of what is made.
    assert lost == ["CreateModelPackage.ClientToken"]


def test_what_is_kept_is_taken() -> None:
    training({"RetryStrategy": {"MaximumRetryAttempts": 3}})


def test_of_a_request_that_is_refused_nothing_is_made(local_aws: SharedLocalAws) -> None:
    requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    request = requests.training("print(1)")
    sagemaker = local_aws.client("sagemaker")
    with pytest.raises(
        sagemaker.exceptions.ClientError, match="tensorBoardOutputConfig is not rehearsed; leave it out"
    ):
        sagemaker.create_training_job(**request, TensorBoardOutputConfig={"S3OutputPath": requests.uri("board")})
    listed = sagemaker.list_training_jobs(NameContains=request["TrainingJobName"])
    assert listed["TrainingJobSummaries"] == []
