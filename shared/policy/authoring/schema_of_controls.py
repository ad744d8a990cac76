"""The JSON Schema of what stands between rules and harm: limits, guardrails, gates, jurisdictions, ladders."""

from shared.policy.authoring.shapes import AMOUNT, SHARE, SPAN, Schema, closed, one_of, one_or_more, text_about, whole
from shared.policy.model import ABUSE_KINDS
from shared.policy.sections import gates as gate_section
from shared.policy.sections import guardrails as guardrail_section
from shared.policy.sections import known_good, ladders
from shared.restrictions.effects import DISPOSITIONS, TIERS
from shared.restrictions.limits import DIMENSIONS
from shared.signals import CATALOGUE

_FLAG: Schema = {"type": ["boolean", "string"]}


def limit() -> Schema:
    """What stands under `to:`."""
    bounds = {
        "step_up": {**_FLAG, "description": "Only after a step-up."},
        "share": {**SHARE, "description": "So much is left."},
        "reserve": {**SHARE, "description": "So much of each payout is held back, for `days`."},
        "days": whole(DIMENSIONS["reserve_days"].most, "For so many days the reserve is held back."),
        "delay": {**SPAN, "description": "It happens so much later."},
        "per_day": whole(DIMENSIONS["count_per_day"].most, "So many a day."),
        "amount_per_day": {**one_or_more(AMOUNT), "description": "So much a day, one amount for each currency."},
        "per_hour": whole(DIMENSIONS["per_hour"].most, "So many an hour."),
        "links": one_of(["none"], "Links are taken out."),
    }
    words = one_of(["none", "step_up"], "Nothing is left, or only after a step-up.")
    return {"anyOf": [words, SHARE, {**closed(bounds), "minProperties": 1}]}


def expectation() -> Schema:
    """What stands under a rule's `expect:`."""
    return closed(
        {
            "hits": whole(guardrail_section.MOST_COUNTED, "At most so many hits an hour."),
            "known_good": {**SHARE, "description": "At most this share of them meets the known good."},
        }
    )


def guardrails() -> Schema:
    """The section `guardrails`, whose entries are of one kind each."""
    spans = ("takeover_hold", "friction_memory", "clearance", "default_restriction")
    budget = closed(
        {
            "abuse": one_of(ABUSE_KINDS, "Only effects of rules against this."),
            "rule": text_about("Only effects of this rule."),
            "tier": one_of(TIERS, "Only effects as hard as this."),
            "entity_kind": one_of(guardrail_section.ENTITY_KINDS, "Only effects on such entities."),
            "per": one_of(["hour", "day"], "For how long it is."),
            "count": whole(guardrail_section.MOST_COUNTED, "At most so many effects."),
            "money": {**one_or_more(AMOUNT), "description": "At most so much at risk, by currency."},
            "kept": {**SHARE, "description": "This share is kept for what is worth `high_value` or more."},
            "high_value": one_or_more(AMOUNT),
        },
        "per",
    )
    brake = closed(
        {
            "known_good": {**SHARE, "description": "More of a rule's hits than this must not be known good."},
            "least": whole(guardrail_section.MOST_COUNTED, "So many of them at least, before it brakes."),
            "settling": {**SPAN, "description": "So long a new or edited rule is held to what it expects."},
        }
    )
    budgets: Schema = {"type": ["object", "null"], "additionalProperties": budget}
    properties = {"budgets": budgets, "brake": brake, **dict.fromkeys(spans, SPAN)}
    return {"properties": properties, "additionalProperties": False}


def gates() -> Schema:
    """The section `gates`, by signal."""
    gate = closed({"deadline": SPAN, "then": one_of(gate_section.ENDS)}, "deadline", "then")
    return {
        "propertyNames": {"enum": list(gate_section.GATING)},
        "properties": dict.fromkeys(gate_section.GATING, gate),
        "additionalProperties": False,
    }


def control_sections(condition: Schema, effects: Schema) -> Schema:
    """One entry of each of the other sections; `effects` are the shapes of effects by their word."""
    jurisdiction = closed(
        {
            "countries": one_or_more({"type": "string", "pattern": "^[A-Z]{2}$"}),
            "notice_within": {**SPAN, "description": "How soon the person is told."},
            "appeal_within": {**SPAN, "description": "How long it can be contested."},
            "business_notice": {**SPAN, "description": "How long before its service ends a business is told."},
            "longest_hold": {**SPAN, "description": "How long rules hold money on end at most without a person."},
            "human": text_about("How to reach a person."),
            "basis": text_about("Which law says so."),
            "confirmed_by": text_about("The counsel who confirmed the figures, or none."),
        },
        *("notice_within", "appeal_within", "business_notice", "longest_hold", "human"),
    )
    rung = closed(
        {
            "when": condition,
            **effects,
            "then": one_or_more(
                {"anyOf": [one_of(DISPOSITIONS[1:]), *(closed({word: each}, word) for word, each in effects.items())]}
            ),
            "person": {**SPAN, "description": "Within what time a person must agree; the rung below stands meanwhile."},
        }
    )
    ladder = closed(
        {
            "of": one_of(ladders.ROLES, "For whom it is."),
            "steps": {
                "type": "array",
                "items": rung,
                "minItems": ladders.LEAST_RUNGS,
                "maxItems": ladders.MOST_RUNGS,
                "description": "Its rungs, the mildest first.",
            },
        },
        *ladders.KEYS,
    )
    known = closed(
        {
            "on": one_or_more(one_of(CATALOGUE)),
            "of": text_about("The role of the user who is."),
            "when": condition,
            "continuity": condition,
            "lapses": {**SPAN, "description": "So long nobody is, after a change of credentials or payout account."},
        },
        *known_good.KEYS,
    )
    return {"jurisdictions": jurisdiction, "ladders": ladder, "known_good": one_or_more(known)}
