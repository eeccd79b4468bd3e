"""Regular expressions that backtrack without end, matched while everything else goes on."""

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.rehearsal.cloud.ministack.apigateway import contains
from modelyard.rehearsal.cloud.ministack.iam import compile_wildcards
from modelyard.rehearsal.containers.training_results import MetricDefinition
from modelyard.rehearsal.gateway.java import method_of
from modelyard.rehearsal.gateway.validation import validation_error
from modelyard.rehearsal.regexes import RegexError, Regexes, RegexesClosedError
from support import processes
from support.attempts import Attempts
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws

# The case that fell: four greedy groups, on a line of nothing but what divides them.
COMMAS = r"(.*),(.*),(.*),(.*)=(\d+)$"
LONG_LINE = "," * 1200
# Known to backtrack: nested and adjacent repetitions, alternatives that overlap, references, looks ahead and behind.
BACKTRACKING = (
    (COMMAS, ","),
    (r"(a+)+$", "a"),
    (r"([a-z]+)*=", "a"),
    (r"(a|a)*$", "a"),
    (r"(a|aa)+$", "a"),
    (r"(.*a){20}=", "ba"),
    (r"(\w*)*=", "w"),
    (r"(\s+)*(\s+)*auc", " "),
    (r"(x+x+)+y", "x"),
    (r"(?:(?:a?){30}){30}(b)", "a"),
    (r"(a*)*\1b", "a"),
    (r"(?=(a+)+$)b|(a+)+$", "a"),
    (r"(?i)(A+)+$", "a"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a"),
    (r"(.*)*(.*)*(.*)*=(\d+)", "0"),
)
LENGTHS = (60, 1200, 60_000)
ENDS = ("!", "")


@pytest.fixture
def regexes() -> Iterator[Regexes]:
    """Three hundredths of a second for each: what takes longer would take for ever."""
    made = Regexes(seconds=0.03)
    yield made
    made.close()


def test_the_expression_that_froze_everything_is_named_with_its_limit(regexes: Regexes, attempts: Attempts) -> None:
    attempts.add()

    with pytest.raises(RegexError, match=r"took more than 0.03 s of processor time for 1,200 characters") as raised:
        regexes.ask("values", COMMAS, LONG_LINE)

    assert repr(COMMAS) in str(raised.value)


@pytest.mark.parametrize("call", ["values", "matches", "contains", "replace", "split"])
@pytest.mark.parametrize(("pattern", "filler"), BACKTRACKING)
def test_what_backtracks_ends_and_the_next_is_answered(
    pattern: str, filler: str, call: str, regexes: Regexes, attempts: Attempts
) -> None:
    more = ("",) if call == "replace" else ()
    for length, end in itertools.product(LENGTHS, ENDS):
        attempts.add()
        try:
            regexes.ask(call, pattern, filler * (length // len(filler)) + end, *more)
        except RegexError as error:
            assert "took more than 0.03 s" in str(error)  # noqa: PT017 - some of them are quick in one call or another
        assert regexes.ask("values", r"auc:(\S+)", "auc:0.9") == [0.9]


@pytest.mark.parametrize(("pattern", "filler"), BACKTRACKING)
def test_each_of_them_does_take_too_long_for_some_line(pattern: str, filler: str, regexes: Regexes) -> None:
    lines = [filler * (length // len(filler)) + end for length, end in itertools.product(LENGTHS, ENDS)]

    with pytest.raises(RegexError, match="took more than"):
        _ = [regexes.ask("values", pattern, line) for line in lines]


def test_of_several_expressions_the_one_that_takes_too_long_is_named(regexes: Regexes) -> None:
    with pytest.raises(RegexError) as raised:
        regexes.answers([("values", "a:(.+)", "a:1"), ("values", r"(a+)+$", "a" * 60 + "!"), ("values", "(b)", "b")])

    assert raised.value.index == 1


@pytest.mark.parametrize("pattern", ["(", "a{99999999999999999999}", "(" * 499, "(?P<a>)(?P<a>)", "[z-a]", "(?<=a*)b"])
def test_what_is_no_expression_is_a_sentence(pattern: str, regexes: Regexes, attempts: Attempts) -> None:
    attempts.add(2)

    with pytest.raises(RegexError, match="is no regular expression"):
        regexes.ask("values", pattern, "a")
    with pytest.raises(ValueError, match=r"metric m: .* is no regular expression"):
        MetricDefinition(name="m", regex=pattern)
    assert regexes.ask("contains", "a", "a") is True


@pytest.mark.parametrize("text", ["\0", "\n", "\r\n", "\u2028", "\ud800", '"', "\\", "é" * 10_000, "\x1b[2J", ""])
def test_any_text_is_matched_as_it_is(text: str, regexes: Regexes) -> None:
    assert regexes.ask("matches", re.escape(text), text) is True
    assert regexes.ask("replace", re.escape(f"<{text}>"), f"<{text}>", text) == text


def test_what_is_closed_matches_nothing_more(regexes: Regexes) -> None:
    regexes.ask("contains", "a", "a")
    regexes.close()

    with pytest.raises(RegexesClosedError):
        regexes.ask("contains", "a", "a")


def test_to_close_it_ends_an_answer_that_takes_long() -> None:
    slow = Regexes(seconds=3600)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            slow.ask("contains", r"(a+)+$", "a" * 60 + "!")
        except RegexesClosedError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not processes.pids("matcher.py", "3600"):
        continue
    slow.close()
    asking.join()

    assert len(failures) == 1


def test_to_close_it_while_its_process_starts_ends_that_too(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, start = Regexes(seconds=3601), subprocess.Popen
    closing = threading.Thread(target=slow.close)

    def start_while_it_is_closed(*command: Any, **options: Any) -> Any:
        process = start(*command, **options)
        closing.start()
        time.sleep(0.2)
        return process

    monkeypatch.setattr(subprocess, "Popen", start_while_it_is_closed)
    with pytest.raises(RegexesClosedError):
        slow.ask("contains", r"(a+)+$", "a" * 60 + "!")
    closing.join()

    assert not processes.pids("matcher.py", "3601")


def test_a_process_that_somebody_kills_is_a_sentence_and_the_next_is_answered() -> None:
    regexes = Regexes(seconds=1234)
    regexes.ask("contains", "a", "a")
    (pid,) = processes.pids("matcher.py", "1234")
    os.kill(pid, signal.SIGKILL)

    with pytest.raises(RegexError, match=r"could not be matched: the process for it was ended \(-9\)"):
        regexes.ask("contains", "a", "a")

    assert regexes.ask("contains", "a", "a") is True
    regexes.close()


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    """A place for jobs on the shared rehearsal, with a bucket of its own."""
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


PRINTS = """
    import time
    print({line!r}, flush=True)
    print("printed", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(("pattern", "line"), [(COMMAS, LONG_LINE), (r"(a+)+$", "a" * 60 + "!")])
def test_a_job_whose_metric_backtracks_fails_while_other_requests_are_answered(
    pattern: str, line: str, job_requests: JobRequests, attempts: Attempts
) -> None:
    attempts.add()
    request = job_requests.training(
        PRINTS.format(line=line), metrics=[("good", "good=(.+)"), ("validation:auc", pattern)]
    )
    job_requests.sagemaker.create_training_job(**request)
    answered, identity = 0, job_requests.local_aws.client("sts")
    while job_requests.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])[
        "TrainingJobStatus"
    ] == ("InProgress"):
        assert identity.get_caller_identity()["Account"]
        answered += 1

    ended = job_requests.trained(request["TrainingJobName"])

    assert answered > 0
    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"] == (
        f"ClientError: metric validation:auc: {pattern!r} took more than 5 s of processor time for {len(line):,} "
        "characters; let its regex match in one way only, as 'auc: ([0-9.]+)'"
    )


def test_a_search_whose_objective_backtracks_says_so_of_each_of_its_jobs(
    job_requests: JobRequests, attempts: Attempts
) -> None:
    attempts.add()
    request = job_requests.training(PRINTS.format(line=LONG_LINE), metrics=[("auc", COMMAS)])
    name = job_requests.local_aws.name("tune")
    job_requests.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}]},
        },
        TrainingJobDefinition={
            "StaticHyperParameters": request["HyperParameters"],
            **{
                member: request[member]
                for member in (
                    "AlgorithmSpecification",
                    "RoleArn",
                    "InputDataConfig",
                    "OutputDataConfig",
                    "ResourceConfig",
                    "StoppingCondition",
                )
            },
        },
    )

    def describe() -> dict[str, str]:
        found: dict[str, str] = job_requests.sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )
        return found

    assert job_requests.ended(describe, "HyperParameterTuningJobStatus")["HyperParameterTuningJobStatus"] == "Failed"
    (trial,) = job_requests.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name
    )["TrainingJobSummaries"]
    assert "metric auc: " in trial["FailureReason"]
    assert "took more than 5 s" in trial["FailureReason"]


def test_a_job_that_is_stopped_need_not_wait_for_its_metrics(job_requests: JobRequests) -> None:
    """Each line takes long and none too long: what is still to be matched when the job is stopped is only logged."""
    script = "import time\nfor _ in range(500):\n    print('x' * 20_000)\nprint('done', flush=True)\ntime.sleep(600)\n"
    request = job_requests.training(script, metrics=[("auc", r"(\S+)=(\d+)")])
    job_requests.sagemaker.create_training_job(**request)
    name = request["TrainingJobName"]
    job_requests.await_(
        lambda: job_requests.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training"
    )

    job_requests.sagemaker.stop_training_job(TrainingJobName=name)

    assert job_requests.trained(name)["TrainingJobStatus"] == "Stopped"


WILD = ("*", "a*", "*a", "*a*b", "a?*", "**", "*?*", "a**b", "*a*a*b", "?*?", "", "*:*:a", "A*b")
SHORT = ("", "a", "b", "ab", "aab", "abab", "a:b:a", "aXb", "AB", "a\nb", "ab\n", "?", "*")


@pytest.mark.parametrize("ignore_case", [True, False])
def test_wildcards_of_policies_match_what_they_say(*, ignore_case: bool) -> None:
    flags = re.IGNORECASE if ignore_case else 0
    for pattern, text in itertools.product(WILD, SHORT):
        plain = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
        expected = re.match(f"^{plain}$", text, flags) is not None
        assert (compile_wildcards(pattern, ignore_case=ignore_case).match(text) is not None) == expected, (
            pattern,
            text,
        )


@pytest.mark.parametrize("pattern", ["*a" * 20 + "*b", "*a?" * 20 + "b", "a*" * 30 + "b", "*" * 200 + "b"])
def test_many_wildcards_on_a_long_name_do_not_hold_up_a_policy(pattern: str, attempts: Attempts) -> None:
    for length in (60, 1024, 8192):
        attempts.add()
        assert compile_wildcards(pattern, ignore_case=False).match("a" * length) is None


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"([a-z]+)*="])
def test_a_pattern_of_an_api_ends_with_a_sentence(pattern: str, attempts: Attempts) -> None:
    attempts.add(4)
    text = "a" * 60 + "!"

    said = validation_error({"type": "string", "pattern": pattern}, body=json.dumps(text).encode())

    assert said is not None
    assert "took more than 1 s" in said
    assert contains(pattern, text) is None
    for method, more in (("matches", ()), ("replaceAll", ("",)), ("split", ())):
        with contextlib.suppress(RegexError):
            method_of(text, method)(pattern, *more)
    assert method_of("a,b", "split")(",") == ["a", "b"]
