from support.plans import kinds, predict
from support.templates import definition, schedule


def test_a_running_check_is_certain_only_when_one_runs() -> None:
    old = {"Definition": definition(), "Schedule": schedule()}
    new = {"Definition": definition(RoleArn="other"), "Schedule": schedule()}
    running = predict(old, new, running=frozenset({"dev-churn-data-quality"}))
    assert [(one.kind, one.certain) for one in running.blockers] == [("running check", True)]
    assert kinds(old, new) == [("running check", False)]
