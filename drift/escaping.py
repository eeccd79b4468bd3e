"""Text from outside as a terminal, Markdown and HTML may be given it: nothing in it acts, and nothing is invisible.

Names of columns, objects, jobs and files, and what services and scripts say, may hold any character. Each kind of
output has one function here; none of them is applied to what another has made.
"""

import html
import re
import unicodedata

# What may stand where a text has several lines.
LAYOUT = "\n\t"
# Controls (also of terminals), formats (also of direction), halves of pairs, and breaks of lines and paragraphs.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# A backslash before what could be read as an escape is doubled, so that different texts stay different.
PERHAPS_UNSEEN = re.compile(r"(\\*)([^ -~])|\\+(?=u[0-9a-f]{4}|U[0-9a-f]{8})")
# Whatever CommonMark, GitHub or GitLab give a meaning anywhere in a line, and what begins a block at its start.
MARKDOWN = re.compile(
    r"[\\`*_\[\]<>|&~$@#]|:(?=//|[\w+-]+:)|(?<=www)\."
    r"|^ |^[-+=](?=[-+=\s]|$)|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d{3})[.)]",
    re.IGNORECASE,
)


def for_terminal(text: str, *, kept: str = "") -> str:
    r"""Return the text with each invisible character as `\uXXXX`, but those that are `kept`."""
    if text.isprintable() and "\\" not in text:
        return text
    return PERHAPS_UNSEEN.sub(lambda found: _visible(found, kept=kept), text)


def _visible(found: re.Match[str], *, kept: str) -> str:
    backslashes, character = found.groups()
    if character is None:
        return found[0] * 2
    if character in kept or unicodedata.category(character) not in UNSEEN:
        return found[0]
    return backslashes * 2 + _unicode_escape(character)


def _unicode_escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def for_markdown(text: str) -> str:
    """Return the text as one line of Markdown that shows it and nothing else, also in a cell of a table."""
    return MARKDOWN.sub(lambda found: _escaped(found[0]), for_terminal(text))


def as_markdown_code(text: str) -> str:
    """Return the text as a code span, also for a cell of a table: nothing in it ends the span."""
    return f"`{for_terminal(text).replace('`', _unicode_escape('`')).replace('|', _unicode_escape('|'))}`"


def _escaped(character: str) -> str:
    if character in "@#":
        # no backslash keeps these platforms from making a mention or a reference of it
        return f"{character}<!-- -->"
    return "&#32;" if character == " " else f"\\{character}"


def for_html(text: str) -> str:
    """Return the text as HTML, for an element's content or a quoted attribute."""
    return html.escape(for_terminal(text))
