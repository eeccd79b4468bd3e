"""Whether a page is well formed."""

from html.parser import HTMLParser

# Elements without content, and those of drawings that end in themselves.
EMPTY = ("meta", "path", "polyline", "circle")


class Tags(HTMLParser):
    """Counts the tags that are open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag


def open_tags(text: str) -> list[str]:
    """Return the tags that a page leaves open; fails where one is closed that is not the last."""
    tags = Tags()
    tags.feed(text)
    return tags.open
