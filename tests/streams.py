"""Streams that behave as pipes and disks do on their worse days."""

import io


class Trickle(io.BytesIO):
    """Gives one byte at a time, as a slow pipe does."""

    def read1(self, _size: int | None = -1, /) -> bytes:
        return super().read1(1)


class Interrupted(io.BytesIO):
    """Has nothing more at present when its bytes are used up; its end is never seen."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(size) or None  # type: ignore[return-value]


class Failing(io.BytesIO):
    """Fails like a disk when its bytes are used up."""

    def read1(self, size: int | None = -1, /) -> bytes:
        block = super().read1(size)
        if not block:
            raise OSError(5, "Input/output error")
        return block
