import pytest

from modelyard.operations.screen.words import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 bytes"), (1, "1 byte"), (1000, "1,000 bytes")])
def test_one_of_a_thing_is_no_plural(number: int, said: str) -> None:
    assert counted(number, "byte") == said
