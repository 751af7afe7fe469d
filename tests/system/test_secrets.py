# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of an inventory or of its credentials is in any output at -vvv, nor in any file that is not private."""

from __future__ import annotations

import base64
import configparser
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.system.estate import Estate, Run

REFERENCES = (
    "VCENTER_PASSWORD", "ESXI_ROOT_PASSWORD", "GLOO_LICENSE", "KUBEFLOW", "GRAFANA_PASSWORD", "SLACK_WEBHOOK",
)  # fmt: skip
PRIVATE = (".kubeops/private", "twin/private", "overlays/keys", "store/private")
"""Below an estate's directory: where files may hold a secret, for their owner only. overlays/keys is the test's own
inventory, from which one secret comes."""
CLUSTERS = "twin/control-planes"
"""What the simulated clusters themselves hold: Secrets are kept there."""


@dataclass(frozen=True)
class Story:
    """All verbs at -vvv, and every secret that was in reach, by name."""

    estate: Estate
    runs: tuple[Run, ...]
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Secrets come from the environment and from a credentials file, for some runs the access key's from the
    environment too; one run finds it in the inventory, where it may not be."""
    known = {name: f"hush+/{name.lower()}=.{secrets.token_urlsafe(12)}" for name in REFERENCES}
    # Also the key of a proxy's cookies, which has to be of that length.
    assert len(known["KUBEFLOW"]) == 32
    environment = {f"KUBEOPS_{name}": value for name, value in known.items()}
    with Estate(tmp_path_factory.mktemp("secrets"), control_planes=True, environment=environment).up() as estate:
        keys = configparser.RawConfigParser()
        keys.read(estate.endpoint()["shared_credentials_file"])
        known.update({f"key of {profile}": keys[profile]["aws_secret_access_key"] for profile in keys.sections()})
        url = {"endpoint_url": estate.endpoint()["endpoint_url"]}
        key = {"access_key": keys["twin"]["aws_access_key_id"], "secret_key": keys["twin"]["aws_secret_access_key"]}
        inline = estate.overlay("keys", {}, {"kubeops_aws_endpoint": {**url, **key}})
        chain = estate.overlay("chain", {}, {"kubeops_aws_endpoint": url})
        environment |= {"AWS_ACCESS_KEY_ID": key["access_key"], "AWS_SECRET_ACCESS_KEY": key["secret_key"]}
        runs: tuple[Run, ...] = (
            estate.run("preflight", "-vvv", overlays=(inline,)),
            estate.run("plan", "-vvv", "--diff"),
            estate.run("site", "-vvv", "--diff", overlays=(chain,)),
            estate.run("verify", "-vvv"),
            estate.run("drift", "-vvv", "--diff", overlays=(chain,)),
        )
        runs += (estate.run("teardown", "-vvv", "-e", json.dumps(estate.agreed("lab"))),)
        yield Story(estate, runs, known)


def forms(secret: str) -> set[str]:
    """A secret as it is, escaped for URLs, and in base64 at any offset (without what depends on its neighbours)."""
    found = {secret, quote(secret, safe="")}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        found.add(encoded[4 if shift else 0 : len(encoded) - 4])
    return found


def leaks(story: Story, text: str) -> list[str]:
    """Names of the secrets that a text gives away."""
    return [name for name, secret in story.secrets.items() if any(form in text for form in forms(secret))]


def test_the_runs_did_what_they_do(story: Story) -> None:
    """Expected: the scan below is of whole runs, and of one that refuses a secret in the inventory by its place."""
    refused, *others = story.runs
    assert {run.verb: run.code for run in others} == {run.verb: 0 for run in others}, others
    assert refused.code == 2
    assert "kubeops_aws.secret_key" in refused.told


def test_no_output_gives_a_secret_away(story: Story) -> None:
    """Cause: -vvv --diff of plan, site, verify, drift, teardown. Expected: no secret, as it is or encoded."""
    assert {run.verb: leaks(story, run.output) for run in story.runs} == {run.verb: [] for run in story.runs}


def test_no_file_gives_a_secret_away(story: Story) -> None:
    """Cause: store, working directory, overlay and logs after all verbs. Expected: secrets only in private files."""
    found: dict[str, list[str]] = {}
    for path in sorted(story.estate.directory.rglob("*")):
        place = str(path.relative_to(story.estate.directory))
        if path.is_file() and not place.startswith((*PRIVATE, CLUSTERS)):
            told = leaks(story, path.read_text(encoding="utf-8", errors="replace"))
            found |= {place: told} if told else {}
    assert found == {}


def test_private_files_are_for_their_owner_only(story: Story) -> None:
    """Expected: mode 0600 for what may hold a secret."""
    ours = [story.estate.directory / place for place in PRIVATE if place != "overlays/keys"]
    modes = {path: path.stat().st_mode & 0o777 for root in ours for path in root.rglob("*") if path.is_file()}
    assert {oct(mode) for mode in modes.values()} <= {"0o600"}, modes


def test_the_scan_finds_what_it_looks_for(story: Story, tmp_path: Path) -> None:
    """Expected: the same search finds a secret that is there, also inside something encoded."""
    secret = story.secrets["KUBEFLOW"]
    assert leaks(story, f"password: {secret}") == ["KUBEFLOW"]
    for before in ("", "a", "ab"):
        assert leaks(story, base64.b64encode(f"{before}{secret} and more".encode()).decode()) == ["KUBEFLOW"]
