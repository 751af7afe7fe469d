# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind iam_oidc_provider."""

from __future__ import annotations

import contextlib
import re
import typing as t

from ..._clients.aws import Port
from ..._engine.errors import NotFound
from ..._engine.kind import Kind, Owner, Query, Seen, Watch, Wish
from ..._engine.options import Impact, names, setting
from . import eks, marks
from .parallel import existing

Row = t.Mapping[str, t.Any]

_STS = "sts.amazonaws.com"
_SCHEME = "https://"
_THUMBPRINT = re.compile(r"[0-9a-f]{40}")


class IamOidcProvider(Kind[Port]):
    """The trust of an account in tokens of an issuer, as those of a cluster's service accounts. One for each issuer."""

    name = "iam_oidc_provider"
    description = "An OIDC provider of IAM, by which service accounts of a cluster take roles."
    source = "IAM CreateOpenIDConnectProvider and the calls that change it"
    options = {
        "cluster": setting(
            "Cluster whose issuer it trusts.", ref="eks_cluster", ref_attribute="oidc_issuer", immutable=True
        ),
        "url": setting("Issuer that it trusts where that is no cluster of EKS, beginning with https.", immutable=True),
        "client_ids": names(f"All audiences of the tokens, V({_STS}) unless given.", impact=Impact.BRIEF),
        "thumbprints": names(
            "All SHA-1 thumbprints of certificate authorities of the issuer, as 40 hexadecimal digits. IAM needs none "
            "for issuers with certificates of well-known authorities, as those of EKS.",
            impact=Impact.BRIEF,
        ),
        "tags": marks.TAGS,
    }
    everywhere = True

    def check(self, options: Row) -> str:
        """See Kind."""
        url, thumbprints = options.get("url"), options.get("thumbprints")
        if (url is None) == (options.get("cluster") is None):
            return "it needs either cluster or url"
        if isinstance(url, str) and not url.startswith(_SCHEME):
            return f"url is {url!r}, it has to begin with {_SCHEME}"
        if options.get("client_ids") == []:
            return "client_ids is empty: a provider without an audience lets nobody in"
        if thumbprints == []:
            return "thumbprints is empty, which IAM does not take: leave it out"
        strange = [one for one in thumbprints or () if not _THUMBPRINT.fullmatch(str(one).lower())]
        return f"thumbprints: {strange[0]} is not 40 hexadecimal digits" if strange else ""

    def normal(self, options: Row) -> Row:
        """No slash at the end of an issuer, thumbprints in small letters."""
        wish = dict(options)
        if wish.get("url"):
            wish["url"] = str(wish["url"]).rstrip("/")
        if wish.get("thumbprints"):
            wish["thumbprints"] = sorted({str(one).lower() for one in wish["thumbprints"]})
        return wish

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All of the account, which are few: only reading one tells whose it is."""
        arns = sorted(query.ids) or [
            row["Arn"] for row in port.pages("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
        ]
        issuers = {} if query.ids else _issuers(port, query)
        found = existing(lambda arn: _read(port, arn), arns)
        return [_seen(arn, row, query, issuers) for arn, row in found]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """One call."""
        tags = marks.to_list(marks.marked(estate, name, options.get("tags")))
        thumbprints = {"ThumbprintList": options["thumbprints"]} if options.get("thumbprints") else {}
        row = {
            "Url": options.get("url") or options["cluster"],
            "ClientIDList": sorted(options.get("client_ids") or [_STS]),
            **thumbprints,
            "Tags": tags,
        }
        arn = port.call("iam", "create_open_id_connect_provider", **row)["OpenIDConnectProviderArn"]
        return _seen(arn, row, Query(estate), {})

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """New audiences first, so that none that stays is ever missing."""
        place = {"OpenIDConnectProviderArn": seen.id}
        if "tags" in fields:
            _retag(port, seen, options["tags"])
        if "client_ids" in fields:
            before, wish = set(seen.state["client_ids"]), set(options["client_ids"])
            for one in sorted(wish - before):
                port.call("iam", "add_client_id_to_open_id_connect_provider", **place, ClientID=one)
            for one in sorted(before - wish):
                port.call("iam", "remove_client_id_from_open_id_connect_provider", **place, ClientID=one)
        if "thumbprints" in fields:
            wished = options["thumbprints"]
            port.call("iam", "update_open_id_connect_provider_thumbprint", **place, ThumbprintList=wished)
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Roles that trust it stay, and let nobody in any more."""
        with contextlib.suppress(NotFound):
            port.call("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=seen.id)
        yield from ()


def _read(port: Port, arn: str) -> tuple[str, Row]:
    return arn, port.call("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)


def _issuers(port: Port, query: Query) -> dict[str, str | None]:
    """Wished name to the issuer that it is about, None while its cluster is not there."""

    def issuer(wish: Wish) -> tuple[str, str | None]:
        cluster, url = wish.options.get("cluster"), wish.options.get("url")
        if not isinstance(cluster, str):
            return wish.name, url if isinstance(url, str) else None
        try:
            row = eks.described(port, cluster)
        except NotFound:
            return wish.name, None
        return wish.name, row.get("identity", {}).get("oidc", {}).get("issuer")

    asked = [wish for wish in query.wishes if {"cluster", "url"} & wish.options.keys()]
    return dict(existing(issuer, asked))


def _name(url: str, arn: str, tags: marks.Tags, query: Query, issuers: t.Mapping[str, str | None]) -> str:
    """The wish's name for its issuer. One that bears its mark but trusts a cluster that is no more is another one."""
    wished = next((name for name, issuer in issuers.items() if issuer == url), None)
    if wished is not None:
        return wished
    marked = marks.name_of(tags) or arn
    # A removal, which looks at everything, is about it also when its cluster went first.
    removable = query.sweep and issuers.get(marked) is None
    if marked in issuers and not removable and marks.owner(tags, query.estate) is not Owner.FOREIGN:
        # Without a slash, which would make it a part of something else.
        return f"{marked} ({url.rpartition('/')[2]})"
    return marked


def _seen(arn: str, row: Row, query: Query, issuers: t.Mapping[str, str | None]) -> Seen:
    tags = marks.from_list(row.get("Tags"))
    host = str(row["Url"]).removeprefix(_SCHEME)
    url = f"{_SCHEME}{host}"
    return Seen(
        name=_name(url, arn, tags, query, issuers),
        id=arn,
        state={
            "cluster": url,
            "url": url,
            "client_ids": sorted(row.get("ClientIDList") or ()),
            "thumbprints": sorted(row.get("ThumbprintList") or ()),
            "tags": marks.shown(tags),
        },
        owner=marks.owner(tags, query.estate),
        attributes={"arn": arn, "url": url, "issuer": host},
    )


def _retag(port: Port, seen: Seen, wish: marks.Tags) -> None:
    place, before = {"OpenIDConnectProviderArn": seen.id}, seen.state["tags"]
    new = {key: value for key, value in wish.items() if value is not None and before.get(key) != value}
    if new:
        port.call("iam", "tag_open_id_connect_provider", **place, Tags=marks.to_list(new))
    if before and not wish:
        port.call("iam", "untag_open_id_connect_provider", **place, TagKeys=sorted(before))
