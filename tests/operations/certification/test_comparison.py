"""Two records: each difference by resource and property, and nothing that is none."""

from typing import Any

import pytest

from modelyard.operations.certification.comparison import Comparison, compared, pages_of
from modelyard.operations.certification.record import History, Record, Resource
from modelyard.operations.failures import Failure
from support.records import call, event, record


def differences(theirs: Record, ours: Record) -> list[tuple[str, str, str, str]]:
    found = compared(theirs=theirs, ours=ours).differences
    return [(one.resource, one.property, one.theirs, one.ours) for one in found]


def test_a_call_more_a_call_less_and_a_call_that_moved_are_told_apart() -> None:
    a, b, c = call("CreateA"), call("CreateB"), call("CreateC")
    assert differences(record(calls=[a, b]), record(calls=[a])) == [("sagemaker CreateB", "call", "called", "nothing")]
    assert differences(record(calls=[a]), record(calls=[a, b])) == [("sagemaker CreateB", "call", "nothing", "called")]
    ((resource, what, _, _),) = differences(record(calls=[b, c, a]), record(calls=[a, b, c]))
    assert (resource, what) == ("sagemaker CreateA", "order")


def test_how_often_something_is_read_is_no_difference_and_is_counted() -> None:
    read = [call("GetFile", parameters={"Key": f"<name-{number}>"}) for number in range(3)]
    found = compared(theirs=record(calls=read), ours=record(calls=read[:1]))
    assert found.differences == ()
    assert found.uncompared["further calls that only read"] == 2


def test_how_often_something_is_changed_is_a_difference() -> None:
    made = [call("DeleteTrial", parameters={"Name": f"<name-{number}>"}) for number in range(3)]
    assert differences(record(calls=made), record(calls=made[:2])) == [("sagemaker DeleteTrial", "calls", "3", "2")]


def test_an_error_differs_in_status_code_and_text() -> None:
    ours = call(code="ValidationException", text='Could not find "<name-1>"')
    theirs = call(code="ResourceNotFound", text='No "<name-1>"', status=404)
    assert differences(record(calls=[theirs]), record(calls=[ours])) == [
        ("sagemaker DescribeModel", "status", "404", "400"),
        ("sagemaker DescribeModel", "error code", "ResourceNotFound", "ValidationException"),
        ("sagemaker DescribeModel", "error text", 'No "<name-1>"', 'Could not find "<name-1>"'),
    ]


def test_an_answer_where_there_was_an_error_is_a_difference() -> None:
    theirs, ours = call(answer={"A": 1}), call(code="ValidationException", text="")
    assert [what for _, what, _, _ in differences(record(calls=[theirs]), record(calls=[ours]))] == [
        "status",
        "error code",
        "error text",
    ]


def test_of_what_comes_in_pages_neighbours_that_are_alike_count_once() -> None:
    assert pages_of("s3", "ListObjectsV2") == {"Contents", "CommonPrefixes"}
    assert pages_of("sagemaker-runtime", "InvokeEndpoint") == frozenset()
    listed = [{"Key": f"<name-{number}>"} for number in range(3)]
    theirs = call("ListObjectsV2", service="s3", answer={"Contents": listed, "KeyCount": 3})
    ours = call("ListObjectsV2", service="s3", answer={"Contents": listed[:1], "KeyCount": 1})
    assert differences(record(calls=[theirs]), record(calls=[ours])) == []


@pytest.mark.parametrize(
    ("theirs", "what"),
    [
        ([event("CREATE_IN_PROGRESS"), event("CREATE_IN_PROGRESS", "Initiated"), event("CREATE_COMPLETE")], "item"),
        ([event("CREATE_COMPLETE"), event("CREATE_IN_PROGRESS")], "order"),
        ([event("CREATE_COMPLETE")], "item"),
        ([event("CREATE_IN_PROGRESS"), event("CREATE_COMPLETE", "at last")], "[1].reason"),
    ],
)
def test_events_of_a_resource_are_compared_in_their_order(theirs: list[Any], what: str) -> None:
    ours = [event("CREATE_IN_PROGRESS"), event("CREATE_COMPLETE")]
    ((resource, found, _, _),) = differences(record(events=theirs), record(events=ours))
    assert resource == "foundation AWS::S3::Bucket Data"
    assert found.endswith(what)


def test_the_order_of_events_of_different_resources_is_no_difference_and_is_counted() -> None:
    one, other = event("CREATE_COMPLETE", resource="One"), event("CREATE_COMPLETE", resource="Other")
    found = compared(theirs=record(events=[one, other]), ours=record(events=[other, one]))
    assert found.differences == ()
    assert found.uncompared["orders of events of different resources"] == 1


def test_the_same_event_again_is_a_wait() -> None:
    once = [event("DELETE_IN_PROGRESS"), event("DELETE_COMPLETE")]
    assert differences(record(events=[once[0], *once]), record(events=once)) == []


def test_states_of_a_history_are_compared_in_their_order() -> None:
    ours = [History(subject="training", states=("First", "Second"))]
    theirs = [History(subject="training", states=("Second", "First"))]
    ((resource, what, _, _),) = differences(record(histories=theirs), record(histories=ours))
    assert (resource, what) == ("training", "states, order")


def test_a_history_that_only_one_has_is_a_difference() -> None:
    theirs = [History(subject="training, Wait", states=("WaitStateEntered",))]
    assert differences(record(histories=theirs), record()) == [
        ("training, Wait", "states, item", "WaitStateEntered", "nothing")
    ]


def test_an_endpoint_s_states_count_once_for_the_life_and_at_the_end_of_a_step() -> None:
    def seen(*states: str) -> Record:
        return record(histories=[History(subject="endpoint", states=states)])

    assert differences(seen("Creating", "InService"), seen("InService", "Creating", "InService")) == []
    assert differences(seen("SystemUpdating", "InService"), seen("InService")) == [
        ("endpoint", "states", "SystemUpdating", "nothing")
    ]
    assert ("endpoint", "states[0]", "Failed", "InService") in differences(seen("Failed"), seen("InService"))
    assert ("endpoint", "states", "nothing", "InService") in differences(seen("Failed"), seen("InService"))


def test_a_state_that_only_one_has_seen_while_it_waited_is_a_difference() -> None:
    def waited(*states: str) -> Record:
        return record(calls=[call("DescribeStack", answer={"Status": state}) for state in states])

    ours = waited("DELETE_IN_PROGRESS", "DELETE_COMPLETE")
    more = waited("DELETE_IN_PROGRESS", "DELETE_WAITING", "DELETE_COMPLETE")
    assert differences(more, ours) == [("sagemaker DescribeStack", "Status", "DELETE_WAITING", "nothing")]
    assert differences(ours, more) == [("sagemaker DescribeStack", "Status", "nothing", "DELETE_WAITING")]


def test_a_resource_that_is_not_gone_or_not_there_is_a_difference() -> None:
    def kept(*, gone: bool | None) -> Resource:
        return Resource(stack="foundation", resource="Data", kind="AWS::S3::Bucket", gone=gone, said="404")

    bucket = "foundation AWS::S3::Bucket Data"
    ours = record(resources=[kept(gone=True)])
    assert differences(record(resources=[kept(gone=False)]), ours) == [(bucket, "gone", "False", "True")]
    assert differences(record(), ours) == [(bucket, "gone", "nothing", "True")]


def test_a_step_that_was_not_reached_or_ended_otherwise_is_one_difference() -> None:
    ours = record()
    assert differences(record(steps=()), ours) == [("step", "outcome", "nothing", "done")]
    failed = record()
    failed.steps[0].outcome = "failed"
    assert differences(failed, ours) == [("step", "outcome", "failed", "done")]


def test_records_of_different_manifests_are_not_compared() -> None:
    with pytest.raises(Failure, match="must be of one manifest, got other and abc; rehearse the manifest that was"):
        compared(theirs=record(manifest="other"), ours=record())


def test_another_sdk_is_said() -> None:
    found = compared(theirs=record(sdk="2"), ours=record())
    assert found.uncompared == {"members that only one of boto3 2 and 1 knows": 1}


def test_a_comparison_says_how_much_was_compared_and_what_was_not() -> None:
    said = Comparison(differences=(), compared={"calls": 1200}, uncompared={}).rendered
    assert said == ["0 differences in 1,200 calls", "Not compared: nothing"]
