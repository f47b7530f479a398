"""Writes what was captured into pcapng files: compressed by their suffix, one after the other.

The writing is done by a thread, which capture never waits for: what it cannot take, or the disk
not hold, is lost to the file, counted and told, and the rest is written when that is possible
again. A file is a series of whole parts, so that what a full disk has cut off can be taken back.
A FIFO is opened once it has a reader. At the end a disk or reader that takes nothing is waited
for as long as the reader of -json.
"""

import os
import sys
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from sipcm.errors import ConfigError
from sipcm.log import Log
from sipcm.net import pcapngwriter
from sipcm.net.capture.recording import RecordingCursor
from sipcm.outlet import BETWEEN_LOOKS, LOOKS_IN_SILENCE, MOST_LOOKS
from sipcm.output import Output
from sipcm.pipewriter import lacks_reader
from sipcm.version import VERSION

PART: Final = 1 << 20
"""Bytes that are written at once, before they are compressed."""

PIECE: Final = 1 << 16
"""Bytes that are written at once then: how far a part has got is seen by whoever waits for it."""

LAST_WORDS: Final = MOST_LOOKS * BETWEEN_LOOKS / 1_000_000_000
"""Seconds for which the end waits for what takes nothing."""

MOST_WAITING: Final = 64 << 20
"""Bytes that wait for the thread at most."""

PATIENCE: Final = 1_000_000_000
"""Nanoseconds after which a part is written that is not full."""

QUIET: Final = 10_000_000_000
"""Nanoseconds without a loss after which losses are over."""

UNREAD: Final = "nobody reads it"

FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC

NOTHING: Final = -1
"""The file has not even a header."""

GZIP: Final = 31
QUICKLY: Final = 1


class Rotation(NamedTuple):
    """When the next file begins: after so many bytes or nanoseconds, and how many are kept.

    0 sets no limit. Where there is no limit of the first two there is only one file.
    """

    size: int = 0
    age: int = 0
    files: int = 0

    @property
    def rotates(self) -> bool:
        """Return whether there is more than one file."""
        return bool(self.size or self.age)


class Part(NamedTuple):
    """What is to be written, of how many packets."""

    data: bytes
    packets: int


class PacketFile:
    """The files that *path* names; *clock* tells how old they are, *today* what they are called.

    ``failed``  whether packets were lost to the files
    ``output``  how things stand, for operators
    """

    def __init__(
        self,
        path: str,
        rotation: Rotation,
        snaplen: int,
        log: Log,
        clock: Callable[[], int] = time.monotonic_ns,
        today: Callable[[], int] = time.time_ns,
    ) -> None:
        self.failed = False
        self.output = Output("-w", path, "packets", "write")
        self._packets, self._lost = self.output.written, self.output.lost
        self._bytes = self.output.group.counter("bytes", "bytes written to -w")
        self._files = self.output.group.counter("files", "files begun for -w")
        self._path = Path(path)
        self._rotation = rotation
        self._snaplen = snaplen
        self._log = log
        self._clock = clock
        self._today = today
        self._compress = _compression(self._path)
        self._interfaces: list[bytes] = []
        self._known: dict[tuple[str, int], int] = {}
        self._described = NOTHING  # how many of them the present file describes
        self._due = clock() + PATIENCE
        self._waiting: deque[Part | None] = deque()  # None ends the thread
        self._in_hand: Part | None = None  # what the thread is writing
        self._taken = 0  # bytes that have gone out
        self._size_waiting = 0
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._descriptor = -1
        self._size = 0
        self._begun = 0
        self._old: deque[Path] = deque()
        self._lost_at: int | None = None  # when packets were lost last, while they are lost
        self._lost_before = 0  # how many had been when that began

    def open(self) -> None:
        """Begin the first file, for a FIFO that nobody reads yet as soon as somebody does.

        ConfigError where that cannot be.
        """
        try:
            self._begin()
            self._append(b"")
        except OSError as error:
            self._end_file()
            if not lacks_reader(self._path, error):
                raise ConfigError(f"-w: {self._path}: {error.strerror}") from None
        self._thread = threading.Thread(target=self._run, name="packet file", daemon=True)
        self._thread.start()

    def place(self, name: str, linktype: int) -> int:
        """Return the number that packets of this interface have in the files."""
        key = name, linktype
        if key not in self._known:
            self._known[key] = len(self._known)
            self._interfaces.append(pcapngwriter.interface(name, linktype, self._snaplen))
        return self._known[key]

    def take(self, recorded: RecordingCursor, *, all_of_it: bool = False) -> None:
        """Have what was *recorded* written, if it is enough or old enough, or *all_of_it*."""
        if not recorded.packets:
            return
        now = self._clock()
        if recorded.size >= PART or now >= self._due or all_of_it:
            self._due = now + PATIENCE
            packets = int(recorded.packets)
            self._put(Part(recorded.taken(), packets))

    def close(self) -> None:
        """Write what waits and close the file; give up what takes nothing for a while."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with self._arrived:
            self._waiting.append(None)
            self._arrived.notify()
        taken = -1
        while thread.is_alive() and taken != self._taken:
            taken = self._taken
            thread.join(LAST_WORDS)
        if thread.is_alive():
            self._give_up()

    def _give_up(self) -> None:
        """Leave the thread alone with the file and what holds it up; nothing else is written."""
        with self._arrived:
            left = [part for part in (self._in_hand, *self._waiting) if part is not None]
            self._waiting = deque([None])
        lost = sum(part.packets for part in left)
        self._lost.value += lost
        self.failed = True
        self._log.error(
            f"-w: {self._path}: it takes nothing and is not waited for any longer; the last "
            f"{lost} packets are lost"
        )

    def _put(self, part: Part) -> None:
        with self._arrived:
            if self._size_waiting + len(part.data) > MOST_WAITING:
                self._lose(part, "the disk is too slow" if self._descriptor >= 0 else UNREAD)
                return
            self._waiting.append(part)
            self._size_waiting += len(part.data)
            self._arrived.notify()

    def _run(self) -> None:
        """Write parts as they come, in the thread, and close the file."""
        self._await_reader()
        while (part := self._next()) is not None:
            self._write(part)
        self._end_file()

    def _await_reader(self) -> None:
        """Begin a FIFO that nobody has read as soon as somebody does; not if all is over before."""
        looks = 0
        while self._descriptor < 0 and not self._is_over():
            try:
                self._begin()
            except OSError:  # what is no lack of a reader is told when there is something to write
                looks += 1
                if looks == LOOKS_IN_SILENCE:
                    self._log.notice(f"-w: {self._path}: waiting until somebody reads it")
                time.sleep(BETWEEN_LOOKS / 1_000_000_000)

    def _is_over(self) -> bool:
        """Tell whether nothing waits and nothing will."""
        with self._arrived:
            return len(self._waiting) > 0 and self._waiting[0] is None

    def _next(self) -> Part | None:
        """Wait for the next part; None at the end."""
        with self._arrived:
            self._in_hand = None
            while not self._waiting:
                self._arrived.wait()
            self._in_hand = part = self._waiting.popleft()
            if part is not None:
                self._size_waiting -= len(part.data)
            return part

    def _write(self, part: Part) -> None:
        """Write *part* whole or not at all; go on to the next file where it is time to."""
        try:
            if self._descriptor < 0 or self._is_full():
                self._begin()
            self._append(part.data)
        except BrokenPipeError:  # another reader must not find what this one has left
            self._end_file()
            self._lose(part, "its reader has gone")
            return
        except OSError as error:
            unread = lacks_reader(self._path, error)
            self._lose(part, UNREAD if unread else error.strerror or str(error))
            return
        self._packets.value += part.packets
        if self._lost_at is not None and self._clock() - self._lost_at >= QUIET:
            self._tell_end()

    def _append(self, data: bytes) -> None:
        """Write *data*, and before it what the file must say first."""
        known = len(self._interfaces)
        described = max(self._described, 0)
        before = b"".join(self._interfaces[described:known])
        if self._described == NOTHING:
            before = pcapngwriter.section(f"sipcm {VERSION}") + before
        content = memoryview(self._compress(before + data))
        size = len(content)
        try:
            while content:
                written = os.write(self._descriptor, content[:PIECE])
                self._taken += written
                content = content[written:]
        except OSError:
            _cut(self._descriptor, self._size)
            raise
        self._described = known
        self._size += size
        self._bytes.value += size

    def _is_full(self) -> bool:
        rotation = self._rotation
        if rotation.size and self._size >= rotation.size:
            return True
        return bool(rotation.age) and self._clock() - self._begun >= rotation.age

    def _begin(self) -> None:
        """Begin the next file, and remove the oldest where there are too many."""
        path = self._next_path()
        # Not blocking: to open a FIFO would wait for its reader in silence.
        descriptor = os.open(path, FLAGS | os.O_NONBLOCK, 0o640)
        os.set_blocking(descriptor, True)
        self._end_file()
        self._descriptor = descriptor
        self._described = NOTHING
        self._size = 0
        self._begun = self._clock()
        self._files.value += 1
        if self._rotation.rotates:
            self._old.append(path)
        while self._rotation.files and len(self._old) > self._rotation.files:
            self._remove(self._old.popleft())

    def _end_file(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            os.close(descriptor)
        except OSError as error:  # close(2): of a disk in the network this may be the first word
            self.failed = True
            self._log.warning(
                f"-w: {self._path}: {error.strerror} when a file was closed; its end may be missing"
            )

    def _remove(self, path: Path) -> None:
        """Remove a file that is one too many; one that cannot be costs no packet."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._log.warning(
                f"-w_max_files: {path} cannot be removed: {error.strerror}; it stays until you "
                "remove it, and writing goes on"
            )

    def _next_path(self) -> Path:
        if not self._rotation.rotates:
            return self._path
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._today() // 1_000_000_000))
        name, dot, suffixes = self._path.name.partition(".")
        number = int(self._files.value) + 1
        return self._path.with_name(f"{name}-{moment}-{number:05}{dot}{suffixes}")

    def _lose(self, part: Part, why: str) -> None:
        with self._arrived:
            begins = self._lost_at is None
            if begins:
                self._lost_before = int(self._lost.value)
            self._lost_at = self._clock()
            self._lost.value += part.packets
            self.output.problem = f"packets are not written: {why}"
        self.failed = True
        if begins:
            self._log.warning(f"-w: {self._path}: packets are not written: {why}; capture goes on")

    def _tell_end(self) -> None:
        with self._arrived:
            self._lost_at = None
            self.output.problem = ""
            lost = int(self._lost.value) - self._lost_before
        self._log.warning(f"-w: {self._path}: all packets are written again; {lost} were not")


def _compression(path: Path) -> Callable[[bytes], bytes]:
    """Return what makes a part of a file of this name out of bytes."""
    if path.suffix == ".gz":
        return _gzip
    if path.suffix not in {".zst", ".zstd"}:
        return bytes
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd.compress


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(QUICKLY, wbits=GZIP)
    return packer.compress(data) + packer.flush()


def _cut(descriptor: int, size: int) -> None:
    """Take back what was written behind the first *size* bytes, where that can be."""
    try:
        os.ftruncate(descriptor, size)
        os.lseek(descriptor, size, os.SEEK_SET)
    except OSError:  # a pipe: its reader sees a damaged part
        return
