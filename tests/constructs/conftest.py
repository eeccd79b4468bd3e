"""What the tests of constructs share."""

import pytest

from support.small_stack import SmallStack


@pytest.fixture
def small() -> SmallStack:
    """A stack with nothing in it yet."""
    return SmallStack()
