"""The state while an operation changes it, and its way to the journal.

Two lists, each in dependency order: what this operation has made so far, then what is left of the old state. That
is a valid order: whatever a left-over resource needs is either in the first list or before it in the second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from modelform.engine import urns
from modelform.engine.dependents import in_order
from modelform.engine.options import Journal
from modelform.engine.slots import Slot, rewritten, wanted
from modelform.state import Manifest, PendingOperation, PendingType, Resource, Snapshot, timestamp
from modelform.values import Properties, equal


class Ledger:
    """Every change of the state goes through here; safe to use from several threads.

    With no journal (a preview) nothing is written. A change that has no counterpart outside the state waits for the
    next write, or for `flush`: losing it in a crash costs nothing, since the next run makes it again.
    """

    def __init__(self, base: Snapshot, journal: Journal | None, version: str) -> None:
        self._origin = base
        self._version = version
        self.base = [Slot(resource) for resource in base.resources]
        self.made: list[Slot] = []
        self._placed: set[Slot] = set()
        self._under_way: dict[int, PendingOperation] = {}
        self._carried = [op for op in base.pending_operations if op.type == "creating"]
        self._changed = len(self._carried) != len(base.pending_operations)
        self._renamed: dict[str, str] = {}
        self._referrers: dict[str, list[Slot]] | None = None
        self._tokens = 0
        self._lock = threading.Lock()
        self._writer = Writer(journal, self.snapshot) if journal else None

    def begin(self, resource: Resource, kind: PendingType) -> int:
        """An operation goes out to a provider now: written before it does."""
        with self._lock:
            self._tokens += 1
            token = self._tokens
            if self._writer:
                self._under_way[token] = PendingOperation(resource, kind)
                self._changed = True
        self._write()
        return token

    def end(
        self,
        token: int | None,
        *,
        add: Slot | None = None,
        drop: Slot | None = None,
        renamed: tuple[str, str] | None = None,
        changed: bool = True,
    ) -> None:
        """An operation has ended: what it adds, what goes, and under which name (old, new) its resource is now.

        It is written at once if a provider was called (there is a `token`).
        """
        with self._lock:
            if token is not None:
                self._under_way.pop(token, None)
            if drop is not None:
                drop.gone = True
            if renamed is not None and renamed[0] != renamed[1]:
                self._rename(*renamed)
            if add is not None:
                if self._renamed:
                    add.written = rewritten(add.written, self._renamed)
                if drop is not None and drop in self._placed:
                    # It was carried over for somebody who needs it, and stays before that one.
                    self.made.insert(self.made.index(drop), add)
                    self.made = in_order([slot for slot in self.made if not slot.gone])
                else:
                    self.made.append(add)
                self._placed.add(add)
            self._changed = self._changed or changed
        if token is not None:
            self._write()

    def set_outputs(self, slot: Slot, outputs: Properties) -> None:
        """What a component gives out takes the place of what it gave out before."""
        with self._lock:
            if not equal(slot.resource.outputs, outputs):
                slot.change(outputs=outputs)
                self._changed = True

    @property
    def pending(self) -> list[PendingOperation]:
        """What the state that was read says was under way."""
        return list(self._origin.pending_operations)

    def _rename(self, old: str, new: str) -> None:
        """A resource was found under another name: whoever of the old state refers to it says the new one now.

        Copies of it that wait for their deletion have the new name too, and so have its children, whose names say the
        types above them: should this operation end before they register, the next one finds them.
        """
        self._renamed[old] = new
        self._changed = True
        if self._referrers is None:
            self._referrers = {}
            for slot in self.base:
                for urn in {*wanted(slot.written), slot.urn}:
                    self._referrers.setdefault(urn, []).append(slot)
        for slot in self._referrers.get(old, ()):
            slot.written = rewritten(slot.written, {old: new})
            if slot.urn == old and slot.resource.delete:
                slot.written = slot.written.with_(urn=new)
            elif slot.resource.parent == old and not slot.gone and slot.urn not in self._renamed:
                child = urns.under(new, slot.urn)
                if child != slot.urn:
                    slot.written = slot.written.with_(urn=child)
                    self._rename(slot.urn, child)

    def rebase(self, slots: Iterable[Slot], carried: list[PendingOperation] | None = None) -> None:
        """Takes another old state: what a refresh has found, or what became of a killed operation (`carried`)."""
        with self._lock:
            self.base = list(slots)
            self._referrers = None
            self._changed = True
            if carried is not None:
                self._carried = carried
        self._write()

    def close(self) -> Snapshot:
        """Writes what is not written yet, and returns the state as it is now: the one that was read if that holds."""
        if self._writer is None:
            return self._origin
        if self._changed:
            self._write()
        return self._writer.last or self._origin

    def _write(self) -> None:
        if self._writer:
            self._writer.write()

    def snapshot(self) -> Snapshot:
        """The state as it is now."""
        with self._lock:
            self._changed = False
            resources = [slot.written for slot in self.made if not slot.gone]
            resources += [slot.written for slot in self.base if not slot.gone]
            pending = [*self._under_way.values(), *self._carried]
        manifest = Manifest(timestamp(datetime.now(UTC)), self._version, self._origin.manifest.plugins)
        return replace(self._origin, manifest=manifest, resources=resources, pending_operations=pending)


class Writer:
    """Writes the newest snapshot, one write at a time: who asks while one is under way shares the next."""

    def __init__(self, journal: Journal, snapshot: Callable[[], Snapshot]) -> None:
        self._journal = journal
        self._snapshot = snapshot
        self._asked = 0
        self._written = 0
        self._busy = False
        self._error: BaseException | None = None
        self._condition = threading.Condition()
        self.count = 0
        self.last: Snapshot | None = None

    def write(self) -> None:
        """Returns when a snapshot taken after the call is written; raises what the journal raised."""
        with self._condition:
            self._asked += 1
            mine = self._asked
            while self._busy and self._written < mine and self._error is None:
                self._condition.wait()
            if self._error is not None:
                raise self._error
            if self._written >= mine:
                return
            self._busy, upto = True, self._asked
        error: BaseException | None = None
        try:
            self.last = self._snapshot()
            self._journal.write(self.last)
            self.count += 1
        except BaseException as raised:
            error = raised
            raise
        finally:
            with self._condition:
                self._busy = False
                self._written = upto
                self._error = error
                self._condition.notify_all()
