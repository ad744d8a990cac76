"""What functions are given of a person stays out of everything that is kept, said or shown."""

import json

import pytest

from shared.decisions import judge, signal_values, to_record
from shared.features import Plan, Timelines
from shared.policy import PolicyError, load_documents
from shared.signals import CATALOGUE, Pseudonyms, entities_of
from tests.support.policies import policy_with
from tests.support.signals import event, signal

pytestmark = pytest.mark.unit
KEY = Pseudonyms(b"k" * 32)
RULE = """
rules:
  {name}:
    abuse: account_takeover
    on: {signal}
    when: {when}
    then: [{{review: {{of: user}}}}]
    reason: "seen before"
    user_reason: "We are checking this."
    owner: tests
"""


def record_of(document, when):
    """The record of the signal's decision under a rule with that condition."""
    text = RULE.format(name="the_rule", signal=document["type"].removesuffix(".v1"), when=f">-\n      {when}")
    policy = load_documents({"test.yaml": text}, published=True)
    plan = Plan(policy.features.values())
    return to_record(judge(signal(document), Timelines(plan, {}, 500), plan, policy, KEY))


@pytest.mark.parametrize(
    ("name", "data", "when", "facts"),
    [
        (
            "login.succeeded",
            {"ip": "203.0.113.77"},
            'ip_in(ip_address, "203.0.113.0/24") and not ip_in(ip_address, "10.0.0.0/8")',
            {'ip_in(ip_address, "203.0.113.0/24")': True, 'ip_in(ip_address, "10.0.0.0/8")': False},
        ),
        (
            "login.succeeded",
            {"latitude": 52.5163, "longitude": 13.3777, "last_latitude": 35.6895, "last_longitude": 139.6917},
            "distance_km(latitude, longitude, last_latitude, last_longitude) > 5000 and latitude > 40",
            {
                "distance_km(latitude, longitude, last_latitude, last_longitude) > 5000": True,
                "latitude > 40": True,
            },
        ),
        (
            "account.created",
            {"email": "jane.roe.1987@mailinator.com", "display_name": "J\u0430ne Roe"},
            "disposable(email) and homoglyphs(display_name) and edits(display_name, email) > 3",
            {"disposable(email)": True, "homoglyphs(display_name)": True, "edits(display_name, email)": 22},
        ),
        (
            "account.created",
            {"email": "jane.roe.1987@mailinator.com"},
            'matches(email, "[0-9]{4}@") and ends_with(registrable_domain(email), ".com")',
            {'matches(email, "[0-9]{4}@")': True, 'ends_with(registrable_domain(email), ".com")': True},
        ),
    ],
)
def test_the_record_has_facts_and_no_personal_data(name, data, when, facts):
    """What rules ask of an address, a place or a name is kept as its answer, and the data nowhere."""
    document = event(name, "e_1", **data)
    record = record_of(document, when)
    assert record["held_back"] == ["the_rule: shadow"]
    inputs = json.loads(record["capsule"])["inputs"]
    assert {fact: inputs[fact] for fact in facts} == facts
    everything = json.dumps(record, ensure_ascii=False)
    personal = {field.name for field in CATALOGUE[name].fields if field.personal}
    for field in personal & document["data"].keys():
        assert str(document["data"][field]) not in everything, field


@pytest.mark.parametrize(
    "condition",
    [
        "latitude - longitude > logins_1h",
        "distance_km(latitude, longitude, 52.5, 13.4) > logins_1h",
        "round(latitude) == logins_1h",
        "abs(latitude) + 1 < logins_1h",
    ],
)
def test_a_personal_number_is_not_kept_to_be_compared_later(condition):
    """A condition that would need a place, or a number made of one, in the record is refused."""
    features = "features:\n  logins_1h: {count: login.succeeded, by: user, window: 1h}\n"
    with pytest.raises(PolicyError, match="is personal data and would stand in the record"):
        policy_with(condition, "login.succeeded", features)


@pytest.mark.parametrize(
    "condition",
    [
        'equals(email, "jane@example.com")',
        'edits(email, "jane@example.com") == 0',
        'matches(email, "^jane@example[.]com$")',
        'similarity(display_name, "jane@example.com") > 90%',
    ],
)
def test_an_address_is_not_spelled_out_in_a_function_either(condition):
    """The text of a condition is the name of its fact, and stands in every record of the signal."""
    with pytest.raises(PolicyError, match="which is personal data, would stand in every record"):
        policy_with(condition, "account.created")


@pytest.mark.parametrize(
    "condition", ['ends_with(email, "@example.com")', 'matches(email, "[0-9]{4}@")', 'equals(display_name, "support")']
)
def test_what_is_no_address_may_be_looked_for(condition):
    """A domain, a pattern and a word are of many."""
    assert policy_with(condition, "account.created")


@pytest.mark.parametrize("name", ["ip_address", "latitude", "user_agent"])
def test_a_reason_does_not_say_personal_data(name):
    """Reasons are kept and shown, so that no personal value can stand in one."""
    text = RULE.format(name="the_rule", signal="login.succeeded", when="device_is_new")
    with pytest.raises(PolicyError, match=f"`{name}`"):
        load_documents({"test.yaml": text.replace("seen before", f"from {{{name}}}")})


def test_rules_see_the_address_beside_the_pseudonym():
    """`ip` is the entity that features count, `ip_address` what it is called by; each under its own name."""
    login = signal(event("login.succeeded", "e_1", ip="2001:DB8:0:0::7"))
    values = signal_values(login, entities_of(login, KEY))
    assert values["ip_address"] == "2001:db8::7"
    assert values["ip"].startswith("ip:1~")
    assert "2001" not in values["ip"]


def test_no_address_no_value():
    """Where a signal has no address, rules do not know one."""
    message = signal(event("message.sent", "e_1", ip=None))
    assert "ip_address" not in signal_values(message, entities_of(message, KEY))


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_address_has_a_name_of_its_own(name):
    """No field or role of any signal is called what an address behind a pseudonym is called."""
    spec = CATALOGUE[name]
    taken = {field.visible_as for field in spec.fields} | spec.roles.keys()
    assert not taken & {field.address_as for field in spec.fields if field.address_as}
