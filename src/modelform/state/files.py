"""Files, for their owner only, that are either the old ones or the new ones, whatever happens during a write."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from pathlib import Path

from modelform.state import faults

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, for the owner only where they are new."""
    try:
        missing = [path, *path.parents]
        for folder in reversed([folder for folder in missing if not folder.exists()]):
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except OSError as error:
        raise faults.unwritable(path, error) from error


def read(path: Path) -> bytes | None:
    """A file's bytes; None where there is no file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise faults.unreadable(path, error) from error


def replace(path: Path, data: bytes, previous: Path | None = None, fresh: Path | None = None) -> None:
    """Puts `data` where `path` was, at once; what was there is then found under `previous`.

    The new bytes are on the disk before their name is, until then in `fresh`: by default one name for all, so that a
    writer needs a lock, and finds what a killed one left. `previous` becomes a second name of the old bytes, which is
    safe since no writer of states, Pulumi's included, ever changes a file in place.
    """
    fresh = fresh or path.with_name(path.name + ".tmp")
    try:
        make_folder(path.parent)
        _write(fresh, data)
        if previous is not None:
            _keep(path, previous)
        os.replace(fresh, path)
        _settle(path.parent)
    except BaseException as error:
        # What went wrong first is what must be told, not that the rest of it could not be cleared away.
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise faults.unwritable(path, error) from error
        raise


def own(path: Path) -> Path:
    """A name beside a file that nobody but this thread writes to."""
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")


def create(path: Path, data: bytes, fresh: Path | None = None) -> bool:
    """Writes a file unless there is one already; True if it was written. Of several who try, one succeeds.

    It appears with all its bytes; until then they are in `fresh`, by default a name of this thread beside it.
    """
    make_folder(path.parent)
    fresh = fresh or own(path)
    try:
        try:
            _write(fresh, data)
            try:
                os.link(fresh, path)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                _write(path, data, os.O_EXCL)
        finally:
            fresh.unlink(missing_ok=True)
        _settle(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        raise faults.unwritable(path, error) from error
    return True


def remove(path: Path) -> None:
    """Deletes a file; no error where there is none."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise faults.unwritable(path, error) from error


def remove_folder(path: Path) -> None:
    """Deletes a folder with what is in it; no error where there is none."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise faults.unwritable(path, error) from error


def names(path: Path) -> list[str]:
    """The names in a folder, sorted; none where there is no folder."""
    try:
        return sorted(os.listdir(path))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise faults.unreadable(path, error) from error


def _write(path: Path, data: bytes, flag: int = os.O_TRUNC) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | flag, FILE_MODE)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep(path: Path, previous: Path) -> None:
    spare = previous.with_name(previous.name + ".tmp")
    spare.unlink(missing_ok=True)
    try:
        os.link(path, spare)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:
            _write(spare, path.read_bytes())
        except BaseException:
            spare.unlink(missing_ok=True)
            raise
    os.replace(spare, previous)
    # Renaming one name of a file onto another name of it does nothing: a write that was killed in between leaves that.
    spare.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Makes the folder's names last: a rename is on the disk only with its folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
