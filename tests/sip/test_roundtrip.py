"""What is written is read: parse(render(m)) == m, however it is written."""

import pytest
from hypothesis import given

from sipcm.sip.parser import parse
from sipcm.sip.quirk import Quirk
from sipcm.sip.sipmessage import SipMessage
from tests.corpus import torture
from tests.sip.drawn import heard, written
from tests.sip.parsing import parsed

pytestmark = pytest.mark.no_cover


@given(written())
def test_what_is_written_is_read(case):
    said, data = case
    message = parsed(data)
    assert heard(message) == said
    assert not message.quirks & ~Quirk.LINE_END


def render(message: SipMessage) -> bytes:
    """Write a message again, in the plainest form."""
    line = b"%b %d %b" % (message.version, message.status, message.reason_phrase)
    if message.is_request:
        line = b"%b %b %b" % (message.method, message.request_uri, message.version)
    headers = (
        header.canonical_name + b": " + header.value if header.name else header.value
        for header in message.headers
    )
    return b"\r\n".join([line, *headers, b"", message.body])


def test_what_was_read_is_written_and_read_the_same(shared_dir):
    """But for messages with lines that are no header, for these could not be written as one."""
    no_header = Quirk.NO_COLON | Quirk.BAD_NAME
    count = 0
    for path in torture(shared_dir):
        message = parse(path.read_bytes())
        if isinstance(message, SipMessage) and not message.quirks & no_header:
            assert parse(render(message)) == message, path.name
            count += 1
    assert count > 1500
