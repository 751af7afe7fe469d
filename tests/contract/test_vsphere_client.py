# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The port against the twin's vCenter: connections, reads in one request, many calls at once, faults, sessions."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere import Call, VsphereClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Status
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere import marks
from tests.contract.vsphere_center import Center, connection, served


@pytest.fixture(scope="module")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Center]:
    """A vCenter for all tests: each makes things of its own."""
    with served(tmp_path_factory.mktemp("vcenter")) as started:
        yield started


@pytest.fixture
def folder(center: Center, request: pytest.FixtureRequest) -> str:
    """A folder of datacenters that is the test's own."""
    return made(center, str(center.port.content["rootFolder"]), request.node.name[:70])


def made(center: Center, parent: str, name: str) -> str:
    """A new folder."""
    return str(center.port.call(parent, "CreateFolder", name=name))


def opened(center: Center, **other: Any) -> VsphereClient:
    """Another session."""
    return VsphereClient(connection(center.started, **other), lambda: None)


def fingerprint(center: Center) -> str:
    """SHA-256 of the certificate that the vCenter shows."""
    pem = ssl.get_server_certificate((center.started["address"], center.started["port"]))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def test_it_says_what_it_is(center: Center) -> None:
    assert center.port.about["apiVersion"] == "8.0.3.0"
    assert center.port.about["instanceUuid"] == center.started["instance_uuid"]
    assert center.port.content["rootFolder"] == "Folder:group-d1"


def test_a_wrong_password(center: Center) -> None:
    with pytest.raises(errors.Denied, match="Correct the user name or the password"):
        opened(center, password="not-this-one")


def test_another_vcenter_than_the_estates(center: Center) -> None:
    with pytest.raises(errors.Denied, match="the estate's is 0000"):
        opened(center, instance_uuid="0000")
    opened(center, instance_uuid=center.started["instance_uuid"]).close()


def test_a_certificate_that_nobody_signed(center: Center) -> None:
    with pytest.raises(errors.Unavailable, match="certificate verify failed"):
        opened(center, ca_bundle=None)


def test_a_certificate_that_is_known_by_its_thumbprint(center: Center) -> None:
    seen = fingerprint(center)
    spelt = ":".join(seen[i : i + 2] for i in range(0, 64, 2)).upper()
    client = opened(center, ca_bundle=None, thumbprint=spelt)
    # Every connection is asked, not only the first one; and the REST API's too.
    assert len(client.run([Call("ServiceInstance:ServiceInstance", "CurrentTime")] * 8)) == 8
    assert client.rest("GET", "/api/cis/tagging/category") is not None
    client.close()


def test_another_thumbprint_counts_whoever_signed(center: Center) -> None:
    for bundle in (None, center.started["ca_bundle"]):
        with pytest.raises(errors.Unavailable, match="thumbprint is"):
            opened(center, ca_bundle=bundle, thumbprint="0" * 64)


def test_nothing_answers_there(center: Center) -> None:
    with pytest.raises(errors.Unavailable):
        opened(center, port=1)


def test_what_is_asked_for_is_told_and_what_is_unset_is_absent(center: Center, folder: str) -> None:
    (row,) = center.port.get([folder], ["name", "parent", "childEntity", "namespace", "customValue"])
    assert row["ref"] == folder
    assert (row["parent"], row["childEntity"]) == ("Folder:group-d1", [])
    assert "namespace" not in row


def test_what_is_gone_is_left_out(center: Center, folder: str) -> None:
    gone = made(center, folder, "gone")
    assert center.port.run([Call(gone, "Destroy_Task")]) == [None]
    assert [row["ref"] for row in center.port.get([gone, folder, "Folder:none"], ["name"])] == [folder]
    assert center.port.get([gone], ["name"]) == []
    assert center.port.get([], ["name"]) == []


def test_names_are_read_as_people_write_them(center: Center, folder: str) -> None:
    ref = made(center, folder, "a/b\\c")
    # On the wire it is a%2fb%5cc.
    assert {row["ref"]: row["name"] for row in center.port.collect("Folder", ["name"])}[ref] == "a/b\\c"


def test_the_view_follows_the_inventory(center: Center, folder: str) -> None:
    before = {row["ref"] for row in center.port.collect("Folder", ["name"])}
    new = made(center, folder, "new")
    assert {row["ref"] for row in center.port.collect("Folder", ["name"])} - before == {new}


def test_others_things_are_seen(center: Center) -> None:
    assert "legacy" in {row["name"] for row in center.port.collect("Datacenter", ["name"])}
    for kind in ("ClusterComputeResource", "HostSystem", "VirtualMachine", "Datastore", "ResourcePool"):
        assert center.port.collect(kind, ["name"]), kind


def test_many_objects_come_in_pages(center: Center, folder: str) -> None:
    calls = [Call(folder, "CreateFolder", {"name": f"page-{n}"}) for n in range(1100)]
    made = center.port.run(calls)
    assert len(set(made)) == 1100
    assert set(made) <= {row["ref"] for row in center.port.collect("Folder", ["name"])}
    assert len(center.port.get(made, ["name"])) == 1100
    assert center.port.run([Call(folder, "Destroy_Task")]) == [None]


def test_a_property_that_the_model_does_not_have(center: Center) -> None:
    with pytest.raises(errors.Invalid, match="Folder has no nmae"):
        center.port.collect("Folder", ["name", "nmae.first"])
    with pytest.raises(errors.Invalid, match="no type Foldr"):
        center.port.collect("Foldr", ["name"])


def test_one_that_fails_does_not_stop_the_others(center: Center, folder: str) -> None:
    one, two, _taken = (made(center, folder, name) for name in ("one", "two", "taken"))
    answers = center.port.run(
        [
            Call(one, "Rename_Task", {"newName": "three"}),
            Call("Folder:none", "Destroy_Task"),
            Call(folder, "CreateFolder", {"name": "taken"}),
            Call(two, "Rename_Task", {"newName": "four"}),
            Call(folder, "CreateFolder", {"nmae": "five"}),
        ]
    )
    assert [type(answer) for answer in answers] == [
        type(None),
        errors.NotFound,
        errors.Conflict,
        type(None),
        errors.Invalid,
    ]
    assert {row["name"] for row in center.port.get([one, two], ["name"])} == {"three", "four"}


def test_a_task_that_is_watched(center: Center, folder: str) -> None:
    other = made(center, folder, "other")
    task = center.port.call(other, "Rename_Task", newName="another")
    while center.port.task(task)[0] is Status.PENDING:
        pass
    assert center.port.task(task) == (Status.READY, "")
    assert center.port.task("Task:none")[0] is Status.FAILED


def test_a_task_that_fails_says_why(center: Center, folder: str) -> None:
    for name in ("taken", "free"):
        made(center, folder, name)
    free = next(row["ref"] for row in center.port.collect("Folder", ["name"]) if row["name"] == "free")
    (answer,) = center.port.run([Call(free, "Rename_Task", {"newName": "taken"})])
    assert isinstance(answer, errors.EstateError)
    assert "Folder.rename" in answer.cause


def test_a_session_that_ended_is_opened_again(center: Center, folder: str) -> None:
    client = opened(center)
    client.collect("Datacenter", ["name"])
    client.close()
    assert client.collect("Datacenter", ["name"])
    client.close()
    assert client.call(folder, "CreateFolder", name="after")
    client.close()


def test_writes_are_counted_before_they_are_sent(center: Center, folder: str) -> None:
    writes = center.writes
    center.port.collect("Folder", ["name"])
    center.port.get([folder], ["name"])
    center.port.call("ServiceInstance:ServiceInstance", "CurrentTime")
    center.port.rest("GET", "/api/cis/tagging/category")
    assert center.writes == writes
    center.limit = writes
    with pytest.raises(errors.Unavailable, match="the connection is gone"):
        made(center, folder, "never")
    with pytest.raises(errors.Unavailable, match="the connection is gone"):
        center.port.rest("POST", "/api/cis/tagging/category", {"name": "never"})
    center.limit = None
    assert "never" not in {row["name"] for row in center.port.collect("Folder", ["name"])}


def test_tags_over_rest(center: Center) -> None:
    wish = {"name": "tier", "description": "", "cardinality": "SINGLE", "associable_types": []}
    ref = center.port.rest("POST", "/api/cis/tagging/category", wish)
    assert center.port.rest("GET", f"/api/cis/tagging/category/{ref}")["name"] == "tier"
    with pytest.raises(errors.Conflict):
        center.port.rest("POST", "/api/cis/tagging/category", wish)
    center.port.rest("DELETE", f"/api/cis/tagging/category/{ref}")
    with pytest.raises(errors.NotFound):
        center.port.rest("GET", f"/api/cis/tagging/category/{ref}")


def test_marks_are_put_on_and_taken_off(center: Center, folder: str) -> None:
    assert marks.mark(center.port, {folder: "mine"}, "demo", adopted=True) == {}
    known = marks.defined(center.port)
    (row,) = center.port.get([folder], ["customValue"])
    assert marks.values(row, known) == {marks.ESTATE: "demo", marks.NAME: "mine", marks.ADOPTED: "true"}
    assert marks.unmark(center.port, [folder]) == {}
    (row,) = center.port.get([folder], ["customValue"])
    assert marks.values(row, known) == {}
    assert list(marks.mark(center.port, {"Folder:none": "gone"}, "demo")) == ["Folder:none"]


def test_intents_of_others_stay(center: Center, folder: str) -> None:
    theirs, ours = marks.intent("other", "folder", "a"), [marks.intent("demo", "folder", str(n)) for n in range(24)]
    marks.announce(center.port, folder, [theirs], ())
    marks.announce(center.port, folder, ours, ())
    marks.announce(center.port, folder, (), ours)
    known = marks.defined(center.port)
    (row,) = center.port.get([folder], ["customValue"])
    assert marks.values(row, known)[marks.MAKING] == theirs
    with pytest.raises(errors.Conflict, match="too many intents"):
        marks.announce(center.port, folder, [marks.intent("demo", "folder", str(n)) for n in range(40)], ())
