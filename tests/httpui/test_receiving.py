"""What clients send, and how they may not."""

import asyncio
import errno
import gzip
import os
import tempfile
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.http_exceptions import TransferEncodingError

from sipcm.httpui import connections, receiving
from sipcm.httpui.receiving import plain_name
from tests.uploading import BOUNDARY, FORM, client_of, demo_capture, form_of, host, talk
from tests.waiting import others_until
from tests.webharness import send

MEGABYTE = 1 << 20


def open_files() -> int:
    """Return how many files are open that have no name any more."""
    folder = Path("/proc/self/fd")
    found = 0
    for entry in list(folder.iterdir()):
        try:
            found += "(deleted)" in str(entry.readlink())
        except FileNotFoundError:
            continue
    return found


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("x.pcap", "x.pcap"),
        ("../../etc/passwd", "passwd"),
        ("C:\\captures\\x.pcap", "x.pcap"),
        ("/", "upload"),
        ("..", ".."),
        ("", "upload"),
        ("a" * 300 + ".pcap", "a" * 100 + "..." + "a" * 12 + ".pcap"),
    ],
)
def test_names_are_plain(name, plain):
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": "application/vnd.tcpdump.pcap"},
        {"Expect": "100-continue"},
    ],
)
def test_a_file_as_it_is(headers):
    async def work(client):
        answer = await client.send(demo_capture(), "/upload?name=a/b.pcap", **headers)
        assert answer.status == 303
        [one] = await client.uploads()
        assert (one["name"], one["path"]) == ("b.pcap", answer.headers["Location"])

    talk(work)


def test_a_file_of_a_form():
    async def work(client):
        content = form_of(gzip.compress(demo_capture()), "<b>.pcap.gz")
        answer = await client.ask("/upload", method="POST", data=content, **FORM)
        assert answer.status == 303
        await client.until_read()
        [one] = await client.uploads()
        assert (one["name"], one["state"]) == ("<b>.pcap.gz", "done")

    talk(work)


def test_a_long_file_is_written_in_blocks(monkeypatch):
    monkeypatch.setattr(receiving, "BLOCK", 1000)

    async def work(client):
        headers = {"Content_Type": f"multipart/form-data; charset=x; {FORM['Content-Type'][21:]}"}
        data = form_of(demo_capture())
        answer = await client.ask("/upload", method="POST", data=data, **headers)
        assert answer.status == 303
        await client.until_read()
        [one] = await client.uploads()
        assert (one["size"], one["problem"]) == (len(demo_capture()), "")

    talk(work)


def test_a_file_whose_length_is_not_known():
    async def pieces():
        content = demo_capture()
        for at in range(0, len(content), 5000):
            yield content[at : at + 5000]

    async def work(client):
        assert (await client.send(pieces())).status == 303
        answer = await client.ask("/upload", method="POST", data=pieces(), **FORM)
        assert (answer.status, answer.text) == (411, "a form with a file needs a Content-Length\n")

    talk(work)


@pytest.mark.parametrize(
    ("headers", "data", "status", "text"),
    [
        ({}, b"", 400, "nothing was sent: choose a capture file"),
        (FORM, form_of(b"", ""), 400, "nothing was sent: choose a capture file"),
        (FORM, form_of(b"x")[:-9], 400, "the form cannot be read: it has no end"),
        (FORM, b"x" * 100, 400, "the form cannot be read: it does not begin with a part"),
        (
            {"Content_Type": "multipart/form-data"},
            b"x",
            400,
            "the form cannot be read: the boundary between the parts is missing or too long",
        ),
        ({"Content_Encoding": "gzip"}, b"x", 415, "send the file as it is, without Content-En"),
        ({}, b"hello, this is no capture", 400, "upload: no capture: it begins with 68 65 6c 6c;"),
        ({}, b"PK\x03\x04" + bytes(40), 400, "upload: "),
        ({}, gzip.compress(b"x" * 100, mtime=0), 400, "upload: inside gzip: no capture"),
        (
            {},
            gzip.compress(gzip.compress(demo_capture(), mtime=0), mtime=0),
            400,
            "upload: inside gzip: this is gzip",
        ),
    ],
)
def test_what_is_refused(headers, data, status, text):
    async def work(client):
        before = open_files()
        given = {name.replace("-", "_"): value for name, value in headers.items()}
        answer = await client.ask("/upload", method="POST", data=data, **given)
        assert answer.status == status
        assert answer.text.startswith(text)
        assert answer.text.count("\n") == 1
        assert await client.uploads() == []
        assert open_files() == before

    talk(work)


class TestTooMuch:
    def test_by_its_length(self):
        async def work(client):
            answer = await client.send(b"\xd4\xc3\xb2\xa1" + bytes(MEGABYTE))
            assert answer.status == 413
            text = "it has more than 1 MB: cut the capture, or raise -http_upload_mb\n"
            assert answer.text == text
            answer = await client.ask(
                "/upload", method="POST", data=form_of(bytes(MEGABYTE + 1)), **FORM
            )
            assert (answer.status, answer.text) == (413, text)

        talk(work, host(http_upload_mb=1))

    def test_as_it_comes(self):
        async def pieces():
            for _ in range(1025):
                yield bytes(1024)

        async def work(client):
            assert (await client.send(pieces())).status == 413
            assert open_files() == before

        before = open_files()
        talk(work, host(http_upload_mb=1))


@pytest.mark.parametrize("body", [b"\xd4\xc3", b"", f"--{BOUNDARY}\r\n".encode()])
def test_too_slow(monkeypatch, body):
    monkeypatch.setattr(receiving, "IDLE", 0.05)
    monkeypatch.setattr(connections, "LINGER", 0.05)
    kind = b"" if not body.startswith(b"-") else b"Content-Type: " + FORM["Content-Type"].encode()
    head = b"POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + kind
    answer = send(host(), head.rstrip() + b"\r\nContent-Length: 1000\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the file came too slowly\n" in answer


def test_who_sends_enough_is_not_too_slow(monkeypatch):
    """Each so many bytes begin the wait anew."""
    monkeypatch.setattr(receiving, "LEAST", 1)
    waited = []

    async def until(deadline, come):
        waited.append(deadline)
        return await come

    monkeypatch.setattr(receiving, "_until", until)
    talk(lambda client: client.send(demo_capture()))
    assert len(set(waited)) == len(waited) > 1


@pytest.mark.parametrize("error", [web.RequestPayloadError, TransferEncodingError])
def test_what_comes_cannot_be_read(monkeypatch, error):
    async def until(_deadline, come):
        come.close()
        raise error("zz")

    monkeypatch.setattr(receiving, "_until", until)
    answer = talk(lambda client: client.send(demo_capture()))
    assert (answer.status, answer.text) == (400, "what was sent cannot be read\n")


def test_who_goes_away_leaves_nothing():
    async def work():
        before = open_files()
        async with client_of(host()) as client:
            _, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write(
                b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
                + demo_capture()[:50000]
            )
            await writer.drain()
            await others_until(lambda: open_files() > before, "the file")
            writer.close()
            await others_until(lambda: open_files() == before, "the end of the file")
            assert await client.uploads() == []

    asyncio.run(work())


@pytest.mark.parametrize("where", ["open", "write"])
def test_no_room(monkeypatch, where):
    class Full:
        def write(self, _data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

    def opened():
        if where == "open":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return Full()

    monkeypatch.setattr(tempfile, "TemporaryFile", opened)
    answer = talk(lambda client: client.send(demo_capture()))
    assert answer.status == 507
    assert answer.text == "there is no room for it: No space left on device\n"
