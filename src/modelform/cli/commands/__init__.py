"""The commands, one module a group; a module imports what it works with inside its functions."""

from __future__ import annotations

from importlib import import_module

import click

from modelform.cli.arguments import Commands

# Each command's module, in the order of the help; the names that others use for a command are here too.
HOMES = {
    "init": "files",
    "validate": "files",
    "check": "check",
    "lock": "files",
    "schema": "files",
    "preview": "operations",
    "plan": "operations",
    "up": "operations",
    "apply": "operations",
    "refresh": "operations",
    "destroy": "operations",
    "cost": "estimates",
    "quota": "estimates",
    "lifecycle": "lifecycle",
    "catalog": "catalog",
    "outputs": "outputs",
    "smoke": "smoke",
    "stack": "stacks",
    "sandbox": "sandbox",
    "verify-azure": "verify",
    "doctor": "doctor",
}

EPILOG = """
An option of a command may stand before it too: `modelform -C examples/quickstart up -y`.

Exit codes: 0 done, 1 failed, 2 changes (with --detailed-exitcode), 3 stopped by a policy, a check or a guard,
4 the stack file is wrong, 5 the plan is stale, 6 locked, 7 not permitted, 8 partly applied, 9 not verified,
64 wrong usage, 130 interrupted.
"""


def _version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"modelform {version('modelform')}")
        context.exit()


def assemble(first: str = "") -> click.Group:
    """The command line: all of it, or only what belongs to the command that it begins with.

    Click and not typer, which makes a pydantic validator for every option and with it doubles the time of a plan.
    """
    modules = [HOMES[first]] if first in HOMES else dict.fromkeys(HOMES.values())
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_version,
        help="Print the version.",
    )
    app = Commands(
        "modelform",
        params=[version],
        help="Infrastructure as code for AI model deployments: one YAML file, preview, up.",
        epilog=EPILOG,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for module in modules:
        import_module(f"{__name__}.{module}").register(app)
    app.commands = {name: app.commands[name] for name in HOMES if name in app.commands}
    return app
