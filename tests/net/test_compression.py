"""Compressed files: gzip and zstd in every shape, cut, damaged, and made to exhaust memory."""

import gzip
import io
import random
import struct
import sys
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.net.compression import GZIP_PIECE, MOST_EMPTY, Decompressed, compression_of
from sipcm.net.inputfile import InputFile
from tests.examples import examples
from tests.streams import Interrupted, Trickle

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RANDOM = random.Random(5060)
TEXT = b"".join(RANDOM.choice([b"INVITE ", b"BYE ", RANDOM.randbytes(9)]) for _ in range(9000))
"""Compresses to about a half."""

SKIPPABLE = b"\x5a\x2a\x4d\x18" + struct.pack("<I", 5) + b"hello"
CHECKED: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}


STEPS = (13, 1 << 14, 1 << 17, 1 << 20)
"""How much is asked for at once."""


def zst(data: bytes) -> bytes:
    return zstd.compress(data, options=CHECKED)


COMPRESS = {"gzip": gzip.compress, "zstd": zst}


def opened(stream: io.BytesIO) -> Decompressed:
    source = InputFile(stream)
    start = b""
    while len(start) < 4 and (more := source.read(4 - len(start))):
        start += more
    compression = compression_of(start)
    assert compression is not None
    return Decompressed(source, start, compression)


def everything(stream: Decompressed, most: int = 1 << 17) -> bytes:
    found = []
    while (block := stream.read(most)) or stream.busy:
        assert len(block) <= most
        found.append(block)
    assert stream.ended
    return b"".join(found)


def read(data: bytes, most: int = 1 << 17) -> tuple[bytes, str | None]:
    stream = opened(io.BytesIO(data))
    return everything(stream, most), stream.problem


BEGINS = {
    "gzip": (gzip.compress(b""), "gzip"),
    "begin of gzip": (b"\x1f\x8b\x08", "gzip"),
    "part of it": (b"\x1f\x8b", None),
    "another method": (b"\x1f\x8b\x07", None),
    "zstd": (zst(b""), "zstd"),
    "skippable": (SKIPPABLE, "zstd"),
    "not skippable": (b"\x60\x2a\x4d\x18", None),
    "part of zstd": (b"\x28\xb5\x2f", None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize(("start", "name"), BEGINS.values(), ids=BEGINS)
def test_recognised_by_the_first_bytes(start, name):
    assert compression_of(start) == name


SHAPES = {
    "gzip": gzip.compress(TEXT),
    "stored": gzip.compress(TEXT, 0),
    "zstd": zst(TEXT),
    "members": gzip.compress(TEXT[:5]) + gzip.compress(b"") + gzip.compress(TEXT[5:]),
    "frames": zst(TEXT[:5]) + zst(b"") + zst(TEXT[5:]),
    "skippable frames": SKIPPABLE + zst(TEXT[:7]) + SKIPPABLE * 2 + zst(TEXT[7:]) + SKIPPABLE,
    "zeros behind": gzip.compress(TEXT) + bytes(100_000),
    "zeros between": gzip.compress(TEXT[:9]) + bytes(512) + gzip.compress(TEXT[9:]),
}


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "most", [pytest.param(1, marks=pytest.mark.no_cover), 1000, 1 << 17], ids=str
)
def test_what_was_compressed_is_read(data, most):
    assert read(data, most) == (TEXT, None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(data, id=name, marks=() if name == "zeros behind" else pytest.mark.no_cover)
        for name, data in SHAPES.items()
    ],
)
def test_byte_by_byte(data):
    stream = opened(Trickle(data))
    assert (everything(stream), stream.problem) == (TEXT, None)


def test_a_header_with_a_name():
    buffer = io.BytesIO()
    with gzip.GzipFile("x.pcap", "wb", fileobj=buffer) as file:
        file.write(TEXT)
    assert read(buffer.getvalue()) == (TEXT, None)


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.parametrize("garbage", [b"x", b"garbage" * 9, b"\0\0\x1f", b"\x28\xb5\x2f"])
def test_what_follows_is_ignored(name, garbage):
    found, problem = read(COMPRESS[name](TEXT) + garbage)
    assert (found, problem) == (TEXT, f"what follows the {name} data was ignored")


@pytest.mark.no_cover
@pytest.mark.parametrize("name", COMPRESS)
def test_a_cut_file_is_read_up_to_there(name):
    data = COMPRESS[name](TEXT[:3000]) + COMPRESS[name](TEXT[3000:])
    first = len(COMPRESS[name](TEXT[:3000]))
    for cut in range(4, len(data), 97):
        found, problem = read(data[:cut])
        assert TEXT.startswith(found)
        assert len(found) >= (3000 if cut >= first else 0)
        if cut in range(first, first + 4):
            continue  # between two parts, or too little to tell that there is another
        assert problem == f"the {name} data is cut off at byte {cut}"


def test_a_wrong_check_sum_costs_little_of_zstd():
    data = bytearray(zst(TEXT))
    data[-1] ^= 1
    found, problem = read(bytes(data))
    assert TEXT.startswith(found)
    assert len(found) >= len(TEXT) - len(TEXT) // 200
    assert problem is not None
    assert problem.startswith(f"the zstd data is damaged near byte {len(data)}: ")


def test_small_files_of_zstd_are_read_nearly_whole():
    data = bytearray(zst(TEXT[:1000]))
    data[-1] ^= 1
    assert len(read(bytes(data))[0]) > 1000 - 64


@pytest.mark.parametrize("length", [1, 1000, len(TEXT)])
def test_a_wrong_check_sum_of_gzip_costs_nothing(length):
    data = bytearray(gzip.compress(TEXT[:length]))
    data[-6] ^= 1
    outcomes = {read(bytes(data), most) for most in STEPS}
    assert len(outcomes) == 1
    found, problem = outcomes.pop()
    assert found == TEXT[:length]
    assert problem is not None
    begin, _, rest = problem.partition(" near byte ")
    assert begin == "the gzip data is damaged"
    at, _, why = rest.partition(": ")
    assert int(at) == len(data) - 5  # the last byte of the check sum
    assert why == "incorrect data check"


def inflated(data: bytes) -> bytes:
    """Return what of *data* can be decompressed one byte at a time; the last one may not."""
    member = zlib.decompressobj(31)
    found = []
    with suppress(zlib.error):
        while made := member.decompress(data, 1):
            found.append(made)
            data = member.unconsumed_tail
    return b"".join(found)


@pytest.mark.no_cover
@pytest.mark.parametrize("level", [0, 1, 9])
def test_of_gzip_all_is_read_that_lies_before_damage(level):
    whole = gzip.compress(TEXT[:30_000], level)
    for at in range(50, len(whole) - 8, len(whole) // 30):
        data = whole[:at] + bytes(40) + whole[at + 40 :]
        before = inflated(data)
        outcomes = {read(data, most) for most in STEPS}
        assert len(outcomes) == 1
        found, problem = outcomes.pop()
        assert before in (found, found[:-1])
        assert problem is not None


def test_damage_behind_many_steps_and_pieces():
    """Of what was made of the present piece already, nothing is given out twice."""
    text = TEXT * 12
    data = bytearray(gzip.compress(text, 0))
    for at in (GZIP_PIECE - 9, GZIP_PIECE + 70_000, len(data) - 8):
        damaged = data[:at] + b"\0" + data[at + 1 :]
        found, problem = read(bytes(damaged), 1 << 14)
        assert at - (1 << 16) < len(found) <= len(text)
        assert sum(one != other for one, other in zip(found, text, strict=False)) <= 1
        assert problem is not None


def test_a_window_that_is_too_large_is_refused():
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 28})
    data = compressor.compress(b"x" * 100) + compressor.flush()
    found, problem = read(data)
    assert found == b""
    assert problem is not None
    assert problem.endswith(": Frame requires too much memory for decoding")


@pytest.mark.no_cover
@pytest.mark.parametrize("name", COMPRESS)
def test_a_bomb_takes_no_memory(name):
    data = COMPRESS[name](bytes(50 << 20))
    stream = opened(io.BytesIO(data))
    tracemalloc.start()
    total = 0
    while block := stream.read(1 << 17):
        total += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (total, stream.problem) == (50 << 20, None)
    assert peak < 2 << 20


@pytest.mark.parametrize("name", COMPRESS)
def test_empty_parts_do_not_go_on_for_ever(name):
    empty = COMPRESS[name](b"")
    found, problem = read(empty * 50_000 + COMPRESS[name](TEXT))
    assert (found, problem) == (b"", f"the {name} data is damaged: {MOST_EMPTY} parts are empty")


def test_many_small_parts():
    parts = b"".join(gzip.compress(TEXT[at : at + 10]) for at in range(0, 30_000, 10))
    assert read(parts) == (TEXT[:30_000], None)


@pytest.mark.parametrize("name", COMPRESS)
def test_a_wait_that_is_given_up_is_no_damage(name):
    whole = COMPRESS[name](TEXT)
    for data in (whole[:-9], whole, whole + b"\0", whole + whole[:3], whole + whole[:9]):
        stream = opened(Interrupted(data))
        while stream.read(1 << 17):
            pass
        assert (stream.problem, stream.ended) == (None, False)


def test_a_pipe_is_not_waited_for_when_there_is_something():
    """What a flushed block holds is there before the next one comes."""
    compressor = zlib.compressobj(wbits=31)
    data = compressor.compress(TEXT[:100]) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert opened(Interrupted(data)).read(1 << 17) == TEXT[:100]


@given(
    st.sampled_from(sorted(COMPRESS)),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=5),
)
@examples(150)
def test_any_change_ends(name, changes):
    data = bytearray(COMPRESS[name](TEXT[:4000]) + COMPRESS[name](TEXT[:50]))
    for at, value in changes:
        data[4 + at % (len(data) - 4)] = value
    read(bytes(data))
