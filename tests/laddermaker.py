"""Messages to lay out as ladders: made by hand, and any that Hypothesis thinks of."""

from hypothesis import strategies as st

from sipcm.httpui.ladder import End, Fate, Kind, Ladder, Sent, lay_out
from tests.stage import BEGIN

A: End = (bytes([192, 0, 2, 1]), 5060)
B: End = (bytes([192, 0, 2, 2]), 5060)
C: End = (bytes([198, 51, 100, 233]), 15_060)


def sent(number: int, source: End, destination: End, label: str = "INVITE", **more: object) -> Sent:
    """Return message *number*, so many seconds after the begin."""
    given = {
        "timestamp": BEGIN + number * 1_000_000_000,
        "detail": "CSeq 1 INVITE",
        "kind": Kind.REQUEST,
        "fate": Fate.NEWS,
        **more,
    }
    return Sent(
        order=number + 100,
        number=number,
        call=1,
        source=source,
        destination=destination,
        transport="udp",
        label=label,
        **given,  # type: ignore[arg-type]
    )


def a_call() -> list[Sent]:
    """Return the messages of a call over a proxy."""
    return [
        sent(1, A, B, "INVITE (SDP)"),
        sent(2, A, B, "INVITE (SDP)", fate=Fate.REPEAT),
        sent(3, B, A, "100 Trying", kind=Kind.PROVISIONAL),
        sent(4, B, C, "INVITE (SDP)", fate=Fate.COPY),
        sent(5, C, B, "183 Session Progress (SDP)", kind=Kind.PROVISIONAL),
        sent(6, C, A, "407 Proxy Authentication Required", kind=Kind.CHALLENGE),
        sent(7, C, C, "OPTIONS", fate=Fate.LATE),
        sent(8, B, A, "486 Busy Here", kind=Kind.FAILURE),
    ]


PRINTABLE = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFFF).filter(str.isprintable), max_size=60
)
ADDRESSES = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16))


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    """Make any ladder: of any endpoints, texts, times and numbers."""
    ends = draw(st.lists(st.tuples(ADDRESSES, st.integers(0, 65_535)), min_size=1, max_size=20))
    count = draw(st.integers(0, 12))
    shown = [
        sent(
            number,
            draw(st.sampled_from(ends)),
            draw(st.sampled_from(ends)),
            draw(PRINTABLE),
            timestamp=draw(st.integers(0, 2**62)),
            detail=draw(PRINTABLE),
            kind=draw(st.sampled_from(Kind)),
            fate=draw(st.sampled_from(Fate)),
        )
        for number in range(1, count + 1)
    ]
    agents = {end: draw(PRINTABLE) for end in ends}
    before, behind, gone = (draw(st.integers(0, 10**6)) for _ in range(3))
    begin = draw(st.integers(0, 2**62))
    return lay_out(ends, shown, agents, begin=begin, before=before, behind=behind, gone=gone)
