from datetime import UTC, datetime, timedelta

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.experiments import Experiments, Trials
from modelyard.rehearsal.sagemaker.records.metric_series import ComponentMetrics
from modelyard.rehearsal.sagemaker.records.trial_components import TrialComponents

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
COMPONENT = f"{ARN}:experiment-trial-component/fit"


@pytest.fixture
def experiments(platform: Platform) -> Experiments:
    experiments = Experiments(platform=platform)
    experiments.create_experiment({"ExperimentName": "churn", "Tags": []})
    return experiments


@pytest.fixture
def trials(platform: Platform, experiments: Experiments) -> Trials:
    trials = Trials(platform=platform)
    trials.create_trial({"TrialName": "shallow", "ExperimentName": "churn"})
    return trials


@pytest.fixture
def components(platform: Platform, trials: Trials) -> TrialComponents:
    components = TrialComponents(platform=platform)
    components.create_trial_component({"TrialComponentName": "fit", "Parameters": {"depth": {"NumberValue": 3.0}}})
    return components


def associate(components: TrialComponents) -> None:
    components.associate_trial_component({"TrialComponentName": "fit", "TrialName": "shallow"})


def names(answer: dict[str, list[dict[str, str]]], member: str, name: str) -> list[str]:
    return [one[name] for one in answer[member]]


def test_an_experiment_shows_its_name_unless_it_has_another(experiments: Experiments) -> None:
    described = experiments.describe_experiment({"ExperimentName": "churn"})
    assert described["DisplayName"] == "churn"
    assert described["ExperimentArn"] == f"{ARN}:experiment/churn"


def test_an_experiment_is_found_by_its_arn(experiments: Experiments) -> None:
    assert experiments.describe_experiment({"ExperimentName": f"{ARN}:experiment/churn"})["ExperimentName"] == "churn"


def test_an_experiment_that_is_not_there_is_not_found(experiments: Experiments) -> None:
    with pytest.raises(ServiceError) as error:
        experiments.describe_experiment({"ExperimentName": "other"})
    assert error.value.code == "ResourceNotFound"
    assert error.value.message == f"Experiment '{ARN}:experiment/other' does not exist."


def test_an_experiment_is_not_made_twice(experiments: Experiments) -> None:
    with pytest.raises(ServiceError) as error:
        experiments.create_experiment({"ExperimentName": "churn"})
    assert error.value.code == "ValidationException"
    assert error.value.message.endswith("Experiment with name (churn) already exists.")


def test_an_updated_experiment_says_when(experiments: Experiments, clock: Clock) -> None:
    clock.advance(seconds=60)
    experiments.update_experiment({"ExperimentName": "churn", "Description": "of customers"})
    described = experiments.describe_experiment({"ExperimentName": "churn"})
    assert described["Description"] == "of customers"
    assert described["LastModifiedTime"] - described["CreationTime"] >= timedelta(seconds=60)


def test_experiments_are_listed_by_the_time_they_were_made(experiments: Experiments, clock: Clock) -> None:
    clock.advance(seconds=60)
    experiments.create_experiment({"ExperimentName": "digits"})
    moment = clock.now() - timedelta(seconds=30)
    later, earlier = (
        experiments.list_experiments({"CreatedAfter": moment}),
        experiments.list_experiments({"CreatedBefore": moment}),
    )
    assert names(later, "ExperimentSummaries", "ExperimentName") == ["digits"]
    assert names(earlier, "ExperimentSummaries", "ExperimentName") == ["churn"]


def test_an_experiment_with_trials_is_not_deleted(experiments: Experiments, trials: Trials) -> None:
    with pytest.raises(ServiceError) as error:
        experiments.delete_experiment({"ExperimentName": "churn"})
    assert error.value.code == "ValidationException"
    assert (
        error.value.message
        == f"Experiment '{ARN}:experiment/churn' is linked to 1 or more trials and cannot be deleted."
    )


def test_an_experiment_without_trials_is_deleted(experiments: Experiments) -> None:
    assert experiments.delete_experiment({"ExperimentName": "churn"}) == {"ExperimentArn": f"{ARN}:experiment/churn"}
    assert experiments.list_experiments({})["ExperimentSummaries"] == []


def test_a_trial_belongs_to_an_experiment_that_is_there(trials: Trials) -> None:
    with pytest.raises(ServiceError) as error:
        trials.create_trial({"TrialName": "deep", "ExperimentName": "other"})
    assert error.value.code == "ResourceNotFound"


def test_trials_are_listed_by_experiment(experiments: Experiments, trials: Trials) -> None:
    experiments.create_experiment({"ExperimentName": "digits"})
    trials.create_trial({"TrialName": "wide", "ExperimentName": "digits"})
    assert names(trials.list_trials({"ExperimentName": "digits"}), "TrialSummaries", "TrialName") == ["wide"]


def test_trials_are_listed_by_component(trials: Trials, components: TrialComponents) -> None:
    assert trials.list_trials({"TrialComponentName": "fit"})["TrialSummaries"] == []
    associate(components)
    assert names(trials.list_trials({"TrialComponentName": "fit"}), "TrialSummaries", "TrialName") == ["shallow"]


def test_a_trial_can_be_shown_under_another_name(trials: Trials) -> None:
    trials.update_trial({"TrialName": "shallow", "DisplayName": "three levels"})
    assert trials.describe_trial({"TrialName": "shallow"})["DisplayName"] == "three levels"


def test_a_trial_with_components_is_not_deleted(trials: Trials, components: TrialComponents) -> None:
    associate(components)
    with pytest.raises(ServiceError, match="is linked to 1 or more trial components and cannot be deleted"):
        trials.delete_trial({"TrialName": "shallow"})


def test_a_trial_without_components_is_deleted(trials: Trials) -> None:
    trials.delete_trial({"TrialName": "shallow"})
    assert trials.list_trials({})["TrialSummaries"] == []


def test_a_component_in_a_trial_is_not_deleted(components: TrialComponents) -> None:
    associate(components)
    with pytest.raises(ServiceError) as error:
        components.delete_trial_component({"TrialComponentName": "fit"})
    assert error.value.code == "ValidationException"
    assert error.value.message == f"TrialComponent '{COMPONENT}' is linked to 1 or more trials and cannot be deleted."


def test_a_component_that_left_its_trial_is_deleted(components: TrialComponents) -> None:
    associate(components)
    components.disassociate_trial_component({"TrialComponentName": "fit", "TrialName": "shallow"})
    components.delete_trial_component({"TrialComponentName": "fit"})
    assert components.list_trial_components({})["TrialComponentSummaries"] == []


def test_a_component_leaves_no_trial_that_it_is_not_in(components: TrialComponents) -> None:
    with pytest.raises(ServiceError, match="is not associated with Trial 'shallow'") as error:
        components.disassociate_trial_component({"TrialComponentName": "fit", "TrialName": "shallow"})
    assert error.value.code == "ResourceNotFound"


def test_to_associate_twice_is_as_once(trials: Trials, components: TrialComponents) -> None:
    associate(components)
    associate(components)
    components.disassociate_trial_component({"TrialComponentName": "fit", "TrialName": "shallow"})
    assert trials.list_trials({"TrialComponentName": "fit"})["TrialSummaries"] == []


@pytest.mark.parametrize("of", [{"TrialName": "shallow"}, {"ExperimentName": "churn"}])
def test_components_are_listed_by_trial_and_experiment(components: TrialComponents, of: dict[str, str]) -> None:
    assert components.list_trial_components(of)["TrialComponentSummaries"] == []
    associate(components)
    listed = components.list_trial_components(of)
    assert names(listed, "TrialComponentSummaries", "TrialComponentName") == ["fit"]


def test_an_update_adds_to_the_parameters_of_a_component(components: TrialComponents) -> None:
    more = {"rate": {"NumberValue": 0.5}, "gone": {"StringValue": "soon"}}
    components.update_trial_component({"TrialComponentName": "fit", "Parameters": more})
    components.update_trial_component({"TrialComponentName": "fit", "ParametersToRemove": ["gone"]})
    described = components.describe_trial_component({"TrialComponentName": "fit"})
    assert described["Parameters"] == {"depth": {"NumberValue": 3.0}, "rate": {"NumberValue": 0.5}}


def test_an_update_changes_the_status_of_a_component(components: TrialComponents) -> None:
    components.update_trial_component({"TrialComponentName": "fit", "Status": {"PrimaryStatus": "Completed"}})
    assert components.describe_trial_component({"TrialComponentName": "fit"})["Status"] == {
        "PrimaryStatus": "Completed"
    }


def test_metrics_that_are_put_are_summed_up(platform: Platform, components: TrialComponents) -> None:
    moment = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    points = [{"MetricName": "auc", "Value": value, "Timestamp": moment} for value in (0.5, 0.9, 0.7)]
    ComponentMetrics(platform=platform).batch_put_metrics({"TrialComponentName": "fit", "MetricData": points})
    (metric,) = components.describe_trial_component({"TrialComponentName": "fit"})["Metrics"]
    assert (metric["Min"], metric["Max"], metric["Last"], metric["Count"]) == (0.5, 0.9, 0.7, 3)
    assert metric["Avg"] == pytest.approx(0.7)
    assert metric["StdDev"] == pytest.approx(0.163299, abs=1e-6)
    assert metric["TimeStamp"] == moment


def test_a_metrics_time_may_be_seconds_since_1970_in_text(platform: Platform, components: TrialComponents) -> None:
    point = {"MetricName": "auc", "Value": 1.0, "Timestamp": "1795342200"}
    ComponentMetrics(platform=platform).batch_put_metrics({"TrialComponentName": "FIT", "MetricData": [point]})
    (metric,) = components.describe_trial_component({"TrialComponentName": "fit"})["Metrics"]
    assert metric["TimeStamp"] == datetime(2026, 11, 22, 10, 10, tzinfo=UTC)


def test_metrics_go_with_their_component(platform: Platform, components: TrialComponents) -> None:
    point = {"MetricName": "auc", "Value": 1.0, "Timestamp": datetime(2026, 11, 22, tzinfo=UTC)}
    ComponentMetrics(platform=platform).batch_put_metrics({"TrialComponentName": "fit", "MetricData": [point]})
    components.delete_trial_component({"TrialComponentName": "fit"})
    components.create_trial_component({"TrialComponentName": "fit"})
    assert components.describe_trial_component({"TrialComponentName": "fit"})["Metrics"] == []
