"""Capture files: what is recognised, what is refused and in which words, the walk through them."""

import gzip
import io
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.errors import CaptureError
from sipcm.net.capturefile import BLOCK, CaptureFile
from sipcm.net.foreign import FORMATS
from sipcm.net.pcapwriter import PcapWriter
from tests.examples import examples
from tests.net.test_pcapheader import header_bytes
from tests.pcapngwriter import CUSTOM, PcapngWriter
from tests.streams import Failing, Interrupted, Trickle

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Packets = list[tuple[int, bytes]]
"""Times in nanoseconds, and the bytes."""

UNKNOWN = "pcap and pcapng are read, as they are or compressed with gzip or zstd"


def classic(packets: Packets) -> bytes:
    stream = io.BytesIO()
    writer = PcapWriter(stream)
    for timestamp, data in packets:
        writer.write(timestamp, data)
    return stream.getvalue()


def pcapng(packets: Packets) -> bytes:
    """Write the packets in sections of alternating byte order, between blocks of other kinds."""
    parts = []
    for number, (timestamp, data) in enumerate(packets):
        writer = PcapngWriter(big=number % 4 >= 2, options=number % 3 == 0)
        if number % 2 == 0:
            parts += [writer.section(), writer.interface(resolution=9)]
        parts += [writer.block(CUSTOM, bytes(number)), writer.enhanced(timestamp, data)]
    return b"".join(parts) or PcapngWriter().section()


def sample(packets: int, size: int = 20) -> bytes:
    return classic([(n, n.to_bytes(4, "big") * (size // 4)) for n in range(packets)])


def count(capture: CaptureFile) -> int:
    while capture.read():
        while capture.cursor.next():
            pass
    return capture.cursor.number


def packets_of(capture: CaptureFile) -> Packets:
    cursor = capture.cursor
    found = []
    while capture.read():
        while cursor.next():
            found.append((int(cursor.timestamp), cursor.buffer[cursor.start : cursor.end]))
    return found


PLAIN = {"pcap": classic, "pcapng": pcapng}
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ", gzip": gzip.compress,
    ", zstd": zstd.compress,
}
SOME = [(1_700_000_000_000_000_000 + n, bytes([n]) * n) for n in range(50)]


@pytest.mark.parametrize("compression", COMPRESSED)
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("stream", [io.BytesIO, Trickle])
def test_every_format_gives_the_same_packets(name, compression, stream):
    data = COMPRESSED[compression](PLAIN[name](SOME))
    capture = CaptureFile(stream(data), "x")
    cursor = capture.cursor
    assert packets_of(capture) == SOME
    assert capture.cursor is cursor
    assert (capture.format, capture.warning()) == (name + compression, None)
    assert (capture.size, capture.position) == (None, len(data))


written = st.lists(st.tuples(st.integers(0, (1 << 32) * 10**9 - 1), st.binary(max_size=40)))


@given(written, st.sampled_from(sorted(COMPRESSED)))
@examples(100)
def test_pcap_and_pcapng_of_any_packets_agree(packets, compression):
    for write in PLAIN.values():
        capture = CaptureFile(io.BytesIO(COMPRESSED[compression](write(packets))))
        assert packets_of(capture) == packets


REFUSED = {
    "empty": (b"", "the file is empty"),
    "one byte": (b"\xd4", "too short for a capture: 1 bytes, a pcap header has 24"),
    "cut header": (header_bytes()[:23], "too short for a capture: 23 bytes, a pcap header has 24"),
    "cut section": (PcapngWriter().section()[:23], "too short for a capture: 23 bytes, a pcap header has 24"),
    "text": (b"From: somebody@example.com", f"no capture: it begins with 46 72 6f 6d; {UNKNOWN}"),
    "zeros": (bytes(24), f"no capture: it begins with 00 00 00 00; {UNKNOWN}"),
    "no byte order": (b"\x0a\x0d\x0d\x0a" + bytes(24), f"no capture: it begins with 0a 0d 0d 0a; {UNKNOWN}"),
    "foreign": (b"GMBU" + bytes(24), "this is a Microsoft Network Monitor 2 file: convert it with editcap -F pcapng"),
    "short foreign": (b"BZh9", "this is a bzip2 file: decompress it first, as with bzip2 -dc FILE | sipcm -pcap -"),
    "gzip of nothing": (gzip.compress(b""), "inside gzip: the file is empty"),
    "zstd of text": (zstd.compress(b"text" * 9), f"inside zstd: no capture: it begins with 74 65 78 74; {UNKNOWN}"),
    "gzip of snoop": (gzip.compress(b"snoop\0\0\0" + bytes(9)), "inside gzip: this is a snoop file: convert it with editcap -F pcapng"),
    "gzip of gzip": (gzip.compress(gzip.compress(bytes(99))), "inside gzip: this is gzip again: decompress it first"),
    "zstd of gzip": (zstd.compress(gzip.compress(bytes(99))), "inside zstd: this is gzip again: decompress it first"),
    "gzip of xz": (gzip.compress(b"\xfd7zXZ\0"), "inside gzip: this is an xz file: decompress it first, as with xz -dc FILE | sipcm -pcap -"),
    "cut gzip": (gzip.compress(bytes(99))[:12], "the gzip data is cut off at byte 12"),
    "cut zstd": (zstd.compress(bytes(99))[:7], "the zstd data is cut off at byte 7"),
    "damaged zstd": (b"\x28\xb5\x2f\xfd" + b"\xff" * 30, "the zstd data is damaged near byte 24: Unsupported frame parameter"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("stream", [io.BytesIO, Trickle])
def test_what_cannot_be_read_is_refused_in_one_line(data, words, stream):
    with pytest.raises(CaptureError) as refused:
        CaptureFile(stream(data), "x")
    assert str(refused.value) == f"x: {words}"


@pytest.mark.parametrize("begin", FORMATS)
def test_foreign_formats_are_named(begin):
    with pytest.raises(CaptureError, match=r"\Ax: this is "):
        CaptureFile(io.BytesIO(begin + bytes(24)), "x")


@given(st.binary(max_size=60))
@examples(100)
def test_any_bytes_are_a_capture_or_refused(data):
    with suppress(CaptureError):
        count(CaptureFile(io.BytesIO(data)))


changes = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=5)


@given(st.sampled_from(sorted(PLAIN)), st.sampled_from(sorted(COMPRESSED)), changes)
@examples(200)
def test_any_change_ends_in_a_line(name, compression, changes):
    data = bytearray(COMPRESSED[compression](PLAIN[name](SOME)))
    for at, value in changes:
        data[at % len(data)] = value
    try:
        capture = CaptureFile(io.BytesIO(data), "x")
        count(capture)
        words = capture.warning() or ""
    except CaptureError as error:
        words = str(error)
    assert "\n" not in words


def test_a_file_is_read_in_blocks(tmp_path):
    path = tmp_path / "x.pcap"
    path.write_bytes(sample(1000, 1000))
    with CaptureFile(path) as capture:
        assert (capture.size, capture.position) == (path.stat().st_size, 24)
        assert (capture.name, capture.format) == (str(path), "pcap")
        blocks = 0
        while capture.read():
            assert len(capture.cursor.buffer) <= BLOCK + 1016
            while capture.cursor.next():
                pass
            blocks += 1
        assert (capture.cursor.number, blocks) == (1000, -(-(1000 * 1016) // BLOCK))
        assert capture.position == capture.size
        assert capture.warning() is None
    with pytest.raises(ValueError, match="closed"):
        capture.read()
    capture.close()


@pytest.mark.parametrize("compress", COMPRESSED.values(), ids=COMPRESSED)
def test_how_much_was_read_of_what_it_holds(compress):
    content = sample(1000)
    capture = CaptureFile(io.BytesIO(compress(content)))
    assert capture.made == 24
    count(capture)
    assert capture.made == len(content)


def test_the_position_is_that_on_the_disk(tmp_path):
    path = tmp_path / "misnamed.txt"
    path.write_bytes(gzip.compress(sample(1000, 1000)))
    with CaptureFile(path) as capture:
        assert capture.size == path.stat().st_size
        assert capture.position <= path.stat().st_size < 200_000
        assert count(capture) == 1000
        assert capture.position == capture.size
        assert capture.format == "pcap, gzip"


@pytest.mark.parametrize("data", [header_bytes(), PcapngWriter().section()])
def test_a_header_alone_is_a_file_without_packets(tmp_path, data):
    path = tmp_path / "x.pcap"
    path.write_bytes(data)
    with CaptureFile(str(path)) as capture:
        assert count(capture) == 0
        assert capture.warning() is None


def test_a_stream_stays_open():
    stream = io.BytesIO(sample(5))
    with CaptureFile(stream) as capture:
        assert count(capture) == 5
        assert (capture.size, capture.name) == (None, "stream")
    assert not stream.closed


def test_a_pipe_is_read_as_it_comes():
    """Packets written so far are there before the writer goes on or closes the pipe."""
    reading, writing = os.pipe()
    data = sample(4)
    taken = threading.Event()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for begin in range(0, 24, 5):
                pipe.write(data[begin : min(begin + 5, 24)])
            pipe.write(data[24:70])
            assert taken.wait(20)
            pipe.write(data[70:])

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe, CaptureFile(pipe, "-") as capture:
        while capture.cursor.number == 0:
            assert capture.read()
            capture.cursor.next()
        taken.set()
        assert count(capture) == 4
        assert (capture.size, capture.name, capture.warning()) == (None, "-", None)
    writer.join()


@pytest.mark.parametrize("compress", COMPRESSED.values())
def test_a_wait_that_is_given_up_is_no_fault_of_the_file(compress):
    capture = CaptureFile(Interrupted(compress(sample(20_000))[:-9]))
    assert 10_000 < count(capture) <= 20_000
    assert capture.warning() is None


@pytest.mark.parametrize(
    "data",
    [b"", sample(1)[:10], gzip.compress(sample(1))[:11]],
    ids=["nothing", "pcap", "gzip"],
)
def test_a_wait_that_is_given_up_before_the_header(data):
    with pytest.raises(CaptureError, match="x: given up before it could be told what it is"):
        CaptureFile(Interrupted(data), "x")


def test_a_file_that_ends_inside_a_record(tmp_path):
    path = tmp_path / "x.pcap"
    whole = sample(17)
    path.write_bytes(whole[:-1])
    with CaptureFile(path, "x.pcap") as capture:
        assert count(capture) == 16
        assert capture.warning() == (
            f"x.pcap: the file ends inside packet 17 at offset {24 + 16 * 36}; "
            "everything before it was read"
        )


@pytest.mark.parametrize("cut", range(24, len(PcapngWriter().section()) + 60, 7))
def test_a_pcapng_file_that_ends_inside_a_block(cut):
    writer = PcapngWriter()
    begin = writer.section() + writer.interface()
    data = begin + writer.enhanced(1, b"x" * 40)
    capture = CaptureFile(io.BytesIO(data[:cut]), "x")
    assert count(capture) == 0
    offset = max(at for at in (0, len(writer.section()), len(begin)) if at < cut)
    assert capture.warning() == (
        f"x: the file ends inside the block at offset {offset}, behind packet 0; "
        "everything before it was read"
    )


def test_a_compressed_file_that_was_cut():
    data = gzip.compress(sample(1000, 1000))
    cut = len(data) // 2
    capture = CaptureFile(io.BytesIO(data[:cut]), "x.pcap.gz")
    packets = count(capture)
    assert 400 < packets < 600
    assert capture.warning() == (
        f"x.pcap.gz: the decompressed file ends inside packet {packets + 1} at offset "
        f"{24 + packets * 1016}; everything before it was read; the gzip data is cut off at byte "
        f"{cut}"
    )


def test_a_walk_that_was_broken_off_is_no_fault_of_the_file():
    capture = CaptureFile(io.BytesIO(sample(16)))
    assert capture.read()
    assert capture.cursor.next()
    assert capture.warning() is None


@pytest.mark.parametrize("compress", COMPRESSED.values())
def test_a_damaged_file_is_read_up_to_the_damage(compress):
    damage = struct.pack("<IIII", 0, 0, 3221225472, 60)
    data = compress(sample(16) + damage + bytes(3 * BLOCK))
    capture = CaptureFile(io.BytesIO(data), "x.pcap")
    assert count(capture) == 16
    file = "the file" if compress is bytes else "the decompressed file"
    assert capture.warning() == (
        f"x.pcap: packet 17 at offset {24 + 16 * 36}: captured length 3221225472 is more than "
        f"262144, the rest of {file} is skipped"
    )
    assert capture.position <= BLOCK + 24


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.with_name("y").touch(), "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
    ],
    ids=["missing", "directory", "empty"],
)
def test_what_cannot_be_opened_is_named(tmp_path, make, words):
    path = tmp_path / "x.pcap"
    make(path)
    with pytest.raises(CaptureError) as error:
        CaptureFile(path)
    assert str(error.value) == f"{path}: {words}"


@pytest.mark.parametrize("compress", COMPRESSED.values())
@pytest.mark.parametrize("size", [0, 10, 24 + 36])
def test_an_error_while_reading_is_named(size, compress):
    with pytest.raises(CaptureError) as error:
        count(CaptureFile(Failing(compress(sample(99))[:size]), "x.pcap"))
    assert str(error.value) == "x.pcap: Input/output error"


def test_nothing_is_loaded_for_formats_that_are_not_there(tmp_path):
    path = tmp_path / "x.pcap"
    path.write_bytes(sample(1))
    program = (
        "import sys; before = {'zlib'} & set(sys.modules)\n"
        "from sipcm.net.capturefile import CaptureFile\n"
        f"CaptureFile({str(path)!r}).close()\n"
        "loaded = [name for name in sys.modules if name.partition('.')[0] in "
        "('zlib', 'backports', 'compression')]\n"
        "assert set(loaded) <= before, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
