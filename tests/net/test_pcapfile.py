"""Capture files: headers, what is refused and in which words, the walk through real ones."""

import io
import os
import struct
import threading
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipcm.errors import CaptureError
from sipcm.net.pcapfile import BLOCK, OTHER_FORMATS, FileHeader, PcapFile, parse_header
from sipcm.net.pcapwriter import PcapWriter


def header_bytes(
    order: str = "<", magic: int = 0xA1B2C3D4, network: int = 1, **options: int
) -> bytes:
    version = (options.get("major", 2), options.get("minor", 4))
    return struct.pack(
        f"{order}IHHiIII", magic, *version, 0, 0, options.get("snaplen", 65535), network
    )


HEADERS = {
    "little": (header_bytes(), FileHeader(False, False, False, (2, 4), 65535, 1)),
    "big": (header_bytes(">"), FileHeader(True, False, False, (2, 4), 65535, 1)),
    "nanoseconds": (
        header_bytes("<", 0xA1B23C4D),
        FileHeader(False, True, False, (2, 4), 65535, 1),
    ),
    "big nanoseconds": (
        header_bytes(">", 0xA1B23C4D),
        FileHeader(True, True, False, (2, 4), 65535, 1),
    ),
    "modified": (header_bytes("<", 0xA1B2CD34), FileHeader(False, False, True, (2, 4), 65535, 1)),
    "big modified": (
        header_bytes(">", 0xA1B2CD34),
        FileHeader(True, False, True, (2, 4), 65535, 1),
    ),
    "old": (
        header_bytes(">", minor=3, snaplen=96, network=10),
        FileHeader(True, False, False, (2, 3), 96, 10),
    ),
    "frame check sequence": (
        header_bytes(network=0x2400_0071),
        FileHeader(False, False, False, (2, 4), 65535, 113),
    ),
}


@pytest.mark.parametrize(("data", "header"), HEADERS.values(), ids=HEADERS)
def test_parse_header(data, header):
    assert parse_header(data) == header
    assert parse_header(data + b"more") == header


REFUSED = {
    "empty": (b"", "the file is empty"),
    "one byte": (b"\xd4", "too short for a capture: 1 bytes, a pcap header has 24"),
    "cut header": (header_bytes()[:23], "too short for a capture: 23 bytes, a pcap header has 24"),
    "text": (b"From: somebody@example.com", "no capture: it begins with 46 72 6f 6d; only classic pcap can be read so far"),
    "zeros": (bytes(24), "no capture: it begins with 00 00 00 00; only classic pcap can be read so far"),
}  # fmt: skip
for begin, name in OTHER_FORMATS.items():
    for size in (len(begin), 24):
        words = f"this is a {name} file; only classic pcap can be read so far"
        REFUSED[f"{name} {size}"] = (begin.ljust(size, b"\0"), words)


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_classic_pcap_is_refused_in_one_line(data, words):
    with pytest.raises(CaptureError) as refused:
        parse_header(data)
    assert str(refused.value) == words


@given(st.binary(max_size=40))
@settings(deadline=None, max_examples=100)
def test_any_bytes_are_a_header_or_refused(data):
    with suppress(CaptureError):
        header = parse_header(data)
        assert 0 <= header.linktype <= 0xFFFF


@pytest.mark.parametrize(
    ("minor", "captured", "wire"), [(2, 8, 4), (3, 4, 8), (4, 4, 8)], ids=["2.2", "2.3", "2.4"]
)
def test_old_versions_give_the_lengths_the_other_way_round(minor, captured, wire):
    capture = PcapFile(
        io.BytesIO(header_bytes(minor=minor) + struct.pack("<IIII", 0, 0, 4, 8) + bytes(8))
    )
    assert capture.read()
    assert capture.cursor.next()
    assert (capture.cursor.end - capture.cursor.start, capture.cursor.wire) == (captured, wire)


def test_version_2_3_is_swapped_where_more_was_captured_than_sent():
    capture = PcapFile(
        io.BytesIO(header_bytes(minor=3) + struct.pack("<IIII", 0, 0, 8, 4) + bytes(8))
    )
    assert capture.read()
    assert capture.cursor.next()
    assert (capture.cursor.end - capture.cursor.start, capture.cursor.wire) == (4, 8)


def sample(packets: int, size: int = 20) -> bytes:
    stream = io.BytesIO()
    writer = PcapWriter(stream)
    for number in range(packets):
        writer.write(number, number.to_bytes(4, "big") * (size // 4))
    return stream.getvalue()


def count(capture: PcapFile) -> int:
    while capture.read():
        while capture.cursor.next():
            pass
    return capture.cursor.number


def test_a_file_is_read_in_blocks(tmp_path):
    path = tmp_path / "x.pcap"
    path.write_bytes(sample(1000, 1000))
    with PcapFile(path) as capture:
        assert (capture.size, capture.position) == (path.stat().st_size, 24)
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


def test_a_header_alone_is_a_file_without_packets(tmp_path):
    path = tmp_path / "x.pcap"
    path.write_bytes(header_bytes())
    with PcapFile(str(path)) as capture:
        assert count(capture) == 0
        assert capture.warning() is None


def test_a_stream_stays_open():
    stream = io.BytesIO(sample(5))
    with PcapFile(stream) as capture:
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
    with os.fdopen(reading, "rb") as pipe, PcapFile(pipe, "-") as capture:
        while capture.cursor.number == 0:
            assert capture.read()
            capture.cursor.next()
        taken.set()
        assert count(capture) == 4
        assert (capture.size, capture.name, capture.warning()) == (None, "-", None)
    writer.join()


def test_a_file_that_ends_inside_a_record(tmp_path):
    path = tmp_path / "x.pcap"
    whole = sample(17)
    path.write_bytes(whole[:-1])
    with PcapFile(path, "x.pcap") as capture:
        assert count(capture) == 16
        assert capture.warning() == (
            f"x.pcap: the file ends inside packet 17 at offset {24 + 16 * 36}; "
            "everything before it was read"
        )


def test_a_walk_that_was_broken_off_is_no_fault_of_the_file():
    capture = PcapFile(io.BytesIO(sample(16)))
    assert capture.read()
    assert capture.cursor.next()
    assert capture.warning() is None


def test_a_damaged_file_is_read_up_to_the_damage():
    damage = struct.pack("<IIII", 0, 0, 3221225472, 60)
    capture = PcapFile(io.BytesIO(sample(16) + damage + bytes(3 * BLOCK)), "x.pcap")
    assert count(capture) == 16
    assert capture.warning() == (
        f"x.pcap: packet 17 at offset {24 + 16 * 36}: captured length 3221225472 is more than "
        "262144, the rest of the file is skipped"
    )
    assert capture.position <= BLOCK + 24


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.with_name("y").touch(), "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (
            lambda path: path.write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(24)),
            "this is a pcapng file; only classic pcap can be read so far",
        ),
    ],
    ids=["missing", "directory", "empty", "pcapng"],
)
def test_what_cannot_be_opened_is_named(tmp_path, make, words):
    path = tmp_path / "x.pcap"
    make(path)
    with pytest.raises(CaptureError) as error:
        PcapFile(path)
    assert str(error.value) == f"{path}: {words}"


class FailingStream(io.BytesIO):
    """Fails like a disk when its bytes are used up."""

    def read1(self, size: int | None = -1, /) -> bytes:
        block = super().read1(-1 if size is None else size)
        if not block:
            raise OSError(5, "Input/output error")
        return block


@pytest.mark.parametrize("size", [0, 10, 24 + 36])
def test_an_error_while_reading_is_named(size):
    with pytest.raises(CaptureError) as error:
        count(PcapFile(FailingStream(sample(1)[:size]), "x.pcap"))
    assert str(error.value) == "x.pcap: Input/output error"


def independent_count(data: bytes) -> int:
    """Walk the records by struct alone."""
    order = ">" if data[:2] == b"\xa1\xb2" else "<"
    (minor,) = struct.unpack_from(f"{order}6xH", data)
    header = 24 if struct.unpack_from(f"{order}I", data)[0] == 0xA1B2CD34 else 16
    at, packets = 24, 0
    while at + header <= len(data):
        captured, wire = struct.unpack_from(f"{order}8xII", data, at)
        captured = (wire, min(captured, wire), captured)[min(max(minor - 2, 0), 2)]
        at += header + captured
        packets += captured <= 262144 and at <= len(data)
        if captured > 262144:
            break
    return packets


@pytest.mark.parametrize("folder", ["sip", "robust", "edge", "sipp"])
def test_real_captures_are_walked_to_their_end(shared_dir, folder):
    walked = refused = 0
    for path in sorted((shared_dir / "captures" / folder).iterdir()):
        data = path.read_bytes()
        try:
            capture = PcapFile(path)
        except CaptureError:
            refused += 1
            assert data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4"), path.name
            continue
        with capture:
            assert count(capture) == independent_count(data), path.name
            walked += 1
            finished = capture.cursor.unread() == 0
            assert finished is (capture.warning() is None), path.name
    assert walked > 15
    assert refused < walked
