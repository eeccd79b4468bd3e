"""Trials and a search by an algorithm resource, and the package that the best of them becomes."""

from modelyard.manifest.tuning import Range, Tuning
from support.training_runs import HEAD, LIST, PUBLISH, REGISTER, SEARCH, TRAIN, Run
from support.workflows import ALGORITHM, by_algorithm

SPECIFICATION = {"AlgorithmName": ALGORITHM, "TrainingInputMode": "File"}


def test_each_trial_names_the_algorithm_and_no_image_and_no_metrics(run: Run) -> None:
    execution = run(by_algorithm())

    assert [one["AlgorithmSpecification"] for one in execution.requests(TRAIN)] == [SPECIFICATION] * 2


def test_a_trial_by_an_algorithm_reaches_no_network(run: Run) -> None:
    execution = run(by_algorithm())

    assert all(one["EnableNetworkIsolation"] for one in execution.requests(TRAIN))


def test_an_algorithm_is_told_plain_texts(run: Run) -> None:
    execution = run(by_algorithm(hyperparameters={"objective": "binary", "verbose": True}))

    (first, _) = execution.requests(TRAIN)
    assert first["HyperParameters"] == {"objective": "binary", "verbose": "true", "depth": "6"}


def test_a_search_names_the_algorithm(run: Run) -> None:
    searched = by_algorithm(trials=(), tuning=Tuning(ranges={"depth": Range(min=2, max=8)}, max_jobs=6))
    execution = run(searched, answers={SEARCH: lambda request: {}, LIST: lambda request: {"TrainingJobSummaries": []}})

    (request,) = execution.requests(SEARCH)
    assert request["TrainingJobDefinition"]["AlgorithmSpecification"] == SPECIFICATION


def test_the_best_is_registered_from_the_algorithm_and_its_artifact(run: Run) -> None:
    execution = run(by_algorithm())

    (request,) = execution.requests(REGISTER)
    (source,) = request["SourceAlgorithmSpecification"]["SourceAlgorithms"]
    assert "InferenceSpecification" not in request
    assert source["AlgorithmName"] == ALGORITHM
    assert source["ModelDataUrl"] == execution.output["artifact"]
    assert source["ModelDataUrl"].endswith(f"/{execution.output['best']['job']}/output/model.tar.gz")


def test_an_empty_artifact_of_an_algorithm_is_not_registered(run: Run) -> None:
    execution = run(by_algorithm(), answers={HEAD: lambda request: {"ContentLength": 45}})

    assert execution.requests(REGISTER) == []
    assert execution.requests(PUBLISH)[0]["Subject"] == "dev-churn: training failed"
