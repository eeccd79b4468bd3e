import pytest

from modelyard.operations.cli.options import global_options_first


@pytest.mark.parametrize(
    "arguments",
    [
        ["--stage", "prod", "--json", "status", "churn"],
        ["status", "--stage", "prod", "churn", "--json"],
        ["status", "churn", "--stage", "prod", "--json"],
    ],
)
def test_what_all_commands_share_may_stand_anywhere(arguments: list[str]) -> None:
    assert global_options_first(arguments) == ["--stage", "prod", "--json", "status", "churn"]


def test_an_option_may_be_joined_to_its_value() -> None:
    assert global_options_first(["status", "--region=eu-west-1"]) == ["--region=eu-west-1", "status"]


def test_what_follows_two_hyphens_stays() -> None:
    assert global_options_first(["invoke", "--", "--json"]) == ["invoke", "--", "--json"]


def test_an_option_without_its_value_is_left_to_the_parser() -> None:
    assert global_options_first(["status", "--stage"]) == ["--stage", "status"]
