"""The description for programs: it is one, it is true, and whoever follows it meets no fault."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import jsonschema
import openapi_spec_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipcm.httpui import openapi
from sipcm.httpui.routes import ROUTES, STREAMS
from tests.examples import examples
from tests.samples import demo
from tests.webharness import ask, ask_each, run_of

READABLE = [route for route in ROUTES if "<" not in route.path]
CHANGING = [route for route in READABLE if route.change or route.answer]


@pytest.fixture(scope="module")
def run():
    return run_of(demo().packets())


@pytest.fixture(scope="module")
def document(run):
    return ask(run, openapi.PATH).json()


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return *schema* with the parts that it refers to."""
    return {**schema, "components": document["components"]}


@pytest.mark.no_cover
def test_it_is_one(document):
    openapi_spec_validator.validate(document)


def test_its_head_and_its_parts(document):
    assert document["openapi"] == "3.1.0"
    assert set(document) == {"openapi", "info", "paths", "components", "security"}
    files = {f"{route.path}.{suffix}" for route in ROUTES for suffix in route.files}
    told = {path.replace("{id}", "<id>") for path in document["paths"]}
    assert told == {route.path for route in ROUTES} | files | set(STREAMS)
    assert [*document["paths"]] == sorted(document["paths"])
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"(?:get|post)_[a-z0-9_]+", name) for name in names)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for found in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        part = document
        for step in found.split("/"):
            part = part[step]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_what_can_be_posted_is_told(document, route):
    told = document["paths"][route.path.replace("<id>", "{id}")]
    assert ("post" in told) == bool(route.change or route.answer)
    if "post" in told:
        form = told["post"]["requestBody"]["content"][openapi.FORM]["schema"]
        assert form["properties"]
        assert form["additionalProperties"] is False


@pytest.mark.parametrize("route", READABLE, ids=lambda route: route.path)
def test_a_parameter_that_is_not_told_is_refused(run, document, route):
    """And each that is told is taken, with whatever stands in it: nothing is said of its name."""
    told = document["paths"][route.path]["get"]["parameters"]
    for path, answer in ask_each(
        run, [f"{route.path}?{parameter['name']}=%01&format=json" for parameter in told]
    ):
        assert "unknown parameter" not in answer.text, path
    answer = ask(run, f"{route.path}?none_of_these=1")
    assert answer.status == 400
    assert "unknown parameter" in answer.text


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_takes_what_is_told(run, document, path):
    operation = document["paths"][path]["get"]
    assert set(operation["responses"]["200"]["content"]) == {"text/event-stream"}
    parameters = {one["name"]: one for one in operation["parameters"]}
    assert parameters.pop("Last-Event-ID")["in"] == "header"
    assert parameters["q"]["in"] == "query"
    for name in parameters:
        answer = ask(run, f"{path}?{name}=%01&format=json", method="HEAD")
        assert "X-Content-Type-Options" in answer.headers
        assert "unknown parameter" not in ask(run, f"{path}?{name}=%01&n=1").text
    answer = ask(run, f"{path}?none_of_these=1")
    assert answer.status == 400
    assert all(f"{name}," in answer.text for name in parameters)


@pytest.mark.parametrize("path", STREAMS)
def test_whatever_a_stream_is_asked_for(run, document, path):
    """It begins, which is all that HEAD waits for, or is refused as is told."""
    operation = document["paths"][path]["get"]
    strategies = {
        one["name"]: value_of(one["schema"])
        for one in operation["parameters"]
        if one["in"] == "query"
    }
    last = next(one for one in operation["parameters"] if one["in"] == "header")

    @examples(12)
    @given(
        st.fixed_dictionaries({}, optional=strategies),
        st.from_regex(last["schema"]["pattern"], fullmatch=True) | st.just("odd"),
    )
    def check(values, name):
        query = urlencode(
            [(name, text) for name, texts in values.items() for text in texts],
            errors="surrogatepass",
        )
        headers = {"Last-Event-ID": name, "Accept": "application/json"}
        answer = ask(run, f"{path}?{query}", method="HEAD", headers=headers)
        assert str(answer.status) in operation["responses"]

    check()


@pytest.mark.parametrize("route", READABLE, ids=lambda route: route.path)
def test_a_number_that_nobody_filled_in_is_none(run, document, route):
    for one in document["paths"][route.path]["get"]["parameters"]:
        assert one.get("allowEmptyValue", False) == (one["schema"].get("type") == "integer")
        if "allowEmptyValue" in one:
            assert ask(run, f"{route.path}?{one['name']}=").status == 200


@pytest.mark.parametrize(
    ("path", "name", "fit", "unfit"),
    [
        ("/events", "filter", ["", "cid", "ua"], ["aor", "q"]),
        ("/events/stream", "filter", ["cid"], ["aor"]),
        (
            "/regs/list",
            "sort",
            ["", "aor", "-expires_in", "-client.ip"],
            ["-", "naem", "client_ip"],
        ),
        ("/evrateblst/list", "sort", ["-rate0", "rate1.value"], ["rate9"]),
        ("/calls/{id}", "n", [1, 500], [0, 501]),
        ("/calls/{id}", "width", [60, 400], [59, 401]),
    ],
)
def test_what_stands_in_a_parameter(document, path, name, fit, unfit):
    told = {one["name"]: one for one in document["paths"][path]["get"]["parameters"]}
    schema = jsonschema.Draft202012Validator(told[name]["schema"])
    assert [value for value in fit if not schema.is_valid(value)] == []
    assert [value for value in unfit if schema.is_valid(value)] == []


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: route.path)
def test_asking_for_it_changes_nothing(route):
    run = run_of(demo().packets())
    before = [ask(run, f"{other.path}?format=json").text for other in CHANGING]
    ask(run, openapi.PATH)
    assert [ask(run, f"{other.path}?format=json").text for other in CHANGING] == before
    assert run.pipeline.counters.injected.value == 0


def test_formats_and_mistakes(run):
    answer = ask(run, openapi.PATH, headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert ask(run, f"{openapi.PATH}?format=json").status == 200
    assert ask(run, f"{openapi.PATH}?format=html").status == 400
    assert ask(run, openapi.PATH, method="POST").status == 405


def value_of(schema: dict[str, Any]) -> st.SearchStrategy[list[str]]:
    """Return values that *schema* has in mind, and others that it has not."""
    odd = st.lists(
        st.one_of(
            st.text(max_size=12).filter(lambda text: text.isprintable() or text < "\ud800"),
            st.sampled_from(["", "0", "-1", "1e9", "9" * 30, "(", "[", "%", "\0", "=1+1", "null"]),
        ),
        min_size=1,
        max_size=2,
    )
    if schema.get("type") == "integer":
        fitting = st.integers(schema["minimum"], schema["maximum"]).map(str)
    elif "enum" in schema:
        fitting = st.sampled_from(schema["enum"])
    elif "pattern" in schema:
        fitting = st.from_regex(schema["pattern"], fullmatch=True)
    else:
        fitting = st.text(max_size=12)
    return st.one_of(fitting.map(lambda text: [text]), odd)


def as_documented(document: dict[str, Any], operation: dict[str, Any], answer: Any) -> None:
    """Fail unless *answer* is one that the *operation* is documented to have."""
    assert answer.status != 500, answer.text
    response = operation["responses"].get(str(answer.status))
    assert response is not None, (answer.status, answer.text)
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    if answer.status in {302, 303}:
        return
    kinds = {kind.replace(" ", ""): content for kind, content in response["content"].items()}
    kind = answer.headers["Content-Type"].partition("; charset")[0].replace(" ", "")
    assert kind in kinds
    if kind == "application/json":
        schema = resolved(document, kinds[kind]["schema"])
        jsonschema.Draft202012Validator(schema).validate(answer.json())
    else:
        assert isinstance(answer.text, str)


@pytest.mark.parametrize("route", READABLE, ids=lambda route: route.path)
def test_whatever_is_asked_for(run, document, route):
    operation = document["paths"][route.path]["get"]
    strategies = {
        parameter["name"]: value_of(parameter["schema"]) for parameter in operation["parameters"]
    }

    @examples(12)
    @given(st.fixed_dictionaries({}, optional=strategies))
    def check(values):
        query = urlencode(
            [(name, text) for name, texts in values.items() for text in texts],
            errors="surrogatepass",
        )
        as_documented(document, operation, ask(run, f"{route.path}?{query}"))

    check()


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: route.path)
def test_whatever_is_posted(document, route):
    operation = document["paths"][route.path]["post"]
    form = operation["requestBody"]["content"][openapi.FORM]["schema"]
    strategies = {
        name: value_of(schema).map(lambda texts: texts[0])
        for name, schema in form["properties"].items()
    }
    run = run_of(demo().packets())

    @examples(12)
    @given(
        st.fixed_dictionaries({}, optional=strategies), st.sampled_from(["json", "text", "html"])
    )
    def check(fields, face):
        fields = {name: text.encode("utf-8", "replace").decode() for name, text in fields.items()}
        answer = ask(run, f"{route.path}?format={face}", method="POST", form=fields)
        as_documented(document, operation, answer)

    check()
