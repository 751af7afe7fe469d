# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eks_kubeconfig: a file on this machine, by which kubectl and others reach a cluster."""

from __future__ import annotations

import os
import stat
import tempfile
import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError, Invalid
from ..._engine.kind import Kind, Owner, Query, Seen, Watch
from ..._engine.options import Collection, Option, document, setting
from . import kubeconfig
from .eks import Row

_MODE = "0600"
_SECRET = ("SECRET", "TOKEN", "PASSWORD", "ACCESS_KEY")


class EksKubeconfig(Kind[Port]):
    """It holds no token: a command makes one at each use, from credentials that lie elsewhere."""

    name = "eks_kubeconfig"
    description = "A kubeconfig for an EKS cluster, readable by its owner only and without a secret in it."
    source = "a file; client.authentication.k8s.io/v1"
    options = {
        "cluster": setting("Cluster that it leads to.", ref="eks_cluster", ref_attribute="access", needed=True),
        "path": setting("Path of the file. Missing directories are made for their owner only.", needed=True),
        "command": Option(
            "Command that prints a token, as a list. C(--cluster) and C(--region) are added to it.",
            type="list",
            elements="str",
            collection=Collection.ORDERED,
            needed=True,
        ),
        "env": document("All environment variables of the command: name to value. None of them may be a secret."),
        "region": setting("Region of the cluster, the connection's unless given."),
        "context": setting("Name of context, cluster and user in the file. The cluster's name unless given."),
        "mode": setting("Permissions of the file, always V(0600).", choices=(_MODE,)),
    }

    def check(self, options: Row) -> str:
        """See Kind."""
        if not options.get("command"):
            return "command is empty"
        secret = sorted(name for name in options.get("env") or () if _holds_secret(name))
        return f"env: {', '.join(secret)} would put a secret into the file; name a profile instead" if secret else ""

    def normal(self, options: Row) -> Row:
        """The mode is managed whether somebody says so or not."""
        return {**options, "mode": _MODE}

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """The wished files; no directory is searched for others."""
        paths = {path: "" for path in query.ids} or {
            str(wish.options["path"]): wish.name for wish in query.wishes if wish.options.get("path")
        }
        found = (_seen(path, name, query.estate) for path, name in sorted(paths.items()))
        return [seen for seen in found if seen]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Written beside its place and moved there: nobody ever reads half of it."""
        _write(options["path"], kubeconfig.content(estate, name, {"region": port.region, **options}))
        return t.cast(Seen, _seen(options["path"], name, estate))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Written anew; what is not declared stays as it is."""
        whole = {**seen.state, **{key: value for key, value in options.items() if value is not None}}
        _write(seen.id, kubeconfig.content(seen.handle["estate"], seen.name, whole))
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """The directory stays."""
        os.unlink(seen.id)
        yield from ()


def _holds_secret(name: str) -> bool:
    upper = name.upper()
    return any(word in upper for word in _SECRET) and not upper.endswith("_FILE")


def _seen(path: str, name: str, estate: str) -> Seen | None:
    try:
        with open(path, encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            found = kubeconfig.parsed(file.read())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}") from error
    ours = found.estate == estate
    return Seen(
        name=found.name if ours else name,
        id=path,
        state={**found.state, "path": path, "mode": f"{mode:04o}"},
        owner=Owner.OURS if ours else Owner.FOREIGN,
        handle={"estate": estate},
    )


def _write(path: str, text: str) -> None:
    directory = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        # Temporary files are readable by their owner only, from the first moment.
        handle, beside = tempfile.mkstemp(dir=directory, prefix=".kubeconfig-")
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        raise EstateError(f"{path} cannot be written: {error}") from error
