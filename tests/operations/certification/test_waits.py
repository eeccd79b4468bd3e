"""Calls without the waits among them."""

from modelyard.operations.certification.record import Call
from modelyard.operations.certification.waits import condensed, states_of
from support.records import call


def named(state: str, *, name: str = "<name-1>", operation: str = "DescribeJob") -> Call:
    return call(operation, parameters={"Name": name}, answer={"Status": state})


def test_a_question_that_is_asked_again_and_again_is_its_last_answer() -> None:
    found = condensed([named("Waiting"), named("Running"), named("Running"), named("Done")])
    assert [one.answer for run in found.runs for one in run.calls] == [{"Status": "Done"}]
    assert {state for _, _, state in found.waiting} == {"Waiting", "Running"}
    assert found.dropped == 3


def test_a_cycle_of_questions_is_its_last_turn() -> None:
    listed, read = call("ListFiles", answer={"Files": []}), call("GetFile", parameters={"Key": "<name-1>"})
    found = condensed([listed, read, listed, read, listed, read])
    assert [run.name for run in found.runs] == ["sagemaker ListFiles", "sagemaker GetFile"]


def test_the_same_question_about_several_things_is_one_run_of_calls() -> None:
    found = condensed([named("Done", name="<name-1>"), named("Done", name="<name-2>")])
    assert [len(run.calls) for run in found.runs] == [2]
    assert found.dropped == 0


def test_what_changes_something_is_never_left_out_as_a_turn_of_a_cycle() -> None:
    calls = [call("CreateThing", parameters={"Name": f"<name-{number}>"}) for number in range(2)]
    found = condensed([calls[0], call("ListThings"), calls[1], call("ListThings")])
    assert [run.name.split()[1] for run in found.runs] == ["CreateThing", "ListThings", "CreateThing", "ListThings"]


def test_states_are_found_wherever_they_stand_in_an_answer() -> None:
    answer = {"Stacks": [{"StackStatus": "OK", "Name": "<name-1>"}], "Job": {"State": "On"}}
    assert list(states_of(call("Describe", answer=answer))) == [
        ("sagemaker Describe", "Stacks[].StackStatus", "OK"),
        ("sagemaker Describe", "Job.State", "On"),
    ]
