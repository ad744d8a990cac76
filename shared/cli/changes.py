"""`sluice changes`: what anybody changed lately, for whoever looks for what went wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import DIGEST, short
from shared.cli.options import Json, Local, Stage
from shared.cli.switches import switched
from shared.cli.telling import as_lines, found_nothing, listing, seconds, span

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud


def changes(
    last: Annotated[str, typer.Option(metavar="SPAN", help="Within the last 90m, 24h, 7d …")] = "24h",
    *,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List what was changed, the newest first: policies, lists, switches, undos, guardrails, deploys, models.

    Of deployed code, each function's newest is known, and not by whom; of a guardrail, when it first tripped in an
    hour or day. A model's version is told when a rule that reads `model_version` acted on it, and on none of its
    scores in the week before.

    \b
    Examples:
      sluice changes --last 2h
      sluice changes --last 7d --stage prod --json | jq 'select(.kind == "stop")'
    """
    from shared.cli.models import began

    now = datetime.now(UTC)
    since = now - span(last)
    with cloud_of(stage, local=local) as cloud:
        found = [
            *cloud.policy_table().changes(since, now),
            *_deployed(cloud, since),
            *_tripped(cloud, since),
            *began(cloud, since, now),
        ]
    found.sort(key=lambda change: change["at"], reverse=True)
    if not found:
        found_nothing(f"nothing was changed within the last {last}")
    if as_json_lines:
        as_lines(found)
        return
    rows = [(seconds(each["at"]), _words(each), each["by"], each["why"]) for each in found]
    listing(("time (UTC)", "what", "by", "why"), rows)


def _words(change: dict[str, Any]) -> str:
    """What was done to what; digests are short and switches in words here, and as they are in the history."""
    what = switched(change["what"]) if change["kind"] in ("stop", "start") else change["what"]
    return f"{change['kind']} {DIGEST.sub(lambda digest: short(digest[0]), what)}"


def _tripped(cloud: "Cloud", since: datetime) -> Iterator[dict[str, Any]]:
    """What guardrails did of themselves, in the same words."""
    from shared.signals.times import stamp

    for each in cloud.guards().tripped(since):
        what = f"{each.guardrail}: {each.rule} became {each.became}"
        yield {"at": stamp(each.at), "by": "guardrail", "why": each.why, "kind": "tripped", "what": what}


def _deployed(cloud: "Cloud", since: datetime) -> Iterator[dict[str, Any]]:
    """The stage's functions whose code or settings were changed since then; the local cloud runs what lies here."""
    from shared.signals.times import stamp

    if cloud.local:
        return
    prefix = f"sluice-{cloud.stage}-"
    for page in cloud.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            at = datetime.fromisoformat(function["LastModified"])
            if function["FunctionName"].startswith(prefix) and at >= since:
                code = function["CodeSha256"][:12]
                what = f"{function['FunctionName']}, code {code}"
                yield {"at": stamp(at), "by": "", "why": "", "kind": "deploy", "what": what}
