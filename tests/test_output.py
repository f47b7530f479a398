"""One output, as operators see it."""

from sipcm.output import Output


def test_all_was_written():
    output = Output("-w", "/x/call.pcapng", "packets", "write")
    output.written.value = 5
    assert (output.complaint(), output.losses()) == ("", "")
    assert output.group.values() == {"packets": 5, "lost": 0}


def test_what_was_lost_and_why():
    output = Output("-json", "pipe", "events", "json")
    output.lost.value = 7
    output.problem = "its reader has gone"
    assert output.complaint() == "-json: pipe: its reader has gone"
    assert output.losses() == "7 events to -json pipe"
