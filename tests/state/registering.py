"""A phone that registers on a stage, and the events that this brings, as words."""

from sipcm.state import calls
from sipcm.state.bindings import CONTACT, Binding
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import Event
from sipcm.state.wheel import UNARMED
from tests.stage import Stage

A, B, C = "<sip:a@h>", "<sip:b@h>", "<sip:c@h>"
OUTBOUND = '{};+sip.instance="<urn:uuid:{}>";reg-id={}'


class Phone:
    """A user agent of one AOR; each of its REGISTERs has the next CSeq of its Call-ID."""

    def __init__(
        self, stage: Stage, call_id: str = "reg-1", aor: str = "sip:alice@example.com"
    ) -> None:
        self.stage = stage
        self.call_id = call_id
        self.aor = aor
        self.tag = "a"
        self.cseq = 0

    def ask(
        self, *contacts: str, expires: str | int = "", headers: str = "", again: bool = False
    ) -> "Phone":
        """Send a REGISTER; *contacts* are whole values of Contact headers."""
        self.cseq += not again
        self._send(f"REGISTER sip:example.com SIP/2.0\r\n{headers}", "", contacts, expires)
        return self

    def answer(
        self, *contacts: str, status: int = 200, expires: str | int = "", tag: str = "r"
    ) -> "Phone":
        """Let the registrar answer the last REGISTER."""
        self._send(f"SIP/2.0 {status} Whatever\r\n", f";tag={tag}", contacts, expires)
        return self

    def register(
        self, *contacts: str, expires: str | int = "", listed: list[str] | None = None
    ) -> list[str]:
        """Ask and get a 200 that lists *listed*, else the same; return what comes of it."""
        self.ask(*contacts, expires=expires)
        self.answer(*(contacts if listed is None else listed), expires=expires)
        return self.news()

    def unregister(self, contact: str, *listed: str) -> list[str]:
        """Remove *contact*; the response lists what is left."""
        return self.register(f"<{contact}>;expires=0", listed=list(listed))

    def wait(self, seconds: float) -> list[str]:
        """Let time pass; return what comes of it."""
        self.stage.wait(seconds)
        return self.news()

    def news(self) -> list[str]:
        """Return the events since the last question, each with its contact."""
        return news(self.stage)

    def _send(self, start: str, tag: str, contacts: tuple[str, ...], expires: str | int) -> None:
        lines = "".join(f"Contact: {contact}\r\n" for contact in contacts)
        lines += f"Expires: {expires}\r\n" if expires != "" else ""
        message = (
            f"{start}From: <{self.aor}>;tag={self.tag}\r\nTo: <{self.aor}>{tag}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {self.cseq} REGISTER\r\n{lines}\r\n"
        )
        assert self.stage.send(message.encode(), by_caller=tag == "")


def phone(**options: int) -> Phone:
    """Return a phone on a stage of its own; *options* are of its registrar."""
    stage = Stage()
    for name, value in options.items():
        setattr(stage.tracker.registrar, name, value)
    return Phone(stage)


def news(stage: Stage) -> list[str]:
    """Return the events of *stage* since the last question, each with its contact."""
    events = stage.events()
    before = getattr(stage, "asked_before", 0)
    stage.asked_before = len(events)  # type: ignore[attr-defined]
    return [word(event) for event in events[before:]]


def word(event: Event) -> str:
    contact = event.text(calls.CONTACT).decode()
    return f"{EVENT_NAMES[event.type]} {contact}".strip()


def last(stage: Stage) -> Event:
    return stage.events()[-1]


def binding(stage: Stage) -> Binding:
    """Return the only binding."""
    (held,) = stage.bindings.held()
    return held


def held(stage: Stage) -> list[str]:
    """Return the contacts of all bindings, in the order in which they came."""
    bindings = sorted(stage.bindings.held(), key=lambda one: one.number)
    return [one.text(CONTACT).decode() for one in bindings]


def assert_in_order(stage: Stage) -> None:
    """Check that chains, lanes, timers and gauges tell of the same bindings."""
    table = stage.bindings
    everything = table.held()
    laned = []
    for lane, leaving in ((table.live, False), (table.leaving, True)):
        before, one, count, weight = None, lane.oldest, 0, 0
        while one is not None:
            assert isinstance(one, Binding)
            assert (one.older, one.leaving) == (before, leaving)
            laned.append(one)
            count, weight = count + 1, weight + one.weight
            before, one = one, one.newer
        assert (lane.newest, lane.count, lane.weight) == (before, count, weight)
    assert sorted(map(id, laned)) == sorted(map(id, everything))
    assert table.active.value == len(everything)
    assert table.memory.value == sum(one.weight for one in everything)
    for one in everything:
        assert one.order != UNARMED
        assert one.announced or one.leaving
