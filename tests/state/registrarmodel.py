"""A registrar as RFC 3261 10.3 tells of it, written without regard to ours and to speed.

It decides what becomes of a REGISTER, writes the answer, and says what an observer has to report.
"""

from collections import Counter
from dataclasses import dataclass

from sipcm.clock import SECOND

DEFAULT = 3600
"""Seconds for which a contact is bound that asks for nothing, or for something unreadable."""


@dataclass
class Asked:
    """A contact in a REGISTER; *expires* is the text of the parameter, None without it."""

    uri: str
    expires: str | None

    def render(self) -> str:
        return f"<{self.uri}>" + ("" if self.expires is None else f";expires={self.expires}")

    def seconds(self, header: int | None) -> int:
        """Return the seconds that are wanted, *header* being those of the Expires header."""
        if self.expires is not None:
            return int(self.expires) if self.expires.isdigit() else DEFAULT
        return DEFAULT if header is None else header


@dataclass
class Bound:
    """A contact that the observer knows.

    It is *told* of once a reg-new was sent for it, and *leaving* while a reg-del is held back.
    *changed* is the number of its last change, of all changes.
    """

    aor: str
    uri: str
    until: int
    changed: int
    told: bool = True
    leaving: bool = False


def key_of(uri: str) -> str:
    """Return what is the same for equal URIs (19.1.4): the host is, in any case."""
    user, _, host = uri.partition("@")
    return f"{user}@{host.lower()}"


class RegistrarModel:
    """All bindings by AOR, *limit* of them at most; *grace* and *delay* are seconds."""

    def __init__(self, grace: int, delay: int, limit: int = 0) -> None:
        self.limit = limit
        self.changes = 0
        self.grace = grace
        self.delay = delay
        self.bound: dict[str, dict[str, Bound]] = {}
        self.unknown = 0
        """How many contacts may have been told to be gone that nobody had heard of."""

    def register(
        self,
        aor: str,
        asked: list[Asked],
        header: int | None,
        most: int,
        now: int,
        *,
        same_for_all: bool = False,
    ) -> tuple[list[tuple[str, int]], Counter[tuple[str, str, str]]]:
        """Do what a REGISTER asks for at *now*, granting *most* seconds, or just these.

        Return the contacts with the seconds that are granted, and the events.
        """
        known = self.bound.setdefault(aor, {})
        granted = []
        events: Counter[tuple[str, str, str]] = Counter()
        if [contact.uri for contact in asked] == ["*"]:
            self.unknown += not known
            for key in reversed(list(known)):
                self._remove(aor, key, now, events)
            if self.unknown and self.delay:
                self._hold(aor, "*", now + self.delay * SECOND, events, told=False, leaving=True)
            return [], events
        for contact in asked:
            seconds = min(contact.seconds(header), most)
            if seconds and same_for_all:
                seconds = most
            key = key_of(contact.uri)
            if seconds:
                granted.append((contact.uri, seconds))
                before = known.get(key)
                until = now + (seconds + self.grace) * SECOND
                if before is None or not before.told:
                    events["reg-new", aor, contact.uri] += 1
                self._hold(aor, contact.uri, until, events)
            elif key in known:
                self._remove(aor, key, now, events)
            else:
                self.unknown += 1
                if self.delay:
                    until = now + self.delay * SECOND
                    self._hold(aor, contact.uri, until, events, told=False, leaving=True)
        return granted, events

    def _hold(
        self,
        aor: str,
        uri: str,
        until: int,
        events: Counter[tuple[str, str, str]],
        *,
        told: bool = True,
        leaving: bool = False,
    ) -> None:
        """Keep a binding; a new one takes the place of one that leaves, else of the stalest."""
        self.changes += 1
        if key_of(uri) not in self.bound[aor] and self.limit and self.count() >= self.limit:
            every = [one for known in self.bound.values() for one in known.values()]
            gone = min(every, key=lambda one: (not one.leaving, one.changed))
            del self.bound[gone.aor][key_of(gone.uri)]
            if gone.told or not gone.leaving:
                events["reg-del" if gone.leaving else "action-log", gone.aor, gone.uri] += 1
            else:
                self.unknown += 1
        self.bound[aor][key_of(uri)] = Bound(aor, uri, until, self.changes, told, leaving)

    def _remove(self, aor: str, key: str, now: int, events: Counter[tuple[str, str, str]]) -> None:
        gone = self.bound[aor][key]
        if gone.leaving:
            return
        if self.delay:
            gone.leaving = True
            self.changes += 1
            gone.changed = self.changes
            gone.until = now + self.delay * SECOND
            return
        del self.bound[aor][key]
        events["reg-del", aor, gone.uri] += 1

    def pass_time(self, now: int) -> Counter[tuple[str, str, str]]:
        """Let time run to *now*; return the events."""
        events: Counter[tuple[str, str, str]] = Counter()
        for aor, known in self.bound.items():
            for key, one in list(known.items()):
                if one.until <= now:
                    del known[key]
                    if one.told:
                        events["reg-del" if one.leaving else "reg-expired", aor, one.uri] += 1
                    else:
                        self.unknown += 1
        return events

    def cut(self, limit: int) -> None:
        """Let nothing stay longer than until *limit*."""
        for known in self.bound.values():
            for one in known.values():
                one.until = min(one.until, limit)

    def count(self) -> int:
        return sum(map(len, self.bound.values()))
