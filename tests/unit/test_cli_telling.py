"""How the command reads times, and what it lets through to a terminal."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from shared.cli.telling import about_time, harmless, listing, moment, seconds, span

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain, ünïcode 漢字\nline", "plain, ünïcode 漢字\nline"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb\tc\x00", "a\\rb\\tc\\x00"),
        ("\x9b31m", "\\x9b31m"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\ud800", "\\ud800"),
    ],
)
def test_nothing_moves_the_cursor(given: str, shown: str) -> None:
    """What a terminal would obey or hide is written out; readable text stays as it is."""
    assert harmless(given) == shown


@pytest.mark.parametrize(("text", "meant"), [("90m", timedelta(minutes=90)), ("24h", timedelta(days=1))])
def test_a_span_is_read(text: str, meant: timedelta) -> None:
    """Minutes, hours and days are understood."""
    assert span(text) == meant


@pytest.mark.parametrize("text", ["", "24", "0h", "-1h", "1w", "1h30m", "99999d", "h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """Anything else ends the command as a usage error."""
    with pytest.raises(typer.Exit) as ended:
        span(text)
    assert ended.value.exit_code == 2


def test_a_moment_is_read_with_its_offset() -> None:
    """A moment counts in UTC, whatever offset it is given with."""
    assert moment("2026-11-20T13:00:00+01:00") == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert seconds("2026-11-20T13:00:00.500+01:00") == "2026-11-20 12:00:00"


@pytest.mark.parametrize("text", ["", "now", "2026-11-20", "2026-11-20T12:00:00", "2026-13-01T00:00:00Z"])
def test_a_moment_without_its_offset_is_refused(text: str) -> None:
    """A time that could mean several moments is not guessed."""
    with pytest.raises(typer.Exit):
        moment(text)


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [(8, "8 s"), (720, "12 min"), (3_600, "1 h"), (5_400, "1 h 30 min"), (273_600, "3 d 4 h"), (86_400, "1 d")],
)
def test_spans_in_words(elapsed: int, words: str) -> None:
    """A span is told in its two largest units."""
    assert about_time(timedelta(seconds=elapsed)) == words


def test_a_narrow_terminal_breaks_no_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a table is too wide, the values that do not fit stand whole, in order, below the others."""
    columns, row = (
        ("decision", "time", "rules"),
        ("7526dda3cd42231a971aa2acfeb80ead", "2026-03-06", ["a_rule", "b_rule"]),
    )
    printed = {}
    for width in (80, 60):
        monkeypatch.setenv("COLUMNS", str(width))
        listing(columns, [row])
        printed[width] = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["7526dda3cd42231a971aa2acfeb80ead", "2026-03-06", "a_rule,", "b_rule"] in printed[80]
    assert printed[60] == [
        ["decision", "time"],
        ["rules"],
        ["7526dda3cd42231a971aa2acfeb80ead", "2026-03-06"],
        ["a_rule,", "b_rule"],
    ]


def test_a_narrow_terminal_has_no_empty_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where everything fits beside the first value, nothing stands below."""
    monkeypatch.setenv("COLUMNS", "36")
    listing(("signal", "read", "written"), [("payment.attempted", 18, 2), ("payment.declined", 0, 0)])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["signal", "read", "written"],
        ["payment.attempted", "18", "2"],
        ["payment.declined", "0", "0"],
    ]


def test_a_labelled_listing_names_what_stands_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a narrow terminal each value stands beside its column's name, and an empty one not at all."""
    monkeypatch.setenv("COLUMNS", "30")
    listing(
        ("feature", "computes", "rules"),
        [("cards_7d", "different card", ["a_rule"]), ("x", "y" * 20, [])],
        labelled=True,
    )
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["cards_7d"],
        ["computes", "different", "card"],
        ["rules", "a_rule"],
        ["x"],
        ["computes", "y" * 16],
        ["y" * 4],
    ]
