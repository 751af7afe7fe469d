# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of add-ons: texts that EKS kept, and what a schema has against a document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws import eks_addon_configuration as configuration

SCHEMA = {
    "$ref": "#/definitions/Driver",
    "$schema": "http://json-schema.org/draft-06/schema#",
    "definitions": {
        "Driver": {
            "type": "object",
            "additionalProperties": False,
            "required": ["mode"],
            "properties": {
                "mode": {"type": "string", "enum": ["fast", "safe"]},
                "replicas": {"type": ["integer", "null"]},
                "ratio": {"type": "number"},
                "zone": {"type": "string", "pattern": "^us-"},
                "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                "args": {"type": "array", "items": {"type": "string"}},
                "next": {"$ref": "#/definitions/Driver"},
                "odd": {"$ref": "https://example.com/schema"},
                "loop": {"$ref": "#/definitions/Loop"},
            },
            "patternProperties": {"^x-": {}},
        },
        "Loop": {"$ref": "#/definitions/Loop"},
    },
}


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (None, {}),
        ("", {}),
        ("  \n", {}),
        ("{}", {}),
        ('{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("a:\n  b: 1\n", {"a": {"b": 1}}),
        ("# nothing\n", {}),
        ("a: [", "a: ["),
        ("null", {}),
        ("day: 2026-01-02\nmap: {80: a, b: c}\n", {"day": "2026-01-02", "map": {"80": "a", "b": "c"}}),
    ],
)
def test_a_text_is_read_whatever_its_language(text: str | None, document: Any) -> None:
    assert configuration.parsed(text) == document


def test_equal_documents_have_one_text() -> None:
    assert (
        configuration.text({"b": 1, "a": [True]}) == configuration.text({"a": [True], "b": 1}) == '{"a":[true],"b":1}'
    )


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"mode": "fast"}, ""),
        ({"mode": "fast", "replicas": 2.0}, ""),
        ({"mode": "fast", "replicas": None, "ratio": 1, "zone": "us-east-2", "tags": {"a": "b"}, "args": ["-v"]}, ""),
        ({"mode": "fast", "x-own": 1, "odd": {"any": 1}, "loop": 5}, ""),
        ({}, "configuration needs mode"),
        ({"mode": "slow"}, "configuration.mode has to be one of fast, safe"),
        ({"mode": "fast", "replicas": True}, "configuration.replicas has to be integer or null"),
        ({"mode": "fast", "ratio": "1"}, "configuration.ratio has to be number"),
        ({"mode": "fast", "zone": "eu-west-1"}, "configuration.zone has to match ^us-"),
        ({"mode": "fast", "tags": {"a": 1}}, "configuration.tags.a has to be string"),
        ({"mode": "fast", "args": ["-v", 1]}, "configuration.args[1] has to be string"),
        ({"mode": "fast", "next": {"mode": 1}}, "configuration.next.mode has to be string"),
        ({"mode": "fast", "speed": 1}, "configuration takes no speed: there are args, loop, mode"),
        ({"replicas": 1.5}, "configuration needs mode; configuration.replicas has to be integer or null"),
    ],
)
def test_only_what_the_schema_certainly_forbids_is_told(document: dict[str, Any], told: str) -> None:
    wrong = configuration.wrong(document, json.dumps(SCHEMA))
    assert wrong.startswith(told) if told else wrong == ""


@pytest.mark.parametrize("schema", ["", "no schema", "[]", '{"$ref": "#/nowhere"}', '{"type": "unheard of"}'])
def test_a_schema_that_says_nothing_forbids_nothing(schema: str) -> None:
    assert configuration.wrong({"any": 1}, schema) == ""
