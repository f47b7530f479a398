"""Who gives up root loads nothing afterwards: Python may lie where nobody may read, as below /root.

The program is kept from loading modules and from opening files of its own once it is not root any
more, and says which it tried. So it does not matter who may read the Python of these tests.
"""

import gzip
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipcm import build
from sipcm.httpui.passwords import line_for
from sipcm.httpui.routes import ROUTES
from sipcm.net.capturefile import CaptureFile
from tests.conftest import ROOT
from tests.e2e.live import PORT, Live
from tests.e2e.network import FAR, cable, on, python
from tests.e2e.serving import OURS
from tests.e2e.sipp import need
from tests.mixture import Mixture
from tests.waiting import PATIENCE, wait_until

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.no_cover

GUARD = """
import os, sys

LATE = "loaded too late: "

def refuse(what):
    if os.geteuid():
        os.write(2, f"{LATE}{what}\\n".encode())
        raise PermissionError(13, "Permission denied", what)

class Finder:
    def find_spec(self, name, path=None, target=None):
        refuse(name)

def heed(event, arguments):
    if event == "open" and str(arguments[0]).startswith(FOLDERS):
        refuse(arguments[0])

FOLDERS = (sys.prefix, sys.base_prefix, PACKAGE)
sys.meta_path.insert(0, Finder())
sys.addaudithook(heed)
"""
"""A sitecustomize.py: what Python runs first."""

LATE = "loaded too late"

SIPCM = (sys.executable, "-P", "-m", "sipcm")

MESSAGE = "OPTIONS sip:b@example.org SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"

SEND = f"""
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(({FAR!r}, 0))
for line in open(sys.argv[1]):
    sock.send(bytes.fromhex(line))
"""

SIZES = range(14, 1515)
"""Bytes of a frame that an interface takes."""


@pytest.fixture
def net():
    if os.geteuid() != 0:
        pytest.skip("only root can go on as somebody else")
    need("curl")
    with cable() as made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in which everybody may write; those of pytest are its own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.fixture
def guarded(tmp_path) -> dict[str, str]:
    """Give the environment of a program that is kept from loading what it may not read."""
    package = Path(build.__file__).parent
    text = GUARD.replace("PACKAGE", repr(str(package)))
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(package.parent)))}


def send_all(net, folder: Path) -> None:
    """Send SIP in every way that there is, and what is no SIP; much of it is out of order."""
    path = folder / "frames"
    frames = (frame for _, frame in Mixture(60, 10) if len(frame) in SIZES)
    path.write_text("".join(f"{frame.hex()}\n" for frame in frames), encoding="ascii")
    subprocess.run(python(net.far, "-c", SEND, str(path)), check=True)


@pytest.mark.parametrize(
    "options",
    [
        ("-json", "-"),
        ("-json", "events.json", "-w", "written.pcapng.gz", "-loop", "asyncio"),
        ("-json", "events.json", "-w", "written.pcapng.zst", "-bpf", "not arp", "-loop", "uvloop"),
        ("-show", "calls,events,registrations", "-verbose", "-assembly_debug_log"),
        ("-show", "events", "-select", "method ~ 'INV.*'"),
    ],
    ids=" ".join,
)
def test_nothing_is_loaded_without_root(net, folder, guarded, options):
    log = folder / "log"
    with log.open("wb") as written:
        running = subprocess.Popen(
            on(net.near, *SIPCM, "-i", "near", "-user", "nobody", *options),
            cwd=folder,
            env={name: os.environ[name] for name in os.environ if name not in OURS} | guarded,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=written,
        )
    with running:
        wait_until(lambda: running.poll() is not None or b"going on" in log.read_bytes())
        try:
            send_all(net, folder)
            running.send_signal(signal.SIGINT)
            out, _ = running.communicate(timeout=PATIENCE)
        finally:
            running.kill()
    told = log.read_text(encoding="utf-8")
    assert LATE not in told
    assert "Traceback" not in told
    assert running.returncode == 0, told
    assert "Statistics:" in out.decode() + told
    if "-json" in options:
        events = (folder / "events.json").read_bytes() if "events.json" in options else out
        assert b"call-start" in events
    if "-w" in options:
        with CaptureFile(folder / options[3]) as capture:
            assert capture.read()
            assert capture.warning() is None


def pages_of(url: str) -> Iterator[str]:
    """Yield the addresses of all pages that are read, in all their faces."""
    for route in ROUTES:
        path = f"{url}{route.path.replace('<id>', '1')}"
        yield from (f"{path}?format={face}" for face in ("html", "text", "json", "csv"))
        yield from (f"{path}.{suffix}" for suffix in route.files)
    yield f"{url}/calls?select=from%20~%20%22a.*b|c%22"
    yield f"{url}/calls?sort=calid"
    yield f"{url}/static/sipcm.js"


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_no_page_loads_anything_without_root(net, folder, guarded, loop):
    demo = (ROOT / "examples" / "demo.pcap").read_bytes()
    sent = {"plain": demo, "gzip": gzip.compress(demo), "zstd": zstd.compress(demo), "no": b"{}"}
    passwords = folder / "passwords"
    passwords.write_text(line_for("anna", "secret") + "\n", encoding="ascii")
    options = ("-i", "near", "-user", "nobody", "-http_upload", "-http_auth", passwords)
    with Live(net, folder, *options, "-loop", loop, more=guarded).ready() as live:
        live.wait_for_line("going on as nobody")
        send_all(net, folder)
        url = f"http://127.0.0.1:{PORT}"
        curl = ("curl", "-s", "-u", "anna:secret", "-o", "/dev/null", "-w", "%{http_code} %{url}\n")
        asked = "".join(f'url = "{page}"\noutput = /dev/null\n' for page in pages_of(url))
        (folder / "asked").write_text(asked, encoding="ascii")
        answers = subprocess.run(
            on(net.near, *curl, "-K", str(folder / "asked")), capture_output=True, check=True
        )
        assert [line for line in answers.stdout.split(b"\n") if line.startswith(b"5")] == []
        assert answers.stdout.count(b"200 ") > len(ROUTES)
        for name, content in sent.items():
            (folder / name).write_bytes(content)
            body = ("-H", "Content-Type: application/octet-stream", "--data-binary")
            answer = subprocess.run(
                on(net.near, *curl, *body, f"@{folder / name}", f"{url}/upload"),
                capture_output=True,
                check=True,
            )
            assert answer.stdout.startswith(b"400" if name == "no" else b"303"), answer
        form = ("--data-urlencode", f"sipmsg={MESSAGE}", f"{url}/inject")
        subprocess.run(on(net.near, *curl, *form), check=True, capture_output=True)
        assert live.end(signal.SIGINT) == 0
    assert LATE not in live.log()
    assert "fault" not in live.log()
