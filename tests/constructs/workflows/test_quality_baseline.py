"""The workflow that makes a baseline of quality, run to its end by an interpreter."""

from support.state_machines import Answer, Interpreter
from support.workflows import quality_baseline_run

CHECK = "sagemaker:createProcessingJob.sync"
COMPLETED = {"ProcessingJobStatus": "Completed", "ExitMessage": "CompletedWithViolations: 2 violations."}


def test_a_baseline_is_made_of_the_data_that_lie_under_its_run(interpreter: Interpreter) -> None:
    answers: dict[str, Answer] = {CHECK: lambda request: COMPLETED}

    execution = interpreter.run(quality_baseline_run().definition, answers=answers, given={})

    (request,) = execution.requests(CHECK)
    data = request["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    assert data == "s3://data/churn/baseline/20261122-101500/model-quality-data/"
    assert request["Environment"]["ground_truth_attribute"] == "label"
    assert request["Environment"]["probability_attribute"] == "probability"
    assert "baseline_constraints" not in request["Environment"]
    assert request["ProcessingJobName"] == "dev-churn--basis-20261122-101500"
    assert execution.output == {
        "run": "20261122-101500",
        "baseline": "churn/baseline/20261122-101500/model-quality",
    }
