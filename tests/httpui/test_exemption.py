"""Great lists are freed without the garbage collector, which never sees them."""

import gc
import weakref

from sipcm.httpui.exemption import exempt
from sipcm.httpui.workspace import Workspace
from sipcm.settings import Settings


class Thing:
    """Something that is known to be freed."""


def test_what_is_exempt_is_looked_through_no_more():
    great: list[object] = []
    assert gc.is_tracked(great)
    assert exempt(great) is great
    great += [[] for _ in range(10_000)]
    gc.collect()
    assert not gc.is_tracked(great)


def test_it_is_freed_with_all_that_it_holds():
    thing = Thing()
    there = weakref.ref(thing)
    great = exempt([thing, thing])
    del thing
    gc.collect()
    assert there() is not None
    del great
    assert there() is None


def test_the_great_lists_of_an_upload_are():
    pipeline = Workspace("a1", "x.pcap", 0, Settings({"http_port": 8080})).run.pipeline
    assert pipeline.messages is not None
    assert not gc.is_tracked(pipeline.ring.events)
    assert not gc.is_tracked(pipeline.messages.queue.messages)
