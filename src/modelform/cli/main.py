"""The entry of the command `modelform`: puts the commands together and turns every end into an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from modelform.cli.arguments import command_words, hoist, wrong
from modelform.cli.commands import assemble
from modelform.cli.outside import Outside, opened, surround
from modelform.cli.voice import Voice
from modelform.errors import Diagnostic, Exit, InterruptedByUser, ModelformError, Severity

PROGRAM = "modelform"


def run() -> NoReturn:
    """Runs the process's own command line and leaves the process."""
    # A command makes many small objects and drops few: looking for garbage less often is a tenth of a plan's time.
    gc.set_threshold(100_000, 20, 100)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever started the process gave it none
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for as long as the process
    for stream in (sys.stdout, sys.stderr):
        # A log that is no UTF-8 must not end an operation.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    code = main(sys.argv[1:], Outside())
    # What is left goes with the process. Python would look all through it for garbage first, which takes half a second
    # after a large plan.
    gc.freeze()
    sys.exit(code)


def main(argv: Sequence[str], around: Outside) -> int:
    """Runs one command line and returns its exit code; every expected problem is one message, none a traceback."""
    surround(around)
    words = argv[: argv.index("--")] if "--" in argv else argv
    voice = Voice(around, json="--json" in words, no_color="--no-color" in words)
    name = PROGRAM
    try:
        root = assemble(argv[0] if argv else "")
        arguments = hoist(argv, root)
        name = " ".join(command_words(arguments, root)) or PROGRAM
        return int(root.main(args=arguments, prog_name=PROGRAM, standalone_mode=False) or 0)
    except ModelformError as error:
        return _end(error.diagnostics, error.exit_code, voice, name)
    except click.exceptions.NoArgsIsHelpError as error:
        voice.note(error.format_message())
        return int(Exit.USAGE)
    except click.UsageError as error:
        return _end(wrong(error, assemble()).diagnostics, Exit.USAGE, voice, name)
    except (KeyboardInterrupt, click.Abort):
        return _end(InterruptedByUser("interrupted").diagnostics, Exit.INTERRUPTED, voice, name)
    except BrokenPipeError:
        return int(Exit.FAILED)
    except OSError as error:
        return _end([_refused(error)], Exit.FAILED, voice, name, error, around)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a person never gets a bare traceback
        return _end([_unexpected(error)], Exit.FAILED, voice, name, error, around)


def _end(
    diagnostics: Sequence[Diagnostic],
    code: Exit,
    voice: Voice,
    name: str,
    error: BaseException | None = None,
    around: Outside | None = None,
) -> int:
    """Says how the command ended, on stderr and, with `--json`, in the document."""
    voice.complain(diagnostics)
    if error is not None and around is not None and around.environment.get("MODELFORM_DEBUG"):
        import traceback

        voice.note(*"".join(traceback.format_exception(error)).splitlines())
    if voice.json:
        from modelform.report import json

        session = opened()
        about = {"stack": session.name} if session else {}
        if session and not (session.stack is None and session.diagnostics):  # a broken file says neither
            about |= {"engine": session.engine, "target": session.target}
        beside = {"company": session.company.to_json()} if session and session.company else {}
        with suppress(OSError):  # where nothing can be written to stdout, stderr has it all
            voice.document(json.failure(name, diagnostics, **about) | beside)
    return int(code)


def _refused(error: OSError) -> Diagnostic:
    where = f": {error.filename}" if error.filename else ""
    return Diagnostic(
        "system.refused",
        Severity.ERROR,
        f"the system refused: {os.strerror(error.errno) if error.errno else error}{where}",
        hint="MODELFORM_DEBUG=1 shows where. What was saved before is as it was.",
    )


def _unexpected(error: Exception) -> Diagnostic:
    text = str(error).strip().splitlines()
    return Diagnostic(
        "internal",
        Severity.ERROR,
        f"something unexpected went wrong in modelform itself: {type(error).__name__}{': ' + text[0] if text else ''}",
        hint="This is a defect. MODELFORM_DEBUG=1 shows where it happened; "
        "report that together with `modelform doctor` to the project.",
    )
