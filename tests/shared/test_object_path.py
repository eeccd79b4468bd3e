from pathlib import Path

import pytest

from modelyard.shared.object_path import object_path, object_paths, path_below

FOLDER = Path("/folder")


@pytest.mark.parametrize(
    ("prefix", "key", "path"),
    [
        ("data/", "data/a.csv", "a.csv"),
        ("data", "data/deep/a.csv", "deep/a.csv"),
        ("data/a.csv", "data/a.csv", "a.csv"),
        ("data/pa", "data/part-1.csv", "part-1.csv"),
        ("", "data/a.csv", "data/a.csv"),
        ("data", "data/a#b?c", "a#b?c"),
        ("data", "data/%2e%2e/a", "%2e%2e/a"),
        ("data", "data/...", "..."),
        ("data", "data/a\\..\\b", "a\\..\\b"),
    ],
)
def test_an_object_keeps_its_path_below_the_prefix(prefix: str, key: str, path: str) -> None:
    assert object_path(folder=FOLDER, key=key, prefix=prefix) == FOLDER / path


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("data/../../etc/passwd", r"has an illegal char sub-sequence '\.\.' in it; give it another name"),
        ("data/a/..", r"has an illegal char sub-sequence '\.\.'"),
        ("data/./a", r"has an illegal char sub-sequence '\.'"),
        ("data/a//b", "has an illegal char sub-sequence '//'"),
        ("data//etc/passwd", "has an illegal char sub-sequence '//'"),
        ("data/", "has an illegal char sub-sequence '//'"),
        ("data/a\0b", "has a control character"),
        ("data/a\nb", "has a control character"),
        ("data/a\x7fb", "has a control character"),
        ("data/a\x9bb", "has a control character"),
        ("data/a\udc80", "has a surrogate"),
        (f"data/{'ü' * 128}", "has a part of 256 bytes, and a file's name may have at most 255"),
        (f"data/{'a/' * 2100}a", "makes a path of 4,[0-9]+ bytes, and it may have at most"),
    ],
)
def test_a_key_that_no_file_below_the_folder_can_have_is_refused(key: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"S3 key 'data/.*{sentence}"):
        object_path(folder=FOLDER, key=key, prefix="data")


def test_the_longest_name_of_a_file_is_taken() -> None:
    assert object_path(folder=FOLDER, key="a" * 255) == FOLDER / ("a" * 255)


def test_a_name_of_another_kind_is_refused_as_what_it_is() -> None:
    with pytest.raises(ValueError, match=r"channel '\.\.' has an illegal char sub-sequence"):
        path_below(folder=FOLDER, name="..", what="channel '..'")


def test_all_objects_of_a_prefix_have_paths_but_the_markers_of_folders() -> None:
    keys = ["data/", "data/a", "data/deep/", "data/deep/b"]
    assert object_paths(folder=FOLDER, keys=keys, prefix="data/") == {
        "data/a": FOLDER / "a",
        "data/deep/b": FOLDER / "deep" / "b",
    }


@pytest.mark.parametrize("keys", [["data/a", "data/a/b/c"], ["data/a/b/c", "data/a"]])
def test_a_file_where_a_folder_is_needed_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="S3 key 'data/a' is a file where 'data/a/b/c' needs a folder"):
        object_paths(folder=FOLDER, keys=keys, prefix="data")


def test_two_objects_that_would_be_one_file_are_refused() -> None:
    with pytest.raises(ValueError, match="S3 keys 'data' and 'data/data' would be one file"):
        object_paths(folder=FOLDER, keys=["data", "data/data"], prefix="data")


def test_the_same_key_twice_is_one_file() -> None:
    assert len(object_paths(folder=FOLDER, keys=["a", "a"])) == 1
