"""Who may look at an app with a browser: whoever has a URL that was made for it, for as long as that lets."""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.rehearsal.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ticket:
    app: str
    ends: datetime
    session: timedelta


class Sessions:
    """The tokens of URLs, and the sessions that browsers have begun with them; each is of one app."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tickets: dict[str, _Ticket] = {}
        self._sessions: dict[str, _Ticket] = {}

    def make_token(self, *, app: str, seconds: int, session_seconds: int) -> str:
        """Return a token that begins sessions of an app within some seconds."""
        token = secrets.token_urlsafe(32)
        session = timedelta(seconds=session_seconds)
        ticket = _Ticket(app=app, ends=self._clock.now() + timedelta(seconds=seconds), session=session)
        with self._lock:
            self._tickets[token] = ticket
        return token

    def begin(self, *, app: str, token: str) -> str | None:
        """Return the key of a new session of an app, or None where the token is none of its or has expired."""
        now = self._clock.now()
        with self._lock:
            ticket = self._tickets.get(token)
            if ticket is None or ticket.app != app or now > ticket.ends:
                return None
            key = secrets.token_urlsafe(32)
            self._sessions[key] = _Ticket(app=app, ends=now + ticket.session, session=ticket.session)
        return key

    def holds(self, *, app: str, key: str) -> bool:
        """Whether a key is that of a session of an app that has not ended."""
        with self._lock:
            session = self._sessions.get(key)
        return session is not None and session.app == app and self._clock.now() <= session.ends

    def end(self, *, app: str) -> None:
        """End all that was made for an app that goes."""
        with self._lock:
            self._tickets = {token: one for token, one in self._tickets.items() if one.app != app}
            self._sessions = {key: one for key, one in self._sessions.items() if one.app != app}
