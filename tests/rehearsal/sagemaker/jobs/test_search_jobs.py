from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.search_jobs import SearchJobs


class Started:
    """Training jobs that run until they are stopped; `meanwhile` is done while one is being started."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.meanwhile: Any = lambda: None

    def launch(self, request: dict[str, Any], *, owner: dict[str, Any] | None = None) -> str:
        self.meanwhile()
        self.running.append(request["TrainingJobName"])
        return f"arn of {request['TrainingJobName']}, of {owner}"

    def describe_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        return request

    def stop_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["TrainingJobName"] not in self.running:
            raise invalid("The request was rejected because the training job is in status Completed.")
        self.running.remove(request["TrainingJobName"])
        return {}

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        return name not in self.running


def launched(jobs: SearchJobs, name: str) -> str:
    return jobs.launch({"TrainingJobName": name}, owner={})


def test_a_search_that_is_stopped_stops_the_jobs_that_still_run() -> None:
    training = Started()
    jobs = SearchJobs(training)
    launched(jobs, "one")
    launched(jobs, "two")
    training.running.remove("one")
    jobs.stop()

    assert (training.running, jobs.is_stopping, jobs.started) == ([], True, 2)


def test_a_job_that_starts_while_the_search_is_stopped_is_stopped_with_it() -> None:
    training = Started()
    jobs = SearchJobs(training)
    training.meanwhile = jobs.stop
    launched(jobs, "one")

    assert training.running == []


def test_a_search_that_ends_leaves_its_jobs_to_whoever_runs_them() -> None:
    training = Started()
    jobs = SearchJobs(training)
    launched(jobs, "one")
    jobs.end()

    assert (training.running, jobs.is_stopping, jobs.is_ending) == (["one"], True, True)
