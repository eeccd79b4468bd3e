"""Words for numbers."""


def counted(number: int, what: str) -> str:
    """Return so many of them: `0 objects`, `1 object`, `1,000 objects`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
