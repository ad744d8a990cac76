"""Two processes at once, one call at a time: real threads that wait at each call until it is their turn.

    lane 0  ── call ─────────────── call ── done
    lane 1  ── call ── call ── done              turns "0110": the same interleaving, however fast the threads are

What a lane computes between two calls touches nothing that another lane sees, so that the order of calls is all.
"""

from collections.abc import Callable, Iterator
from threading import Condition, Thread

STUCK = 120
"""Seconds of real time after which a lane that neither calls nor ends is a bug of this harness."""


class Turns:
    """Runs lanes, and lets each go on from call to call in the order that `turns` tells, in digits."""

    def __init__(self, turns: str) -> None:
        self._turns: Iterator[str] = iter(turns)
        self._changed = Condition()
        self._running: set[int] = set()
        self._waiting: set[int] = set()
        self._next: int | None = None

    def run(self, lanes: int, work: Callable[[int], None]) -> None:
        """`work` of each lane, until all are done; it raises nothing."""
        self._running = set(range(lanes))
        threads = [Thread(target=self._lane, args=(number, work)) for number in range(lanes)]
        for thread in threads:
            thread.start()
        while self._all_wait():
            self._let_one_go()
        for thread in threads:
            thread.join()

    def wait(self, lane: int) -> None:
        """Called where a lane makes a call: returns when it is its turn."""
        with self._changed:
            self._waiting.add(lane)
            self._changed.notify_all()
            self._until(lambda: self._next == lane)
            self._next = None
            self._waiting.discard(lane)

    def _lane(self, number: int, work: Callable[[int], None]) -> None:
        try:
            work(number)
        finally:
            with self._changed:
                self._running.discard(number)
                self._changed.notify_all()

    def _all_wait(self) -> bool:
        """Wait until every lane that runs waits for its turn; False when none runs any more."""
        with self._changed:
            self._until(lambda: self._next is None and self._waiting == self._running)
            return bool(self._running)

    def _let_one_go(self) -> None:
        with self._changed:
            ready = sorted(self._waiting)
            self._next = ready[int(next(self._turns, "0")) % len(ready)]
            self._changed.notify_all()

    def _until(self, holds: Callable[[], bool]) -> None:
        if not self._changed.wait_for(holds, timeout=STUCK):
            raise RuntimeError(f"the lanes {self._running} are stuck; {self._waiting} wait for {self._next}")
