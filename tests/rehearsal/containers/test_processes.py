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
