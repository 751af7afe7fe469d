# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EVC modes of vSphere, and which of them a processor can offer."""

from __future__ import annotations

# In the order in which each offers all that those before it do. Source: vSphere EVCMode keys.
MODES: dict[str, tuple[str, ...]] = {
    "intel": (
        "merom",
        "penryn",
        "nehalem",
        "westmere",
        "sandybridge",
        "ivybridge",
        "haswell",
        "broadwell",
        "skylake",
        "cascadelake",
        "icelake",
        "sapphirerapids",
    ),
    "amd": ("bulldozer", "piledriver", "steamroller", "zen", "zen2", "zen3", "zen4"),
}


def modes() -> list[str]:
    """All modes that we know, as vSphere writes them."""
    return [f"{vendor}-{name}" for vendor, names in MODES.items() for name in names]


def vendor_of(cpu: str) -> str:
    """The vendor that a processor's name tells, or ''."""
    return next((vendor for vendor in MODES if vendor in cpu.lower()), "")


def generation_of(cpu: str) -> str:
    """The generation that a processor's name tells, or '' where it is only a number."""
    words = cpu.lower().replace(" lake", "lake").replace(" bridge", "bridge").replace(" rapids", "rapids").split()
    return next((word for word in words for names in MODES.values() if word in names), "")


def refusal(mode: str, cpu: str) -> str:
    """Why a host with that processor cannot be in a cluster of that mode; '' if it can, or if its name does not say."""
    vendor, _dash, name = mode.partition("-")
    own = vendor_of(cpu)
    if own and own != vendor:
        return f"is a mode of {vendor}, and {cpu} is none"
    generation, names = generation_of(cpu), MODES[vendor]
    if generation in names and names.index(name) > names.index(generation):
        return f"asks for what {cpu} does not have: it is a {generation}"
    return ""
