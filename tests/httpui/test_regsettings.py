"""The page of how registrations are followed."""

import pytest

from sipcm.httpui.regsettings import ABOUT
from sipcm.options import BY_NAME
from sipcm.run import Run
from tests.goldenpage import check_golden
from tests.registrations import phone, registered
from tests.webharness import Answer, ask, run_of

PATH = "/regs/cfg"


@pytest.fixture
def run() -> Run:
    return run_of([], reg_exp_delta=45, contact_ignore_port=True)


def post(run: Run, **form: str) -> Answer:
    return ask(run, PATH, method="POST", form=form)


def values(run: Run) -> tuple[int, int, bool]:
    registrar = run.pipeline.tracker.registrar
    return registrar.grace, registrar.delay, registrar.ignore_port


def test_text():
    check_golden("regs_cfg", ask(run_of([]), PATH).text)


def test_json(run):
    post(run, reg_exp_delta="50", contact_ignore_port="0")
    assert ask(run, f"{PATH}?format=json").json() == {
        "reg_exp_delta": {
            "value": 50,
            "default": 45,
            "lowest": 0,
            "highest": 86_400,
            "about": ABOUT["reg_exp_delta"],
        },
        "reg_del_delay": {
            "value": 0,
            "default": 0,
            "lowest": 0,
            "highest": 86_400,
            "about": ABOUT["reg_del_delay"],
        },
        "contact_ignore_port": {
            "value": False,
            "default": True,
            "about": ABOUT["contact_ignore_port"],
        },
    }


def test_html(run):
    text = ask(run, PATH, headers={"Accept": "text/html"}).text
    assert 'action="/regs/cfg" method="post">' in text
    assert '<input id="reg_exp_delta" name="reg_exp_delta" inputmode="numeric" value="45"' in text
    assert '<option value="1" selected>on</option><option value="0">off</option>' in text
    post(run, contact_ignore_port="off")
    text = ask(run, PATH, headers={"Accept": "text/html"}).text
    assert '<option value="1">on</option><option value="0" selected>off</option>' in text


def test_names_are_those_of_options():
    assert all(name in BY_NAME for name in ABOUT)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"reg_exp_delta": "0"}, (0, 0, True)),
        ({"reg_exp_delta": "86400"}, (86_400, 0, True)),
        ({"reg_del_delay": "7"}, (45, 7, True)),
        ({"contact_ignore_port": "0"}, (45, 0, False)),
        ({"contact_ignore_port": "no"}, (45, 0, False)),
        ({"contact_ignore_port": "1"}, (45, 0, True)),
        ({"contact_ignore_port": ""}, (45, 0, True)),
        ({"reg_exp_delta": "1", "reg_del_delay": "2", "contact_ignore_port": "off"}, (1, 2, False)),
        ({}, (45, 0, True)),
    ],
)
def test_set(run, form, expected):
    answer = post(run, **form)
    assert answer.status == 200
    assert values(run) == expected


@pytest.mark.parametrize("name", list(ABOUT))
def test_the_default_is_what_the_settings_say(run, name):
    post(run, reg_exp_delta="1", reg_del_delay="2", contact_ignore_port="0")
    changed = dict(zip(ABOUT, (1, 2, False), strict=True))
    post(run, **{name: "-1"})
    default = dict(zip(ABOUT, (45, 0, True), strict=True))
    assert values(run) == tuple({**changed, name: default[name]}.values())


def test_a_browser_is_sent_to_the_page(run):
    form = {"reg_del_delay": "3"}
    answer = ask(run, PATH, method="POST", form=form, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (303, PATH)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "reg_exp_delta",
            "86401",
            'reg_exp_delta: "86401" is not a whole number from 0 to 86400, or -1 for the default',
        ),
        ("reg_exp_delta", "-2", 'reg_exp_delta: "-2" is not a whole number from 0 to 86400'),
        ("reg_del_delay", "30s", 'reg_del_delay: "30s" is not a whole number from 0 to 86400'),
        ("reg_del_delay", "1.5", 'reg_del_delay: "1.5" is not a whole number from 0 to 86400'),
        ("contact_ignore_port", "2", 'contact_ignore_port: "2" is not one of 1, true'),
        ("grace", "1", '"grace": unknown parameter'),
    ],
)
def test_all_or_nothing(run, name, text, reason):
    form = {"reg_exp_delta": "9", "reg_del_delay": "9", "contact_ignore_port": "0"}
    answer = post(run, **{**form, name: text})
    assert answer.status == 400
    assert answer.text.startswith(reason)
    assert answer.text.count("\n") == 1
    assert values(run) == (45, 0, True)


def test_another_site_may_not(run):
    headers = {"Origin": "http://evil.example"}
    answer = ask(run, PATH, method="POST", form={"reg_del_delay": "1"}, headers=headers)
    assert answer.status == 403
    assert values(run) == (45, 0, True)


def test_reading_changes_nothing(run):
    assert ask(run, f"{PATH}?reg_exp_delta=2").status == 400
    assert values(run) == (45, 0, True)


def test_what_is_set_holds_from_the_next_register_on():
    packets = registered(phone("alice"), expires=60).packets()
    run = run_of(packets)
    post(run, reg_exp_delta="5")
    (binding,) = ask(run, "/regs/list?format=json").json()["bindings"]
    assert binding["expires_in"] == 90
