"""Third-party files as signals: named mappings from CSV rows. A file's labels never get into a signal.

payments  the Fraud Detection Handbook's simulated card payments (tx_id, event_time, customer_id, terminal_id, amount,
          is_fraud): each row is a `payment.attempted` and, two seconds later, a `payment.settled`. The customer is the
          buyer and has one card, the terminal is the seller. A fraud is told as the bank would tell it: a
          `dispute.opened` seven days later. The file names no currency; EUR stands for it.
logins    one host's SSH logins (event_id, event_time, user_id, user_exists, ip, method, outcome, session, is_attack,
          attack_kind, is_account_takeover): each row is a `login.succeeded` or a `login.failed`.
"""

import csv
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import count, islice
from typing import Any

from shared.signals.times import stamp

SETTLES_AFTER = timedelta(seconds=2)
DISPUTED_AFTER = timedelta(days=7)
CURRENCY = "EUR"


class MappingError(Exception):
    """A row, or the file, does not have what the mapping reads; the message says where."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One signal, and beside it what the file's label says of it (None where the label is about another signal)."""

    at: datetime
    event: dict[str, Any]
    abusive: bool | None = None


Row = Mapping[str, str]


@dataclass(frozen=True)
class CsvMapping:
    """How one file becomes signals.

    `signals` gives a row's signals, none earlier than the row; `meaning` ends the sentence "3 of 7 …"; `prepared`
    makes of the file's rows those that are read.
    """

    columns: tuple[str, ...]
    signals: Callable[[Row], Iterable[Mapped]]
    meaning: str
    prepared: Callable[[Iterable[Row]], Iterable[Row]] = iter

    def read(self, lines: Iterable[str], limit: int | None = None) -> Iterator[Mapped]:
        """The signals of the first `limit` rows, or of all, in order of time; the file is in order of time itself."""
        reader = csv.DictReader(lines)
        missing = [name for name in self.columns if name not in (reader.fieldnames or ())]
        if missing:
            raise MappingError(f"the header has no column {', '.join(missing)}")
        coming: list[tuple[datetime, int, Mapped]] = []
        ties = count()
        for row in self.prepared(islice(reader, limit)):
            try:
                signals = list(self.signals(row))
            except (ValueError, InvalidOperation, TypeError) as error:
                raise MappingError(f"line {reader.line_num}: {error}") from error
            for mapped in signals:
                heapq.heappush(coming, (mapped.at, next(ties), mapped))
            while coming and coming[0][0] <= signals[0].at:
                yield heapq.heappop(coming)[2]
        while coming:
            yield heapq.heappop(coming)[2]


def _payments(row: Row) -> Iterator[Mapped]:
    at, tx = datetime.fromisoformat(row["event_time"]), row["tx_id"]
    buyer, card = f"c{row['customer_id']}", f"card_{row['customer_id']:0>8}"
    cents = int((Decimal(row["amount"]) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    about = {
        "payment_id": f"p{tx}",
        "order_id": f"o{tx}",
        "buyer_id": buyer,
        "seller_id": f"t{row['terminal_id']}",
        "card_fingerprint": card,
        "amount": {"minor": cents, "currency": CURRENCY},
    }
    is_fraud = _flag(row, "is_fraud")
    subject = f"user:{buyer}"
    yield Mapped(at, _event("payments", f"{tx}-attempted", "payment.attempted", at, subject, about), is_fraud)
    settled = at + SETTLES_AFTER
    yield Mapped(settled, _event("payments", f"{tx}-settled", "payment.settled", settled, subject, about))
    if is_fraud:
        known = at + DISPUTED_AFTER
        dispute = about | {"dispute_id": f"d{tx}", "reason": "fraud", "payment_time": stamp(at)}
        yield Mapped(known, _event("disputes", tx, "dispute.opened", known, subject, dispute))


SSH_METHODS = {"publickey": "public_key", "password": "password"}


def _logins(row: Row) -> Iterator[Mapped]:
    at, user = datetime.fromisoformat(row["event_time"]), row["user_id"]
    data: dict[str, Any] = {"ip": row["ip"]}
    if user:
        data["user_id"] = user
    if row["method"] in SSH_METHODS:
        data["method"] = SSH_METHODS[row["method"]]
    if row["outcome"] == "success":
        name = "login.succeeded"
        data["session_id"] = row["session"]
    else:
        name = "login.failed"
        data["reason"] = "wrong_password" if row["user_exists"] == "True" else "unknown_user"
    subject = f"user:{user or 'unknown'}"
    yield Mapped(at, _event("logins", row["event_id"], name, at, subject, data), _flag(row, "is_attack"))


def _told_apart(rows: Iterable[Row]) -> Iterator[Row]:
    """The log's times are whole seconds; a millisecond for each row of one second keeps them in their order."""
    second, place = "", 0
    for row in rows:
        place = place + 1 if row["event_time"] == second else 0
        second = row["event_time"]
        yield {**row, "event_time": f"{second[:19]}.{place:03}{second[19:]}"}


def _flag(row: Row, column: str) -> bool:
    if row[column] not in ("0", "1"):
        raise ValueError(f"{column} is {row[column]!r}; it must be 0 or 1")
    return row[column] == "1"


def _event(
    source: str, signal_id: str, name: str, at: datetime, subject: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": signal_id,
        "source": source,
        "type": f"{name}.v1",
        "time": stamp(at),
        "subject": subject,
        "datacontenttype": "application/json",
        "data": dict(data),
    }


MAPPINGS: Mapping[str, CsvMapping] = {
    "payments": CsvMapping(
        ("tx_id", "event_time", "customer_id", "terminal_id", "amount", "is_fraud"),
        _payments,
        "payments are frauds, says the file",
    ),
    "logins": CsvMapping(
        ("event_id", "event_time", "user_id", "user_exists", "ip", "method", "outcome", "session", "is_attack"),
        _logins,
        "logins are attacks, says the file",
        _told_apart,
    ),
}
