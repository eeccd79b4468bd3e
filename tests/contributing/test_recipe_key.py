"""The recipe for a key of a manifest: for how many minutes an endpoint's alarms wait."""

from pathlib import Path

from support.recipes import after, all_of, carry_out, copy_repository, files_of_recipe, replace, run

TITLE = "A key of a manifest (tested)"
GENERATED = ("maintenance.document_manifest", "maintenance.write_schema")
TEST = """

def test_an_alarm_waits_for_so_many_minutes(small: SmallStack) -> None:
    add(small, thresholds=Alarms(minutes=5))

    assert small.one("CloudWatch::Alarm", "AlarmsprimaryErrors")["EvaluationPeriods"] == 5


def test_an_alarm_that_would_wait_for_days_is_refused() -> None:
    with pytest.raises(Invalid, match="minutes must be between 1 and 60, got 4000"):
        Alarms(minutes=4000)
"""
EDITS = {
    "manifest/serving.py": after(
        'no_invocations_minutes: Annotated[int, Between(0, 1440, hint="an alarm looks back a day at most")] = 0\n',
        add='    minutes: Annotated[int, Between(1, 60, hint="choose up to an hour")] = 3\n',
    ),
    "constructs/endpoint_alarms.py": all_of(
        replace(
            "        self._topic_arn = topic_arn\n",
            "        self._topic_arn = topic_arn\n        self._minutes = thresholds.minutes\n",
        ),
        replace("        minutes: int = 3,\n", "        minutes: int | None = None,\n"),
        replace("evaluation_periods=minutes,", "evaluation_periods=self._minutes if minutes is None else minutes,"),
    ),
    "manifest/tables/api_members.toml": after(
        "[Alarms]\n", add='minutes = { members = ["cloudwatch PutMetricAlarmInput.EvaluationPeriods"] }\n'
    ),
    "tests/constructs/test_endpoint_alarms.py": all_of(
        replace(
            "from modelyard.constructs.endpoint_alarms import EndpointAlarms\n",
            "import pytest\n\nfrom modelyard.constructs.endpoint_alarms import EndpointAlarms\n",
        ),
        after(
            "from modelyard.constructs.endpoint_alarms import EndpointAlarms\n",
            add="from modelyard.manifest.problems import Invalid\n",
        ),
        lambda before: before + TEST,
    ),
}


def test_the_recipe_names_every_file_and_its_tests_pass(tmp_path: Path) -> None:
    copy_repository(tmp_path)

    changed = carry_out(tmp_path, EDITS, generate=GENERATED)

    assert changed == files_of_recipe(TITLE)
    tests = ("tests/constructs/test_endpoint_alarms.py", "tests/manifest/test_serving.py")
    run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-q", *tests)
    bounds = "tests/manifest/test_api_bounds.py"
    run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-q", bounds, "-k", "every or row or Alarms")
