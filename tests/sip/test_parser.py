"""parse() reads a message or tells why it cannot, agrees with the scanner, and never raises."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sipcm.sip
from sipcm.sip.grammar import split_address
from sipcm.sip.message import Message
from sipcm.sip.names import Reason
from sipcm.sip.parser import ParseError, SipMessage, parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.scanner import scan
from tests.corpus import torture
from tests.examples import examples
from tests.sip.parsing import HEAD, message
from tests.sip.test_violations import QUIRKS


@pytest.mark.parametrize(
    ("data", "reason", "offset", "excerpt"),
    [
        (b"", Reason.TRUNCATED, 0, b""),
        (b"\r\n", Reason.TRUNCATED, 2, b""),
        (b"hello", Reason.TRUNCATED, 5, b"hello"),
        (HEAD + b"Via: x\r\nTo: ", Reason.TRUNCATED, 36, b"To: "),
        (HEAD + b"Via: x\r\n", Reason.TRUNCATED, 32, b"Via: x"),
        (b"\r\n\xff\r\nx", Reason.BAD_START_LINE, 2, b"\xff"),
        (HEAD + b"\r\n", Reason.EMPTY_HEADER, 24, HEAD.strip()),
        (b"SIP/2.0 0 x\r\n\r\n", Reason.BAD_STATUS, 8, b"SIP/2.0 0 x"),
        (HEAD + b"CSeq: x\r\n\r\n", Reason.INVALID_CHARACTER, 29, b"CSeq: x"),
        (HEAD + b"Call-ID:\r\n\r\n", Reason.BAD_HEADER, 32, b"Call-ID:"),
        (b"x" * 99, Reason.TRUNCATED, 99, b"x" * 60),
    ],
)
def test_error(data, reason, offset, excerpt):
    assert parse(data) == ParseError(reason, offset, excerpt)


def test_the_package_exports_the_parser():
    assert sipcm.sip.parse is parse
    assert {sipcm.sip.Quirk, sipcm.sip.Reason} == {Quirk, Reason}
    assert (sipcm.sip.SipMessage, sipcm.sip.ParseError) == (SipMessage, ParseError)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        sipcm.sip.other  # noqa: B018


def test_the_packet_path_loads_nothing_of_it():
    program = "import sys, sipcm.pipeline; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = {name for name in ended.stdout.split() if name.startswith("sipcm.sip.")}
    hot = {
        "ahead",
        "bytescanner",
        "contact",
        "framing",
        "framingcounters",
        "framingnames",
        "grammar",
        "headername",
        "lines",
        "message",
        "method",
    }
    hot |= {"ends", "expires", "framingforms", "payload", "plainvalue", "scanner", "signature"}
    hot |= {"status", "wording"}
    assert loaded <= {f"sipcm.sip.{name}" for name in hot}


# Scanner and parser read lines each in their own way, and must come to the same.


def check_agreement(data: bytes) -> None:
    result = parse(data)
    scanned = Message()
    reason = scan(data, 0, len(data), scanned)
    if isinstance(result, ParseError):
        assert (result.reason, result.offset) == (reason, scanned.error_at)
        return
    assert reason == 0
    for name in (b"From", b"To", b"Call-ID", b"CSeq", b"Contact", b"User-Agent"):
        assert (result.header(name) or b"") == scanned.first(name)
    missing = [result.header(name) is None for name in (b"From", b"To", b"Call-ID", b"CSeq")]
    assert scanned.missing == sum(bit << number for number, bit in enumerate(missing))
    words = re.split(rb"[ \t]+", result.header(b"Call-ID") or b"")
    assert scanned.call_id == b" ".join(words)
    assert scanned.from_tag == split_address(result.header(b"From") or b"")[1]
    assert scanned.to_tag == split_address(result.header(b"To") or b"")[1]
    assert result.elements(b"Contact") == scanned.elements(b"Contact")
    cseq = result.header(b"CSeq")
    assert (result.cseq is None) == (cseq is None)
    if cseq is not None and result.cseq is not None:
        assert result.cseq.number == scanned.cseq
        digits = cseq.removesuffix(result.cseq.method).rstrip()
        assert (int(digits), digits + result.cseq.method) == (scanned.cseq, b"".join(cseq.split()))


SAMPLES = [data for data, _ in QUIRKS.values()]
SAMPLES += [sample.replace(b"\r\n", end) for sample in SAMPLES[:9] for end in (b"\r", b"\n")]
TRICKY = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b":",
    b";",
    b",",
    b'"',
    b"\\",
    b"<",
    b">",
    b"\r\n ",
    b"\r\n\r\n",
]
TRICKY += [
    b"\r\nTo: ",
    b"\r\nf: y;tag=",
    b"\r\nCSeq: 1",
    b"\rContact: x",
    b"\0",
    b"\xff",
    b"\r\r\n",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a message with a few bytes changed, put in, taken out or cut off."""
    data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        taken = draw(st.sampled_from([0, 0, 1, 2, 20, len(data)]))
        data = (
            data[:at] + draw(st.sampled_from(TRICKY) | st.binary(max_size=3)) + data[at + taken :]
        )
    return data


@examples(400)
@given(damaged() | st.binary(max_size=100))
def test_agrees_with_the_scanner(data):
    check_agreement(data)


@pytest.mark.parametrize("unit", [b"a\r\n", b":\r\n", b"\r\n ", b"\r", b"\\", b"\xff", b"\r\nl:1"])
def test_large_and_hostile_input_ends(unit):
    """Going back over what was passed would take minutes here."""
    bulk = (unit * 65_000)[:65_000]
    for data in (bulk, HEAD + bulk, message(b"Contact: " + bulk), message(b"X: y" + bulk)):
        parse(data)


def test_every_torture_message_is_read_as_the_scanner_does(shared_dir):
    paths = torture(shared_dir)
    for path in paths:
        check_agreement(path.read_bytes())
    assert len(paths) > 2000
