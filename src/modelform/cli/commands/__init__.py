"""The commands, one module a group; a module imports what it works with inside its functions."""

from __future__ import annotations

from typing import Annotated

import typer

from modelform.cli.commands import doctor, files, operations, outputs, sandbox, smoke, stacks

EPILOG = """
An option of a command may stand before it too: `modelform -C examples/quickstart up -y`.

Exit codes: 0 done, 1 failed, 2 changes (with --detailed-exitcode), 3 stopped by a policy, a check or a guard,
4 the stack file is wrong, 5 the plan is stale, 6 locked, 7 not permitted, 8 partly applied, 9 not verified,
64 wrong usage, 130 interrupted.
"""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"modelform {version('modelform')}")
        raise typer.Exit


def assemble() -> typer.Typer:
    """The whole command line. Plain help: the rich one would double the time of `--help`."""
    app = typer.Typer(
        name="modelform",
        help="Infrastructure as code for AI model deployments: one YAML file, preview, up.",
        epilog=EPILOG,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    @app.callback()
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        """Infrastructure as code for AI model deployments: one YAML file, preview, up."""

    files.register(app)
    operations.register(app)
    outputs.register(app)
    stacks.register(app)
    sandbox.register(app)
    smoke.register(app)
    doctor.register(app)
    return app
