# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as others get it: built, installed elsewhere, run by name; nothing of the checkout's own in it."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.system.estate import LAB, MANIFESTS, ROOT, Estate

BIN = ROOT / ".venv" / "bin"
NOT_IN_IT = {
    "twin", "tools", "molecule", "inventories", "requirements", "tests", ".collections", ".twin", ".kubeops", ".venv",
    ".build", ".ci", "ansible.cfg", "pyproject.toml",
}  # fmt: skip


def command(*words: object, cwd: Path, **environment: str) -> str:
    """Run a program; its output. Fails with it when it fails."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**clean, "PATH": f"{BIN}:{clean['PATH']}", "PWD": str(cwd), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as tools/stage lays it out."""
    place = tmp_path_factory.mktemp("artifact")
    home = command(ROOT / "tools" / "stage", place / "tree", cwd=ROOT).splitlines()[-1]
    settings = {"ANSIBLE_LOCAL_TEMP": str(place / "tmp"), "HOME": str(place / "home")}
    command(BIN / "ansible-galaxy", "collection", "build", home, "--output-path", place, cwd=place, **settings)
    return next(place.glob("kubeops-hybrid-*.tar.gz"))


def test_it_holds_the_collection_and_nothing_of_the_checkout(artifact: Path) -> None:
    """Expected: plugins, roles and playbooks; no twin, tools, scenarios, inventories or tests but those of sanity."""
    with tarfile.open(artifact) as archive:
        names = archive.getnames()
    tops = {name.partition("/")[0] for name in names}
    assert {"plugins", "roles", "playbooks", "meta", "MANIFEST.json", "FILES.json"} <= tops
    assert tops & (NOT_IN_IT - {"tests"}) == set()
    of_sanity = ("tests/sanity", "tests/config.yml")
    assert [name for name in names if name.startswith("tests/") and not name.startswith(of_sanity)] == []
    assert "playbooks/site.yml" in names


def test_a_plan_by_name_from_elsewhere(artifact: Path, tmp_path: Path) -> None:
    """Cause: installed in a directory of its own, run from another without any ansible.cfg. Expected: the playbooks go
    by their full names: plan shows all, site makes it, teardown removes it; none of it comes from the checkout."""
    collections, elsewhere = tmp_path / "collections", tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "HOME": str(tmp_path / "home")}
    command(
        BIN / "ansible-galaxy", "collection", "install", artifact, "-p", collections, "--no-deps", "--offline",
        cwd=tmp_path, **settings,
    )  # fmt: skip
    with Estate(tmp_path / "estate").up() as estate:
        overlays = ("-i", LAB, "-i", estate.twin / "inventory", "-e", f"kubeops_store={estate.store}", "-e", MANIFESTS)
        # Without control planes nothing can be put into clusters; planned it can be.
        outside = ("-i", estate.directory / "overlays" / "timing")

        def play(verb: str, *extra: object) -> str:
            program = BIN / "ansible-playbook"
            told = command(program, f"kubeops.hybrid.{verb}", *overlays, *extra, cwd=elsewhere, **settings)
            return " ".join(told.split())

        whole = play("plan")
        assert "create Deployment.apps kubeflow/ml-pipeline" in whole
        assert "create eks_cluster lab-eks" in whole
        planned = re.search(
            r"plan \S+ \(digest \w+\): (\d+) create, 0 update, 0 delete, 0 keep", play("plan", *outside)
        )
        assert planned, whole
        count = int(planned[1])
        assert count > 20
        site = play("site", "-vv", *outside)
        assert f"site: {count} create, 0 update, 0 delete" in site
        assert f"{ROOT}/playbooks" not in site
        assert f"{ROOT}/roles" not in site
        assert f"teardown: 0 create, 0 update, {count} delete" in play(
            "teardown", "-e", "kubeops_teardown=lab", *outside
        )
