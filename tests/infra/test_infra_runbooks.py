"""Whoever is woken finds a page that says what to do, in commands that exist."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from shared.cli.main import app

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra" / "runbooks"
PAGES = sorted(page.stem for page in FOLDER.glob("*.md") if page.stem != "README")
LONGEST_PAGE = 45
SECTIONS = ("**What it means.**", "**Look here.**", "**Do this.**")
COMMAND = re.compile(r"`(sluice [^`]+)`|^ *(sluice .+)$", re.MULTILINE)


def commands(page):
    """The words of every `sluice` command on a page, in the text or in a block."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    return [shlex.split("".join(found)) for found in COMMAND.findall(text)]


ALL = [(page, words) for page in [*PAGES, "README"] for words in commands(page)]


def test_every_alarm_names_its_runbook_and_every_runbook_has_an_alarm(template):
    """No alarm wakes somebody without telling what to do, and no page is left over."""
    named = set()
    for alarm in template.all("CloudWatch::Alarm").values():
        found = re.search(r"Runbook: infra/runbooks/([a-z-]+)\.md$", alarm["AlarmDescription"])
        assert found, alarm["AlarmName"]
        named.add(found[1])
    assert named == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_runbook_is_one_page_in_three_parts(page):
    """What it means, where to look, what to do; short enough to be read at three in the morning."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    places = [text.find(section) for section in SECTIONS]
    assert places == sorted(places)
    assert -1 not in places
    assert len(text.splitlines()) <= LONGEST_PAGE
    assert commands(page) or "aws " in text


@pytest.mark.parametrize(("page", "words"), ALL, ids=[f"{page}: {shlex.join(words)[:50]}" for page, words in ALL])
def test_every_command_on_a_runbook_exists(page, words):
    """With its options, and with all that it requires: it can be pasted, but for the names in capitals."""
    command, rest = typer.main.get_command(app), words[1:]
    while hasattr(command, "commands"):
        assert rest, f"{page}: {shlex.join(words)} names no command"
        assert rest[0] in command.commands, f"{page}: there is no `{shlex.join(words[: len(words) - len(rest) + 1])}`"
        command = command.commands[rest.pop(0)]
    if rest:
        context = command.make_context(shlex.join(words), list(rest), resilient_parsing=False)
        assert not context.args


@pytest.mark.parametrize("page", [*PAGES, "README"])
def test_every_page_that_a_runbook_points_to_exists(page):
    """A link that leads nowhere costs minutes that nobody has."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (FOLDER / target).is_file(), target
