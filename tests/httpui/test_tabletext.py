"""The totals of a table in the layout of the original."""

from sipcm.httpui.tabletext import Totals


def test_layout():
    assert Totals(3, 8, 0, longest_chain=2).text("CallTracking") == (
        "CallTracking Hash Stats: {Total:3 Crt:3 Max:2 Min:0}\n"
        "Limits: 0 entries (unlimited) 0 Kb memory (unlimited)\n"
        "\n"
        "Memory Stats:\n"
        "\tTotalSize: 0 NewCalls: 8 FreeCalls: 5 Failures: 0\n"
        "\n"
        "Pools Stats:\n"
        "\n"
        "Pools Total:         0 /         0 hits/miss (  0% /   0%)\n"
    )


def test_limits():
    totals = Totals(3, 8, 4, memory=2000, memory_limit=5 * 1024, failures=7)
    text = totals.text("Reg Bindings")
    assert "\nLimits: 4 entries (75% used) 5 Kb memory (39% used)\n" in text
    assert "TotalSize: 2000 NewCalls: 8 FreeCalls: 5 Failures: 7\n" in text
