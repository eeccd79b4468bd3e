"""What carries the stage's tag and is in no stack: found, priced, counted, and ended by its name or with the stage."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import shipped
from modelyard.operations.quotas.usage import with_jobs
from modelyard.operations.undeclared_resources import UndeclaredResource, hourly_price, undeclared_resources
from support.altered_answers import Plant, Reply, altered
from support.endpoints import Endpoints, variant
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws, allow
from support.projects import make_project
from support.synth import ROOT, synthesize
from support.yard import Yard

CHURN = (ROOT / "models/churn.toml").read_text()
HOUR = shipped().hour["ml.m5.large"]
DENY = {"Effect": "Deny"}


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """A stage without a stack, in which somebody makes resources with its tag."""

    stage: str
    models: Path
    host: Endpoints

    @property
    def options(self) -> tuple[str, ...]:
        return "--stage", self.stage, "--models", str(self.models)

    @property
    def sagemaker(self) -> Any:
        return self.host.sagemaker

    def tags(self, *, model: str | None = None) -> list[dict[str, str]]:
        tags = {"stage": self.stage} | ({} if model is None else {"model": model})
        return [{"Key": key, "Value": value} for key, value in tags.items()]

    def endpoint(self, *, model: str | None = None, count: int = 1) -> str:
        """Make an endpoint with the tag, whose configuration and model have none."""
        config = self.host.config(variant(self.host.model(), count=count))
        return self.host.endpoint(config, Tags=self.tags(model=model))

    def package_group(self) -> None:
        self.sagemaker.create_model_package_group(ModelPackageGroupName=f"{self.stage}-group", Tags=self.tags())

    def forget(self, *endpoints: str) -> None:
        """Have the test's end not delete what a teardown has deleted."""
        for name in endpoints:
            self.host._made.remove(name)


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


def make(host: Endpoints, folder: Path) -> ByHand:
    stage = host.aws.name("byhand").replace("-", "")
    models = make_project(folder / "project", stage=stage, manifests={"churn": CHURN}) / "models"
    return ByHand(stage=stage, models=models, host=host)


@pytest.fixture
def by_hand(host: Endpoints, tmp_path: Path) -> ByHand:
    return make(host, tmp_path)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A stage that tests look at: an endpoint of two instances, tagged with a model of no manifest."""

    by_hand: ByHand
    endpoint: str


@pytest.fixture(scope="module")
def seen(host: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    by_hand = make(host, tmp_path_factory.mktemp("seen"))
    return Seen(by_hand=by_hand, endpoint=by_hand.endpoint(model="tele", count=2))


def found(aws: Aws, *, stage: str, known: tuple[str, ...] = ()) -> list[UndeclaredResource]:
    return list(undeclared_resources(aws=aws, stage=stage, known=known, seen=pytest.fail))


def test_an_endpoint_made_by_hand_is_found_by_its_tag_with_its_instances(seen: Seen, reached: Aws) -> None:
    (one,) = found(reached, stage=seen.by_hand.stage)
    assert (one.words, one.model, one.stack) == (f"endpoint {seen.endpoint}", "tele", "")
    assert (one.state, one.instances) == ("InService", {"ml.m5.large": 2})
    assert one.hourly(prices=shipped()) == pytest.approx(2 * HOUR)


def test_the_status_shows_it_by_its_model_with_its_price(yard: Yard, seen: Seen) -> None:
    churn, tele = yard("status", *seen.by_hand.options, "--json").document
    (one,) = tele["undeclared_resources"]
    assert churn["undeclared_resources"] == []
    assert tele["model"] == "tele"
    assert (one["kind"], one["name"], one["state"]) == ("endpoint", seen.endpoint, "InService")
    assert (one["instances"], one["hourly"]) == ({"ml.m5.large": 2}, pytest.approx(2 * HOUR))


@pytest.mark.parametrize("named", ["tele", "endpoint"])
def test_the_status_is_asked_by_the_model_s_name_or_by_its_own(yard: Yard, seen: Seen, named: str) -> None:
    said = yard("status", seen.endpoint if named == "endpoint" else named, *seen.by_hand.options)
    assert said.code == 0
    assert f"In {seen.by_hand.stage}, in none of its stacks: US dollars an hour" in said.out
    (line,) = [line for line in said.out.splitlines() if seen.endpoint in line]
    assert line.split() == ["endpoint", seen.endpoint, "InService", "2", "ml.m5.large", f"{2 * HOUR}"]


def test_the_cost_of_a_model_names_what_costs_beside_its_stacks(yard: Yard, seen: Seen) -> None:
    said = yard("cost", "churn", *seen.by_hand.options)
    assert f"Beside the stacks of {seen.by_hand.stage}: US dollars an hour" in said.out
    assert seen.endpoint in said.out


def test_what_has_no_price_is_counted_and_in_no_sum(yard: Yard, by_hand: ByHand) -> None:
    endpoint = by_hand.endpoint()
    by_hand.sagemaker.delete_endpoint_config(EndpointConfigName=by_hand.host.describe(endpoint)["EndpointConfigName"])
    said = yard("status", *by_hand.options)
    (line,) = [line for line in said.out.splitlines() if endpoint in line]
    (total,) = [line for line in said.out.splitlines() if line.strip().startswith("in all")]
    assert said.code == 0
    assert "1 of an unknown type" in line
    assert total.split() == ["in", "all", "1", "without", "a", "price", "-", "-", "0"]


@pytest.mark.parametrize("options", [(), ("--markdown",)], ids=["screen", "Markdown"])
def test_the_plan_shows_it_on_the_screen_and_in_markdown(
    yard: Yard, seen: Seen, tmp_path: Path, options: tuple[str, ...]
) -> None:
    by_hand = seen.by_hand
    stages = by_hand.models.parent / "stages.toml"
    synthesize(tmp_path / "app", models=by_hand.models, stages=stages, stage=by_hand.stage)
    said = yard("plan", "--head", tmp_path / "app", *by_hand.options, *options)
    (line,) = [line for line in said.out.replace("\\", "").splitlines() if seen.endpoint in line]
    assert "In no stack of the stage, and changed by no deploy" in said.out
    assert "InService" in line
    assert line.rstrip(" |").endswith(f"{2 * HOUR}")


def test_whoever_may_not_search_tags_is_told_that_it_is_not_known(
    yard: Yard, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = allow("tag:GetResources") | DENY
    for name, value in seen.by_hand.host.aws.credentials(allow("*"), refused).items():
        monkeypatch.setenv(name, value)
    said = yard("status", "churn", *seen.by_hand.options, "--json")
    assert (said.code, said.document["undeclared_resources"]) == (0, None)
    assert (
        said.err == f"Not known, for tags may not be searched: what has the tag of {seen.by_hand.stage} and no stack\n"
    )


def test_the_plan_of_whoever_may_not_search_tags_says_that_it_does_not_know(
    yard: Yard, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = seen.by_hand
    stages = by_hand.models.parent / "stages.toml"
    synthesize(tmp_path / "app", models=by_hand.models, stages=stages, stage=by_hand.stage)
    for name, value in by_hand.host.aws.credentials(allow("*"), allow("tag:GetResources") | DENY).items():
        monkeypatch.setenv(name, value)
    document = yard("plan", "--head", tmp_path / "app", *by_hand.options, "--json").document
    assert document["undeclared_resources"] is None
    assert ("nothing with the stage's tag but in its stacks", "unknown") in [
        (one["need"], one["answer"]) for one in document["account"]
    ]


def test_one_that_may_not_be_described_is_shown_without_a_price(
    yard: Yard, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seen.by_hand.host.aws.credentials(
        allow("*"), allow("sagemaker:DescribeEndpoint") | DENY
    ).items():
        monkeypatch.setenv(name, value)
    said = yard("status", seen.endpoint, *seen.by_hand.options, "--json")
    (one,) = said.document["undeclared_resources"]
    assert (one["name"], one["state"], one["instances"], one["hourly"]) == (seen.endpoint, None, None, None)
    assert f"Without its state and its price, for it cannot be described: endpoint {seen.endpoint}: " in said.err


def test_one_that_is_gone_by_the_time_that_it_is_described_is_said_and_not_counted(yard: Yard, seen: Seen) -> None:
    def add(reply: Reply) -> bool:
        document = reply.document
        tags = [{"Key": "stage", "Value": seen.by_hand.stage}]
        gone = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/vanished"
        document["ResourceTagMappingList"].append({"ResourceARN": gone, "Tags": tags})
        reply.document = document
        return True

    with altered([plant("GetResources", add)]):
        said = yard("cost", "churn", *seen.by_hand.options, "--json")
    assert said.code == 0
    assert [one["name"] for one in said.document["undeclared_resources"]] == [seen.endpoint]
    assert "Not counted, for it is gone: endpoint vanished\n" in said.err


def plant(operation: str, alter: Callable[[Reply], bool]) -> Plant:
    return Plant(name=operation, operation=operation, alter=alter, resource="", property="")


def answering(documents: dict[str, Any]) -> list[Plant]:
    """Operations that the local AWS does not have, answered as AWS's model of them says."""

    def answer(document: Any) -> Callable[[Reply], bool]:
        def alter(reply: Reply) -> bool:
            reply.status, reply.document = 200, document() if callable(document) else document
            return True

        return alter

    return [plant(operation, answer(document)) for operation, document in documents.items()]


def tagged(by_hand: ByHand, *resources: str) -> dict[str, Any]:
    """The answer of GetResources for some resources of SageMaker with the stage's tag."""
    arns = [f"arn:aws:sagemaker:us-east-1:111122223333:{resource}" for resource in resources]
    found = [{"ResourceARN": arn, "Tags": by_hand.tags()} for arn in arns]
    return {"GetResources": {"ResourceTagMappingList": found, "PaginationToken": ""}}


def test_a_notebook_costs_while_it_runs_and_nothing_when_it_is_stopped(reached: Aws, by_hand: ByHand) -> None:
    hourly = {}
    for state in ("InService", "Stopped"):
        described = {
            "NotebookInstanceName": "Explore",
            "NotebookInstanceStatus": state,
            "InstanceType": "ml.t3.medium",
        }
        asked = tagged(by_hand, "notebook-instance/explore") | {"DescribeNotebookInstance": described}
        with altered(answering(asked)):
            (one,) = found(reached, stage=by_hand.stage)
        assert (one.words, one.state) == ("notebook instance Explore", state)
        hourly[state] = one.hourly(prices=shipped())
    assert hourly == {"InService": shipped().hour["ml.t3.medium"], "Stopped": 0.0}


def test_a_notebook_is_stopped_before_it_is_deleted(yard: Yard, by_hand: ByHand) -> None:
    asked: list[str] = []
    states = iter(["InService", "InService", "Stopping", "Stopped", "Deleting"])

    def describe(reply: Reply) -> bool:
        state = next(states, "gone")
        asked.append(state)
        reply.status = 400 if state == "gone" else 200
        absent = {"__type": "ValidationException", "message": "Could not find notebook instance"}
        described = {"NotebookInstanceName": "explore", "NotebookInstanceStatus": state, "InstanceType": "ml.t3.medium"}
        reply.document = absent if state == "gone" else described
        return True

    def accept(verb: str, reply: Reply) -> bool:
        asked.append(verb)
        reply.status, reply.document = 200, {}
        return True

    plants = [
        *answering(tagged(by_hand, "notebook-instance/explore")),
        plant("DescribeNotebookInstance", describe),
        plant("StopNotebookInstance", partial(accept, "stop")),
        plant("DeleteNotebookInstance", partial(accept, "delete")),
    ]
    with altered(plants):
        said = yard("teardown", "explore", "--yes", *by_hand.options)
    assert asked == ["InService", "stop", "InService", "Stopping", "Stopped", "delete", "Deleting", "gone", "gone"]
    assert (said.code, said.out.strip()) == (0, "Nothing is left")


APP = {
    "DomainId": "d-abc",
    "UserProfileName": "ada",
    "AppType": "JupyterLab",
    "AppName": "default",
    "Status": "InService",
    "ResourceSpec": {"InstanceType": "ml.m5.large"},
}


def test_a_studio_app_is_found_by_its_owner_though_its_arn_is_in_lower_case(reached: Aws, by_hand: ByHand) -> None:
    other = APP | {"UserProfileName": "bob", "ResourceSpec": {"InstanceType": "ml.g5.xlarge"}}
    of_space = {key: value for key, value in APP.items() if key != "UserProfileName"} | {"SpaceName": "lab"}
    asked = tagged(by_hand, "app/d-abc/ada/jupyterlab/default", "app/d-abc/lab/jupyterlab/default")
    with altered(answering(asked | {"ListApps": {"Apps": [other, APP, of_space]}})):
        ada, lab = found(reached, stage=by_hand.stage)
    assert (ada.words, ada.instances) == ("Studio app d-abc/ada/JupyterLab/default", {"ml.m5.large": 1})
    assert lab.key == {"DomainId": "d-abc", "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default"}


def test_a_studio_app_is_deleted_by_all_that_names_it(yard: Yard, by_hand: ByHand) -> None:
    asked: list[Any] = []

    def delete(reply: Reply) -> bool:
        asked.append(json.loads(reply.asked))
        reply.status, reply.document = 200, {}
        return True

    def list_(reply: Reply) -> bool:
        reply.status, reply.document = 200, {"Apps": [APP | ({"Status": "Deleted"} if asked else {})]}
        return True

    plants = [*answering(tagged(by_hand, "app/d-abc/ada/jupyterlab/default")), plant("ListApps", list_)]
    with altered([*plants, plant("DeleteApp", delete)]):
        said = yard("teardown", "d-abc/ada/JupyterLab/default", "--yes", *by_hand.options)
    assert asked == [{key: APP[key] for key in ("DomainId", "UserProfileName", "AppType", "AppName")}]
    assert (said.code, said.out.strip()) == (0, "Nothing is left")


def test_an_app_that_is_deleted_is_gone_though_it_is_listed_for_a_day(reached: Aws, by_hand: ByHand) -> None:
    words: list[str] = []
    asked = tagged(by_hand, "app/d-abc/ada/jupyterlab/default", "app/d-abc/eve/jupyterlab/default")
    with altered(answering(asked | {"ListApps": {"Apps": [APP | {"Status": "Deleted"}]}})):
        resources = list(undeclared_resources(aws=reached, stage=by_hand.stage, known=(), seen=words.append))
    assert resources == []
    assert [one.partition(":")[0] for one in words] == ["Not counted, for it is gone"] * 2


def test_a_kind_that_yard_does_not_know_is_shown_and_left_to_its_owner(yard: Yard, by_hand: ByHand) -> None:
    asked = tagged(by_hand, "cluster/abc123")
    with altered(answering(asked)):
        would = yard("teardown", *by_hand.options, "--json").document["would"]
        said = yard("teardown", "--yes", *by_hand.options, "--json")
    (left,) = [one for one in said.document if one["what"] == "cluster abc123"]
    assert would == []
    assert (said.code, left["kept"], left["why"]) == (0, True, "nothing that yard teardown can delete; see to it")


def test_a_job_is_counted_while_it_runs(yard: Yard, by_hand: ByHand, reached: Aws) -> None:
    jobs = JobRequests(local_aws=by_hand.host.aws, bucket=by_hand.host.bucket)
    request = jobs.training("import time; time.sleep(60)", changes={"Tags": by_hand.tags()})
    name = request["TrainingJobName"]
    by_hand.sagemaker.create_training_job(**request)
    (one,) = found(reached, stage=by_hand.stage)
    said = yard("teardown", name, "--yes", *by_hand.options)
    assert (one.words, one.state, one.instances) == (f"training job {name}", "InProgress", {"ml.m5.large": 1})
    assert (said.code, jobs.trained(name)["TrainingJobStatus"]) == (0, "Stopped")
    assert found(reached, stage=by_hand.stage) == []


def test_the_quotas_count_the_instances_of_a_running_job_with_the_others(
    yard: Yard, by_hand: ByHand, tmp_path: Path
) -> None:
    jobs = JobRequests(local_aws=by_hand.host.aws, bucket=by_hand.host.bucket)
    request = jobs.training("import time; time.sleep(60)", changes={"Tags": by_hand.tags()})
    by_hand.sagemaker.create_training_job(**request)
    stages = by_hand.models.parent / "stages.toml"
    synthesize(tmp_path / "app", models=by_hand.models, stages=stages, stage=by_hand.stage)
    document = yard("quota", "--head", tmp_path / "app", *by_hand.options, "--json").document
    by_hand.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    (line,) = [one for one in document["lines"] if one["what"] == "ml.m5.large for training"]
    assert line["others"] == 1
    assert [one["name"] for one in document["undeclared_resources"]] == [request["TrainingJobName"]]


def test_a_job_on_spare_capacity_counts_against_the_quota_of_that(reached: Aws, by_hand: ByHand) -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:training-job/spare"
    groups = [{"InstanceGroupName": one, "InstanceType": "ml.m5.large", "InstanceCount": 2} for one in ("a", "b")]
    described = {
        "TrainingJobName": "Spare",
        "TrainingJobStatus": "InProgress",
        "EnableManagedSpotTraining": True,
        "ResourceConfig": {"InstanceGroups": groups, "VolumeSizeInGB": 10},
    }
    listed = {"TrainingJobSummaries": [{"TrainingJobArn": arn, "TrainingJobName": "Spare"}]}
    answers = {"ListTrainingJobs": listed, "DescribeTrainingJob": described}
    with altered(answering(tagged(by_hand, "training-job/spare") | answers)):
        resources = found(reached, stage=by_hand.stage)
    assert with_jobs({}, resources=resources) == {("spot", "ml.m5.large"): 4}


def test_a_search_costs_what_its_training_jobs_do(reached: Aws, by_hand: ByHand) -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/search"
    listed = {"HyperParameterTuningJobSummaries": [{"HyperParameterTuningJobArn": arn}]}
    described = {"HyperParameterTuningJobName": "Search", "HyperParameterTuningJobStatus": "InProgress"}
    answers = {"ListHyperParameterTuningJobs": listed, "DescribeHyperParameterTuningJob": described}
    with altered(answering(tagged(by_hand, "hyper-parameter-tuning-job/search") | answers)):
        (one,) = found(reached, stage=by_hand.stage)
    assert (one.words, one.state, one.hourly(prices=shipped())) == ("tuning job Search", "InProgress", 0.0)


def test_what_a_schedule_costs_is_not_known(reached: Aws, by_hand: ByHand) -> None:
    described = {"MonitoringScheduleName": "Hourly", "MonitoringScheduleStatus": "Scheduled"}
    answers = tagged(by_hand, "monitoring-schedule/hourly") | {"DescribeMonitoringSchedule": described}
    with altered(answering(answers)):
        (one,) = found(reached, stage=by_hand.stage)
    assert (one.state, one.instances, one.hourly(prices=shipped())) == ("Scheduled", None, None)


def test_what_a_serverless_endpoint_costs_is_not_known(reached: Aws, by_hand: ByHand) -> None:
    host = by_hand.host
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    config = host.config({"VariantName": "one", "ModelName": host.model(), "ServerlessConfig": serverless})
    host.endpoint(config, Tags=by_hand.tags())
    (one,) = found(reached, stage=by_hand.stage)
    assert (one.instances, one.hourly(prices=shipped())) == ({"serverless": 1}, None)


def test_an_endpoint_that_is_created_has_the_instances_that_it_will_begin_with(reached: Aws, by_hand: ByHand) -> None:
    config = by_hand.host.config(variant(by_hand.host.model(), count=2))
    described = {"EndpointName": "New", "EndpointStatus": "Creating", "EndpointConfigName": config}
    with altered(answering(tagged(by_hand, "endpoint/new") | {"DescribeEndpoint": described})):
        (one,) = found(reached, stage=by_hand.stage)
    assert one.instances == {"ml.m5.large": 2}


def test_whoever_may_not_list_jobs_is_told_that_they_are_not_counted(
    yard: Yard, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = JobRequests(local_aws=by_hand.host.aws, bucket=by_hand.host.bucket)
    jobs.process(jobs.processing("pass", changes={"Tags": by_hand.tags()}))
    refused = allow("sagemaker:ListProcessingJobs") | DENY
    for name, value in by_hand.host.aws.credentials(allow("*"), refused).items():
        monkeypatch.setenv(name, value)
    said = yard("cost", "churn", *by_hand.options)
    assert said.code == 0
    assert "Not counted, for they cannot be listed: each running ProcessingJob: " in said.err


def test_what_outlives_its_stacks_on_purpose_is_not_shown(by_hand: ByHand, reached: Aws) -> None:
    by_hand.package_group()
    assert found(reached, stage=by_hand.stage) == []


def model_stack(
    by_hand: ByHand, *, name: str, policy: str = "Delete", logical_id: str = "Model", in_template: bool = True
) -> str:
    """Make a stack of one model of SageMaker's with the stage's tag, which the stack itself has if not the template."""
    primary = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"}
    properties: dict[str, Any] = {"ExecutionRoleArn": by_hand.host.role, "PrimaryContainer": primary}
    properties |= {"Tags": by_hand.tags()} if in_template else {}
    model = {"Type": "AWS::SageMaker::Model", "DeletionPolicy": policy, "Properties": properties}
    cloudformation = by_hand.host.aws.client("cloudformation")
    body, tags = json.dumps({"Resources": {logical_id: model}}), [] if in_template else by_hand.tags()
    cloudformation.create_stack(StackName=name, TemplateBody=body, Tags=tags)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def test_what_is_in_a_stack_that_is_shown_itself_is_not_shown_again(yard: Yard, by_hand: ByHand) -> None:
    name = model_stack(by_hand, name=f"{by_hand.stage}-own")
    document = yard("cost", "churn", *by_hand.options, "--json").document
    assert [one["stack"] for one in document["undeclared"]] == [name]
    assert document["undeclared_resources"] == []


def test_what_is_in_a_nested_stack_goes_with_the_one_around_it(by_hand: ByHand, reached: Aws) -> None:
    around = model_stack(by_hand, name=f"{by_hand.stage}-own")
    inside = model_stack(by_hand, name=f"{by_hand.stage}-own-nested")
    described = by_hand.host.aws.client("cloudformation").describe_stacks(StackName=around)
    root = described["Stacks"][0]["StackId"]

    def nest(reply: Reply) -> bool:
        name = f"<StackName>{inside}</StackName>"
        reply.text = reply.text.replace(name, f"{name}<RootId>{root}</RootId><ParentId>{root}</ParentId>")
        return True

    with altered([plant("ListStacks", nest)]):
        assert found(reached, stage=by_hand.stage, known=(around,)) == []


def test_what_is_in_a_stack_whose_template_has_no_tag_is_shown(yard: Yard, by_hand: ByHand) -> None:
    name = model_stack(by_hand, name=f"{by_hand.stage}-untagged", in_template=False)
    document = yard("cost", "churn", *by_hand.options, "--json").document
    assert document["undeclared"] == []
    assert [one["stack"] for one in document["undeclared_resources"]] == [name]


def test_what_a_stack_has_left_is_found_and_so_it_is_when_a_later_one_has_its_name(
    by_hand: ByHand, reached: Aws
) -> None:
    name, cloudformation = f"{by_hand.stage}-own", by_hand.host.aws.client("cloudformation")
    model_stack(by_hand, name=name, policy="Retain")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (left,) = found(reached, stage=by_hand.stage, known=(name,))
    model_stack(by_hand, name=name, logical_id="Other")
    assert (left.kind, left.hourly(prices=shipped())) == ("model", 0.0)
    assert [one.name for one in found(reached, stage=by_hand.stage, known=(name,))] == [left.name]


def test_what_is_in_a_stack_of_somebody_else_s_is_shown_and_goes_with_that(yard: Yard, by_hand: ByHand) -> None:
    stack = model_stack(by_hand, name=by_hand.host.aws.name("elsewhere"))
    (document,) = [one for one in yard("status", *by_hand.options, "--json").document if one["model"] is None]
    said = yard("teardown", "--yes", *by_hand.options, "--json")
    (left,) = said.document
    assert [one["stack"] for one in document["undeclared_resources"]] == [stack]
    assert (said.code, left["kept"]) == (0, True)
    assert left["why"] == f"goes with the stack {stack}, which yard does not know"


def test_a_resource_is_deleted_by_its_own_name_and_no_other_with_it(yard: Yard, by_hand: ByHand) -> None:
    one, other = by_hand.endpoint(), by_hand.endpoint(model="tele")
    would = yard("teardown", one, *by_hand.options, "--json").document["would"]
    said = yard("teardown", one, "--yes", *by_hand.options)
    by_hand.forget(one)
    assert would == [f"delete the endpoint {one}"]
    assert (said.code, said.out.strip()) == (0, "Nothing is left")
    assert one not in by_hand.host.endpoints()
    assert other in by_hand.host.endpoints()


def test_the_stage_is_torn_down_with_it_what_uses_another_first(yard: Yard, by_hand: ByHand) -> None:
    endpoint = by_hand.endpoint(model="tele")
    config = by_hand.host.describe(endpoint)["EndpointConfigName"]
    arn = by_hand.sagemaker.describe_endpoint_config(EndpointConfigName=config)["EndpointConfigArn"]
    by_hand.sagemaker.add_tags(ResourceArn=arn, Tags=by_hand.tags())
    would = yard("teardown", *by_hand.options, "--json").document["would"]
    said = yard("teardown", "--yes", *by_hand.options)
    by_hand.forget(endpoint)
    assert would == [f"delete the endpoint {endpoint}", f"delete the endpoint configuration {config}"]
    assert said.code == 0
    assert endpoint not in by_hand.host.endpoints()


def test_what_aws_refuses_to_delete_is_said_left_over_and_ends_nothing(
    yard: Yard, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = by_hand.endpoint(model="tele"), by_hand.endpoint(model="tele")
    kept = f"arn:aws:sagemaker:*:*:endpoint/{one}"
    for name, value in by_hand.host.aws.credentials(
        allow("*"), allow("sagemaker:DeleteEndpoint", on=kept) | DENY
    ).items():
        monkeypatch.setenv(name, value)
    said = yard("teardown", "tele", "--yes", *by_hand.options, "--json")
    by_hand.forget(other)
    (left,) = said.document
    assert (said.code, left["what"], left["kept"]) == (1, f"endpoint {one}", False)
    assert left["dollars"] == pytest.approx(HOUR)
    assert "refused: " in said.err


def test_one_that_somebody_else_has_deleted_meanwhile_is_no_error(yard: Yard, by_hand: ByHand) -> None:
    def vanish(reply: Reply) -> bool:
        reply.status = 400
        reply.document = {"__type": "ValidationException", "message": "Could not find endpoint"}
        return True

    endpoint = by_hand.endpoint()
    with altered([plant("DeleteEndpoint", vanish)]):
        said = yard("teardown", endpoint, "--yes", *by_hand.options)
    by_hand.forget(endpoint)
    assert "it is gone already" in said.err


def test_a_price_is_not_known_where_that_of_one_of_the_instances_is_not() -> None:
    prices = shipped()
    assert hourly_price({"ml.m5.large": 2}, prices=prices) == pytest.approx(2 * HOUR)
    assert hourly_price({"ml.m5.large": 2, "ml.unknown": 1}, prices=prices) is None
