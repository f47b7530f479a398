"""The page that injects a message: other sites may not use it, and nothing does anything there."""

import asyncio
import re

import pytest
from aiohttp import ClientSession

from sipcm.run import Run
from tests.stage import packets
from tests.webharness import ask, run_of, serving

PATH = "/inject"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def run() -> Run:
    return run_of(packets(">INVITE <200 >ACK"))


def injected(run: Run) -> int:
    return run.pipeline.counters.injected.value


# Who may


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://{host}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://{host}.evil.example"}, 403),
        ({"Origin": "http://{host}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "application/json"}, 415),
    ],
)
def test_other_sites_may_not(run, headers, status):
    async def talk() -> int:
        async with serving(run) as port, ClientSession() as client:
            given = {k: v.format(host=f"127.0.0.1:{port}") for k, v in headers.items()}
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
            url = f"http://127.0.0.1:{port}{PATH}"
            answer = await client.post(url, data=b"sipmsg=OPTIONS+sip:x+SIP/2.0", headers=given)
            return answer.status

    assert asyncio.run(talk()) == status
    assert injected(run) == (status == 200)


# Nothing does anything but be seen

HOSTILE = (
    f"INVITE sip:{EVIL}@x SIP/2.0\r\n"
    f'From: "{EVIL}" <sip:{EVIL}>;tag={EVIL}\r\nTo: {EVIL} <sip:{EVIL}@x>\r\nCall-ID: {EVIL}\r\n'
    f"CSeq: 1 INVITE\r\nVia: {EVIL}\r\nContact: <sip:{EVIL}>\r\n{EVIL}: {EVIL}\r\nExpires: {EVIL}\r\n"
    f"Content-Length: {EVIL}\r\n\r\n{EVIL}</textarea></pre>"
)
PROBES = [
    {"sipmsg": HOSTILE},
    {"sipmsg": HOSTILE, "verbose": "yes"},
    {"sipmsg": HOSTILE.replace("INVITE", "REGISTER"), "verbose": "yes"},
    {"sipmsg": f"SIP/2.0 200 {EVIL}{HOSTILE[HOSTILE.index(chr(13)) :]}", "verbose": "yes"},
    {"sipmsg": HOSTILE.replace("CSeq: 1", f"CSeq: {EVIL}")},
    {"sipmsg": f"{EVIL}\r\n{EVIL}\r\n\r\n"},
    {"sipmsg": f"\\xg{EVIL}</textarea>", "crlfformat": "escaped"},
    {"sipmsg": HOSTILE, "crlfformat": EVIL},
    {"sipmsg": HOSTILE, "proto": EVIL},
    {"sipmsg": HOSTILE, "verbose": f'yes"{EVIL}'},
    {"sipmsg": HOSTILE, "src": f'"><{EVIL}'},
    {"sipmsg": HOSTILE, "dst": f'"><{EVIL}'},
    {"sipmsg": HOSTILE, EVIL: EVIL},
    {"sipmsg": HOSTILE, "src": "\x1b[2J\u202e\x00"},
    {"sipmsg": f"OPTIONS sip:x SIP/2.0\r\nX: \x1b[2J\x00\x9b\u202e{EVIL}\r\n\r\n"},
]


@pytest.mark.parametrize("form", PROBES)
@pytest.mark.parametrize("face", ["html", "text", "json"])
def test_nothing_is_repeated_unescaped(run, form, face):
    answer = ask(run, f"{PATH}?format={face}", method="POST", form=form)
    if face == "html":
        assert "<script>" not in answer.text
        assert answer.text.count("<textarea") == answer.text.count("</textarea>") <= 1
        assert not re.search(r'(?:value|href|cid)="[^"]*<', answer.text)
    if face == "json":
        assert answer.headers["Content-Type"].startswith("application/json")
        answer.json()
    else:
        shown = answer.text.replace("\r", "").replace("\n", "").replace("\t", "")
        assert shown.isprintable() or (face == "html" and "\u202f" in shown)  # between digits
        assert "\u202e" not in shown
        assert "\x1b" not in shown
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/calls/list", "/events", "/regs/list", "/", "/counters"])
def test_nor_is_it_on_other_pages(run, path):
    for form in PROBES:
        ask(run, PATH, method="POST", form=form)
    assert "<script>" not in ask(run, f"{path}?format=html").text
