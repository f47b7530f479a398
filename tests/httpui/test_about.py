"""The pages about the program."""

import platform
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from sipcm import build
from sipcm.httpui import about
from sipcm.options import OPTIONS
from sipcm.settings import Settings
from tests.goldenpage import check_golden
from tests.webharness import ask, run_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fixed(monkeypatch):
    """Let the program and the machine be always the same; one library is not there."""

    def version(name):
        if name == "uvloop":
            raise PackageNotFoundError(name)
        return "1.2.3"

    monkeypatch.setattr(about, "version", version)
    monkeypatch.setattr(about, "VERSION", "0.9.0")
    monkeypatch.setattr(platform, "python_version", lambda: "3.11.7")
    monkeypatch.setattr(platform, "python_implementation", lambda: "CPython")
    monkeypatch.setattr(build, "describe", lambda: "compiled by mypyc")
    monkeypatch.setattr(build, "scanner", lambda: "compiled")
    about._dependencies.cache_clear()
    yield
    about._dependencies.cache_clear()


def test_text(fixed):
    check_golden("about", ask(run_of([]), "/about").text)


def test_json(fixed):
    data = ask(run_of([]), "/about?format=json").json()
    assert data["version"] == "0.9.0"
    assert data["scanner"] == "compiled"
    assert data["dependencies"]["aiohttp"] == "1.2.3"
    assert "uvloop" not in data["dependencies"]


def test_html(fixed):
    text = ask(run_of([]), "/about?format=html").text
    assert "compiled by mypyc" in text
    assert '<th scope="row">aiohttp</th><td>1.2.3</td>' in text


def test_all_dependencies_are_told():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {entry.split(">")[0].strip().lower() for entry in project["dependencies"]}
    assert {name.lower() for name in about.DEPENDENCIES} == names


class TestConfig:
    """The page of settings."""

    PATH = "/about/config"

    def run(self):
        return run_of(
            [],
            name="a.pcap b.pcap",
            http_port=8080,
            forever=True,
            event_types_blst=("reg-new", "other-ok"),
            http_hosts=("pbx",),
            end_wait=1_500_000_000,
            delay_scale=0.5,
            arguments=("-pcap", "a.pcap b.pcap", "-p", "8080", "-forever"),
        )

    def test_text(self):
        check_golden("about_config", ask(self.run(), self.PATH).text)

    def test_json(self):
        data = ask(self.run(), f"{self.PATH}?format=json").json()
        assert data["arguments"][:2] == ["-pcap", "a.pcap b.pcap"]
        assert data["options"]["p"] == {
            "value": 8080,
            "origin": "command line",
            "default": 0,
        }
        assert data["options"]["l"] == {
            "value": "127.0.0.1",
            "origin": "default",
            "default": "127.0.0.1",
        }
        assert set(data["options"]) == {option.name for option in OPTIONS if not option.asks}

    def test_html(self):
        text = ask(self.run(), f"{self.PATH}?format=html").text
        assert 'Started as <code class="wire">sipcm -pcap a.pcap b.pcap' in text
        assert '<tr><th scope="row"><code>-p</code></th><td class="wire">8080</td>' in text
        assert '<tr class="zero"><th scope="row"><code>-l</code></th>' in text

    def test_what_the_operator_gave_is_made_harmless(self):
        run = run_of([], name="<b>\x1b\n", arguments=("<script>", "\x07"))
        text = ask(run, self.PATH).text
        assert "arguments: [<script> \\x07]\n" in text
        assert "\tpcap: <b>\\x1b\\n\n" in text
        html = ask(run, f"{self.PATH}?format=html").text
        assert "&lt;script&gt;" in html
        assert "<b>" not in html

    def test_names_are_those_that_scripts_know(self):
        names = {about.known_name(option) for option in OPTIONS}
        assert names >= {
            *("http_port", "http_addr", "iface", "run_forever", "tcp_gc_int"),
            *("replay_scale", "replay_min_delay", "replay_max_delay"),
        }

    def test_values_are_shown_as_options(self):
        settings = Settings({"pcap": ("a", "b"), "http_hosts": ("a", "b")})
        shown = {
            option.name: about._shown(option, settings) for option in OPTIONS if not option.asks
        }
        assert shown["pcap"] == "a b"
        assert shown["http_hosts"] == "[a b]"
        assert shown["tcp_gc_interval"] == "30s"
