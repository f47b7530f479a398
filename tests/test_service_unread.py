"""A run of which no input can be read says why, and no more."""

import pytest

from sipcm.log import Log
from sipcm.service import Service, run
from tests.servicing import settings


@pytest.mark.parametrize("options", [{}, {"show": ("calls", "events")}, {"json": "-"}])
def test_where_nothing_can_be_read_there_is_no_summary(tmp_path, capfd, options):
    notes = tmp_path / "notes.txt"
    notes.write_text("these are 24 bytes or more", encoding="utf-8")
    assert run(settings(tmp_path / "missing.pcap", notes, tmp_path, **options), Log()) == 1
    out, err = capfd.readouterr()
    assert out == ""
    missing, no_capture, folder = err.splitlines()
    assert missing.endswith("missing.pcap: No such file or directory")
    assert "notes.txt: no capture" in no_capture
    assert folder.endswith("Is a directory")


def test_events_are_written_though_nothing_can_be_read(tmp_path):
    target = tmp_path / "events.json"
    assert run(settings(tmp_path / "missing.pcap", json=str(target)), Log()) == 1
    assert target.read_bytes() == b""


def test_what_was_injected_has_a_summary(tmp_path, capsys):
    service = Service(settings(tmp_path / "missing.pcap"), Log())
    service.run.sources[0].fail("No such file or directory")
    service.tell()
    assert capsys.readouterr().out == ""
    service.run.pipeline.counters.injected.value += 1
    service.tell()
    assert capsys.readouterr().out.startswith("Statistics:")
