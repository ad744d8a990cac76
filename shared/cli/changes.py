"""`sluice changes`: what anybody changed lately, for whoever looks for what went wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import DIGEST, short
from shared.cli.options import Json, Local, Stage
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
    """List what was changed, the newest first: policies, lists, switches, and the code that was deployed.

    Of deployed code, each function's newest is known, and not by whom.

    \b
    Examples:
      sluice changes --last 2h
      sluice changes --last 7d --stage prod --json | jq 'select(.kind == "stop")'
    """
    now = datetime.now(UTC)
    since = now - span(last)
    with cloud_of(stage, local=local) as cloud:
        found = [*cloud.policy_table().changes(since, now), *_deployed(cloud, since)]
    found.sort(key=lambda change: change["at"], reverse=True)
    if not found:
        found_nothing(f"nothing was changed within the last {last}")
    if as_json_lines:
        as_lines(found)
        return
    rows = [(seconds(each["at"]), _words(each), each["by"], each["why"]) for each in found]
    listing(("time (UTC)", "what", "by", "why"), rows)


def _words(change: dict[str, Any]) -> str:
    """What was done to what; digests are short here, and whole in the history and for pipes."""
    return f"{change['kind']} {DIGEST.sub(lambda digest: short(digest[0]), change['what'])}"


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
