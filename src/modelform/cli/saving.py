"""`preview --out` and `up --plan`: what the command line says of saved plans, and their files."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from modelform.errors import UsageError
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.cli.session import Session
    from modelform.drivers import OperationOptions
    from modelform.drivers.approval import Approval, Draft, Ground
    from modelform.plan import Result

LONGEST = timedelta(days=30)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Saving:
    """A plan that is being made, and where it goes."""

    session: Session
    draft: Draft
    path: Path
    lifetime: timedelta

    def save(self, result: Result, options: OperationOptions) -> None:
        """Writes the plan and says so; one with errors is none that could be applied."""
        from modelform.drivers import saved_plan

        if not result.ok:
            self.session.voice.note(f"{self.path} was not written: the plan has errors.")
            return
        plan = self.draft.plan(result, options, self.session.around.now(), self.lifetime)
        saved_plan.write(self.path, plan)
        until = saved_plan.moment(plan.expires)
        self.session.voice.note(f"Saved until {until}: `modelform up --plan {self.path}` does exactly this.")


def begin(session: Session, out: Path | None, expires: str | None) -> Saving | None:
    """What `--out` and `--expires` ask for, begun before the plan is made; None where nothing is to be saved."""
    if out is None:
        if expires is not None:
            raise UsageError("--expires says how long a saved plan is good, and none is saved", hint="Say --out FILE.")
        return None
    from modelform.drivers import saved_plan
    from modelform.drivers.approval import LIFETIME, Draft

    lifetime = LIFETIME if expires is None else _lifetime(expires)
    saved_plan.require_place(out)
    return Saving(session, Draft(_ground(session)), out, lifetime)


def approval(session: Session, path: Path) -> Approval:
    """The saved plan in a file, if all that it stands on is as it was."""
    from modelform.drivers import saved_plan
    from modelform.drivers.approval import Approval

    return Approval(saved_plan.read(path), _ground(session), session.around.now())


def _ground(session: Session) -> Ground:
    from modelform.drivers.approval import Ground

    return Ground(session.driver(), session.resolved, session.project.folder, session.around.environment)


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    found = timedelta(**{_UNITS[match.group(2)]: int(match.group(1))}) if match else timedelta()
    if not timedelta() < found <= LONGEST:
        raise UsageError(
            f"--expires takes a time of at most {LONGEST.days} days, not {text!r}",
            hint="A number with m, h, d or w: 30m, 4h, 7d.",
        )
    return found
