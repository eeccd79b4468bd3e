from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.experiments import Experiments, Trials
from modelyard.rehearsal.sagemaker.records.metric_series import ComponentMetrics
from modelyard.rehearsal.sagemaker.records.models import Models
from modelyard.rehearsal.sagemaker.records.search import Searches
from modelyard.rehearsal.sagemaker.records.tags import Tags
from modelyard.rehearsal.sagemaker.records.trial_components import TrialComponents
from modelyard.rehearsal.sagemaker.store import Document

Find = Callable[..., list[str]]
ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
# Name: depth, and the values of the metric validation:auc.
RUNS = {"shallow": (3.0, (0.5, 0.7)), "deep": (9.0, (0.9, 0.6)), "plain": (None, ())}


@pytest.fixture
def searches(platform: Platform, clock: Clock) -> Searches:
    experiments, trials = Experiments(platform=platform), Trials(platform=platform)
    experiments.create_experiment({"ExperimentName": "churn"})
    experiments.create_experiment({"ExperimentName": "digits"})
    for name, (depth, values) in RUNS.items():
        add_run(platform, name=name, depth=depth, values=values, moment=clock.now())
        trials.create_trial({"TrialName": f"trial-{name}", "ExperimentName": "digits" if name == "plain" else "churn"})
        pair = {"TrialComponentName": name, "TrialName": f"trial-{name}"}
        TrialComponents(platform=platform).associate_trial_component(pair)
        clock.advance(seconds=60)
    return Searches(platform=platform)


def add_run(platform: Platform, *, name: str, depth: float | None, values: tuple[float, ...], moment: datetime) -> None:
    parameters = {} if depth is None else {"max_depth": {"NumberValue": depth}, "a.b": {"StringValue": "dotted"}}
    artifacts = {"train": {"MediaType": "text/csv", "Value": f"s3://bucket/{name}"}}
    source = {"Source": {"SourceArn": f"arn:{name}"}} if depth is not None else {}
    TrialComponents(platform=platform).create_trial_component(
        {"TrialComponentName": name, "Parameters": parameters, "InputArtifacts": artifacts, **source}
    )
    points = [{"MetricName": "validation:auc", "Value": value, "Timestamp": moment} for value in values]
    ComponentMetrics(platform=platform).batch_put_metrics({"TrialComponentName": name, "MetricData": points})


@pytest.fixture
def find(searches: Searches) -> Find:
    """Search components by filters, and return their names in the order in which they were made."""

    def search(*filters: Document, **expression: object) -> list[str]:
        answer = searches.search(
            {
                "Resource": "ExperimentTrialComponent",
                "SearchExpression": {"Filters": list(filters), **expression},
                "SortOrder": "Ascending",
                "SortBy": "CreationTime",
            }
        )
        return [result["TrialComponent"]["TrialComponentName"] for result in answer["Results"]]

    return search


def where(name: str, operator: str | None = None, value: str | None = None) -> Document:
    given = {"Name": name, "Operator": operator, "Value": value}
    return {key: one for key, one in given.items() if one is not None}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (where("Parents.ExperimentName", "Equals", "churn"), ["shallow", "deep"]),
        (where("Parents.TrialName", "Equals", "trial-deep"), ["deep"]),
        (where("parents.TrialName", "Equals", "trial-deep"), ["deep"]),
        (where("TrialComponentName", value="deep"), ["deep"]),
        (where("DisplayName", "NotEquals", "deep"), ["shallow", "plain"]),
        (where("Parameters.max_depth", "Equals", "3"), ["shallow"]),
        (where("Parameters.max_depth", "GreaterThan", "3"), ["deep"]),
        (where("Parameters.max_depth", "GreaterThanOrEqualTo", "3"), ["shallow", "deep"]),
        (where("Parameters.max_depth", "LessThan", "9"), ["shallow"]),
        (where("Parameters.max_depth", "LessThanOrEqualTo", "9.0"), ["shallow", "deep"]),
        (where("Parameters.max_depth.NumberValue", "Equals", "9"), ["deep"]),
        (where("Parameters.a.b", "Equals", "dotted"), ["shallow", "deep"]),
        (where("Parameters.max_depth", "Exists"), ["shallow", "deep"]),
        (where("Parameters.max_depth", "NotExists"), ["plain"]),
        (where("Metrics.validation:auc.Max", "GreaterThan", "0.8"), ["deep"]),
        (where("metrics.validation:auc.max", "GreaterThan", "0.8"), ["deep"]),
        (where("Metrics.validation:auc", "GreaterThan", "0.65"), ["shallow"]),
        (where("Metrics.validation:auc.Min", "Exists"), ["shallow", "deep"]),
        (where("Source.SourceArn", "Equals", "arn:deep"), ["deep"]),
        (where("Source.SourceArn", "Contains", "arn:"), ["shallow", "deep"]),
        (where("InputArtifacts.train", "Contains", "bucket/dee"), ["deep"]),
        (where("InputArtifacts.train.MediaType", "Equals", "text/plain"), []),
        (where("DisplayName", "In", "deep, plain"), ["deep", "plain"]),
        (where("DisplayName", "GreaterThan", "a"), []),
        (where("CreationTime", "GreaterThan", "2026-11-22T10:15:30"), ["deep", "plain"]),
        (where("CreationTime", "LessThan", "2026-11-22T10:15:30+00:00"), ["shallow"]),
        (where("CreationTime", "Equals", "2026-11-22T10:15:00"), ["shallow"]),
    ],
)
def test_a_filter_finds_what_fulfils_it(find: Find, given: Document, found: list[str]) -> None:
    assert find(given) == found


def test_without_a_filter_all_are_found(find: Find) -> None:
    assert find() == ["shallow", "deep", "plain"]


def test_filters_are_joined_by_and_unless_told_otherwise(find: Find) -> None:
    both = (where("DisplayName", value="deep"), where("Parameters.max_depth", "Equals", "3"))
    assert find(*both) == []
    assert find(*both, Operator="Or") == ["shallow", "deep"]


def test_expressions_may_hold_expressions(find: Find) -> None:
    inner = {"Filters": [where("DisplayName", value="deep"), where("DisplayName", value="plain")], "Operator": "Or"}
    assert find(where("Parents.ExperimentName", value="churn"), SubExpressions=[inner]) == ["deep"]


def test_a_nested_filter_is_fulfilled_by_one_item_of_a_list(find: Find) -> None:
    def nested(trial: str) -> list[Document]:
        filters = [where("Parents.ExperimentName", value="churn"), where("Parents.TrialName", value=trial)]
        return [{"NestedPropertyName": "Parents", "Filters": filters}]

    assert find(NestedFilters=nested("trial-deep")) == ["deep"]
    assert find(NestedFilters=nested("trial-plain")) == []


def test_a_component_shows_its_parents(searches: Searches) -> None:
    expression = {"Filters": [where("TrialComponentName", value="deep")]}
    answer = searches.search({"Resource": "ExperimentTrialComponent", "SearchExpression": expression})
    (result,) = answer["Results"]
    assert result["TrialComponent"]["Parents"] == [{"TrialName": "trial-deep", "ExperimentName": "churn"}]
    assert result["TrialComponent"]["SourceDetail"]["SourceArn"] == "arn:deep"
    assert answer["TotalHits"] == {"Value": 1, "Relation": "EqualTo"}


def test_a_trial_shows_its_components(searches: Searches) -> None:
    expression = {"Filters": [where("ExperimentName", value="digits")]}
    (result,) = searches.search({"Resource": "ExperimentTrial", "SearchExpression": expression})["Results"]
    assert [one["TrialComponentName"] for one in result["Trial"]["TrialComponentSummaries"]] == ["plain"]


@pytest.mark.parametrize(
    ("order", "found"), [("Descending", ["deep", "shallow", "plain"]), ("Ascending", ["shallow", "deep", "plain"])]
)
def test_components_are_sorted_by_a_metric_those_without_it_last(
    searches: Searches, order: str, found: list[str]
) -> None:
    sorting = {"SortBy": "metrics.validation:auc.max", "SortOrder": order}
    results = searches.search({"Resource": "ExperimentTrialComponent", **sorting})["Results"]
    assert [result["TrialComponent"]["TrialComponentName"] for result in results] == found


def test_the_latest_come_first(searches: Searches) -> None:
    results = searches.search({"Resource": "ExperimentTrialComponent"})["Results"]
    assert [result["TrialComponent"]["TrialComponentName"] for result in results] == ["plain", "deep", "shallow"]


def test_results_come_in_pages(searches: Searches) -> None:
    request = {"Resource": "ExperimentTrialComponent", "MaxResults": 2}
    first = searches.search(request)
    second = searches.search({**request, "NextToken": first["NextToken"]})
    assert (len(first["Results"]), len(second["Results"])) == (2, 1)
    assert "NextToken" not in second
    assert second["TotalHits"]["Value"] == 3


@pytest.mark.parametrize("name", ["Colour", "Source", "Source.Colour", "Tags", "Metrics", "CreationTime.Year"])
def test_a_property_that_records_do_not_have_is_refused(find: Find, name: str) -> None:
    with pytest.raises(ServiceError) as error:
        find(where(name, value="x"))
    assert (error.value.code, error.value.message) == ("ValidationException", f"Unknown property name: {name}")


def test_a_property_to_sort_by_must_be_known(searches: Searches) -> None:
    with pytest.raises(ServiceError, match="Unknown property name: Colour"):
        searches.search({"Resource": "Experiment", "SortBy": "Colour"})


def test_a_resource_without_records_is_refused(searches: Searches) -> None:
    expression = {"Filters": [where("ImageName", value="x")]}
    with pytest.raises(ServiceError, match="Resource Image has no properties to search by here"):
        searches.search({"Resource": "Image", "SearchExpression": expression})


def test_an_operator_needs_a_value(find: Find) -> None:
    with pytest.raises(ServiceError, match="Operator Equals on DisplayName needs a Value, got none"):
        find(where("DisplayName"))


def test_a_time_must_be_one(find: Find) -> None:
    with pytest.raises(ServiceError, match="A time must be written as 2026-01-31T12:00:00, got 'noon'"):
        find(where("CreationTime", "LessThan", "noon"))


def test_resources_are_found_by_their_tags(searches: Searches, platform: Platform) -> None:
    Tags(platform=platform).keep(f"{ARN}:experiment/churn", [{"Key": "team", "Value": "blue"}])
    expression = {"Filters": [where("Tags.team", value="blue")]}
    (result,) = searches.search({"Resource": "Experiment", "SearchExpression": expression})["Results"]
    assert result["Experiment"]["ExperimentName"] == "churn"
    assert result["Experiment"]["Tags"] == [{"Key": "team", "Value": "blue"}]


def test_training_jobs_are_found_by_metric_and_hyperparameter(searches: Searches, platform: Platform) -> None:
    job = {
        "TrainingJobName": "fit",
        "TrainingJobArn": "arn:deep",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "HyperParameters": {"eta": "0.5"},
        "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.75}],
    }
    platform.store.table("TrainingJob").add("fit", job)
    filters = [where("Metrics.auc", "GreaterThan", "0.7"), where("HyperParameters.eta", "LessThan", "0.6")]
    (result,) = searches.search({"Resource": "TrainingJob", "SearchExpression": {"Filters": filters}})["Results"]
    assert result["TrainingJob"]["TrainingJobName"] == "fit"


def test_a_component_shows_the_job_that_it_is_of(searches: Searches, platform: Platform) -> None:
    job = {"TrainingJobName": "fit", "TrainingJobArn": "arn:deep"}
    platform.store.table("TrainingJob").add("fit", job)
    expression = {"Filters": [where("TrialComponentName", value="deep")]}
    (result,) = searches.search({"Resource": "ExperimentTrialComponent", "SearchExpression": expression})["Results"]
    assert result["TrialComponent"]["SourceDetail"]["TrainingJob"] == job


def test_an_endpoint_shows_its_schedules(searches: Searches, platform: Platform) -> None:
    platform.store.table("Endpoint").add("live", {"EndpointName": "live", "EndpointArn": "arn:live"})
    schedule = {"MonitoringScheduleName": "hourly", "EndpointName": "live"}
    platform.store.table("MonitoringSchedule").add("hourly", schedule)
    (result,) = searches.search({"Resource": "Endpoint"})["Results"]
    assert result["Endpoint"]["MonitoringSchedules"] == [schedule]


def test_models_lie_a_level_deeper(searches: Searches, platform: Platform) -> None:
    Models(platform=platform).create_model({"ModelName": "churn", "PrimaryContainer": {}})
    expression = {"Filters": [where("Model.ModelName", value="churn")]}
    (result,) = searches.search({"Resource": "Model", "SearchExpression": expression})["Results"]
    assert result["Model"]["Model"]["ModelName"] == "churn"
