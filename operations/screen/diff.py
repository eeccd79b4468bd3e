"""A unified diff for eyes."""

from rich.text import Text

from modelyard.drift.line_breaks import split_lines

STYLES = {"+": "green", "-": "red", "@": "cyan"}


def render_diff(diff: str) -> Text:
    """Return the lines as they are, for `patch` takes them so: green what comes, red what goes."""
    return Text("\n").join(Text(line, style=STYLES.get(line[:1], "")) for line in split_lines(diff))
