"""Captures that are sent to the pages: that they are seen, and that they harm nobody."""

import asyncio
import csv
import gc
import io
import json
import re
import weakref
from importlib.resources import files
from pathlib import Path

import jsonschema
import openapi_spec_validator
import pytest

from sipcm.httpui import matches, openapi, outcomes, uploads
from sipcm.httpui.routes import ROUTES, UPLOADED
from sipcm.httpui.uploads import MOST, UNUSED, Uploads
from sipcm.httpui.workspace import Workspace
from sipcm.log import Log
from sipcm.settings import Settings
from tests.harness import capture_of
from tests.httpui.test_markup import hostile_packets
from tests.peers import made
from tests.samples import demo
from tests.uploading import Client, client_of, demo_capture, host, talk
from tests.waiting import others_until
from tests.webharness import ask, run_of

SCHEMA = json.loads(files("sipcm.httpui").joinpath("pages.schema.json").read_text(encoding="utf-8"))
PAGES = [route for route in UPLOADED.routes if route.faces]


def fits(name: str, document: object) -> None:
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(document)


class TestOff:
    @pytest.mark.parametrize("path", ["/upload", "/uploads/a1b2c3d4e5f6/", "/uploads/"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_nothing_is_there(self, path, method):
        answer = ask(run_of([], http_port=8080), path, method=method)
        assert (answer.status, answer.text) == (404, "there is no such page: / lists all\n")

    def test_nothing_tells_of_it(self):
        run = run_of([], http_port=8080)
        assert "upload" not in ask(run, "/?format=html").text.lower()
        assert "upload" not in ask(run, "/").text.lower()
        assert "/upload" not in ask(run, openapi.PATH).json()["paths"]


def test_its_pages_are_documented():
    text = (Path(__file__).parents[2] / "docs" / "pages.md").read_text(encoding="utf-8")
    assert "\n## `/upload`\n" in text
    assert "\n## `/uploads/<id>/`\n" in text
    for row in SCHEMA["$defs"]["upload_one"]["required"]:
        assert f"`{row}`" in text


class TestThePage:
    def test_it_is_told_of(self):
        run = host()
        assert '<a href="/upload">Upload</a>' in ask(run, "/?format=html").text
        assert re.search("^/upload  ", ask(run, "/").text, re.MULTILINE)
        document = ask(run, openapi.PATH).json()
        described = document["paths"]["/upload"]
        assert set(described) == {"get", "post"}
        assert "multipart/form-data" in described["post"]["requestBody"]["content"]
        named = [parameter["name"] for parameter in described["post"]["parameters"]]
        assert named == ["name", "discard", "format"]
        openapi_spec_validator.validate({**document, "paths": {"/upload": described}})

    @pytest.mark.parametrize("face", ["text", "html", "json"])
    def test_it_is_there_in_every_face(self, face):
        answer = ask(host(), f"/upload?format={face}")
        assert answer.status == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")

    def test_text(self):
        async def work(client):
            await client.read(demo_capture(), "/upload?name=x.pcap")
            answer = await client.ask("/upload")
            [one] = await client.uploads()
            assert answer.text == (
                "curl -F file=@FILE .../upload sends a capture of up to 64 MB.\n"
                "1 of 8 are here:\n"
                f"upload x.pcap, {len(demo_capture())} bytes, done: {one['path']}\n"
            )

        talk(work)

    def test_the_form_needs_no_script(self):
        text = ask(host(), "/upload?format=html").text
        form = '<form class="drop" action="/upload" method="post" enctype="multipart/form-data"'
        assert form in text
        assert re.search(r'<input type="file" name="file" required></label>\s*<button>', text)

    def test_json_fits_its_schema(self):
        async def work(client):
            answer = await client.send(demo_capture(), "/upload?format=json")
            assert answer.status == 303
            assert answer.json()["path"] == answer.headers["Location"]
            fits("upload_one", answer.json())
            fits("upload_posted", answer.json())
            fits("upload", (await client.ask("/upload?format=json")).json())

        talk(work)

    @pytest.mark.parametrize("face", ["text", "html", "json"])
    def test_it_leads_to_what_was_sent(self, face):
        async def work(client):
            answer = await client.send(demo_capture(), f"/upload?format={face}")
            assert answer.status == 303
            where = answer.headers["Location"]
            assert re.fullmatch("/uploads/[0-9a-f]{12}/", where)
            assert where in answer.text
            assert (await client.ask(where)).status == 200
            assert (await client.ask(where.removesuffix("/"))).status == 200

        talk(work)

    def test_there_is_no_csv(self):
        assert ask(host(), "/upload?format=csv").status == 400
        assert ask(host(), "/upload?format=csv", method="POST").status == 400

    @pytest.mark.parametrize("query", ["x=1", "name=a&name=b"])
    def test_parameters_that_are_none(self, query):
        answer = talk(lambda client: client.send(demo_capture(), f"/upload?{query}"))
        assert answer.status == 400


class TestPagesOfAnUpload:
    @pytest.mark.parametrize("face", ["text", "html", "json", "csv"])
    def test_each_tells_of_what_it_is(self, face):
        async def work(client):
            where = await client.read(demo_capture(), "/upload?name=x.pcap")
            for route in PAGES:
                path = route.path.replace("<id>", "19")
                answer = await client.ask(f"{where.removesuffix('/')}{path}?format={face}")
                if face == "csv":
                    if answer.status == 200:
                        assert list(csv.reader(io.StringIO(answer.text)))[1:]
                    continue
                assert answer.status == 200, path
                if face == "json":
                    fits("upload_one", answer.json()["upload"])
                elif face == "html":
                    assert '<p class="upload" id="upload">Upload <strong' in answer.text
                    assert '<a href="/upload">all uploads</a>' in answer.text
                else:
                    assert answer.text.startswith(f"upload x.pcap, {len(demo_capture())} bytes")

        talk(work)

    def test_links_stay_within(self):
        """Whoever follows links from the first page on comes to no page of the run itself."""

        async def work(client):
            where = await client.read(demo_capture())
            base = where.removesuffix("/")
            out = {"/", "/upload", "/static/style.css", "/static/icon.svg", "/static/sipcm.js"}
            to_see: list[str] = [where]
            seen: set[str] = set()
            while to_see:
                path = to_see.pop()
                if path in seen or len(seen) > 300:
                    continue
                seen.add(path)
                answer = await client.ask(path, Accept="text/html")
                assert answer.status in {200, 302}, path
                assert answer.headers.get("Location", base).startswith(base)
                if "text/html" not in answer.headers["Content-Type"]:
                    continue
                links = re.findall(r'(?:href|action|data-stream|src)="([^"#]+)', answer.text)
                for link in links:
                    if link not in out:
                        assert link.startswith(f"{base}/"), (path, link)
                        to_see.append(link.replace("&amp;", "&"))
                assert f'data-base="{base}"' in answer.text
                assert 'method="post"' not in answer.text
            assert len(seen) > 100
            for face in ("text", "json"):
                for path in ("", "calls/list?n=1", "events?n=1", "calls/19?n=1", "regs/aor"):
                    text = (await client.ask(f"{where}{path}", Accept=f"application/{face}")).text
                    for found in re.findall(r"(?<![\w/])/(?:calls|events|regs)\b", text):
                        raise AssertionError((path, found))

        talk(work)

    def test_nothing_can_be_changed(self):
        async def work(client):
            where = await client.read(demo_capture())
            for route in ROUTES:
                path = where + route.path.removeprefix("/").replace("<id>", "1")
                answer = await client.ask(path, method="POST", data=b"x=1")
                assert answer.status in {404, 405}, path
                if route.change or route.answer or route.own:
                    assert (await client.ask(path)).status in {400, 404}

        talk(work)

    def test_files_and_streams_are_its_own(self):
        async def work(client):
            where = await client.read(demo_capture())
            answer = await client.ask(f"{where}calls/3.pcap")
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "application/x-pcapng"
            [first] = (await client.ask(f"{where}events?n=1&format=json")).json()["events"]
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            head = f"GET {where}events/stream?s=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            writer.write(head.encode())
            told = await reader.readuntil(b"data: ")
            assert b"id: 0-" in told
            assert first["type"].encode() in await reader.readline()
            await client.ask(f"/upload?discard={where.split('/')[2]}", method="POST")
            ending = b": this upload is gone: it was thrown away\n\n\r\n0\r\n\r\n"
            assert ending in await reader.readuntil(b"0\r\n\r\n")
            writer.close()

        talk(work)

    def test_the_description_for_programs_says_where(self):
        async def work(client):
            where = await client.read(demo_capture())
            described = (await client.ask(f"{where}openapi.json")).json()
            assert described["servers"] == [{"url": where.removesuffix("/")}]
            assert "/calls/list" in described["paths"]
            assert "/inject" not in described["paths"]

        talk(work)

    def test_a_mistake_is_told_there(self):
        async def work(client):
            where = await client.read(demo_capture())
            answer = await client.ask(f"{where}nope")
            assert answer.status == 404
            assert f"there is no such page: {where} lists all\n" in answer.text
            answer = await client.ask(f"{where}calls/list?q=x+%3D&format=html")
            assert answer.status == 400
            assert f'action="{where}calls/list"' in answer.text

        talk(work)

    def test_while_it_is_read(self, monkeypatch):
        """The page tells how far, and comes again by itself where there is no script."""
        go_on = asyncio.Event()

        async def wait(self, *_):
            self.source.position = 1000
            self._turn.leave()
            await go_on.wait()

        monkeypatch.setattr(Workspace, "_rest", wait)

        async def work(client):
            where = (await client.send(demo_capture())).headers["Location"]

            async def begun() -> object:
                return (await client.uploads())[0]["position"] == 1000

            await client.until(begun)
            text = (await client.ask(f"{where}?format=html")).text
            assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in text
            assert '<p class="upload" id="upload" data-fresh>' in text
            assert re.search(r'reading <progress value="0\.01', text)
            other = (await client.send(demo_capture())).headers["Location"]
            assert "waiting" in (await client.ask(f"{other}?format=html")).text
            go_on.set()
            await client.until_read()
            text = (await client.ask(f"{where}?format=html")).text
            assert "refresh" not in text
            assert "data-stream" not in text

        talk(work)

    def test_networks_have_names_as_on_other_pages(self):
        async def work(client):
            where = await client.read(demo_capture())
            assert "5060 core\n" in (await client.ask(f"{where}calls/10.txt")).text

        talk(work, host(peers=made(("203.0.113.1/32", "core"))))


class TestTheRunItself:
    def test_it_takes_no_notice(self):
        run = run_of(demo().packets(), ended=False, http_port=8080, http_upload=True)

        def state():
            return {group.name: group.values() for group in run.groups() if group.name != "http"}, [
                event.number for event in run.pipeline.ring.read(0, 1000)
            ]

        before = state()

        async def work(client):
            await client.read(demo_capture())
            await client.read(capture_of(hostile_packets()).getvalue())

        talk(work, run)
        assert state() == before
        assert [source.name for source in run.sources] == ["call.pcap"]

    def test_read_only_pages_take_uploads(self):
        """They change nothing of the run, and nobody has to ask for them."""

        async def work(client):
            where = await client.read(demo_capture())
            assert (await client.ask("/calls/timeout", method="POST")).status == 403
            discard = await client.ask(f"/upload?discard={where.split('/')[2]}", method="POST")
            assert discard.status == 303

        talk(work, host(http_readonly=True))


class TestBounds:
    def test_twenty_at_once(self):
        async def work(client):
            answers = await asyncio.gather(*(client.send(demo_capture()) for _ in range(20)))
            statuses = [answer.status for answer in answers]
            assert set(statuses) <= {303, 503}
            assert statuses.count(303) >= MOST
            for answer in answers:
                if answer.status == 503:
                    assert answer.headers["Retry-After"] == "10"
                    assert answer.text == (
                        "8 uploads are on their way or being read: wait for one\n"
                    )
            await client.until_read()
            assert len(await client.uploads()) == MOST

        talk(work)

    def test_the_one_that_nobody_looked_at_for_longest_goes(self):
        async def work(client):
            places = [await client.read(demo_capture()) for _ in range(MOST)]
            assert (await client.ask(places[0])).status == 200
            await client.read(demo_capture())
            answer = await client.ask(places[1])
            assert answer.status == 410
            assert answer.text == (
                "this upload is gone: a newer one has taken its place, 8 are kept at a time\n"
            )
            assert (await client.ask(places[0])).status == 200

        talk(work)

    def test_what_is_no_capture_takes_nobodys_place(self):
        async def work(client):
            places = [await client.read(demo_capture()) for _ in range(MOST)]
            assert (await client.send(b"no capture at all, none")).status == 400
            for place in places:
                assert (await client.ask(place)).status == 200

        talk(work)

    def test_one_that_is_thrown_away(self):
        async def work(client):
            where = await client.read(demo_capture())
            id_ = where.split("/")[2]
            answer = await client.ask(f"/upload?discard={id_}", method="POST", Accept="text/html")
            assert (answer.status, answer.headers["Location"]) == (303, "/upload")
            assert (await client.ask(where)).text == "this upload is gone: it was thrown away\n"
            answer = await client.ask(f"/upload?discard={id_}", method="POST")
            assert answer.status == 404
            assert await client.uploads() == []

        talk(work)

    def test_nothing_is_remembered_of_it(self):
        """Neither events that fit nor failures that were counted keep one that is gone."""
        kept = host()

        async def work(client):
            where = await client.read(demo_capture())
            for of in ("/", where):
                await client.ask(of)
                await client.ask(f"{of}events?q=status+>+0")
            (remembered,) = (run for run in matches._MATCHES if f"{run.base}/" == where)
            assert matches._MATCHES[remembered] is not matches._MATCHES[kept]
            assert remembered in outcomes._TALLIES
            gone = weakref.ref(remembered)
            del remembered
            await client.ask(f"/upload?discard={where.split('/')[2]}", method="POST")

            async def freed():
                await client.ask("/")
                return gone() is None

            await client.until(freed)

        gc.disable()
        try:
            talk(work, kept)
        finally:
            gc.enable()

    def test_what_is_asked_at_once_of_two_is_not_mixed_up(self):
        async def work(client):
            places = [await client.read(demo_capture()) for _ in range(2)]
            asked = [f"{place}events?n=1&format=json" for place in places] * 3
            answers = await asyncio.gather(*map(client.ask, asked))
            for path, answer in zip(asked, answers, strict=True):
                assert path.startswith(answer.json()["upload"]["path"])

        talk(work)

    def test_one_that_is_thrown_away_while_it_is_read(self, monkeypatch):
        async def wait(*_):
            await asyncio.Event().wait()

        monkeypatch.setattr(Workspace, "_rest", wait)
        freed = asyncio.Event()
        take_apart = Workspace.take_apart

        async def watched(self):
            await take_apart(self)
            freed.set()

        monkeypatch.setattr(Workspace, "take_apart", watched)

        async def work(client):
            where = (await client.send(demo_capture())).headers["Location"]
            await client.ask(f"/upload?discard={where.split('/')[2]}", method="POST")
            await freed.wait()
            assert (await client.ask(where)).status == 410

        talk(work)

    def test_names_of_what_is_gone_are_forgotten_in_the_end(self, monkeypatch):
        monkeypatch.setattr(uploads, "MOST_GONE", 1)

        async def work(client):
            places = [await client.read(demo_capture()) for _ in range(2)]
            for place in places:
                await client.ask(f"/upload?discard={place.split('/')[2]}", method="POST")
            assert [(await client.ask(place)).status for place in places] == [404, 410]

        talk(work)

    def test_who_is_not_looked_at_goes(self, monkeypatch):
        looks = []

        async def work():
            loop = asyncio.get_running_loop()
            kept = Uploads(Settings({"http_port": 8080}), Log())
            monkeypatch.setattr(kept, "_look_later", lambda: looks.append(1))
            for name in ("old", "new", "unread"):
                kept.here[name] = one = Workspace(name, name, 1, Settings({"http_port": 8080}))
                one.used = loop.time() - (UNUSED if name != "new" else 0)
                if name != "unread":
                    one.source.done()
            kept.forget_unused()
            assert list(kept.here) == ["new", "unread"]
            assert looks == [1]
            kept.close("the end")
            kept.forget_unused()
            assert looks == [1]

        asyncio.run(work())

    def test_looks_come_by_themselves(self, monkeypatch):
        monkeypatch.setattr(uploads, "BETWEEN_LOOKS", 0)
        monkeypatch.setattr(uploads, "UNUSED", 0)

        async def work(client):
            where = (await client.send(demo_capture())).headers["Location"]

            async def gone() -> object:
                return (await client.ask(where)).status == 410

            await client.until(gone)
            answer = await client.ask(where)
            assert answer.text == "this upload is gone: nobody has looked at it for an hour\n"

        talk(work)


def test_at_the_end_all_goes():
    async def work():
        run = host()
        async with client_of(run) as client:
            before = asyncio.all_tasks()
            where = await client.read(demo_capture())
            assert where
        await others_until(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})

    asyncio.run(work())


def test_at_the_end_nothing_is_read_on(monkeypatch):
    async def wait(*_):
        await asyncio.Event().wait()

    monkeypatch.setattr(Workspace, "_rest", wait)

    async def work(client: Client):
        assert (await client.send(demo_capture())).status == 303

    talk(work)
