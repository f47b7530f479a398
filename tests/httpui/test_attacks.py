"""What a stranger may try: through a browser of ours, through a proxy, or by hand."""

import re

import pytest

from sipcm.httpui.receiving import MOST_PARAMETERS
from sipcm.httpui.routes import ROUTES
from sipcm.run import Run
from tests.samples import demo
from tests.webharness import ask, ask_each, run_of, send

HOST = b"Host: localhost\r\n"
END = b"Connection: close\r\n\r\n"
CHANGING = [route for route in ROUTES if route.change or route.answer]
PATHS = [route.path for route in ROUTES if "<" not in route.path]


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of(demo().packets())


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    assert found, answer[:100]
    return int(found[1])


# Through the browser of a visitor


@pytest.mark.parametrize("path", PATHS)
def test_a_name_that_was_made_to_point_here(run, path):
    """DNS rebinding: the page of another site asks for ours under its own name."""
    for host in ("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil"):
        answer = ask(run, path, headers={"Host": host})
        assert answer.status == 403
        assert "-http_hosts" in answer.text


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: route.path)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
    ],
)
def test_the_page_of_another_changes_nothing(run, route, headers):
    assert ask(run, route.path, method="POST", headers=headers).status == 403


def test_two_origins_are_none_of_ours(run):
    data = b"POST /calls/timeout HTTP/1.1\r\n" + HOST
    ours, theirs = b"Origin: http://localhost\r\n", b"Origin: http://evil.example\r\n"
    assert status(send(run, data + theirs + ours + END)) == 403
    assert status(send(run, data + ours + theirs + END)) == 403
    site = b"Sec-Fetch-Site: %b\r\n"
    assert status(send(run, data + site % b"same-origin" + site % b"cross-site" + END)) == 403
    assert status(send(run, data + site % b"cross-site" + site % b"none" + END)) == 403


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: route.path)
def test_reading_changes_nothing(route):
    """An image of another site can make a browser read; no more than this comes of it."""
    run = run_of([])
    paths = [f"{path}?format=json" for path in PATHS if "timeout" in path]
    before = [answer.body for _, answer in ask_each(run, paths)]
    ask(run, f"{route.path}?inv_1st=90s&reset=1&n=0&sipmsg=x&rate0=1")
    after = [answer.body for _, answer in ask_each(run, paths)]
    assert before == after
    assert run.pipeline.counters.injected.value == 0


@pytest.mark.parametrize("path", [*PATHS, "/static/style.css", "/nope"])
def test_nothing_is_for_the_pages_of_others(run, path):
    answer = ask(run, path, headers={"Origin": "http://evil.example"})
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


# By the address


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"http://localhost/about", 200),
        (b"http://127.0.0.1:8080/about", 200),
        (b"http://evil.example/about", 403),
        (b"http://evil.example:80/about", 403),
        (b"HTTPS://EVIL.example/about", 403),
        (b"http://localhost@evil.example/about", 403),
        (b"http://evil.example?/about", 403),
        (b"http://evil.example#/about", 403),
        (b"ftp://evil.example/about", 403),
        (b"//evil.example/about", 404),
        (b"/about://evil.example", 404),
        (b"/http://evil.example/about", 404),
    ],
)
def test_whole_addresses(run, target, expected):
    """The host in one goes before that of Host (RFC 9112 3.2.2)."""
    data = b"GET " + target + b" HTTP/1.1\r\n" + HOST + END
    answer = send(run, data)
    assert status(answer) in {expected, 400}
    assert status(answer) != 200 or expected == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static/%2e%2e%2fserver.py",
        "/static/..%5cserver.py",
        "/static/....//server.py",
        "/static//etc/passwd",
        "/static/%252e%252e%252fserver.py",
        "/static/style.css%00.html",
        "/static/style.css/",
        "/static/./style.css/../../server.py",
        "/static/templates/base.html",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/.git/config",
        "/about/../static/../../server.py",
    ],
)
def test_no_other_file_is_served(run, path):
    data = f"GET {path} HTTP/1.1\r\n".encode() + HOST + END
    answer = send(run, data)
    assert status(answer) in {400, 404}
    assert b"import" not in answer
    assert b"root:" not in answer


EVIL = "%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a%3Cscript%3E"


@pytest.mark.parametrize("path", PATHS)
def test_no_parameter_adds_a_header(run, path):
    names = ("n", "s", "cid", "re", "format", "path", "src", "ip", "aor", "d", "q", EVIL)
    faces = ("text", "json", "html", "csv")
    for _, answer in ask_each(
        run, [f"{path}?{name}={EVIL}&format={face}" for name in names for face in faces]
    ):
        assert "Set-Cookie" not in answer.headers
        assert answer.status < 500 or answer.status == 501
        for value in answer.headers.values():
            assert value.isprintable()


def test_a_link_to_the_next_entries_keeps_what_was_asked_for_in_bounds(run):
    """What is repeated in a header was written anew."""
    answer = ask(run, "/events?n=1&reason=%3E;%20rel=%22x%22,%20%3Chttp://evil&reason=O%0d%0aK")
    assert "evil" not in answer.headers.get("Link", "")
    answer = ask(run, "/events?n=1&src=1&uri=%3A&cid=%40&ua=%2F")
    link = answer.headers.get("Link", "</events?>")
    assert re.fullmatch(r"</events\?[A-Za-z0-9%&=._+-]*>(?:; rel=\"next\")?", link)


def test_where_a_browser_is_sent_is_no_choice_of_the_client(run):
    for path in ("/calls/timeout?inv_1st=90s", "/regs/cfg", "/events/blst"):
        answer = ask(run, path, method="POST", headers={"Accept": "text/html"})
        assert answer.status == 303
        assert answer.headers["Location"] == path.partition("?")[0]


# Too much


@pytest.mark.parametrize("path", ["/about", "/events", "/counters", "/calls/list"])
def test_many_parameters(run, path):
    many = "&".join(["a"] * (MOST_PARAMETERS + 1))
    for text in (many, "&" * (MOST_PARAMETERS + 1), "&".join(["n=1"] * (MOST_PARAMETERS + 1))):
        answer = ask(run, f"{path}?{text}")
        assert answer.status == 400
        assert answer.text == f"there are more than {MOST_PARAMETERS} parameters\n"


def test_many_fields_in_a_form(run):
    body = b"&".join([b"a=1"] * 10_000)
    data = b"POST /calls/timeout HTTP/1.1\r\n" + HOST
    data += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(body)
    answer = send(run, data + END + body)
    assert status(answer) == 400
    assert b"there are more than 1000 parameters\n" in answer


@pytest.mark.parametrize("length", [8_000, 9_000, 100_000])
def test_long_addresses(run, length):
    for data in (
        b"GET /about?x=" + b"a" * length,
        b"GET /about?" + b"%25" * (length // 3),
        b"GET /" + b"a/" * (length // 2),
    ):
        answer = send(run, data + b" HTTP/1.1\r\n" + HOST + END)
        assert status(answer) in {400, 404, 414}
        assert len(answer) < 2000


def test_percents_of_percents(run):
    """What is decoded is decoded once, so what was checked is what is used."""
    deep = "%" + "25" * 2000 + "2e"
    assert ask(run, f"/{deep}").status == 404
    answer = ask(run, f"/about?{deep}=1")
    assert answer.status == 400
    assert len(answer.text) < 300
    assert ask(run, "/%2561bout").status == 404
    assert ask(run, "/%61bout").status == 200


def test_a_body_without_an_end(run):
    data = b"POST /calls/timeout HTTP/1.1\r\n" + HOST + END.replace(b"\r\n\r\n", b"\r\n")
    data += b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = send(run, data + b"8000\r\n" + b"a" * 0x8000 + b"\r\n" + b"9000\r\n" + b"a" * 0x9000)
    assert status(answer) == 413


# Two requests in the eyes of one, and one in those of another


SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 0\r\nContent-Length: %d\r\n",
        b"Content-Length: %d\r\nContent-Length: 0\r\n",
        b"Content-Length: %d, 0\r\n",
        b"Content-Length: +%d\r\n",
        b"Content-Length: 0x%x\r\n",
        b"Content-Length: %d \x0b\r\n",
        b"Content-Length : %d\r\n",
        b"Content-Length\t: %d\r\n",
        b" Content-Length: %d\r\n",
        b"X: y\r\n Content-Length: %d\r\n",
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n",
        b"Transfer-Encoding: chunked, identity\r\nX: %d\r\n",
        b"Transfer-Encoding: identity, chunked, identity\r\nX: %d\r\n",
        b"Transfer-Encoding: xchunked\r\nX: %d\r\n",
        b"Transfer-Encoding: \x0bchunked\r\nX: %d\r\n",
        b"Transfer-Encoding : chunked\r\nX: %d\r\n",
        b"Transfer-Encoding:\r\n chunked\r\nX: %d\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nX: %d\r\n",
        b"X: y\rContent-Length: %d\r\n",
        b"X: \x00\r\nContent-Length: %d\r\n",
    ],
)
def test_the_length_is_beyond_doubt(run, head):
    """Of a request whose length can be read in two ways nothing behind it is answered."""
    filled = head % len(SMUGGLED)
    data = b"POST /about HTTP/1.1\r\n" + HOST + filled + b"\r\n0\r\n\r\n" + SMUGGLED
    answer = send(run, data)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.") == 1


@pytest.mark.parametrize(
    "body",
    [
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"-1\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"3\nabc\n0\n\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"ffffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        b"\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_pieces_of_a_body_that_are_not_as_they_should_be(run, body):
    data = b"POST /calls/timeout HTTP/1.1\r\n" + HOST
    data += b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = send(run, data + body + SMUGGLED)
    assert status(answer) == 400
    assert b" 404 " not in answer


def test_read_only():
    run = run_of([], http_readonly=True)
    for route in ROUTES:
        if route.change or route.answer:
            answer = ask(run, f"{route.path}", method="POST", form={"inv_1st": "90s"})
            assert answer.status == 403
            assert answer.text == "the pages are read-only: sipcm runs with -http_readonly\n"
        if not route.answer and route.path in PATHS:
            html = ask(run, f"{route.path}?format=html").text
            forms = re.findall(r'<form\b[^>]*?method="(\w+)"', html)
            assert len(forms) == html.count("<form")
            assert set(forms) <= {"get", "dialog"}  # what finds, and what closes the help
    assert ask(run, "/inject").status == 403
    assert ask(run, "/calls/timeout?format=json").json()["inv_1st"]["seconds"] == 120
    assert "nothing can be changed here" in ask(run, "/calls/timeout?format=html").text
    assert ask(run, "/nope", method="POST").status == 404
    assert ask(run, "/about", method="POST").status == 405
