"""Names are found in any case, as AWS finds them, and kept as they were given."""

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Store, Table


@pytest.fixture
def table() -> Table:
    table = Store().table("EndpointConfig")
    table.add("My-Config", {"Name": "My-Config"})
    return table


@pytest.mark.parametrize("name", ["My-Config", "my-config", "MY-CONFIG"])
def test_a_name_is_found_in_any_case(table: Table, name: str) -> None:
    assert table.get(name) == {"Name": "My-Config"}


def test_a_name_is_listed_as_it_was_given(table: Table) -> None:
    assert table.names() == ["My-Config"]
    assert table.documents() == [{"Name": "My-Config"}]


def test_a_name_in_another_case_is_taken(table: Table) -> None:
    with pytest.raises(ServiceError, match="EndpointConfig with name my-config already exists; choose another name"):
        table.add("my-config", {})


def test_a_name_in_another_case_is_removed(table: Table) -> None:
    assert table.remove("my-config") == {"Name": "My-Config"}
    assert table.find("My-Config") is None


def test_a_name_that_there_is_not_is_not_found(table: Table) -> None:
    with pytest.raises(ServiceError, match='Could not find EndpointConfig "other"'):
        table.remove("other")
