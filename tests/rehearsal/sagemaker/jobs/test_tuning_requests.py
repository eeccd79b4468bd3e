import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.tuning_requests import NumberRange, Objective, Scaling, SearchSpace, TuningPlan

SIZE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}


def chance_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a search, no secret


def plan(name: str = "tune", **config: object) -> TuningPlan:
    ranges = {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.9"}]}
    wanted = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
        "ResourceLimits": {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 4},
        "ParameterRanges": ranges,
    }
    definition = {
        "AlgorithmSpecification": {},
        "StaticHyperParameters": {"rounds": "9"},
        "RoleArn": "r",
        "ResourceConfig": SIZE,
    }
    return TuningPlan(
        request={
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": wanted | config,
            "TrainingJobDefinition": definition,
        }
    )


def sized(**members: object) -> TuningPlan:
    """A search whose jobs say with these members what they run on."""
    request = plan().request
    definition = {name: value for name, value in request["TrainingJobDefinition"].items() if name != "ResourceConfig"}
    return TuningPlan(request=request | {"TrainingJobDefinition": definition | members})


@given(st.integers(), st.sampled_from([Scaling.LINEAR, Scaling.AUTO, Scaling.LOGARITHMIC]))
def test_a_whole_number_is_drawn_from_its_range(seed: int, scaling: Scaling) -> None:
    values = NumberRange(low=1, high=3, scaling=scaling, whole=True)
    assert values.draw(chance_of(seed)) in {"1", "2", "3"}


@given(st.integers(), st.sampled_from(list(Scaling)))
def test_a_number_is_drawn_from_its_range(seed: int, scaling: Scaling) -> None:
    value = float(NumberRange(low=0.1, high=0.999, scaling=scaling).draw(chance_of(seed)))
    assert 0.1 <= value <= 0.999


@pytest.mark.parametrize(
    ("scaling", "low", "high", "middle"),
    [
        (Scaling.LINEAR, 0, 1, 0.5),
        (Scaling.LOGARITHMIC, 0.0001, 1, 0.01),
        (Scaling.REVERSE_LOGARITHMIC, 0, 0.9999, 0.99),
    ],
)
def test_half_of_the_draws_lie_below_the_middle_of_their_scale(
    scaling: Scaling, low: float, high: float, middle: float
) -> None:
    chance, values = chance_of(0), NumberRange(low=low, high=high, scaling=scaling)
    below = sum(float(values.draw(chance)) < middle for _ in range(2000))
    assert 900 < below < 1100


def test_each_whole_number_is_as_likely_as_another() -> None:
    chance, values = chance_of(0), NumberRange(low=1, high=4, whole=True)
    drawn = [values.draw(chance) for _ in range(4000)]
    assert all(900 < drawn.count(str(value)) < 1100 for value in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"low": 2, "high": 1}, "must have MinValue < MaxValue, got 2 and 1"),
        ({"low": float("nan"), "high": 1}, "must have MinValue < MaxValue"),
        ({"low": 0, "high": 1, "scaling": Scaling.LOGARITHMIC}, "a Logarithmic range must be above 0, got 0"),
        ({"low": 0, "high": 1, "scaling": Scaling.REVERSE_LOGARITHMIC}, "must lie within 0 <= x < 1, got 0 to 1"),
    ],
)
def test_a_range_that_cannot_be_drawn_from_is_refused(given: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        NumberRange(**given)  # type: ignore[arg-type]


def test_bounds_that_are_no_numbers_are_refused() -> None:
    ranges = {"IntegerParameterRanges": [{"Name": "depth", "MinValue": "one", "MaxValue": "2"}]}
    with pytest.raises(ValueError, match="the range depth must have numbers as bounds, got 'one' and '2'"):
        SearchSpace.of(ranges)


def test_an_empty_list_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="the categorical range name must have two values or more"):
        SearchSpace(numbers={}, choices={"name": []})


def test_a_search_that_is_repeated_tries_the_same() -> None:
    first, again = ([one.tuned for one in plan().candidates()] for _ in range(2))
    assert first == again
    assert len({one["eta"] for one in first}) == 4


def test_a_search_of_another_name_tries_something_else_unless_the_seed_is_given() -> None:
    tried = [next(plan(name).candidates()).tuned for name in ("a", "b")]
    assert tried[0] != tried[1]
    seeded = [next(plan(name, RandomSeed=7).candidates()).tuned for name in ("a", "b")]
    assert seeded[0] == seeded[1]


def test_a_job_is_told_the_static_and_the_tuned_and_the_objective() -> None:
    found = next(plan().candidates())
    assert found.request["HyperParameters"] == {"rounds": "9", **found.tuned, "_tuning_objective_metric": "auc"}


@pytest.mark.parametrize("given", [SIZE, {"InstanceConfigs": [SIZE, SIZE | {"InstanceType": "ml.c5.large"}]}])
def test_a_job_runs_on_the_resources_of_the_search_or_the_first_of_them(given: dict[str, object]) -> None:
    search = sized(HyperParameterTuningResourceConfig=given | {"VolumeKmsKeyId": "key"})
    assert next(search.candidates()).request["ResourceConfig"] == SIZE | {"VolumeKmsKeyId": "key"}


def test_resources_that_are_given_twice_are_refused() -> None:
    search = sized(HyperParameterTuningResourceConfig=SIZE, ResourceConfig=SIZE)
    with pytest.raises(ServiceError, match="must have ResourceConfig or HyperParameterTuningResourceConfig, got both"):
        next(search.candidates())


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"HyperParameterRanges": {}}, "must have HyperParameterRanges, or the search ParameterRanges, got both"),
        (
            {"TuningObjective": {"Type": "Maximize", "MetricName": "m"}},
            "must have TuningObjective, or the search HyperParameterTuningJobObjective, got both",
        ),
    ],
)
def test_what_a_definition_and_the_search_both_say_is_refused(own: dict[str, object], sentence: str) -> None:
    with pytest.raises(ServiceError, match=sentence):
        sized(ResourceConfig=SIZE, **own)


def test_several_definitions_take_turns() -> None:
    request = plan().request
    definition = request["TrainingJobDefinition"]
    several = [{**definition, "DefinitionName": name} for name in ("a", "b")]
    given = {name: value for name, value in request.items() if name != "TrainingJobDefinition"}
    found = TuningPlan(request=given | {"TrainingJobDefinitions": several}).candidates()
    assert [one.definition for one in found] == ["a", "b", "a", "b"]


def test_a_search_without_an_objective_is_refused() -> None:
    with pytest.raises(Exception, match="HyperParameterTuningJobObjective must be given"):
        plan(HyperParameterTuningJobObjective=None)


@pytest.mark.parametrize(("maximize", "better"), [(True, 2.0), (False, 1.0)])
def test_better_is_larger_or_smaller_as_the_objective_says(maximize: bool, better: float) -> None:  # noqa: FBT001
    objective = Objective(metric="m", maximize=maximize)
    assert objective.better(better, than=3.0 - better)


@pytest.mark.parametrize(("count", "taken"), [(98, True), (99, False)])
def test_a_job_of_a_search_has_room_for_its_ranges_and_its_objective(count: int, *, taken: bool) -> None:
    static = {f"h{number}": "1" for number in range(count)}
    request = {
        **plan().request,
        "TrainingJobDefinition": {"StaticHyperParameters": static, "AlgorithmSpecification": {}},
    }
    if taken:
        assert TuningPlan(request=request).most_jobs == 4
    else:
        with pytest.raises(ServiceError) as refused:
            TuningPlan(request=request)
        assert refused.value.message == (
            "a training job must have at most 100 hyperparameters with the tuned ones and _tuning_objective_metric, "
            "got 101; leave some out"
        )
