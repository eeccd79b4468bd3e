"""What a serving container is told."""

import pytest

from modelyard.manifest.problems import Invalid
from modelyard.manifest.serving import Serving, Variant
from modelyard.manifest.serving_container import MOST_VARIABLES, OWN_VARIABLES


def serving(*, script: str | None = None, program: str | None = None, environment: dict[str, str]) -> Serving:
    return Serving(
        variants=(Variant(name="primary"),),
        instance="ml.m5.large",
        script=script,
        program=program,
        environment=environment,
    )


def refusal(*, script: str | None = None, program: str | None = None, environment: dict[str, str]) -> str:
    with pytest.raises(Invalid) as refused:
        serving(script=script, program=program, environment=environment)
    return str(refused.value)


def test_a_script_and_a_program_of_the_archive_exclude_each_other() -> None:
    assert refusal(script="a/serve.py", program="inference.py", environment={}) == (
        'program must be left out beside script, got "inference.py"; '
        "name a script of the project, or the file that the model's archive holds"
    )


@pytest.mark.parametrize("program", ["code/inference.py", "inference", "../inference.py", "1st.py", "my-server.py"])
def test_a_program_is_a_module_at_the_top_of_code(program: str) -> None:
    assert refusal(program=program, environment={}) == (
        f'program must be the name of a .py file at the top of code/ in the model\'s archive, got "{program}"; '
        "such as inference.py"
    )


@pytest.mark.parametrize("name", OWN_VARIABLES)
def test_a_variable_that_templates_set_is_refused_by_name(name: str) -> None:
    assert refusal(environment={name: "mine"}) == (
        f'environment.{name} must be left out, as the template sets it, got "mine"; {OWN_VARIABLES[name]}'
    )


@pytest.mark.parametrize("name", ["1ST", "MY-KEY", "", "a" * 1025])
def test_a_variable_is_named_as_the_api_has_it(name: str) -> None:
    assert "environment must be names of letters, digits and _ that begin with no digit" in refusal(
        environment={name: "x"}
    )


def test_a_value_has_at_most_1024_characters() -> None:
    assert refusal(environment={"A": "x" * 1025}) == (
        'environment."A" must be at most 1024 characters, got 1025; shorten it'
    )


def test_there_is_room_for_the_templates_own_variables() -> None:
    most = {f"A{number}": "x" for number in range(MOST_VARIABLES)}

    assert serving(environment=most).environment == most
    assert f"environment must be a list of 0 to {MOST_VARIABLES}, got {MOST_VARIABLES + 1}" in refusal(
        environment={**most, "MORE": "x"}
    )


def test_names_and_values_have_at_most_32_kilobytes_together() -> None:
    assert refusal(environment={f"A{number}": "x" * 1022 for number in range(10, 43)}) == (
        "environment must be at most 32768 bytes of names and values, got 33825; "
        "put what is more into the model's archive"
    )
