"""Session identifiers: of the sender and of the other end."""

import pytest

from sipcm.sip.sessionid import NULL, parse_session_id

ONE = b"ab30317f1a784dc48ff824d0d3715d86"
TWO = b"47755a9de7794ba387653f2099600ef2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ONE + b";remote=" + TWO, (ONE, TWO, True)),
        (ONE + b" ; remote = " + NULL, (ONE, NULL, True)),
        (ONE.upper() + b";REMOTE=" + TWO.upper(), (ONE, TWO, True)),
        (ONE, (ONE, None, True)),
        (ONE + b";x=y;remote=" + TWO, (ONE, TWO, True)),
        (ONE[1:], (ONE[1:], None, False)),
        (ONE + b";remote=1", (ONE, b"1", False)),
        (ONE + b";remote", (ONE, b"", False)),
        (
            b"ab30317f-1a78-4dc4-8ff8-24d0d3715d86",
            (b"ab30317f-1a78-4dc4-8ff8-24d0d3715d86", None, False),
        ),
        (b"", (b"", None, False)),
    ],
)
def test_session_id(value, expected):
    session = parse_session_id(value)
    assert (session.local, session.remote, session.well_formed) == expected
