r"""Cut a stream into SIP messages (RFC 3261 18.3): one framer for each direction of a stream.

Pieces of any size go in, whole messages come out, each as a place in a buffer::

    framer.feed(buffer, start, end)  # what came, once it is in order
    while framer.next():
        ...  # framer.buffer, .start, .end, .form, .began, .ended
    if framer.flush():  # after what came together
        ...
    if framer.gap(size):  # where bytes are missing
        ...
    if framer.finish():  # where the stream ends
        ...

A message that lies whole in a piece is given as a place in that piece, and has mostly been read by
then, which tells where it ends. One whose headers do not is joined to the next piece, once, and
then read; others are put together at their end. The messages are the same however the stream was
cut, and every byte is looked at a fixed number of times, whatever it is: all else is decided line
by line, and a line once.

*Between* two messages only line ends may come, which are keep-alives (RFC 5626 4.4.1). Whatever
else stands where a message must begin is garbage, and the framer *searches* line by line for what
is a start line beyond doubt. So it does after a gap, and where a length is not to be believed. A
start line among headers begins a new message: the end of the one before it is gone.

Lines end with CRLF or LF. A framer keeps at most ``most`` bytes, and while it searches twice
START_LINE_WINDOW. It knows nothing of packets or time; the caller finds the time of a message by
the offsets where it ``began`` and ``ended``.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.sip.ahead import cut_line, read_ahead
from sipcm.sip.framingcounters import FramingCounters
from sipcm.sip.framingforms import CUT, GARBAGE, MOST, NO_LENGTH, START_LINE_WINDOW, TORN, WHOLE
from sipcm.sip.lines import ABSENT, ContentLength, begins, find_line_feed, find_start, may_begin
from sipcm.sip.message import Message

# Where in the stream the framer is.
_BETWEEN: Final = 0
_FIRST_LINE: Final = 1
_HEADERS: Final = 2
_BODY: Final = 3
_BEYOND: Final = 4  # in the part of a body that is not kept
_UNBOUNDED: Final = 5  # behind the headers of a message without length
_SEARCH: Final = 6

_LF: Final = 10
_CR: Final = 13


@final
@mypyc_attr(acyclic=True)
class Framer:
    """Finds the messages in one direction of a stream.

    After :meth:`next` and its like were True:

    ``form``           one of the numbers of :mod:`sipcm.sip.framingforms`
    ``buffer``, ``start``, ``end``  where the bytes lie, until the next call
    ``began``, ``ended``  offsets in the stream, gaps of known size counted; ``ended`` is where a
                       message ends that is cut by the limit or by a gap of known size
    ``read``           it has been read as a message already, which stands in ``message``
    ``work``           bytes that were looked at or copied, ``lines`` lines that are no headers
    """

    __slots__ = (
        "_again",
        "_ahead",
        "_announced",
        "_at",
        "_began",
        "_counters",
        "_joined",
        "_kept",
        "_lead",
        "_length",
        "_line",
        "_odd",
        "_origin",
        "_piece",
        "_state",
        "_stop",
        "_taken",
        "_target",
        "_torn",
        "_window",
        "began",
        "buffer",
        "end",
        "ended",
        "form",
        "lines",
        "message",
        "most",
        "read",
        "start",
        "work",
    )

    def __init__(
        self,
        counters: FramingCounters,
        message: Message,
        most: int = MOST,
        midway: bool = False,  # noqa: FBT001, FBT002
        lead: bytes = b"",
    ) -> None:
        """Begin at the begin of a stream, or *midway*, where a message need not begin.

        *message* may serve several framers: it is filled in :meth:`next` only. *lead* stands before
        what is put together, in the same buffer.
        """
        self.message: Message = message
        self.read: bool = False
        self.most: i64 = most
        self.form: i64 = WHOLE
        self.buffer: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.began: i64 = 0
        self.ended: i64 = 0
        self.work: i64 = 0
        self.lines: i64 = 0
        self._counters: FramingCounters = counters
        self._lead: bytes = lead
        self._window: i64 = min(most, START_LINE_WINDOW)
        self._state: i64 = _SEARCH if midway else _BETWEEN
        # The piece: all before _at has been looked at, all before _taken is in _kept or done with.
        self._piece: bytes = b""  # its first byte has the offset _origin
        self._at: i64 = 0
        self._stop: i64 = 0
        self._taken: i64 = 0
        self._origin: i64 = 0
        # Offsets: of the message or the garbage, which is also that of the first byte of _kept;
        # of the line; of the end of what is kept of it, and of all of it.
        self._kept: bytearray = bytearray()
        self._began: i64 = 0
        self._line: i64 = 0
        self._target: i64 = 0
        self._announced: i64 = 0
        self._length: ContentLength = ContentLength()
        self._odd: bool = False  # so many line ends came between two messages
        self._torn: bool = midway  # the begin of the line is missing
        self._ahead: bool = False  # the message has been read as far as its headers
        self._again: bool = False  # what is kept is to be read with what follows
        self._joined: bool = False  # the piece begins with what was kept

    def held(self) -> i64:
        """Return how many bytes are kept of what is not complete."""
        return len(self._kept)

    def oldest(self) -> i64:
        """Return the offset before which nothing begins that is yet to come."""
        if self._state in (_BETWEEN, _BEYOND):
            return self._origin + self._at
        return self._began

    def feed(self, buffer: bytes, start: i64, end: i64) -> None:
        """Take what follows in the stream, which lies in *start*..*end* of *buffer*.

        What was fed before must have been taken out with :meth:`next`.
        """
        self._joined = self._again and end > start
        if self._joined:
            self._again = False
            buffer = self._lead + bytes(self._kept) + buffer[start:end]
            start, end = len(self._lead), len(buffer)
            self.work += end
            self._kept.clear()
            self._state = _FIRST_LINE
            self._line = self._origin = self._began
            self._stop = 0
        self._origin += self._stop - start
        self._piece = buffer
        self._at = self._taken = start
        self._stop = end

    def next(self) -> bool:
        """Give what comes next; False when more must be fed first."""
        while self._at < self._stop:
            state = self._state
            if state == _BETWEEN:
                self._skip_line_ends()
            elif state == _BODY:
                if self._origin + self._stop >= self._target:
                    self._end_body()
                    return True
                self._at = self._stop
            elif state == _BEYOND:
                self._at = min(self._stop, self._announced - self._origin)
                self._begin(self._origin + self._at)
                if self._began == self._announced:
                    self._state = _BETWEEN
            elif state == _FIRST_LINE and self._read_ahead():
                if self._ahead and self._end_headers():
                    return True
            elif self._take_line():
                return True
        self._keep()
        return False

    def flush(self) -> bool:
        """Let a message without length end with the lines of it that came; True if one did.

        What comes of it later is skipped. Who feeds pieces of messages that are sent as a whole,
        such as TCP segments, calls it after each: else the message waits for the next one.
        """
        self._odd = False
        if self._state != _UNBOUNDED:
            return False
        self._break_off(NO_LENGTH)
        return True

    def gap(self, size: i64) -> bool:
        """Let *size* bytes be missing here, -1 for unknown; True if that ends a message early."""
        counters = self._counters
        counters.gaps.value += 1
        if size > 0:
            counters.gap_bytes.value += size
        return self._interrupt(size)

    def finish(self) -> bool:
        """Let the stream end here; True if that ends a message early."""
        return self._interrupt(-1)

    def _interrupt(self, size: i64) -> bool:
        here = self._origin + self._at
        after = here + max(0, size)
        state = self._state
        given = False
        self._odd = self._again = False
        if state == _HEADERS:
            self._give(TORN, self._line, self._line)
            self._counters.skipped.value += here - self._line
            given = True
        elif state == _UNBOUNDED:
            self._give(NO_LENGTH, here, here)
            given = True
        elif state == _BODY:
            self._give(CUT, here, self._announced if size >= 0 else here)
            given = True
        elif state in (_FIRST_LINE, _SEARCH):
            self._counters.skipped.value += here - self._began
        self._origin = after - self._at
        self._begin(after)
        self._line = after
        if state in (_BODY, _BEYOND) and size >= 0 and after <= self._announced:
            self._state = _BEYOND if after < self._announced else _BETWEEN
        else:
            self._state = _SEARCH
            self._torn = True
        return given

    # Parts of the stream

    def _skip_line_ends(self) -> None:
        piece = self._piece
        at = self._at
        stop = self._stop
        while at < stop:
            code: i64 = piece[at]
            if code == _LF:
                # Two are one keep-alive, and so is one: it answers two.
                self._odd = not self._odd
                if self._odd:
                    self._counters.keepalives.value += 1
            elif code != _CR:
                self._state = _FIRST_LINE
                self._odd = False
                break
            at += 1
        self.work += at - self._at
        self._at = self._taken = at
        self._began = self._line = self._origin + at

    def _read_ahead(self) -> bool:
        """Read all headers at once if they lie in the piece; False leaves it to the lines."""
        at = self._at
        message = self.message
        if at != self._began - self._origin or self._kept:
            return False
        if not read_ahead(self._piece, at, min(self._stop, at + self.most), message):
            return self._put_off(at, self._stop)
        self.work += message.body_at - at
        self._at = message.body_at
        self._length.set(message.content_length)
        self._ahead = True
        return True

    def _put_off(self, at: i64, stop: i64) -> bool:
        """Wait for what follows where only that is missing, and not for the second time."""
        if stop - at >= self.most or (self._joined and at == len(self._lead)):
            return False
        line = cut_line(self._piece, at, stop, self.message)
        if line < 0:
            return False  # nothing was looked at that _take_line will not
        if line > at:
            self._await_headers()
        self._line = self._origin + line
        self.work += stop - at
        self._at = stop
        self._again = True
        return True

    def _take_line(self) -> bool:
        """Look at the line that goes on at ``_at``, if it ends in the piece; True gives a part."""
        piece = self._piece
        at = self._at
        stop = self._stop
        searching = self._state == _SEARCH
        if not searching:
            stop = min(stop, self._began + self.most - self._origin)
        line_feed = find_line_feed(piece, at, stop)
        if line_feed < 0:
            self.work += stop - at
            self._at = stop
            if searching or stop < self._began + self.most - self._origin:
                return False
            return self._exceed()
        stop = line_feed + 1
        self.work += stop - at
        self._at = stop
        at = self._line - self._origin
        if at < self._taken:
            self._kept += piece[self._taken : stop]
            line = bytes(self._kept[self._line - self._began :])
            self.work += 2 * len(line)
            self._taken = stop
            return self._judge(line, 0, len(line))
        return self._judge(piece, at, stop)

    def _judge(self, buffer: bytes, at: i64, end: i64) -> bool:
        """Let the line in *at*..*end* of *buffer* say what follows; True gives a part."""
        state = self._state
        if state == _HEADERS:
            return self._judge_header(buffer, at, end)
        self.lines += 1
        line = self._line
        self._line = self._origin + self._at
        self.work += end - at
        if state == _FIRST_LINE:
            if may_begin(buffer, at, end):
                self._await_headers()
                return False
        elif end - at > self._window and state == _SEARCH:
            line += end - self._window - at
            at = end - self._window
            self._torn = True
        found = find_start(buffer, at, end, self._torn)
        self._torn = False
        begin = self._line if found < 0 else line + found - at
        if state == _UNBOUNDED:
            if found < 0:
                return False
            self._give(NO_LENGTH, begin, begin)
        elif state == _FIRST_LINE:
            self._counters.garbage.value += 1
            self._counters.skipped.value += begin - line
            self._give(GARBAGE, begin, begin)
        else:
            self._counters.skipped.value += begin - self._began
        self._begin(begin)
        if found < 0:
            self._state = _SEARCH
        else:
            self._await_headers()
        return state != _SEARCH

    def _judge_header(self, buffer: bytes, at: i64, end: i64) -> bool:
        text_end = end - 1
        while text_end > at and buffer[text_end - 1] == _CR:
            text_end -= 1
        if text_end == at:
            return self._end_headers()
        line = self._line
        self._line = self._origin + self._at
        if begins(buffer, at, end):
            self._give(TORN, line, line)
            self._begin(line)
            self._await_headers()
            return True
        self._length.take(buffer, at, text_end)
        return False

    def _await_headers(self) -> None:
        self._state = _HEADERS
        self._length.reset()

    def _end_headers(self) -> bool:
        """Decide where the message ends whose headers end at ``_at``; True gives it at once."""
        counters = self._counters
        here = self._origin + self._at
        length = self._length
        self._line = here
        if not length.readable():
            if length.reading == ABSENT:
                counters.no_length.value += 1
            else:
                counters.bad_length.value += 1
            self._state = _UNBOUNDED
            return False
        limit = self._began + self.most
        self._announced = here + length.number
        self._target = min(self._announced, limit)
        if self._announced > limit:
            counters.huge.value += 1
        self._state = _BODY
        if self._target > here:
            return False
        self._end_body()
        return True

    def _end_body(self) -> None:
        """Give the message of which all has come that is kept."""
        target = self._target
        self._at = target - self._origin
        beyond = self._announced > target
        self._give(CUT if beyond else WHOLE, target, self._announced)
        self._begin(target)
        self._state = _BEYOND if beyond else _BETWEEN

    def _exceed(self) -> bool:
        """Give what has come up to the limit where neither headers nor a line end by then."""
        if self._state == _FIRST_LINE:
            here = self._origin + self._at
            self._counters.garbage.value += 1
            self._counters.skipped.value += here - self._began
            self._give(GARBAGE, here, here)
            self._begin(here)
            self._line = here
            self._state = _SEARCH
            self._torn = True
        elif self._state == _HEADERS:
            self._counters.huge.value += 1
            self._break_off(TORN)
        else:
            self._break_off(NO_LENGTH)
        return True

    def _break_off(self, form: i64) -> None:
        """Give the whole lines that have come, and search from the line that has not ended."""
        self._give(form, self._line, self._line)
        self._begin(self._line)
        self._state = _SEARCH

    # Bytes

    def _give(self, form: i64, end: i64, ended: i64) -> None:
        """Give what lies between ``_began`` and *end*."""
        self.form = form
        self.began = self._began
        self.ended = ended
        self.read = self._ahead
        self._ahead = False
        if not self._kept:
            self.buffer = self._piece
            self.start = self._began - self._origin
            self.end = end - self._origin
            if self.read:
                self.message.end = self.end
            return
        upto = end - self._origin
        if upto > self._taken:
            self._kept += self._piece[self._taken : upto]
            self.work += upto - self._taken
            self._taken = upto
        size = end - self._began
        self.start = len(self._lead)
        self.end = self.start + size
        self.buffer = self._lead + bytes(self._kept[:size])
        self.work += size

    def _begin(self, begin: i64) -> None:
        """Let go of all bytes before the offset *begin*."""
        if self._kept:
            if begin < self._origin + self._taken:
                del self._kept[: begin - self._began]
            else:
                self._kept.clear()
        if begin > self._origin + self._taken:
            self._taken = begin - self._origin
        self._began = begin

    def _keep(self) -> None:
        """Keep what is needed yet of the piece, and let go of the piece."""
        self.buffer = b""
        state = self._state
        if self._taken < self._stop and state not in (_BETWEEN, _BEYOND):
            self._kept += self._piece[self._taken : self._stop]
            self.work += self._stop - self._taken
            if state == _SEARCH and len(self._kept) > 2 * self._window:
                more: i64 = len(self._kept) - self._window
                del self._kept[:more]
                self._counters.skipped.value += more
                self._began += more
                self._line = self._began
        self._piece = b""
        self._ahead = False
        self._origin += self._stop
        self._at = self._stop = self._taken = 0
