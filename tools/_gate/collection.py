# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that look at the collection as Ansible and a hub see it: staged, linted, documented, built, imported."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tools._gate import importer
from tools._gate.job import Failed, Job, Ran
from tools._gate.place import BUILD, ROOT, VENV_BIN
from tools._gate.static import number

_ARTIFACT_HOLDS = {
    ".ansible-lint",
    "CHANGELOG.rst", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "bindep.txt", "changelogs", "docs",
    "execution-environment.yml", "extensions", "meta", "playbooks", "plugins", "requirements.txt", "roles", "tests",
}  # fmt: skip


def stage(job: Job) -> Path:
    """Return a fresh copy of the collection for this step alone: tools leave things behind in it."""
    return Path(job.run(ROOT / "tools" / "stage", BUILD / "stage" / job.name).splitlines()[-1])


def ansible_lint(job: Job) -> Ran:
    """Ansible's linter, production profile, nothing skipped."""
    home = stage(job)
    said = job.run(
        "ansible-lint", "--offline", "--strict", "--nocolor",
        cwd=home, sealed=True, env={"ANSIBLE_COLLECTIONS_PATH": str(home.parents[2])},
    )  # fmt: skip
    return Ran(number(r"in (\d+) files processed", said), "files")


def docs(job: Job) -> Ran:
    """Documentation of every plugin, module and role, and the guides."""
    home = stage(job)
    job.run(
        "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--disallow-unknown-collection-refs", ".",
        cwd=home, sealed=True, env={"ANSIBLE_COLLECTIONS_PATH": str(home.parents[2])},
    )  # fmt: skip
    documented = [*home.glob("plugins/modules/*.py"), *home.glob("roles/*/meta/argument_specs.yml")]
    return Ran(len(documented) + len(list(home.glob("docs/docsite/rst/*.rst"))), "documents")


def artifact(job: Job) -> Ran:
    """Build the collection, look into it, install it elsewhere and find every playbook by name."""
    built = build(job)
    with tarfile.open(built) as tar:
        names = [member.name for member in tar.getmembers() if member.isfile()]
    if foreign := sorted({name.split("/")[0] for name in names} - _ARTIFACT_HOLDS):
        raise Failed(f"the artifact holds what only serves a checkout: {', '.join(foreign)}")
    if extra := [
        name for name in names if name.startswith("tests/") and not name.startswith(("tests/sanity", "tests/config"))
    ]:
        raise Failed(f"the artifact holds tests: {', '.join(extra[:5])}")
    elsewhere = BUILD / "installed"
    job.run(
        "ansible-galaxy", "collection", "install", "--force", "--no-deps", "--offline", "-p", elsewhere, built,
        sealed=True, cwd=BUILD,
    )  # fmt: skip
    playbooks = sorted(name for name in names if name.startswith("playbooks/") and name.count("/") == 1)
    by_name = [f"kubeops.hybrid.{Path(name).stem}" for name in playbooks if name.endswith(".yml")]
    if by_name:
        command = ["ansible-playbook", "-i", "localhost,", "--syntax-check", *by_name]
        job.run(*command, cwd=elsewhere, sealed=True, env={"ANSIBLE_COLLECTIONS_PATH": str(elsewhere)})
    return Ran(len(names), "files")


def build(job: Job) -> Path:
    """Return the collection as it would be published, built from the checkout so that build_ignore is tried too."""
    said = job.run("ansible-galaxy", "collection", "build", "--force", "--output-path", BUILD / "artifact", sealed=True)
    return Path(said.split()[-1])


def galaxy_importer(job: Job) -> Ran:
    """What a hub does with an upload: read, lint, document. In an environment of its own."""
    tools = importer.environment(job)
    # ansible-doc must be the importer's own.
    path = f"{tools / 'bin'}:{VENV_BIN}:/usr/bin:/bin"
    config = BUILD / "galaxy-importer.cfg"
    config.write_text("[galaxy-importer]\nCHECK_REQUIRED_TAGS = True\nRUN_FLAKE8 = False\n")
    built = build(job)
    said = job.run(
        tools / "bin" / "python", "-m", "galaxy_importer.main", built,
        cwd=built.parent, sealed=True,
        env={"PATH": path, "GALAXY_IMPORTER_CONFIG": str(config), "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "installed")},
    )  # fmt: skip
    if wrong := [line for line in said.splitlines() if line.startswith(("WARNING", "ERROR"))]:
        raise Failed(f"{len(wrong)} complaints of the importer; the first: {wrong[0]}")
    if "Importer processing completed successfully" not in said:
        raise Failed("the importer did not say that it has finished")
    return Ran(said.count("Loading"), "parts")


def execution_environment(job: Job) -> Ran:
    """The build context of our execution environment; the image itself needs a container engine."""
    context = BUILD / "execution-environment"
    job.run(
        importer.environment(job) / "bin" / "ansible-builder",
        "create",
        "-f",
        "execution-environment.yml",
        "-c",
        context,
    )
    return Ran(len([path for path in context.rglob("*") if path.is_file()]), "files")
