"""The page of one address-of-record, and of those that changed last."""

import re
from urllib.parse import quote

import pytest

from sipcm.clock import MINUTE, SECOND
from sipcm.run import Run
from sipcm.sip.contact import Contact
from sipcm.state.bindings import Binding
from sipcm.state.events import REG_DEL, REG_NEW
from tests.goldenpage import check_golden
from tests.samples import demo
from tests.stage import BEGIN, frame, script
from tests.webharness import ask, run_of

ALICE = "/regs/aor?aor=sip:alice@example.com"
EVIL = "b'&\"<script"


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(demo().packets(), http_port=8080)


def flapping() -> Run:
    """Give a run in which Alice went and came back twice, beside what her phone sent."""
    run = run_of(demo().packets(), http_port=8080)
    changes = run.pipeline.tracker.reporter.changes
    assert changes is not None
    alice = Binding(b"sip:alice@example.com", Contact(b"sip:alice@192.0.2.99", 60, b""))
    now = run.pipeline.clock.now
    for ago, kind in ((3, REG_DEL), (2, REG_NEW), (1, REG_DEL), (0, REG_NEW)):
        changes.note(alice, kind, now - ago * MINUTE, now - ago * MINUTE)
    return run


def test_text(run):
    check_golden("regs_aor", ask(run, ALICE).text)
    check_golden("regs_aor_newest", ask(run, "/regs/aor").text)


def test_where_it_is_registered(run):
    data = ask(run, f"{ALICE}&format=json").json()
    assert data["aor"] == "sip:alice@example.com"
    [binding] = data["bindings"]
    assert binding["contact"].startswith("sip:alice@192.0.2.10")
    assert 0 < binding["expires_in"] <= 3630
    assert [change["type"] for change in data["changes"]] == ["reg-new"]
    assert not data["flapping"]
    text = ask(run, f"{ALICE}&format=html").text
    assert "It is registered at 1 contact." in text


@pytest.mark.parametrize(
    "asked", ["alice@example.com", "sip:alice@EXAMPLE.com", "%20sip:alice@example.com;x=1"]
)
def test_other_ways_to_write_it(run, asked):
    assert len(ask(run, f"/regs/aor?aor={asked}&format=json").json()["bindings"]) == 1


@pytest.mark.parametrize(
    "asked",
    [
        "<sip:alice@example.com>",
        " < sip:alice@EXAMPLE.com;user=phone > ;expires=60;q=0.5",
        '"Alice <A>, \\" B" <sip:alice@example.com>;tag=1',
        "Alice Ä <sip:alice@example.com",
        "To: <alice@example.com>",
    ],
)
def test_an_address_as_headers_have_it(run, asked):
    data = ask(run, f"/regs/aor?aor={quote(asked)}&format=json").json()
    assert (data["aor"], len(data["bindings"])) == ("sip:alice@example.com", 1)


def test_an_address_that_nobody_has(run):
    asked = f"/regs/aor?aor={quote('N <sip:nobody@Example.com>;tag=1')}"
    answer = ask(run, asked)
    others = "/regs/list?aor=sip%3Anobody%40example.com"
    assert answer.text.startswith(
        "sip:nobody@example.com: 0 bindings\n"
        f"not registered, as far as was captured; {others} lists those that contain it\n"
    )
    assert f'href="{others}"' in ask(run, f"{asked}&format=html").text
    assert "not registered" not in ask(run, ALICE).text


def test_brackets_without_anything(run):
    assert ask(run, "/regs/aor?aor=%3C%3E&format=json").json()["aor"] == "<>"


def test_who_is_not_registered(run):
    answer = ask(run, "/regs/aor?aor=sip:nobody@example.com&format=html")
    assert answer.status == 200
    assert "It is not registered, as far as was captured." in answer.text
    assert 'href="/regs/list?aor=sip%3Anobody%40example.com"' in answer.text


def test_links_lead_to_what_they_say(run):
    data = ask(run, "/regs/aor?format=json").json()
    assert [row["aor"] for row in data["changed"]] == [
        "sip:bob@example.com",
        "sip:alice@example.com",
    ]
    found = ask(
        run,
        '/events?format=json&q=method+%3D+REGISTER+and+to+%3D+"sip:alice@example.com"',
    ).json()
    assert found["matched"] == 1
    listed = ask(run, "/regs/list?format=html").text
    assert '<a href="/regs/aor?aor=sip%3Aalice%40example.com">sip:alice<wbr>@example.com</a>' in (
        listed
    )


def test_flapping():
    run = flapping()
    data = ask(run, f"{ALICE}&format=json").json()
    assert (data["returns"], data["flapping"]) == (2, True)
    assert "Flapping: it was gone and came back 2 times in 10m0s." in (
        ask(run, f"{ALICE}&format=html").text
    )
    assert ask(run, ALICE).text.startswith(
        "sip:alice@example.com: 1 bindings\ncame back 2 times in 10m0s, flapping\n"
    )
    assert ask(run, "/regs/list?format=html").text.count(">flapping<") == 1
    assert ask(run, "/regs/aor?format=html").text.count(">flapping<") == 1
    assert "flapping sip:alice@example.com" in ask(run, "/regs/aor").text


def test_the_countdown_is_in_packet_time():
    run = run_of(demo().packets(), http_port=8080, ended=False)
    before = ask(run, f"{ALICE}&format=json").json()["bindings"][0]["expires_in"]
    run.pipeline.run_on(run.pipeline.clock.now + 100 * SECOND)
    assert ask(run, f"{ALICE}&format=json").json()["bindings"][0]["expires_in"] == before - 100
    run.pipeline.run_on(run.pipeline.clock.now + 4000 * SECOND)
    data = ask(run, f"{ALICE}&format=json").json()
    assert data["bindings"] == []
    assert [change["type"] for change in data["changes"]] == ["reg-expired", "reg-new"]


def test_where_changes_are_not_kept():
    run = run_of(demo().packets())
    data = ask(run, f"{ALICE}&format=json").json()
    assert (len(data["bindings"]), data["changes"], data["returns"]) == (1, [], 0)
    assert "changes: not kept" in ask(run, ALICE).text
    assert "changes are not kept" in ask(run, f"{ALICE}&format=html").text


def odd(user: bytes) -> Run:
    """Give a run in which *user* registers."""
    steps = [
        (BEGIN + step.time, frame(step.payload.replace(b"bob", user), by_caller=step.by_caller))
        for step in script(">REGISTER <200")
    ]
    return run_of(steps, http_port=8080)


@pytest.mark.parametrize("user", [b"b\xffb", b"b\xc3\xa9", b"b\\xff", b"\xff%ff&+#?"])
def test_links_lead_to_whoever_it_is(user):
    """On every page that has one, whatever bytes they are named by."""
    run = odd(user)
    for page in ("/", "/regs/list", "/regs/aor"):
        html = ask(run, f"{page}?format=html").text
        [link] = set(re.findall(r'href="(/regs/aor\?aor=[^"]+)"', html))
        assert len(ask(run, f"{link}&format=json").json()["bindings"]) == 1, page
        assert "It is registered at 1 contact." in ask(run, f"{link}&format=html").text
    html = ask(run, f"{link}&format=html").text
    [events] = re.findall(r'href="(/events\?q=[^"]+)">Events', html)
    assert ask(run, f"{events}&format=json").json()["matched"] == 1
    [row] = ask(run, "/regs/list?format=json").json()["bindings"]
    for aor in (row["aor"], row["aor"].removeprefix("sip:"), b"sip:" + user + b"@example.com"):
        found = ask(run, f"/regs/aor?aor={quote(aor)}&format=json").json()
        assert (found["aor"], len(found["bindings"])) == (row["aor"], 1)
        unknown = ask(run, f"/regs/aor?aor=un{quote(aor)}&format=html").text
        [link] = re.findall(r'href="(/regs/list\?aor=[^"]+)"', unknown)
        assert ask(run, link).status == 200
    listed = ask(run, f"/regs/list?exact=1&aor={quote(row['aor'])}&format=json").json()
    assert listed["matched"] == 1


def test_hostile_texts_are_escaped():
    steps = []
    for step in script(">REGISTER <200"):
        payload = step.payload.replace(b"bob@", f"{EVIL}@".encode())
        payload = payload.replace(b"phone/1", EVIL.encode())
        steps.append((BEGIN + step.time, frame(payload, by_caller=step.by_caller)))
    run = run_of(steps, http_port=8080)
    [row] = ask(run, "/regs/aor?format=json").json()["changed"]
    assert EVIL in row["aor"]
    for path in ("/regs/aor", "/regs/aor?aor=" + quote(row["aor"])):
        for face in ("html", "text"):
            sign = "&" if "?" in path else "?"
            answer = ask(run, f"{path}{sign}format={face}")
            assert answer.status == 200
            if face == "html":
                assert "<script@" not in answer.text
                assert "b&#39;&amp;&#34;&lt;script" in answer.text
