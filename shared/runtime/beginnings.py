"""Sees to it that whatever this process reads is written by everybody, or is known not to be whole.

pointer ─▶ names series       ─▶ written here by their names, as everywhere; the policies need not be loadable
policy  ─▶ reads others, too  ─▶ asked for: everybody writes them from then on, and knows since when they are whole
a name that this code has not ─▶ told, before anything is judged: the series is not whole before this is over
nothing heard for too long    ─▶ judged on, and nothing taken for whole; told when something is heard again
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aws_lambda_powertools import Logger

from shared.decisions.beginnings import SETTLED, Written
from shared.features import series_here
from shared.stores import Pointer
from shared.stores.failures import INFRASTRUCTURE
from shared.stores.written import KEPT, Asked, Told, WrittenSeries, key_of

AHEAD = timedelta(minutes=5)
"""How far ahead it is told that a series is not written here, so that not every look at it writes that down again."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Beginnings:
    """What everybody writes, as this process has heard it and said it. `now` tells the time."""

    store: WrittenSeries
    log: Logger
    now: Callable[[], datetime]

    def written(self, pointer: Pointer, reads: Collection[str], missed: Collection[str] | None) -> tuple[Written, bool]:
        """What everybody writes, with all that is read here; and whether what there was to say could be said.

        `missed` are the series that this process wrote while it judged without hearing for too long what is written:
        the others begin again. Of what could not be said nothing counts as whole here, and it is said at the next look.
        Raises what the store raises when it cannot be read.
        """
        now, told = self.now(), self.store.told()
        beyond = frozenset(reads) - pointer.written.lasting(now)
        try:
            written = self._asked(pointer, told, beyond, now) if beyond else _together(pointer, told)
            self._postpone(told, written, missed, now)
        except INFRASTRUCTURE as error:
            self.log.warning("nobody could be told what is remembered here", error=str(error))
            written = _together(pointer, told)
            unsaid = {name: at for name, at in written.asked(beyond, now).items() if at}
            return written | Written(dict.fromkeys(beyond), unsaid), False
        return written, True

    def _asked(self, pointer: Pointer, told: Told, beyond: frozenset[str], now: datetime) -> Written:
        """Ask for what is read beyond what the pointer names, or go on asking."""
        until, key = now + KEPT, key_of(beyond)
        if not (told.version or pointer.series or pointer.published):
            always = Asked(dict.fromkeys(beyond), until)
            if self.store.first(always):
                return _together(pointer, Told(1, {key: always}))
            told = self.store.told()
        written = _together(pointer, told)
        known = told.asked.get(key)
        if known and written.lasting(now) >= beyond:
            if known.until < now + KEPT / 2:
                self.store.ask_on(key, until)
            return written
        if not told.version:
            self.store.first()
        asked = Asked(written.asked(beyond, now), until)
        self.store.ask(asked, [name for name, each in told.asked.items() if each.until < now - KEPT and name != key])
        return _together(pointer, Told(told.version, {**told.asked, key: asked}, told.late))

    def _postpone(self, told: Told, written: Written, missed: Collection[str] | None, now: datetime) -> None:
        """Tell which series are not written here, or were not, and when at the earliest they will be whole."""
        current = sorted(written.at(now))
        late = {name: now + SETTLED for name in current if missed is not None and name not in missed}
        late |= {name: now + SETTLED + AHEAD for name in current if series_here(name) is None}
        if late := {name: at for name, at in late.items() if written.began.get(name, _NEVER) < now + SETTLED}:
            if not told.version:
                self.store.first()
            self.store.postpone(late)


def _together(pointer: Pointer, told: Told) -> Written:
    return pointer.written | told.written(published=bool(pointer.published))
