"""Runs the Pulumi program in this process: its own context, its own event loop, our monitor behind it."""

from __future__ import annotations

import asyncio
import contextvars
import re
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pulumi.runtime import config as pulumi_config
from pulumi.runtime import settings, stack

from modelform import pace
from modelform.engine.monitor import WAY_OUT, EngineLog, Monitor
from modelform.errors import ModelformError, UnsupportedError

Program = Callable[[], Awaitable[None] | None]
PATIENCE = 5.0
UNHEARD = re.compile(r"The Pulumi CLI does not support (.+?)\. Please update")


class ProgramError(ModelformError):
    """The program raised."""

    default_code = "program.failed"


def host(program: Program, monitor: Monitor, config: dict[str, str], secrets: Iterable[str]) -> None:
    """Runs the program to its end; returns when every registration has its result.

    Raises `ProgramError` where the program raised, and `KeyboardInterrupt` after the running steps have ended.
    """
    contextvars.Context().run(_run, program, monitor, config, list(secrets))


def _run(program: Program, monitor: Monitor, config: dict[str, str], secrets: list[str]) -> None:
    deployment = monitor.deployment
    pulumi_config.set_all_config(config, secrets)
    settings.reset_options()
    settings.configure(
        settings.Settings(
            project=deployment.project,
            stack=deployment.stack,
            monitor=monitor,
            engine=EngineLog(deployment),
            dry_run=deployment.preview,
            parallel=deployment.options.parallel,
            organization=deployment.options.organization,
            root_directory=deployment.options.root_directory or None,
        )
    )
    pace.keep_up()
    loop = asyncio.new_event_loop()
    # A registration holds a thread until its steps have ended, so that the pool's size is the limit of parallel steps;
    # registrations come to it in the order in which their inputs are known.
    pool = ThreadPoolExecutor(max(deployment.options.parallel, 1), thread_name_prefix="registration")
    loop.set_default_executor(pool)
    if deployment.preview:
        # Nothing is waited for: a thread for each registration would take longer than the registration.
        loop.run_in_executor = partial(_at_once, loop)  # type: ignore[method-assign, assignment]
    # Futures that nobody has asked for an exception complain when they are collected, long after a failed run: what
    # went wrong was told already.
    loop.set_exception_handler(lambda loop, context: None)
    try:
        asyncio.set_event_loop(loop)
        with pace.rare_collections():
            loop.run_until_complete(stack.run_in_stack(program))
    except KeyboardInterrupt:
        deployment.interrupted = True
        raise
    except ModelformError:
        raise
    except Exception as error:
        if deployment.options.debug and not deployment.stopped.is_set():
            raise
        if asked := UNHEARD.search(_text(error)):
            # The SDK takes us for a CLI that is too old.
            what = f"the embedded engine does not do {asked[1]}"
            raise UnsupportedError(what, detail=_origin(error), hint=WAY_OUT) from error
        raise ProgramError(f"the program failed: {_text(error)}", detail=_origin(error)) from error
    finally:
        if deployment.interrupted:
            deployment.stopped.set()
        _close(loop, pool)
        asyncio.set_event_loop(None)


def _at_once(
    loop: asyncio.AbstractEventLoop, executor: Any, work: Callable[..., Any], *given: Any
) -> asyncio.Future[Any]:
    """Does the work here and now, where the loop would have a thread do it."""
    done = loop.create_future()
    try:
        done.set_result(work(*given))
    except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
        done.set_exception(error)
    return done


def _close(loop: asyncio.AbstractEventLoop, pool: ThreadPoolExecutor) -> None:
    """Waits for the steps that run, and drops what never started."""
    pool.shutdown(wait=True, cancel_futures=True)
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=PATIENCE))
    loop.close()


def _text(error: BaseException) -> str:
    return str(error).strip() or type(error).__name__


def _origin(error: BaseException) -> str:
    """The kind of the exception and where the program raised it."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}" if place else type(error).__name__
