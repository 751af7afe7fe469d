# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of an estate: what an inventory says, checked, with everything that follows from it.

Public to the rest of the collection: `load.load`, `loader.from_inventory`, `layers` and `schema`.
"""

from __future__ import annotations
