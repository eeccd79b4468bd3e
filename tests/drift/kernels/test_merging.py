"""What compiled code finds in records is what Python reads in them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.kernels.columns import ID, ID_END, LABEL, LABEL_END, LINE_END, RESPONSE, RESPONSE_END
from modelyard.drift.quality.chunks import chunk
from modelyard.drift.quality.merging import MergeCounts, Merger
from modelyard.drift.quality.pair_reader import PairReader
from modelyard.drift.quality.task import ProblemType, Task

TEXTS = ["0.5", "1", "1\n", "0.25\r\n", "", " ", "0.5,1", ',"a"', "0.5\n0.7", "a\\b", "é", "nan", '"1"', "\u2028"]


NAMES = ["a", "b", "", "é", 'quote"', "\\", 1, None]


def record(
    answer: str | None, name: object, inference: object, label: str | None, encoding: str, separators: tuple[str, str]
) -> str:
    """A record with the parts that are given; a label alone is a ground truth."""
    sides = {"endpointOutput": {"data": answer, "mode": "OUTPUT", "encoding": encoding}}
    parts: dict[str, object] = {"eventMetadata": {"eventId": name, "inferenceId": inference, "other": [{"a": {}}]}}
    if answer is not None:
        parts["captureData"] = sides
    if label is not None:
        parts["groundTruthData"] = {"data": label, "encoding": encoding}
    return json.dumps(parts, separators=separators, ensure_ascii=label == "1")


records = st.builds(
    record,
    answer=st.one_of(st.none(), st.sampled_from(TEXTS)),
    name=st.sampled_from(NAMES),
    inference=st.sampled_from(NAMES),
    label=st.one_of(st.none(), st.sampled_from(TEXTS)),
    encoding=st.sampled_from(["CSV", "JSON", "BASE64"]),
    separators=st.sampled_from([(",", ":"), (", ", ": "), ("\t,", " :\t")]),
)


broken = st.sampled_from(["", "{", "[]", "{}", '{"captureData": {}}', "\r", "nonsense", '{"a": 1} {"b": 2}'])


# compiling takes its time at first
quick = settings(deadline=None, max_examples=150)


lines = st.lists(st.one_of(records, records, broken), max_size=12)


def both(text: bytes, task: Task) -> list[object]:
    found: list[object] = []
    for compiled in (False, True):
        reader = PairReader(task=task)
        reader.add_merged(chunk=chunk(text=text, compiled=compiled))
        pairs, reading = reader.finish()
        found.append((str(pairs), sorted(reading.unreadable.items())))
    return found


@pytest.mark.parametrize("place", ["0", "1"])
@quick
@given(texts=lines)
def test_merged_lines_are_compared_alike(place: str, texts: list[str]) -> None:
    text = "\n".join(texts).encode(errors="surrogatepass")
    by_python, by_compiled = both(text, Task(problem=ProblemType.REGRESSION, inference=place))
    assert by_python == by_compiled


def merged(captures: bytes, truth: bytes, folder: Path, *, compiled: bool) -> tuple[list[bytes], MergeCounts]:
    (folder / "captures.jsonl").write_bytes(captures)
    (folder / "truth.jsonl").write_bytes(truth)
    merger = Merger(captures=folder / "captures.jsonl", ground_truth=folder / "truth.jsonl")
    merger.compiled = compiled
    return [line for found in merger.merged_lines() for line in found.text.splitlines()], merger.counts


@quick
@given(captures=lines, truth=lines, end=st.sampled_from(["\n", "\r\n"]))
def test_captures_are_merged_alike(
    tmp_path_factory: pytest.TempPathFactory, captures: list[str], truth: list[str], end: str
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    first, second = (end.join(texts).encode() for texts in (captures, truth))
    by_python, said = merged(first, second, folder, compiled=False)
    by_compiled, same = merged(first, second, folder, compiled=True)
    assert [json.loads(line) for line in by_compiled] == [json.loads(line) for line in by_python]
    assert same == said


def test_plain_lines_are_found_without_python(
    captured_line: Callable[..., str], label_line: Callable[..., str]
) -> None:
    text = "\n".join([captured_line("a", "0.5\n", inference="order"), label_line("b", "1")]).encode()
    found = chunk(text=text, compiled=True)
    first, second = found.rows
    assert (text[first[ID] : first[ID_END]], text[first[RESPONSE] : first[RESPONSE_END]]) == (b"order", b"0.5")
    assert (text[second[ID] : second[ID_END]], text[second[LABEL] : second[LABEL_END]]) == (b"b", b"1")
    assert min(first[LINE_END], second[LINE_END]) > 0
