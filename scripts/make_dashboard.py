"""Write contrib/grafana/sipcm.json, a dashboard of what /metrics tells."""

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "contrib" / "grafana" / "sipcm.json"
HERE = '{job="$job", instance=~"$instance"}'
RATE = "[$__rate_interval]"

Query = tuple[str, str]
"""An expression of PromQL, in which ``@`` is a selector or what is added to one, and its legend."""

PANELS: tuple[tuple[str, str, tuple[Query, ...]], ...] = (
    ("Calls that are followed, by state", "short", (("sipcm_calls@", "{{state}}"),)),
    (
        "Calls that ended per second, by outcome",
        "cps",
        (("sum by (type) (rate(sipcm_events_total@~))", "{{type}}"),),
    ),
    (
        "Answered INVITEs, redirected and challenged left out (SER)",
        "percentunit",
        (
            (
                (
                    'sum(rate(sipcm_sip_responses_total@,method="INVITE",status_code="200"~)) / '
                    'sum(rate(sipcm_sip_responses_total@,method="INVITE",'
                    'status_code=~"200|40[03-68]|4[1-9].|5..|6.."~))'
                ),
                "SER",
            ),
            (
                (
                    'sum(rate(sipcm_sip_responses_total@,method="INVITE",'
                    'status_code=~"200|480|486|600|603"~)) / '
                    'sum(rate(sipcm_sip_responses_total@,method="INVITE",'
                    'status_code=~"200|40[03-68]|4[1-9].|5..|6.."~))'
                ),
                "SEER",
            ),
        ),
    ),
    (
        "Responses to INVITE per second",
        "reqps",
        (
            (
                'sum by (status_code) (rate(sipcm_sip_responses_total@,method="INVITE"~))',
                "{{status_code}}",
            ),
        ),
    ),
    (
        "Requests per second, by method",
        "reqps",
        (("sum by (method) (rate(sipcm_sip_requests_total@~))", "{{method}}"),),
    ),
    (
        "Messages that are sent again per second",
        "reqps",
        (("sum by (kind) (rate(sipcm_sip_retransmissions_total@~))", "{{kind}}"),),
    ),
    (
        "Time to the first ringing or final response",
        "s",
        tuple(
            (
                (
                    f"histogram_quantile({share}, sum by (le) "
                    "(rate(sipcm_session_request_delay_seconds_bucket@~)))"
                ),
                name,
            )
            for share, name in ((0.5, "half of the calls"), (0.95, "95 %"))
        ),
    ),
    (
        "How long it rings",
        "s",
        (
            (
                "histogram_quantile(0.5, sum by (le) (rate(sipcm_ring_seconds_bucket@~)))",
                "half of the calls",
            ),
        ),
    ),
    (
        "How long calls last on average",
        "s",
        (
            (
                (
                    "sum(rate(sipcm_session_duration_seconds_sum@~)) / "
                    "sum(rate(sipcm_session_duration_seconds_count@~))"
                ),
                "average",
            ),
        ),
    ),
    (
        "Time to a registration and to the end of a call",
        "s",
        (
            (
                (
                    "histogram_quantile(0.95, sum by (le) "
                    "(rate(sipcm_registration_request_delay_seconds_bucket@~)))"
                ),
                "REGISTER to 2xx, 95 %",
            ),
            (
                (
                    "histogram_quantile(0.95, sum by (le) "
                    "(rate(sipcm_session_disconnect_delay_seconds_bucket@~)))"
                ),
                "BYE to 2xx, 95 %",
            ),
        ),
    ),
    ("Registrations", "short", (("sipcm_registrations@", "{{state}}"),)),
    (
        "Packets per second",
        "pps",
        (
            ("rate(sipcm_capture_packets_total@~)", "{{source}}"),
            ("rate(sipcm_capture_dropped_total@~)", "{{source}} lost"),
        ),
    ),
    (
        "Packets that are not followed, per second",
        "pps",
        (
            (
                "sum by (layer, reason) (rate(sipcm_decode_discarded_total@~)) > 0",
                "{{layer}} {{reason}}",
            ),
        ),
    ),
    (
        "Messages that cannot be read or tracked, per second",
        "reqps",
        (
            (
                'sum by (transport, result) (rate(sipcm_sip_messages_total@,result!="tracked"~))',
                "{{transport}} {{result}}",
            ),
        ),
    ),
    ("How late packets are read", "s", (("sipcm_pipeline_lag_seconds@", "lag"),)),
    ("Memory", "bytes", (("process_resident_memory_bytes@", "resident"),)),
    (
        "Requests per second, by peer (-peers)",
        "reqps",
        (('sum by (peer) (rate(sipcm_sip_requests_total@,peer!=""~))', "{{peer}}"),),
    ),
    (
        "Answered INVITEs, by peer (-peers)",
        "percentunit",
        (
            (
                (
                    "sum by (peer) (rate(sipcm_sip_responses_total@,"
                    'peer!="",method="INVITE",status_code="200"~)) / '
                    "sum by (peer) (rate(sipcm_sip_responses_total@,"
                    'peer!="",method="INVITE",status_code=~"200|40[03-68]|4[1-9].|5..|6.."~))'
                ),
                "{{peer}}",
            ),
        ),
    ),
)


def expression(text: str) -> str:
    """Return *text* with the selector of what is looked at; ``~`` is the interval of a rate."""
    made = ""
    for number, part in enumerate(text.split("@")):
        if number == 0:
            made = part
            continue
        inner = HERE.removesuffix("}")
        if part.startswith(","):
            more, _, rest = part.partition("~)")
            made += f"{inner}{more}}}{RATE}){rest}"
        else:
            made += HERE + part.replace("~", RATE, 1) if part.startswith("~") else HERE + part
    return made


def panel(number: int, title: str, unit: str, queries: tuple[Query, ...]) -> dict[str, Any]:
    """Return the panel *number*, three in a row."""
    return {
        "id": number + 1,
        "title": title,
        "type": "timeseries",
        "datasource": {"type": "prometheus", "uid": "$datasource"},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "gridPos": {"h": 8, "w": 8, "x": 8 * (number % 3), "y": 8 * (number // 3)},
        "targets": [
            {"refId": chr(65 + at), "expr": expression(text), "legendFormat": legend}
            for at, (text, legend) in enumerate(queries)
        ],
    }


def dashboard() -> dict[str, Any]:
    """Return the whole dashboard."""
    variable = {"type": "query", "datasource": {"type": "prometheus", "uid": "$datasource"}}
    return {
        "title": "sipcm",
        "uid": "sipcm",
        "tags": ["sip"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                {**variable, "name": "job", "query": "label_values(sipcm_build_info, job)"},
                {
                    **variable,
                    "name": "instance",
                    "query": 'label_values(sipcm_build_info{job="$job"}, instance)',
                    "includeAll": True,
                    "multi": True,
                },
            ]
        },
        "panels": [panel(number, *row) for number, row in enumerate(PANELS)],
    }


def main() -> None:
    """Write the file."""
    TARGET.write_text(json.dumps(dashboard(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
