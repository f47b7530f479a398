"""Messages that a person pastes into the page in a browser."""

from pathlib import Path

import pytest

from sipcm.sip.inject import Format
from tests.browser.axe import bring_axe, problems, problems_in_the_dark
from tests.browser.chromium import Page, excuse, expect
from tests.browser.screens import DESK, PHONE
from tests.e2e.serving import serving, wait_until_read
from tests.harness import capture_of
from tests.pasting import encode
from tests.stage import packets, script

pytestmark = pytest.mark.no_cover

HOSTILE = "<script>document.title='hit'</script>"
FORMATS = [form for form in Format if form != Format.AUTO]
READ = "It was read and tracked."


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Pages of one call that goes on."""
    path: Path = tmp_path_factory.mktemp("inject") / "call.pcap"
    path.write_bytes(capture_of(packets(">INVITE <200 >ACK", "recorded")).getvalue())
    with serving("-pcap", path, "-forever") as url:
        wait_until_read(url)
        yield url


def paste(page: Page, text: str, all_headers: str = "no", **texts: str) -> str:
    """Put *text* into the form as a person does, from the clipboard, send it; return the page."""
    page.get_by_label("SIP message").select_text()
    page.keyboard.insert_text(text)
    for label, value in texts.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Show every header").select_option(all_headers)
    with page.expect_event("load"):
        page.get_by_role("button", name="Inject").click()
    return page.locator("main").inner_text()


def request(call_id: str, extra: str = "") -> bytes:
    via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
    (step,) = script(">INVITE", call_id, via + extra)
    return step.payload


def look_at(page: Page) -> None:
    """See that what came fits a phone too."""
    for screen in (PHONE, DESK):
        page.set_viewport_size(screen["viewport"])
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_each_format_as_a_person_pastes_it(page: Page):
    page.goto("/inject")
    for form in FORMATS:
        for asked in ("auto", form):
            call_id = f"{form}-{asked}-asked"
            page.get_by_label("Format").select_option(asked)
            seen = paste(page, encode(request(call_id), form))
            assert READ in seen
            assert f"Call-ID\t{call_id}" in seen
            assert "Tolerated" not in seen
    page.get_by_role("link", name="in the list").click()
    expect(page.locator("tbody")).to_contain_text(call_id)


SURROUNDED = {
    "frame": "U 192.0.2.1:5060 -> 192.0.2.2:5060 #7\n"
    + encode(request("frame"), Format.NGREPLF)
    + "\n#\n",
    "quotes": f'"{encode(request("frame"), Format.ESCAPED)}"\n',
    "rfc": "".join(f"      {line}\n" for line in request("frame").decode().split("\r\n")[:-1]),
    "no-empty-line": request("frame").decode().strip(),
}


def test_what_is_pasted_with_its_surroundings(page: Page):
    page.goto("/inject")
    ends = {"Source": "[2001:db8::1]:7000", "Destination": "[2001:db8::2]"}
    for name, text in SURROUNDED.items():
        seen = paste(page, text, **ends)
        assert READ in seen, name
        assert "Pasting: " in seen, name
        assert "from [2001:db8::1]:7000 to [2001:db8::2]:5060" in seen
        look_at(page)


def test_what_comes_bars_nobody(page: Page):
    bring_axe(page)
    page.goto("/inject")
    for text in ("INVITE sip:b@x SIP/2.0\nCSeq: bad\n\n", request("barred").decode()):
        paste(page, text, all_headers="yes")
        assert problems(page) == problems_in_the_dark(page) == []


def test_a_message_over_another_transport(page: Page):
    page.goto("/inject")
    page.get_by_label("Transport").select_option("tcp")
    assert READ in paste(page, request("over-tcp").decode())
    page.get_by_role("cell").get_by_role("link").first.click()
    expect(page.locator("details.sent summary")).to_contain_text("tcp")


def test_mistakes(page: Page):
    page.goto("/inject")
    long = "Subject: " + "so long a line that it fits no phone " * 5
    seen = paste(page, f"INVITE sip:b@x SIP/2.0\n{long}\nCSeq: bad\n\n")
    assert "invalid character in header at line 3, column 6" in seen
    assert page.locator("mark").inner_text() == " bad"
    look_at(page)


def test_what_is_refused(page: Page, complaints):
    page.goto("/inject")
    typed = r"INVITE sip:b SIP/2.0\r\n\xzz"
    assert "Not injected: src:" in paste(page, typed, Source="nowhere")
    seen = paste(page, typed, Source="")
    assert "Not injected: sipmsg: line 1, column 25:" in seen
    expect(page.get_by_label("SIP message")).to_have_value(typed)
    look_at(page)
    excuse(complaints, 400)


def test_what_it_brought(page: Page):
    page.goto("/inject")
    (bye,) = script(">BYE/b#2", "recorded")
    assert "bye detected" in paste(page, bye.payload.decode(), all_headers="yes")
    look_at(page)
    page.get_by_role("link", name="call-end").click()
    page.wait_for_url("/events?*")
    expect(page.locator("tbody")).to_contain_text("call-end")


def test_what_is_pasted_is_text(page: Page, complaints):
    parts = request(f"id{HOSTILE}", f"X-{HOSTILE}: {HOSTILE}\r\n").decode()
    parts = parts.replace("<sip:alice", f'"{HOSTILE}" <sip:{HOSTILE}')
    closing = f"</textarea></pre></main>{HOSTILE}"
    source = page.get_by_label("Source")
    page.goto("/inject")
    for text in (parts + closing, closing, f"INVITE {HOSTILE}\n{closing}\n\n"):
        assert HOSTILE in paste(page, text, all_headers="yes", Source="192.0.2.1")
        expect(page.get_by_label("SIP message")).to_have_value(text.replace("\r\n", "\n"))
        bad = f'">{HOSTILE}'
        assert "Not injected" in paste(page, text, all_headers="yes", Source=bad)
        expect(source).to_have_value(bad)
        expect(page.locator("script")).to_have_count(1)
        assert "hit" not in page.title()
    excuse(complaints, 400)
