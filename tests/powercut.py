"""A disk that loses its power: what of a folder it has kept, at every moment of a program.

A disk has what was synced. Of what was not it has anything: nothing of it; new names of files
without their contents, as journaling file systems do; contents in part, or zeros in their place.
`watching` looks at a folder whenever the program is about to create, rename, remove or sync
something in it. `Cut.trees` are the folders that a cut at that moment may leave.
"""

import contextlib
import itertools
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

_EVENTS = {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.truncate"}
_WATCHED = []  # an audit hook stays for the life of a process; this says whom it reports to
_HOOKED = []

Tree = dict  # name → bytes of a file, or Tree of a folder


@dataclass(frozen=True)
class Cut:
    """A moment: what there is, and what of it was synced.

    Args:
        root: Inode of the folder.
        folders: By inode: the states that its names may be in, from the synced one to the last.
        files: By number: the content that was synced, None for none, and the last one.
    """

    root: int
    folders: dict
    files: dict

    def trees(self, rng):
        """What the disk may have: by how the cut went."""
        yield "nothing unsynced", self._tree(first, lambda synced, last: synced or b"")
        yield "names ahead of contents", self._tree(latest, lambda synced, last: synced or b"")
        yield "zeros for contents", self._tree(latest, lambda s, last: _same(s, last, zeros))
        yield "half of contents", self._tree(latest, lambda s, last: _same(s, last, half))
        yield "any of it", self._tree(rng.choice, lambda s, last: rng.choice(_any(s, last)))

    def all(self):
        """What a kill leaves: everything."""
        return self._tree(latest, lambda synced, last: last)

    def _tree(self, names, content, inode=None):
        tree = {}
        for name, (kind, number) in names(self.folders[inode or self.root]).items():
            if kind == "folder":
                # A folder whose own names were never synced is there, and empty.
                tree[name] = self._tree(names, content, number) if number in self.folders else {}
            else:
                tree[name] = content(*self.files.get(number, (None, b"")))
        return tree


def first(states):
    return states[0]


def latest(states):
    return states[-1]


def zeros(content):
    return bytes(len(content))


def half(content):
    return content[: len(content) // 2]


def _same(synced, last, spoilt):
    """What was synced stays when something is appended to it: only the rest is spoilt."""
    if synced == last:
        return last
    kept = synced if synced and last.startswith(synced) else b""
    return kept + spoilt(last[len(kept) :])


def _any(synced, last):
    if synced == last:
        return [last]
    spoilt = [_same(synced, last, how) for how in (zeros, half)]
    return [synced or b"", last, *spoilt]


class Disk:
    """Looks at a folder, and remembers what was synced."""

    def __init__(self, root):
        self.root = Path(root)
        self.cuts = []
        self._folders, self._files = {}, {}
        # A freed inode is given to the next file, while names on the disk may still mean the old.
        self._numbers, self._next = {}, itertools.count()
        self._look()
        # What is there at the beginning is on the disk.
        self._folders = {inode: states[-1:] for inode, states in self._folders.items()}
        self._files = {number: (last, last) for number, (_, last) in self._files.items()}

    def look(self):
        """Note this moment as one at which the power may go."""
        self._look()
        folders = {inode: tuple(states) for inode, states in self._folders.items()}
        self.cuts.append(Cut(self.root.stat().st_ino, folders, dict(self._files)))

    def synced(self, descriptor):
        """An open file or folder has reached the disk."""
        self._look()
        inode = os.fstat(descriptor).st_ino
        if inode in self._folders:
            self._folders[inode] = self._folders[inode][-1:]
        elif inode in self._numbers:
            last = self._files[self._numbers[inode]][1]
            self._files[self._numbers[inode]] = (last, last)
        self.look()

    def _look(self):
        folders, contents = {}, {}
        self._read(self.root, folders, contents)
        self._numbers = {i: n for i, n in self._numbers.items() if i in contents}
        for inode in contents:
            if inode not in self._numbers:
                self._numbers[inode] = next(self._next)
        for inode, entries in folders.items():
            names = {
                name: (kind, self._numbers[number] if kind == "file" else number)
                for name, (kind, number) in entries.items()
            }
            states = self._folders.get(inode, [{}])
            # Folders that are gone may still be in the synced state of others.
            self._folders[inode] = states if states[-1] == names else [*states, names]
        now = {
            number: (self._files.get(number, (None, b""))[0], contents[inode])
            for inode, number in self._numbers.items()
        }
        # So may be files: a name that the disk has not yet forgotten has its content still.
        self._files = {n: x for n, x in self._files.items() if n in self._named()} | now

    def _named(self):
        return {
            number
            for states in self._folders.values()
            for names in states
            for kind, number in names.values()
            if kind == "file"
        }

    def _read(self, folder, folders, contents):
        entries = {}
        for entry in os.scandir(folder):
            about = entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                entries[entry.name] = ("folder", about.st_ino)
                self._read(entry.path, folders, contents)
            else:
                entries[entry.name] = ("file", about.st_ino)
                descriptor = _OPEN(entry.path, os.O_RDONLY)
                contents[about.st_ino] = os.read(descriptor, about.st_size + 1)
                os.close(descriptor)
        folders[os.stat(folder).st_ino] = entries


_OPEN, _FSYNC = os.open, os.fsync


@contextlib.contextmanager
def watching(root):
    """Yield a `Disk` that looks at all that this process does in a folder."""
    disk = Disk(root)
    if not _HOOKED:
        sys.addaudithook(_hear)
        _HOOKED.append(True)

    def fsync(descriptor):
        _quietly(disk.look)
        _FSYNC(descriptor)
        _quietly(lambda: disk.synced(descriptor))

    os.fsync = fsync
    _WATCHED.append(disk)
    try:
        yield disk
    finally:
        _WATCHED.remove(disk)
        os.fsync = _FSYNC
        disk.look()


def _hear(event, arguments):
    if not _WATCHED or event not in _EVENTS:
        return
    disk = _WATCHED[-1]
    paths = [str(x) for x in arguments if isinstance(x, (str, Path))]
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return
    if any(path.startswith(str(disk.root)) for path in paths):
        _quietly(disk.look)


def _quietly(look):
    """Look, and hear nothing of it."""
    disk = _WATCHED.pop() if _WATCHED else None
    try:
        look()
    finally:
        if disk is not None:
            _WATCHED.append(disk)


def write(tree, place):
    """Make a folder of a tree."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        if isinstance(content, dict):
            write(content, place / name)
        else:
            (place / name).write_bytes(content)


def key(tree):
    """What tells trees apart: many cuts leave the same."""
    parts = [(name, key(x) if isinstance(x, dict) else x) for name, x in sorted(tree.items())]
    return tuple(parts)


def distinct(cuts, seed=0):
    """Every tree that any of the cuts may leave, once: how the cut went, its number, the tree."""
    rng, seen = random.Random(seed), set()
    for number, cut in enumerate(cuts):
        for how, tree in cut.trees(rng):
            if (known := key(tree)) not in seen:
                seen.add(known)
                yield how, number, tree
