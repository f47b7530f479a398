"""Forms that bring a file, cut at every byte, and what is no such form."""

import pytest

from sipcm.httpui.multipart import LONGEST_HEAD, MOST_PARTS, BadFormError, FileForm
from tests.uploading import BOUNDARY, form_of

MARK = b"--" + BOUNDARY.encode()


def part(head: bytes, content: bytes) -> bytes:
    return MARK + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def read(data: bytes, step: int | None = None) -> tuple[FileForm, bytes]:
    form = FileForm(BOUNDARY)
    step = step or len(data)
    found = b"".join(form.feed(data[at : at + step]) for at in range(0, len(data), step))
    return form, found


CONTENT = b"\r\n--\r\n" + MARK[:-1] + b"\r\n\r\n--" + bytes(range(256)) + b"\r\n"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_a_file_however_it_comes(step):
    form, found = read(form_of(CONTENT), step)
    assert (form.name, found, form.ended) == ("x.pcap", CONTENT, True)


def test_other_fields_are_passed_over():
    other = part(b'Content-Disposition: form-data; name="comment"', b"hello")
    form, found = read(other + form_of(CONTENT))
    assert (form.name, found) == ("x.pcap", CONTENT)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'Content-Disposition: form-data; name="file"; filename="a b.pcap"', "a b.pcap"),
        (b"content-disposition:form-data;name=file;filename=a.pcap", "a.pcap"),
        (b'Content-Disposition: form-data; name="x"; filename="a\\"b.pcap"', 'a"b.pcap'),
        (b'Content-Disposition: form-data; name="x"; filename="a;name=b"', "a;name=b"),
        (b'Content-Disposition: form-data; filename="\xc3\xa4"', "\xe4"),
        (b'Content-Disposition: form-data; filename="\xff"', "\ufffd"),
        (b'Content-Disposition: form-data; name="file"', ""),
        (b'X: y\r\nContent-Disposition: form-data; name="file"; filename=""', ""),
    ],
)
def test_what_a_file_is_called(head, name):
    form, found = read(part(head, b"content") + MARK + b"--")
    assert (form.name, found) == (name, b"content")


def test_a_form_without_a_file():
    form, found = read(part(b'Content-Disposition: form-data; name="comment"', b"x") + MARK + b"--")
    assert (form.name, found, form.ended) == (None, b"", True)


def test_what_follows_the_end_means_nothing():
    form, found = read(form_of(b"x") + form_of(b"y"))
    assert (found, form.ended) == (b"x", True)


def test_a_form_that_is_cut_off():
    form, found = read(form_of(CONTENT)[:-60])
    assert CONTENT.startswith(found)
    assert not form.ended


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"preamble" * 20, "it does not begin with a part"),
        (MARK + b"\r\n" + b"X: y\r\n" * LONGEST_HEAD, "the headers of a part are too long"),
        (part(b"X: y", b"") * (MOST_PARTS + 1), "there are more than 16 parts"),
    ],
)
def test_what_is_no_form(data, reason):
    with pytest.raises(BadFormError, match=reason):
        read(data)
    with pytest.raises(BadFormError, match=reason):
        read(data, 100)


def test_two_files():
    first = form_of(b"x").removesuffix(b"--\r\n")
    with pytest.raises(BadFormError, match="several files"):
        read(first + form_of(b"y").removeprefix(MARK))


@pytest.mark.parametrize("boundary", ["", "x" * 71, "\xe4"])
def test_boundaries_that_are_none(boundary):
    with pytest.raises(BadFormError, match="boundary"):
        FileForm(boundary)


def test_no_more_is_held_than_a_head():
    form = FileForm(BOUNDARY)
    form.feed(form_of(b"").partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    for _ in range(100):
        form.feed(b"\r\n--" * 1000)
        assert len(form._held) < LONGEST_HEAD
