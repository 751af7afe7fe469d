# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m twin.cluster: the process that plays what runs inside one cluster."""

from __future__ import annotations

import argparse
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from twin.cluster.answers import Answers
from twin.cluster.cluster import Cluster, Settings
from twin.cluster.controller import Controller
from twin.cluster.network import Network
from twin.cluster.registry import CONTROLLERS


def main() -> None:
    """Play until killed: what it did is in the API server, so there is nothing to end in order."""
    parser = argparse.ArgumentParser(prog="python -m twin.cluster")
    parser.add_argument("--name", required=True, help="the control plane's name in the twin")
    parser.add_argument("--state", type=Path, required=True, help="the control plane's directory")
    parser.add_argument("--twin", type=Path, required=True, help="the twin's state directory")
    parser.add_argument("--scale", type=float, required=True, help="the twin's seconds in a real one")
    parser.add_argument("--socket", type=Path, required=True, help="where the API server looks for the network")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    threading.excepthook = _end
    cluster = Cluster(Settings(arguments.name, arguments.state, arguments.twin, arguments.scale, arguments.socket))
    Network(cluster, Answers(cluster)).start(arguments.socket)
    controllers = [controller(cluster) for controller in CONTROLLERS]
    for controller in controllers:
        controller.start()
    cluster.faults.follow(lambda: _heed_faults(cluster, controllers))
    threading.Event().wait()


def _heed_faults(cluster: Cluster, controllers: Sequence[Controller]) -> None:
    """Delays are others from now on, also those that somebody waits for already."""
    cluster.delays.stretch(cluster.faults.factors())
    for controller in controllers:
        controller.look_at_all()


def _end(failure: threading.ExceptHookArgs) -> None:
    """A thread met a defect: rather no process, which is told, than one that lacks a part."""
    logging.critical("%s failed", failure.thread and failure.thread.name, exc_info=failure.exc_value)
    os._exit(1)


if __name__ == "__main__":
    main()
