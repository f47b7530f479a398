"""The server: what any client may send, and what every answer has."""

import asyncio
import json

import pytest
from aiohttp import ClientSession
from aiohttp.web import Server

from sipcm.httpui import connections, receiving, routes, sending, server
from sipcm.httpui.connections import MOST_BODY, Connections
from sipcm.httpui.guard import HEADERS
from sipcm.httpui.page import Listing, Page
from sipcm.httpui.routes import Route
from sipcm.onlookers import ATTENTION, Onlookers
from sipcm.run import Run
from tests.fakeclock import FakeClock
from tests.webharness import ask, run_of, send, serving

HOST = b"\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
EVIL = "%3Cscript%3E%1b%00%22"
FORM = {"inv_1st": "90s"}


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of([])


def parts(answer: bytes) -> tuple[str, dict[str, str], str]:
    """Return the status line, the headers and the body of an answer."""
    head, _, body = answer.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), body


@pytest.fixture
def faulty(monkeypatch):
    """Let the page /stats/raw be one that fails: at once, or in the midst of a long list."""

    def install(show):
        monkeypatch.setitem(
            routes.PAGES._by_path, "/stats/raw", Route("/stats/raw", "a fault", show)
        )

    return install


@pytest.fixture
def given_up(monkeypatch):
    """Give an event that is set when a page is not sent to its end."""
    stream, over = sending.stream, asyncio.Event()

    async def watched(request, made):
        try:
            return await stream(request, made)
        except BaseException:
            over.set()
            raise

    monkeypatch.setattr(server, "stream", watched)
    return over


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/nope", 404, "there is no such page: / lists all\n"),
        ("/stats/", 404, "there is no such page: / lists all\n"),
        (f"/{EVIL}", 404, "there is no such page: / lists all\n"),
        ("/../etc/passwd", 404, "there is no such page: / lists all\n"),
        ("/static/../server.py", 404, "there is no such page: / lists all\n"),
        ("/static/", 404, "there is no such page: / lists all\n"),
        ("/about?zz=1", 400, '"zz": unknown parameter; known are format\n'),
        (f"/about?{EVIL}=1", 400, '"<script>\\x1b\\x00"": unknown parameter; known are format\n'),
        ("/about?format=xml", 400, 'format: "xml" is not one of text, html, json, csv\n'),
        ("/about?format=text&format=html", 400, "format: it is given 2 times; once is enough\n"),
        ("/about?format=csv", 400, "format: only a list has csv, this page has not\n"),
    ],
)
def test_mistakes(run, path, status, text):
    answer = ask(run, path, headers={"Accept": "*/*"})
    assert (answer.status, answer.text) == (status, text)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/nope", "/about?zz=1", "/about?format=xml"])
def test_mistakes_in_every_face(run, path):
    assert "<!DOCTYPE html>" in ask(run, path, headers=BROWSER).text
    assert list(ask(run, path, headers={"Accept": "application/json"}).json()) == ["error"]
    assert ask(run, path, headers={"Accept": "text/csv"}).text.count("\n") == 1
    assert ask(run, path, method="HEAD", headers=BROWSER).body == b""


@pytest.mark.parametrize("path", [f"/about?{EVIL}=1", f"/counters?group={EVIL}", f"/{EVIL}"])
def test_nothing_is_repeated_unescaped(run, path):
    for headers in (BROWSER, {"Accept": "application/json"}, {"Accept": "*/*"}):
        answer = ask(run, path, headers=headers)
        assert answer.status in {400, 404}
        assert b"\x1b" not in answer.body
        assert b"\x00" not in answer.body
        if headers is BROWSER:
            assert b"<script>" not in answer.body


def test_junk_in_the_address(run):
    for junk in ("%ff", "%zz", "%", "%u1234", "%ed%a0%80", "a%00b", "%0d%0aX:%20y"):
        assert ask(run, f"/{junk}").status == 404
        answer = ask(run, f"/about?{junk}=1")
        assert answer.status == 400
        assert answer.text.count("\n") == 1
        assert "X" not in answer.headers


def test_accept_without_a_list_for_csv(run):
    answer = ask(run, "/about", headers={"Accept": "text/csv"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/stats", "/calls/list", "/static/style.css", "/nope"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "TRACE", "OPTIONS", "DELETE", "PATCH"])
def test_every_answer_has_the_headers(run, path, method):
    answer = ask(run, path, method=method)
    for name, value in HEADERS.items():
        if name != "Cache-Control" or "static" not in path:
            assert answer.headers[name] == value
    assert answer.body == b"" or method != "HEAD"
    if answer.status == 405:
        assert answer.headers["Allow"] == "GET, HEAD"
        assert answer.text == f"{path} takes GET, HEAD\n"
    else:
        assert answer.status == (404 if path == "/nope" else 200)


def test_what_can_be_changed_can_be_posted_to(run):
    answer = ask(run, "/calls/timeout", method="PUT")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/favicon.ico", "image/svg+xml"),
        ("/static/style.css", "text/css"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/static/sipcm.js", "text/javascript"),
        ("/static/upload.css", "text/css"),
        ("/static/upload.js", "text/javascript"),
    ],
)
def test_static_files(run, path, content_type):
    answer = ask(run, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Cache-Control"] == "max-age=3600"
    assert len(answer.body) > 100
    packed = ask(run, path, headers={"Accept-Encoding": "deflate, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.body == answer.body
    plain = ask(run, path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.body == answer.body
    as_it_is = {"Accept-Encoding": "identity"}
    head = ask(run, path, method="HEAD", headers=as_it_is)
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(answer.body))


def test_who_begins_to_look_sees_what_has_come_until_then(faulty):
    clock = FakeClock()
    run = run_of([], clock=clock)
    happened: list[str] = []

    def rouse() -> None:
        asyncio.get_running_loop().call_soon(happened.append, "read")

    run.onlookers = Onlookers(clock)
    run.onlookers.begun = rouse

    async def show(_run, _query):
        happened.append("shown")
        return Page("a page", "x.html", {}, "")

    faulty(show)
    for wait in (0, 1, ATTENTION):
        clock.now += wait
        assert ask(run, "/stats/raw").status == 200
    assert happened == ["read", "shown", "shown", "read", "shown"]


class TestPost:
    """POST to a page that changes something."""

    def test_a_browser_is_sent_on(self):
        answer = ask(run_of([]), "/calls/timeout", method="POST", form=FORM, headers=BROWSER)
        assert answer.status == 303
        assert answer.headers["Location"] == "/calls/timeout"
        assert answer.headers["Content-Security-Policy"]

    def test_curl_sees_what_has_become(self):
        run = run_of([])
        answer = ask(run, "/calls/timeout?format=json", method="POST", form=FORM)
        assert answer.json()["inv_1st"]["seconds"] == 90

    def test_parameters_may_stand_in_the_address(self):
        answer = ask(run_of([]), "/calls/timeout?format=json&inv_1st=90s", method="POST")
        assert answer.status == 200
        assert answer.json()["inv_1st"]["seconds"] == 90

    def test_once_in_each_is_twice(self):
        answer = ask(run_of([]), "/calls/timeout?inv_1st=90s", method="POST", form=FORM)
        assert answer.status == 400
        assert answer.text == "inv_1st: it is given 2 times; once is enough\n"

    def test_a_get_changes_nothing(self):
        run = run_of([])
        assert ask(run, "/calls/timeout?inv_1st=90s").status == 400
        assert ask(run, "/calls/timeout?format=json").json()["inv_1st"]["seconds"] == 120

    @pytest.mark.parametrize(
        "headers",
        [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
    )
    def test_from_the_page_of_another(self, headers):
        run = run_of([])
        answer = ask(run, "/calls/timeout", method="POST", form=FORM, headers=headers)
        assert answer.status == 403
        assert answer.text == "this may only be sent from a page of this server itself\n"
        assert ask(run, "/calls/timeout?format=json").json()["inv_1st"]["seconds"] == 120

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [
            (b"application/x-www-form-urlencoded", 200),
            (b"application/x-www-form-urlencoded; charset=nonsense", 200),
            (b"application/json", 415),
            (b"multipart/form-data; boundary=x", 415),
            (b"text/plain", 415),
            (b"\xff", 415),
        ],
    )
    def test_only_forms(self, run, content_type, status):
        answer = send(
            run,
            b"POST /calls/timeout HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: " + content_type + b"\r\nContent-Length: 11\r\n\r\ninv_1st=90s",
        )
        assert answer.startswith(b"HTTP/1.1 %d " % status)

    @pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br"])
    def test_nothing_is_unpacked(self, run, coding):
        answer = send(
            run,
            b"POST /calls/timeout HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: "
            + coding
            + b"\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\xff",
        )
        assert answer.startswith(b"HTTP/1.1 415 ")

    def test_too_much(self, run):
        answer = ask(run, "/calls/timeout", method="POST", form={"x": "a" * MOST_BODY})
        assert answer.status == 413
        assert answer.text == "too much was sent\n"
        assert answer.headers["Content-Security-Policy"]

    def test_too_slow(self, run, monkeypatch):
        monkeypatch.setattr(receiving, "IDLE", 0.05)
        monkeypatch.setattr(connections, "LINGER", 0.05)
        head = b"POST /calls/timeout HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        answer = send(run, head + b"Content-Length: 11\r\n\r\ninv")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.endswith(b"\r\n\r\nthe form did not come in time\n")

    def test_a_body_where_none_is_read(self, run):
        data = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
        answer = send(run, data + b"GET /nope HTTP/1.1" + HOST)
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert b"HTTP/1.1 404 " in answer


class TestRaw:
    """Requests that no ordinary client sends."""

    @pytest.mark.parametrize(
        "data",
        [
            b"garbage\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET /" + b"a" * 9000 + b" HTTP/1.1" + HOST,
            b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + HOST,
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + HOST[2:],
            b"GET /a\x00b HTTP/1.1" + HOST,
            b"GET /?\xff=<script> HTTP/1.1" + HOST,
            b"GET / HTTP/9.9" + HOST,
            b"GET / HTTP/1.1\r\nX : y" + HOST,
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked" + HOST,
            b"POST / HTTP/1.1\r\nContent-Length: -1" + HOST,
        ],
        ids=range(12),
    )
    def test_what_is_no_request(self, run, data, capfd):
        status, headers, body = parts(send(run, data))
        assert status.split()[1] == "400"
        assert body == "this is no HTTP request that can be read\n"
        assert headers.items() >= HEADERS.items()
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize(
        ("host", "status"),
        [
            (b"localhost", 200),
            (b"127.0.0.1:1", 200),
            (b"[::1]:8080", 200),
            (b"evil.example", 403),
            (b"\xff\xfe", 403),
            (b"<script>", 403),
            (b"", 403),
        ],
    )
    def test_host(self, run, host, status):
        data = b"GET /about HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        answer = send(run, data)
        assert answer.startswith(b"HTTP/1.1 %d " % status)

    def test_a_probe_without_host(self, run):
        assert send(run, b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")

    def test_the_target_goes_before_host(self, run):
        for target, status in ((b"http://localhost/", 200), (b"http://evil.example/", 403)):
            answer = send(run, b"GET " + target + b" HTTP/1.1" + HOST)
            assert answer.startswith(b"HTTP/1.1 %d " % status)

    @pytest.mark.parametrize(
        "line", [b"OPTIONS *", b"CONNECT localhost:80", b"GET //", b"GET //about"]
    )
    def test_odd_targets(self, run, line):
        assert b" 404 Not Found\r\n" in send(run, line + b" HTTP/1.1" + HOST)

    def test_pages_do_not_mix(self, run):
        """HEAD has no body, not even an end of one: the next answer comes right behind it."""
        head = b"HEAD /stats HTTP/1.1\r\nHost: localhost\r\n\r\n"
        answer = send(run, head * 3 + b"GET /nope HTTP/1.1" + HOST)
        answers = answer.split(b"HTTP/1.1 ")[1:]
        assert [one[:3] for one in answers] == [b"200", b"200", b"200", b"404"]
        assert all(one.endswith(b"\r\n\r\n") for one in answers[:3])

    def test_an_upgrade_is_no_matter(self, run):
        data = b"GET /about HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        answer = send(run, data + b"Host: localhost\r\n\r\nGET /nope HTTP/1.1" + HOST)
        assert answer.startswith(b"HTTP/1.1 200 ")


class TestFaults:
    """What a fault of ours costs."""

    def test_one_page(self, run, faulty, capsys):
        async def show(_run, _query):
            raise ZeroDivisionError("oh\x1b")

        faulty(show)
        answer = ask(run, "/stats/raw")
        assert answer.status == 500
        assert answer.text == "a fault in sipcm, which its log tells more of\n"
        assert capsys.readouterr().err == (
            "sipcm: bug: page /stats/raw: ZeroDivisionError('oh\\x1b')\n"
        )
        assert ask(run, "/stats").status == 200

    def test_at_the_begin_of_a_list(self, run, faulty, capsys):
        faulty(failing_at(3))
        assert ask(run, "/stats/raw").status == 500
        assert "page /stats/raw" in capsys.readouterr().err

    def test_in_the_midst_of_a_list(self, run, faulty, capsys):
        """What was sent cannot be taken back: the client sees that the rest is missing."""
        faulty(failing_at(300_000))
        answer = send(run, b"GET /stats/raw HTTP/1.1" + HOST)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert not answer.endswith(b"0\r\n\r\n")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert "page /stats/raw: ZeroDivisionError" in capsys.readouterr().err

    def test_a_client_that_goes_is_none(self, run, faulty, given_up, capfd):
        faulty(failing_at(10**9))

        async def talk():
            async with serving(run) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /stats/raw HTTP/1.1" + HOST)
                await reader.read(1000)
                writer.transport.abort()
                await given_up.wait()
                async with ClientSession() as client:
                    response = await client.get(f"http://127.0.0.1:{port}/stats")
                    return response.status

        assert asyncio.run(talk()) == 200
        assert capfd.readouterr().err == ""


def test_a_client_that_takes_nothing_is_cut_off(run, faulty, given_up, monkeypatch, capfd):
    monkeypatch.setattr(connections, "IDLE", 0.05)
    monkeypatch.setattr(Connections, "connection_made", Server.connection_made)  # it may be late

    async def show(_run, _query):
        rows = range(200_000)
        return Page("L", "x.html", {}, "", Listing("rows", rows, lambda _: "x" * 1000, dict, ()))

    faulty(show)

    async def talk():
        async with serving(run) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
            writer.write(b"GET /stats/raw HTTP/1.1" + HOST)
            await given_up.wait()
            size = 0
            try:
                while piece := await reader.read(1 << 20):
                    size += len(piece)
            except ConnectionResetError:
                pass
            writer.close()
            return size

    assert asyncio.run(talk()) < 100_000_000
    assert capfd.readouterr().err == ""


def failing_at(number):
    """Return what shows a list of a million rows, of which one cannot be made."""

    def text(row):
        return f"{row // (row - number)}\n"

    async def show(_run, _query):
        return Page("L", "x.html", {}, "", Listing("rows", range(1_000_000), text, dict, ()))

    return show


def test_a_name_of_a_file_that_is_no_text():
    run = run_of([], name="a\udcff.pcap")
    assert "a\\udcff" in ask(run, "/about/config").text
    assert b"a\\udcff" in ask(run, "/?format=html").body
    assert json.loads(ask(run, "/health").body)["sources"][0]["name"] == "a\\xff.pcap"


def test_pages_are_made_while_packets_are_read(run):
    """Two requests at a time do not hinder each other."""

    async def talk():
        async with serving(run) as port, ClientSession() as client:
            url = f"http://127.0.0.1:{port}"
            answers = await asyncio.gather(*(client.get(f"{url}/counters") for _ in range(20)))
            return {(answer.status, await answer.text()) for answer in answers}

    assert len(asyncio.run(talk())) == 1


def test_the_default_of_a_page_goes_before_accept(run):
    assert (
        ask(run, "/health", headers=BROWSER).headers["Content-Type"].startswith("application/json")
    )
    assert ask(run, "/health?format=html").headers["Content-Type"].startswith("text/html")
