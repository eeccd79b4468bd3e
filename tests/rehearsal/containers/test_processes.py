import pytest

from modelyard.rehearsal.containers.processes import last_words


def test_the_last_words_are_the_last_line_that_is_not_blank() -> None:
    assert last_words(["starting", "channel train is missing", ""]) == "channel train is missing"


def test_the_last_words_of_a_traceback_are_the_whole_exception() -> None:
    lines = [
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "    f()",
        "ValueError: one",
        "and two",
    ]

    assert last_words(lines) == "ValueError: one\nand two"


FRAMES = ("Traceback (most recent call last):", '  File "x.py", line 1', "    f()")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            ["XGBoostError: label has NaN", "Stack trace:", "  [bt] (0) libxgboost.so"],
            "XGBoostError: label has NaN\nStack trace:\n  [bt] (0) libxgboost.so",
        ),
        (
            ["ValueError: two", "x.py:3: UserWarning: old", "  warn()"],
            "ValueError: two\nx.py:3: UserWarning: old\n  warn()",
        ),
        (
            [
                "KeyError: 'a'",
                "During handling of the above exception, another exception occurred:",
                *FRAMES,
                "ValueError: b",
            ],
            "ValueError: b",
        ),
        (["ValueError: c", "Exception ignored in: <function F.__del__>", *FRAMES, "OSError: closed"], "ValueError: c"),
        ([], "f()"),
    ],
)
def test_the_last_words_are_never_those_of_what_is_printed_below_an_exception(after: list[str], said: str) -> None:
    assert last_words([*FRAMES, *after]) == said


def test_an_exception_that_was_ignored_is_better_than_nothing() -> None:
    assert last_words(["Exception ignored in: <function F.__del__>", *FRAMES, "OSError: closed"]) == "OSError: closed"
