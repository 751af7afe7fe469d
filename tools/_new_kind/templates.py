# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the new files. Whatever is to be filled in makes a test fail as it stands."""

from __future__ import annotations

from string import Template

_HEAD = '''\
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind $name."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
'''

_EC2 = '''\
from ..._engine.kind import Seen, Watch
from . import marks
from .ec2 import Ec2Kind, Row


class $class(Ec2Kind):
    """What it is, and what is decided elsewhere."""

    name = "$name"
    description = ""
    source = ""
    options = {
        "tags": marks.TAGS,
    }
    describe = ("describe_$several", "$key")
    id_field = ""
    tag_type = "$tag_type"

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        raise NotImplementedError("the row in normal form, without tags")

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        raise NotImplementedError("the creating call, with TagSpecifications=tags")

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Delete this method when only tags can change."""
        raise NotImplementedError("one call for each field, or for those that go together")

    def remove(self, port: Port, seen: Seen) -> None:
        """Who refuses, and when."""
        raise NotImplementedError("the deleting call")
'''

_PLAIN = '''\
from ..._engine.kind import Kind, Query, Seen, Watch
from . import marks

Row = t.Mapping[str, t.Any]


class $class(Kind[Port]):
    """What it is, and what is decided elsewhere."""

    name = "$name"
    description = ""
    source = ""
    options = {
        "tags": marks.TAGS,
    }

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """In as few calls as the service allows."""
        raise NotImplementedError("ours, and those that wishes refer to; only query.ids when there are any")

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Made with its marks in one call."""
        raise NotImplementedError("the creating call, with marks.marked(estate, name, options.get('tags'))")

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Change the fields; yield what has to come true before the next call."""
        raise NotImplementedError("one call for each field, or for those that go together")

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Who refuses, and when."""
        raise NotImplementedError("the deleting call")
'''

KIND = {"ec2": Template(_HEAD + _EC2), "kind": Template(_HEAD + _PLAIN)}

PLANS = Template("""\
---
- name: an empty account
  wish: &whole {name: net-a, tags: {team: ml}}
  observed: {describe_$several: {$key: []}}
  verb: create
  fields: [fill in]
- name: it is as wished
  wish: *whole
  observed: &there
    describe_$several:
      $key:
        - &object
          FillIn: what the API tells of one
          Tags:
            - {Key: kubeops.io/estate, Value: demo}
            - {Key: kubeops.io/name, Value: net-a}
            - {Key: Name, Value: net-a}
            - {Key: team, Value: ml}
  verb: keep
- name: nothing is managed
  wish: {name: net-a}
  observed: *there
  verb: keep
- name: another value, one case for each field that may change
  wish: {<<: *whole, fill_in: other}
  observed: *there
  verb: update
  fields: [fill in]
  impact: fill in
- name: another value, one case for each field that cannot change
  wish: {<<: *whole, fill_in: other}
  observed: *there
  error: "fill_in is 'this', wished 'other'"
- name: a run was killed before what its creation does not set
  wish: *whole
  observed: {describe_$several: {$key: [{<<: *object, FillIn: not yet}]}}
  verb: update
  fields: [fill in]
- name: not ready yet
  wish: *whole
  observed: {describe_$several: {$key: [{<<: *object, State: fill in}]}}
  verb: continue
- name: the API spells a value in another way
  wish: {<<: *whole, fill_in: the other spelling}
  observed: *there
  verb: keep
- name: no tags
  wish: {<<: *whole, tags: {}}
  observed: *there
  verb: update
  fields: [tags]
- name: without what its creation needs
  wish: {name: net-a}
  error: it needs fill_in
- name: a reference to one that does not exist
  wish: {name: net-b, manage: reference}
  observed: {describe_$several: {$key: []}}
  error: no $name named 'net-b'
""")

FIVE_STEPS = Template("""\
---
before:
  - {kind: fill in, name: what it needs}
make: {name: net-a, tags: {team: ml}}
changes:
  - {fill_in: each field that may change}
  - {tags: {team: platform}}
  - {tags: {}}
""")

FRAGMENT = Template("""\
---
# One sentence for users under minor_changes, as in: - "$name - what one can do with it now."
minor_changes:
""")
