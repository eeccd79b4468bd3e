"""A labelling session of a few records, and the server of its page."""

import base64
import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np

from modelyard.operations.labelling.journal import Item, Journal, Session, begin_or_resume
from modelyard.operations.labelling.page_server import LabelServer
from modelyard.operations.labelling.question import Question

REASONS = ("random", "uncertain", "drifted", "held")
# What a page must show and never run.
HOSTILE = "<img src=x onerror=alert(1)>"
NAMES = ("day_mins", "eve_mins", "night_mins", "intl_mins", "custserv_calls", "state", HOSTILE)


def session(*, classes: tuple[str, ...] = ("no", "yes"), count: int = 4, picture: bool = False) -> Session:
    items = tuple(
        Item(
            id=f"id-{number}",
            reason=REASONS[number % len(REASONS)],
            time="2026-11-22T10:00:00Z",
            source=f"{number},2",
            cells={name: f"{number + place}.5" for place, name in enumerate(NAMES)} | {"missing": None},
            answer=f"0.7{number}",
            certainty=0.7 + number / 100,
            picture=_picture() if picture else None,
        )
        for number in range(count)
    )
    return Session(
        model="mine",
        endpoint="dev-mine",
        attribute="sold",
        began="2026-11-22T11:00:00Z",
        seed=1,
        classes=classes,
        items=items,
    )


@contextlib.contextmanager
def label_server(folder: Path, session: Session) -> Iterator[tuple[LabelServer, Journal]]:
    """Serve the page of a session whose journal lies in a folder."""
    with (
        begin_or_resume(folder / "labels.journal", begin=session) as journal,
        LabelServer(journal=journal, question=Question(classes=session.classes)) as server,
    ):
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server, journal
        finally:
            server.shutdown()


def _picture() -> str:
    content = io.BytesIO()
    np.save(content, np.add.outer(np.arange(28), np.arange(28)).astype(np.float64))
    return base64.b64encode(content.getvalue()).decode()
