"""Where a data folder lies: in a folder here, or in an object store: DATA='s3://bucket/prefix?endpoint_override=…'.

An object store holds what a data folder holds, under the same names. A command that is given such an address works on a
folder of this machine, the copy (FAZHI_SCRATCH/<bucket>-<digest>): what it needs is brought there before, what it made is
stored after. Objects come one by one, so of what belongs together the one that says “whole” goes last: run.json of a run,
done.json of a shard, tables.txt of the published tables. Who reads looks for that one first.

Keys of access come from the environment (AWS_ACCESS_KEY_ID, …), never from the address, and are never printed. One
writer at a time: locks (knowledge/lock.py) hold on one machine only.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.console import Problem

SCHEME = "s3://"
SCRATCH = Path(__file__).parent.parent / "data" / "s3"  # FAZHI_SCRATCH names another place
ADDRESS_FILE = ".address"  # in a copy: what it is a copy of
BESIDE = ".beside-"  # what is not whole yet; a kill leaves it, the next run clears it away
# Streams are opened with compression=None: pyarrow would pack what is called .gz once more.
_CHUNK = 8 * 2**20
_STREAMS = 16  # requests at a time: an object store answers slowly, and many at once
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class StorageError(Problem):
    """The object store cannot be reached, read or written; one line that names the address."""


def data_folder(text: str, part: str = "") -> Path:
    """The folder to work on for what DATA says: itself, or the copy of an object store (made if absent).

    Each `part` of one work has a copy of its own. Raises Problem for an address that is none, and for one that holds keys of access.
    """
    if not text.startswith(SCHEME):
        if "://" in text:
            raise Problem(f"DATA={text.partition('://')[0]}://…: a folder, or an address that begins {SCHEME}")
        return Path(text)
    store = Store(text)
    name = f"{store.root.partition('/')[0]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}{part}"
    copy = Path(os.environ.get("FAZHI_SCRATCH") or SCRATCH) / name
    copy.mkdir(parents=True, exist_ok=True)
    (copy / ADDRESS_FILE).write_text(text, encoding="utf-8")
    return copy


def with_warehouse(text: str) -> Path:
    """As data_folder(), for who reads: a copy gets the warehouse, and the tables of one's own beside it, as stored."""
    data = data_folder(text)
    refresh(data, "warehouse.duckdb", "extra")
    return data


def store_of(data: Path) -> Store | None:
    """The object store that a data folder is the copy of; None if it is none."""
    try:
        return Store((data / ADDRESS_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None


def place(data: Path) -> Place:
    """Where the files of a data folder are."""
    return store_of(data) or Folder(data.absolute())


def place_at(address: str) -> Place:
    """A place by its address: what another machine is told."""
    return Store(address) if address.startswith(SCHEME) else Folder(Path(address))


def present(path: Path) -> Path:
    """`path`; if it is absent and below a copy, it is fetched first. It may be absent after that as well."""
    if not path.exists():
        for folder in path.parents:
            if store := store_of(folder):
                store.fetch([path.relative_to(folder).as_posix()], folder)
                break
    return path


def refresh(data: Path, *names: str) -> None:
    """Make files and folders of a copy what they are in its object store; elsewhere nothing is done."""
    store = store_of(data)
    if store is None:
        return
    there = {name for under in names for name in store.sizes(under)}
    here = {p.relative_to(data).as_posix() for n in names for p in [data / n, *(data / n).rglob("*")] if p.is_file()}
    for name in here - there:
        (data / name).unlink()
    store.fetch(sorted(there), data)


@dataclass(frozen=True, slots=True)
class Folder:
    """A data folder of this machine, or one that machines share."""

    path: Path

    @property
    def address(self) -> str:
        """As place_at() takes it."""
        return str(self.path)

    def sizes(self, under: str) -> dict[str, int]:
        """Bytes of the files below the folder `under`, by name relative to the data folder."""
        found = (p for p in (self.path / under).rglob("*") if p.is_file())
        return {p.relative_to(self.path).as_posix(): p.stat().st_size for p in found}

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """Contents of small files; those that are absent are left out."""
        return {n: (self.path / n).read_bytes() for n in names if (self.path / n).is_file()}

    @contextmanager
    def near(self, names: Iterable[str]) -> Iterator[Path]:
        """A folder in which these files lie, under their names."""
        yield self.path

    @contextmanager
    def replacing(self, name: str, last: str) -> Iterator[Path]:
        """An empty folder to fill; behind the `with` it takes the place of the folder `name`, in one step."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path / f"{BESIDE}{target.name}-{secrets.token_hex(4)}"
        beside.mkdir()
        try:
            yield beside
            shutil.rmtree(target, ignore_errors=True)
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def remove(self, name: str) -> None:
        """Take a folder away."""
        shutil.rmtree(self.path / name)

    def clear(self) -> None:
        """Take away what killed processes left; nobody else may be writing."""
        for left in self.path.glob(f"{BESIDE}*"):
            shutil.rmtree(left, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Store:
    """A data folder in an object store, at `address`. Every method raises StorageError."""

    address: str

    def __post_init__(self) -> None:
        if re.match(rf"{SCHEME}[^/?]*@", self.address):
            raise Problem(
                "DATA: keys of access do not belong into an address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        opened(self.address)

    @property
    def root(self) -> str:
        """Bucket and prefix."""
        return opened(self.address)[1]

    @property
    def _fs(self) -> Any:
        return opened(self.address)[0]

    def sizes(self, under: str) -> dict[str, int]:
        """Bytes of the object `under` or of those below it, by name relative to the data folder."""
        return {name: info.size for name, info in self._infos(under).items()}

    def _infos(self, under: str) -> dict[str, Any]:
        from pyarrow import fs

        with self._told():
            infos = self._fs.get_file_info(fs.FileSelector(self._key(under), recursive=True, allow_not_found=True))
            infos += self._fs.get_file_info([self._key(under)])
        return {i.path.removeprefix(self.root + "/"): i for i in infos if i.is_file}

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """Contents of small objects; those that are absent are left out."""

        def one(name: str) -> tuple[str, bytes | None]:
            try:
                with self._fs.open_input_stream(self._key(name), compression=None) as stream:
                    return name, bytes(stream.read())
            except FileNotFoundError:
                return name, None

        return {name: content for name, content in self._each(one, names) if content is not None}

    def fetch(self, names: Iterable[str], to: Path, below: str = "") -> None:
        """Bring objects into the folder `to`, under their names (less `below`).

        What is there already, equal in size and time, stays. An object that is absent is passed over.
        """

        def one(name: str) -> None:
            (info,) = self._fs.get_file_info([self._key(name)])
            target = to / name.removeprefix(below)
            if not info.is_file or (target.exists() and _mark(target) == (info.size, info.mtime_ns)):
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f"{BESIDE}{target.name}-{secrets.token_hex(4)}")
            try:
                with self._fs.open_input_stream(self._key(name), compression=None) as source, beside.open("wb") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
                os.utime(beside, ns=(info.mtime_ns, info.mtime_ns))
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)

        self._each(one, names)

    def put(self, folder: Path, name: str, last: str) -> None:
        """Store a folder as `name` in the place of what was there: its file `last` vanishes first and comes last."""
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        before = self.sizes(name)
        if f"{name}/{last}" in before:
            self.drop([f"{name}/{last}"])
        self.drop(old for old in before if old != f"{name}/{last}" and old.removeprefix(name + "/") not in files)
        self.upload({f"{name}/{n}": path for n, path in files.items() if n != last})
        self.upload({f"{name}/{last}": files[last]})

    def upload(self, files: dict[str, Path]) -> None:
        """Store files under these names; each object appears whole or not at all."""

        def one(item: tuple[str, Path]) -> None:
            name, path = item
            with path.open("rb") as source, self._fs.open_output_stream(self._key(name), compression=None) as sink:
                shutil.copyfileobj(source, sink, _CHUNK)
            (info,) = self._fs.get_file_info([self._key(name)])
            os.utime(path, ns=(info.mtime_ns, info.mtime_ns))  # so that it need not be fetched again

        self._each(one, files.items())

    def folders(self) -> list[str]:
        """Names of the folders of the data folder itself."""
        from pyarrow import fs

        with self._told():
            infos = self._fs.get_file_info(fs.FileSelector(self.root, allow_not_found=True))
        return sorted(i.base_name for i in infos if not i.is_file)

    def write(self, name: str, content: bytes) -> None:
        """Store a small object."""
        with self._told(), self._fs.open_output_stream(self._key(name), compression=None) as sink:
            sink.write(content)

    def drop(self, names: Iterable[str]) -> None:
        """Take objects away."""

        def one(name: str) -> None:
            try:
                self._fs.delete_file(self._key(name))
            except FileNotFoundError:
                return

        self._each(one, names)

    def remove(self, name: str) -> None:
        """Take a folder away."""
        try:
            with self._told():
                self._fs.delete_dir(self._key(name))
        except FileNotFoundError:
            return

    def bring(self, under: str, to: Path, last: str, *, without: str = "", keep: bool = False) -> None:
        """Bring the folders below `under` that are whole (that have a file `last`) into the folder `to`.

        Files whose names end in `without` stay away. A folder that is here stays if its `last` is the same, or in any
        case with `keep`; without `keep`, those that are not in the store any more go.
        """
        there = self.sizes(under)
        names = [n.split("/")[-2] for n in there if n.endswith(f"/{last}") and n.count("/") == under.count("/") + 2]
        wanted = [n for n in names if not (keep and (to / n).exists())]
        marks = self.read(f"{under}/{n}/{last}" for n in wanted)
        to.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            mark = f"{under}/{name}/{last}"
            here = to / name / last
            if mark not in marks or (here.is_file() and here.read_bytes() == marks[mark]):
                continue
            with Folder(to.parent).replacing(f"{to.name}/{name}", last) as beside:
                files = [n for n in there if n.startswith(f"{under}/{name}/") and n != mark]
                self.fetch((n for n in files if not (without and n.endswith(without))), beside, f"{under}/{name}/")
                if self.read([mark]).get(mark) != marks[mark]:
                    raise StorageError(f"{self.address}: {under}/{name} is just being written; run again.")
                (beside / last).write_bytes(marks[mark])
        if not keep:
            for gone in [p for p in to.iterdir() if p.name not in names]:
                shutil.rmtree(gone)

    @contextmanager
    def near(self, names: Iterable[str]) -> Iterator[Path]:
        """A folder in which these files lie, under their names; it goes with the `with`."""
        with tempfile.TemporaryDirectory(prefix="fazhi-") as folder:
            self.fetch(names, Path(folder))
            yield Path(folder)

    @contextmanager
    def replacing(self, name: str, last: str) -> Iterator[Path]:
        """An empty folder to fill; behind the `with` it is stored as put() does."""
        with tempfile.TemporaryDirectory(prefix="fazhi-") as folder:
            yield Path(folder)
            self.put(Path(folder), name, last)

    def clear(self) -> None:
        """What killed processes left lies in temporary folders of their machines: nothing to do here."""

    def _key(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _each(self, one: Any, items: Iterable[Any]) -> list[Any]:
        """one(item) for all items, many at a time."""
        with self._told(), ThreadPoolExecutor(_STREAMS) as pool:
            return list(pool.map(one, items))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as e:
            raise StorageError(f"{self.address}: {_without_secrets(str(e).splitlines()[0])}") from None


Place = Folder | Store


@cache
def opened(address: str) -> tuple[Any, str]:
    """(file system, bucket and prefix); pyarrow.fs is loaded only for who needs it."""
    from pyarrow import fs

    try:
        system, root = fs.FileSystem.from_uri(address)
    except (ValueError, OSError) as e:
        place = address.partition("?")[0]  # what follows may be a key that is no part of an address
        raise StorageError(f"DATA={place}: {_without_secrets(str(e).splitlines()[0])}") from None
    if not root.strip("/"):
        raise Problem(f"DATA={SCHEME}: names no bucket.")
    return system, root.strip("/")


def _without_secrets(text: str) -> str:
    for name in _SECRETS:
        if value := os.environ.get(name):
            text = text.replace(value, "***")
    return text


def _mark(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
