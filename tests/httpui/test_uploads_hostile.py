"""Mischief that is sent: in names, in captures, in forms, from elsewhere and by strangers."""

import pytest

from sipcm.httpui import passwords
from tests.harness import capture_of
from tests.httpui.test_markup import hostile_packets
from tests.uploading import BOUNDARY, FORM, demo_capture, form_of, host, talk
from tests.webharness import ask

EVIL = "<script>alert('x')</script>\x1b[1m.pcap"


@pytest.mark.parametrize("name", [EVIL, "../../../etc/passwd", "a\r\nSet-Cookie: x", "%00", '"'])
def test_names_of_files(name):
    """A name is shown as text, and nothing else is done with it."""

    async def work(client):
        data = form_of(demo_capture(), name.replace('"', '\\"'))
        answer = await client.ask("/upload", method="POST", data=data, **FORM)
        if answer.status == 400:  # a line end in a header ends that
            return
        await client.until_read()
        assert "Set-Cookie" not in answer.headers
        where = answer.headers["Location"]
        for path in ("/upload", where, f"{where}counters", f"{where}stats", f"{where}health"):
            for face in ("html", "text", "json"):
                text = (await client.ask(f"{path}?format={face}")).text
                if face == "html":
                    assert "<script>alert" not in text
                assert "\x1b" not in text
        [one] = await client.uploads()
        assert "/" not in one["name"].replace("</script>", "")

    talk(work)


def test_what_is_in_it():
    """The mischief of packets does as little as in the run itself."""

    async def work(client):
        where = await client.read(capture_of(hostile_packets()).getvalue())
        for path in ("", "calls/list", "events", "regs/list", "regs/aor", "calls/3"):
            text = (await client.ask(f"{where}{path}?format=html")).text
            assert "<evilmark" not in text
            assert "\u202e" not in text

    talk(work)


@pytest.mark.parametrize(
    "path",
    ["/uploads/../etc/passwd", "/uploads/%2e%2e/x", "/uploads//", "/uploads/x/nope"],
)
def test_paths(path):
    assert ask(host(), path).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_the_page_of_another_site(headers):
    async def work(client):
        data = form_of(demo_capture())
        answer = await client.ask("/upload", method="POST", data=data, **FORM, **headers)
        assert answer.status == 403
        assert await client.uploads() == []

    talk(work)


def test_strangers(tmp_path):
    users = tmp_path / "users"
    users.write_text(passwords.line_for("ops", "secret"), encoding="ascii")
    users.chmod(0o600)

    async def work(client):
        assert (await client.send(demo_capture())).status == 401
        assert (await client.ask("/uploads/a/")).status == 401

    talk(work, host(http_auth=str(users)))


def test_forms_that_are_cut_off():
    async def work(client):
        form = form_of(demo_capture())
        for size in range(0, 400, 7):
            answer = await client.ask("/upload", method="POST", data=form[:size], **FORM)
            assert answer.status == 400, size
            assert "\n" not in answer.text[:-1]
        assert await client.uploads() == []

    talk(work)


def test_a_form_of_many_parts():
    data = (f"--{BOUNDARY}\r\n\r\n\r\n\r\n" * 10_000).encode()
    answer = talk(lambda client: client.ask("/upload", method="POST", data=data, **FORM))
    assert answer.text == "the form cannot be read: there are more than 16 parts\n"
