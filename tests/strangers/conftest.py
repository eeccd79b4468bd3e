"""How long the quiet time of the strangers' tests is."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `pytest tests/strangers --days 7` watch a week in place of a day."""
    parser.addoption("--days", type=int, default=1, help="How many quiet days are watched, hour by hour.")
