"""What it costs to look through 100,000 calls: by expressions, in other orders, one page each."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sipcm.httpui.calls import CALLS
from sipcm.httpui.filters import read
from sipcm.httpui.finding import Found, find
from sipcm.httpui.query import Query
from sipcm.run import Run
from sipcm.select.compiler import select
from sipcm.select.eventfields import EVENTS
from sipcm.settings import Settings
from sipcm.state.calls import Call
from sipcm.state.callstate import ESTABLISHED, INV_1ST

COUNT = 100_000
NOW = 10**15

ASKED = {
    "all": {},
    "typical": {
        "q": r'from ~ "^\+49" and status >= 400 and duration < 15 and not method = OPTIONS'
    },
    "status": {"q": "status >= 400"},
    "network": {"q": "state = established and client in 10.0.0.0/8"},
    "begin": {"q": r'from ~ "^\+49"'},
    "pattern": {"q": "from ~ '4930.*7@'"},
    "filter": {"cid": "ab12"},
    "newest": {"sort": "-number"},
    "longest": {"sort": "-duration"},
    "by name": {"sort": "from"},
}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Give a run with many calls, two in three of them established."""
    run = Run(Settings({"pcap": ("x",), "http_port": 1}))
    table = run.pipeline.tracker.calls
    for number in range(COUNT):
        call = Call(b"%024x@192.0.2.1" % (number * 7919), b"%010x" % number, b"%08x" % number, 1)
        call.number = number
        call.method_name = b"INVITE"
        call.status = 200 if number % 10 else 486
        call.state = ESTABLISHED if number % 3 else INV_1ST
        uri = b"sip:+4989%08d@sip.example.com;user=phone" % number
        contact = b"<sip:+4930%08d@192.0.2.1>" % number
        call.tell(
            [
                b"sip:+4930%08d@sip.example.com" % number,
                uri,
                uri,
                contact,
                b"",
                b"",
                b"Phone/1",
                b"",
            ]
        )
        call.client, call.server = b"\x0a\0\0\x01", b"\xc0\0\x02\x01"
        call.answered = number * 1_000_000
        table.add(call)
    gc.freeze()
    yield run
    gc.unfreeze()


@pytest.mark.parametrize("name", ASKED)
def test_look_through(run: Run, benchmark: BenchmarkFixture, name: str) -> None:
    def look() -> Found[Call]:
        asked = read(Query(ASKED[name].items()), CALLS.filters)
        return asyncio.run(
            find(CALLS.blocks(run, list(run.pipeline.tracker.calls.by_number or ())), asked, NOW)
        )

    found = benchmark(look)
    benchmark.extra_info["matched"] = found.matched
    assert found.matched <= COUNT
    assert len(found.shown) == min(found.matched, 100)


def test_compile(benchmark: BenchmarkFixture) -> None:
    selection = benchmark(select, ASKED["typical"]["q"], EVENTS)
    assert not selection.slow
