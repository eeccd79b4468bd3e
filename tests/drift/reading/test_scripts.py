from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.scripts import load_preprocessor, run_postprocessor
from modelyard.drift.reading.source import Format, Source, profiled

Line = Callable[..., str]


@pytest.fixture
def preprocessed(tmp_path: Path, capture_line: Line) -> Callable[[str], Profile]:
    """Profile two captured records through a preprocessor of this code."""

    def profile(code: str) -> Profile:
        (tmp_path / "script.py").write_text(code)
        (tmp_path / "data").mkdir()
        lines = [capture_line("0.1", "5,a"), capture_line("0.9", "6,b")]
        (tmp_path / "data" / "a.jsonl").write_text("\n".join(lines))
        preprocessor = load_preprocessor(script=tmp_path / "script.py")
        return profiled(source=Source(path=tmp_path / "data", format=Format.CAPTURE, preprocessor=preprocessor))

    return profile


def test_a_dict_is_a_row_with_its_columns_in_alphabetical_order(
    preprocessed: Callable[[str], Profile],
) -> None:
    profile = preprocessed("def preprocess_handler(record):\n    return {'b': 1, 'a': 'x'}\n")
    assert ([feature.name for feature in profile.features], profile.rows) == (["a", "b"], 2)


def test_a_list_of_dicts_is_several_rows(preprocessed: Callable[[str], Profile]) -> None:
    assert preprocessed("def preprocess_handler(record):\n    return [{'a': 1}, {'a': 2}]\n").rows == 4


def test_an_empty_list_drops_the_record_and_is_counted(preprocessed: Callable[[str], Profile]) -> None:
    profile = preprocessed(
        "def preprocess_handler(record):\n    return [] if record.endpoint_output.data == '0.1' else {'a': 1}\n"
    )
    assert (profile.rows, profile.reading.dropped_by_preprocessor) == (1, 1)


@pytest.mark.parametrize(
    "expression",
    [
        "record.event_data.endpoint_input.data",
        "record.event_data.endpointInput.data",
        "record.endpoint.endpoint_input.data",
        "record.endpoint_input.data",
    ],
)
def test_the_request_is_reached_by_every_name_of_the_contract(
    preprocessed: Callable[[str], Profile], expression: str
) -> None:
    profile = preprocessed(f"def preprocess_handler(record):\n    return {{'a': {expression}}}\n")
    assert profile.features[0].categories == {"5,a": 1, "6,b": 1}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("record.event_data.endpointOutput.encoding", "CSV"),
        ("record.event_data.endpoint_output.observed_content_type", "text/csv"),
        ("record.event_data.batch_transform_output.mode", "OUTPUT"),
        ("record.event_metadata.event_id", "3f6c"),
        ("record.event_metadata.event_time", "2026-06-12T10:33:28Z"),
        ("record.event_version", "0"),
    ],
)
def test_the_other_attributes_of_the_contract_are_there(
    preprocessed: Callable[[str], Profile], expression: str, value: str
) -> None:
    profile = preprocessed(f"def preprocess_handler(record):\n    return {{'a': {expression}}}\n")
    assert profile.features[0].categories == {value: 2}


def test_a_handler_of_two_arguments_is_given_a_logger(preprocessed: Callable[[str], Profile]) -> None:
    code = "def preprocess_handler(record, logger):\n    logger.info('seen')\n    return {'a': logger.name}\n"
    assert preprocessed(code).features[0].categories == {"modelyard.drift.preprocessor": 2}


@pytest.mark.parametrize("returned", ["None", "{}", "5", "[None]", "['a']"])
def test_anything_else_is_an_error_in_the_analyzers_words(
    preprocessed: Callable[[str], Profile], returned: str
) -> None:
    with pytest.raises(DriftError, match=r"Preprocess Handler not implemented correctly in customer script\."):
        preprocessed(f"def preprocess_handler(record):\n    return {returned}\n")


def test_a_handler_that_raises_is_an_error_with_its_cause(preprocessed: Callable[[str], Profile]) -> None:
    with pytest.raises(DriftError, match="ZeroDivisionError"):
        preprocessed("def preprocess_handler(record):\n    return 1 / 0\n")


def test_a_script_without_a_handler_is_refused(preprocessed: Callable[[str], Profile]) -> None:
    with pytest.raises(DriftError, match="must define preprocess_handler, it does not"):
        preprocessed("x = 1\n")


def test_a_script_that_does_not_run_is_refused(preprocessed: Callable[[str], Profile]) -> None:
    with pytest.raises(DriftError, match=r"cannot be run .SyntaxError"):
        preprocessed("def (")


def test_a_script_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="does not exist; give the path of a Python script"):
        load_preprocessor(script=tmp_path / "none.py")


def test_lines_of_a_baseline_may_go_through_a_preprocessor(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "def preprocess_handler(record):\n    return {'a': record.endpoint_input.data.split(';')[0]}\n"
    )
    (tmp_path / "data.txt").write_text("5;x\n6;y\n")
    preprocessor = load_preprocessor(script=tmp_path / "script.py")
    source = Source(path=tmp_path / "data.txt", format=Format.CSV, preprocessor=preprocessor)
    assert profiled(source=source).features[0].categories == {"5": 1, "6": 1}


def test_the_postprocessor_runs(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        f"def postprocess_handler():\n    open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    )
    run_postprocessor(script=tmp_path / "script.py")
    assert (tmp_path / "ran").exists()


def test_a_postprocessor_that_raises_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("def postprocess_handler():\n    raise ValueError('no')\n")
    with pytest.raises(DriftError, match=r"failed .ValueError: no"):
        run_postprocessor(script=tmp_path / "script.py")
