"""One batch of signals: decode all, read what is known, judge in order of arrival, ask guardrails, record, remember.

Decisions are written before timelines. A crash anywhere means that the batch comes again; a signal whose decision
stands is then not judged again but still added to its timelines, from the record, so that nothing is lost or doubled:

    judged ─▶ guardrails reserved ─▶ decision written ─▶ ✗ crash   the record holds what timelines must remember
    again: decision exists ────────────────────────────▶ added to timelines

What was reserved for a decision that was then not written stays reserved: a budget may leak, and is never exceeded.

In a stream, a signal that could not be recorded stops the timelines there: what comes after it must not be remembered
before it, or its retry would see a future that the first attempt did not.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from traceback import extract_tb

from aws_lambda_powertools import Logger

from shared.decisions import Decision, Pinned, Recorded, Weighed, weigh
from shared.decisions.answering import overturns
from shared.features import LONGEST
from shared.feedback import label_of
from shared.runtime.arrivals import Arrival
from shared.runtime.guarding import Guarding
from shared.runtime.memory import Judged, Memory, Past
from shared.runtime.policies import Policies
from shared.runtime.progress import Progress
from shared.runtime.tally import Tally
from shared.signals import InvalidSignal, Limits, Pseudonyms, Signal, parse, subject_of
from shared.stores import DecisionLog, InvalidSignals, Refused, StoreUnavailable
from shared.stores.failures import INFRASTRUCTURE

LATE = timedelta(minutes=10)
"""A signal that took longer from happening to arriving may have been overtaken by what came after it."""


@dataclass(frozen=True)
class Evaluation:
    """Judges batches of signals. Everything that it needs is given: see `roots`."""

    policies: Policies
    pseudonyms: Pseudonyms
    decisions: DecisionLog
    memory: Memory
    guarding: Guarding
    invalid: InvalidSignals
    limits: Limits
    log: Logger
    writers: int

    def run(self, arrivals: Sequence[Arrival], *, ordered: bool) -> tuple[list[str], Tally]:
        """Judge a batch; the receipts of what must be delivered again, and the counts.

        `ordered` is for streams: from the first failure on, everything comes again. Raises what the stores raise
        when not even reading was possible: then the whole batch comes again. A signal that breaks our own code goes
        up from a stream, whose mapping cuts the batch in two until it is alone; for a queue that is done here.
        """
        pinned = self.policies.pinned()
        receipts, tally = self._contained(arrivals, pinned, ordered=ordered)
        tally.update(pinned.troubles)
        return receipts, tally

    def _contained(self, arrivals: Sequence[Arrival], pinned: Pinned, *, ordered: bool) -> tuple[list[str], Tally]:
        try:
            return self._run(arrivals, pinned, ordered=ordered)
        except (*INFRASTRUCTURE, StoreUnavailable):
            raise
        except Exception as error:
            if ordered:
                raise
            return self._apart(arrivals, pinned, error)

    def _apart(self, arrivals: Sequence[Arrival], pinned: Pinned, error: Exception) -> tuple[list[str], Tally]:
        """Each half of a queue's batch that broke: judging again what was judged changes nothing."""
        if len(arrivals) == 1:
            # The message could repeat what the signal says; the type and the place in our code cannot.
            place = f"{extract_tb(error.__traceback__)[-1].filename}:{extract_tb(error.__traceback__)[-1].lineno}"
            self.log.error("a signal broke us", position=arrivals[0].position, error=type(error).__name__, place=place)
            return [arrivals[0].receipt], Tally(BrokenSignals=1)
        receipts: list[str] = []
        tally = Tally()
        for half in (arrivals[: len(arrivals) // 2], arrivals[len(arrivals) // 2 :]):
            again, counted = self._contained(half, pinned, ordered=False)
            receipts += again
            tally.update(counted)
        return receipts, tally

    def _run(self, arrivals: Sequence[Arrival], pinned: Pinned, *, ordered: bool) -> tuple[list[str], Tally]:
        progress = Progress([arrival.receipt for arrival in arrivals], self.log, ordered=ordered)
        signals = self._valid(arrivals, progress)
        standing, past = self._judged(signals, pinned, progress)
        self._remember(standing, past, progress)
        return progress.to_redeliver(), progress.tally

    def _valid(self, arrivals: Sequence[Arrival], progress: Progress) -> dict[int, Signal]:
        """The signals by place in the batch; what can never be judged is kept aside for people."""
        signals = {}
        for place, arrival in enumerate(arrivals):
            try:
                signal = self._read(arrival)
            except InvalidSignal as verdict:
                with progress.failing([place]):
                    self.invalid.keep(Refused(arrival.payload, arrival.position, arrival.received_at, verdict))
                    progress.tally["InvalidSignals"] += 1
            else:
                progress.tally["PartitionKeyMismatches"] += arrival.partition_key not in (None, signal.subject)
                lateness = signal.received_at - signal.time
                progress.tally["LateSignals"] += lateness > LATE
                progress.tally["TooLateToRemember"] += lateness > LONGEST
                # From here on everything may be stored or published.
                signals[place] = replace(signal, subject=subject_of(signal, self.pseudonyms))
        return signals

    def _read(self, arrival: Arrival) -> Signal:
        if arrival.undecodable:
            raise arrival.undecodable
        return parse(arrival.payload, arrival.received_at, self.limits)

    def _judged(
        self, signals: Mapping[int, Signal], pinned: Pinned, progress: Progress
    ) -> tuple[dict[int, Recorded], Past]:
        """The record that stands for each signal, written now or found; and the past that the new ones saw."""
        known = self.decisions.existing(signal.decision_id for signal in signals.values())
        new: dict[str, Judged] = {}
        for signal in signals.values():
            if signal.decision_id not in known and signal.decision_id not in new:
                new[signal.decision_id] = (signal, pinned.policy_for(signal, self.pseudonyms))
        found = [entry for record in known.values() for entry in record.entries]
        past = self.memory.past(signals.values(), list(new.values()), found, pinned)
        progress.tally["UnreadableTiles"] += past.unreadable
        actions_of = self.decisions.actions_of({named for signal, _ in new.values() if (named := overturns(signal))})
        weighed: dict[str, tuple[int, Weighed]] = {}
        for place, signal in signals.items():
            if signal.decision_id in known:
                entries = known[signal.decision_id].entries
            elif signal.decision_id not in weighed:
                _, policy = new[signal.decision_id]
                plan, view = pinned.plans[policy.digest], past.seen_by(policy)
                judged = weigh(signal, view, plan, policy, self.pseudonyms, actions_of)
                entries = judged.entries
                weighed[signal.decision_id] = (place, judged)
            else:
                continue
            past.add(entries)
        decided = self._guarded(new, weighed, pinned, progress)
        progress.tally["DuplicateSignals"] += len(signals) - len(decided)
        known |= self._recorded(new, decided, progress)
        progress.fail(place for place, signal in signals.items() if signal.decision_id not in known)
        standing = {place: known[s.decision_id] for place, s in signals.items() if s.decision_id in known}
        self._flag_changes(signals, standing, progress)
        return standing, past

    def _guarded(
        self,
        new: Mapping[str, Judged],
        weighed: Mapping[str, tuple[int, Weighed]],
        pinned: Pinned,
        progress: Progress,
    ) -> list[tuple[int, Decision]]:
        """The decisions, once the guardrails have had their say about all of them together."""
        proposals = [judged.proposal(pinned.controls) for _, judged in weighed.values()]
        verdicts = self.guarding.verdicts([each for each in proposals if each.claims], progress.tally)
        decided: dict[str, tuple[int, Decision]] = {}
        for decision_id, (place, judged) in weighed.items():
            signal, _ = new[decision_id]
            # However batches are cut: an answer finds what it overturns, also if that was decided only just now.
            found = decided.get(overturns(signal) or "")
            answering = judged.answering(signal, found[1]) if found else judged
            decided[decision_id] = (place, answering.concluded(pinned.stopped, verdicts.get(decision_id, ())))
        return list(decided.values())

    def _recorded(
        self, judged: Mapping[str, Judged], decided: Collection[tuple[int, Decision]], progress: Progress
    ) -> dict[str, Recorded]:
        """Write the decisions, the first write wins; the records that stand now."""

        def write(place: int, decision: Decision) -> Recorded | None:
            signal, policy = judged[decision.particulars.decision_id]
            label = label_of(signal)
            with progress.failing([place]):
                return self.decisions.record(decision, policy, label.to_json() if label else None)
            return None

        standing = {}
        with ThreadPoolExecutor(self.writers) as pool:
            for (_, decision), record in zip(decided, pool.map(lambda each: write(*each), decided), strict=True):
                if record:
                    standing[record.decision_id] = record
                    progress.tally.count(decision)
        return standing

    def _flag_changes(
        self, signals: Mapping[int, Signal], standing: Mapping[int, Recorded], progress: Progress
    ) -> None:
        """The same id with other content is a producer's bug, or someone's trick: noted, counted, never judged."""
        for place, record in standing.items():
            if record.digest != signals[place].digest:
                progress.tally["ChangedSignals"] += 1
                with progress.failing([place]):
                    self.decisions.flag_changed(record, signals[place])

    def _remember(self, standing: Mapping[int, Recorded], past: Past, progress: Progress) -> None:
        """Add to timelines what may be remembered now."""
        settled = {place: record.entries for place, record in standing.items() if progress.is_settled_up_to(place)}
        self.memory.add(settled, past, progress)
