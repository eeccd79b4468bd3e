"""What a handler of a type reads of its properties, and what it leaves unread."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from modelyard.rehearsal.cloud.unused_properties import Handlers, UnusedProperties

Read = Callable[[dict[str, Any]], object]
PROPERTIES = {
    "Name": "alerts",
    "Logging": {"Level": "ALL", "Groups": [{"Arn": "one"}, {"Arn": "two", "Kind": "own"}]},
    "Actions": ["tell", "stop"],
}
ALL = ["Actions[]", "Logging.Groups[].Arn", "Logging.Groups[].Kind", "Logging.Level", "Name"]


def unread(read: Read) -> list[str]:
    """Return what is unread after a handler has read of the properties as `read` does."""

    def create(_logical_id: str, properties: dict[str, Any], _stack: str) -> tuple[str, dict[str, Any]]:
        read(properties)
        return "id", {}

    handlers: Handlers = {"Some::Type": {"create": create}}
    counting = UnusedProperties()
    counting.install(handlers=handlers)
    assert handlers["Some::Type"]["create"]("Id", PROPERTIES, "stack") == ("id", {})
    return counting.by_type().get("Some::Type", [])


@pytest.mark.parametrize(
    ("read", "left"),
    [
        (lambda given: None, ALL),
        (lambda given: given["Name"], ALL[:-1]),
        (lambda given: given.get("Name"), ALL[:-1]),
        (lambda given: given.get("Other", "none"), ALL),
        (lambda given: given.pop("Name"), ALL[:-1]),
        (lambda given: given.pop("Other", None), ALL),
        (lambda given: given["Actions"], ALL[1:]),
        (
            lambda given: given["Logging"]["Level"],
            ["Actions[]", "Logging.Groups[].Arn", "Logging.Groups[].Kind", "Name"],
        ),
        (lambda given: [one["Arn"] for one in given["Logging"]["Groups"]], ["Actions[]", ALL[2], ALL[3], "Name"]),
    ],
    ids=["nothing", "item", "get", "get another", "pop", "pop another", "list", "nested", "in a list"],
)
def test_what_is_asked_for_is_read_and_nothing_else(read: Read, left: list[str]) -> None:
    assert unread(read) == left


@pytest.mark.parametrize(
    "read",
    [
        lambda given: json.dumps(given),
        lambda given: copy.deepcopy(given),
        lambda given: given.copy(),
        lambda given: dict(given),
        lambda given: {**given},
        lambda given: list(given.values()),
        lambda given: {name: value for name, value in given.items()},  # noqa: C416 - this way is the case
    ],
    ids=["json", "deepcopy", "copy", "dict", "stars", "values", "items"],
)
def test_whoever_takes_all_reads_all(read: Read) -> None:
    assert unread(read) == []


@pytest.mark.parametrize("read", [list, lambda given: "Name" in given, len], ids=["names", "in", "len"])
def test_to_ask_which_properties_there_are_is_not_to_read_them(read: Read) -> None:
    assert unread(read) == ALL


def test_a_container_that_is_handed_on_unopened_is_read_wholly() -> None:
    assert unread(lambda given: given["Logging"]) == ["Actions[]", "Name"]


def test_the_properties_are_those_of_the_template() -> None:
    assert unread(lambda given: given == PROPERTIES or pytest.fail("they differ")) == ALL


def test_what_is_read_after_the_resource_was_made_is_not_counted() -> None:
    kept: list[dict[str, Any]] = []
    counting = UnusedProperties()
    handlers: Handlers = {"Some::Type": {"create": lambda _id, given, _stack: kept.append(given)}}
    counting.install(handlers=handlers)
    handlers["Some::Type"]["create"]("Id", PROPERTIES, "stack")
    assert kept[0]["Name"] == "alerts"
    assert counting.by_type() == {"Some::Type": ALL}


def test_what_was_read_before_a_resource_failed_is_counted() -> None:
    counting = UnusedProperties()
    handlers: Handlers = {"Some::Type": {"create": lambda _id, given, _stack: given["Name"] / 0}}
    counting.install(handlers=handlers)
    with pytest.raises(TypeError):
        handlers["Some::Type"]["create"]("Id", PROPERTIES, "stack")
    assert counting.by_type() == {"Some::Type": ALL[:-1]}


def test_a_property_that_another_resource_has_read_counts_as_read() -> None:
    handlers: Handlers = {"Some::Type": {"create": lambda _id, given, _stack: (given["Name"], {})}}
    counting = UnusedProperties()
    counting.install(handlers=handlers)
    for properties in ({"Name": "one"}, {"Name": "two", "Kind": "own"}):
        handlers["Some::Type"]["create"]("Id", properties, "stack")
    assert counting.by_type() == {"Some::Type": ["Kind"]}
