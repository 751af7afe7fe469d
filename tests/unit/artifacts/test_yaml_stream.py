# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams of objects: what is read, how, and what is refused with its place."""

from __future__ import annotations

import gzip
import json
import pathlib
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import yaml_values
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import (
    load_documents,
    read_stream,
)

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n"


def data(text: str) -> Any:
    """The data of one ConfigMap with that text."""
    return load_documents(f"{HEAD}data: {text}\n", "a.yaml")[0].body["data"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=", "="),
        ("[=, ==, '=']", ["=", "==", "="]),
        ("[yes, Off, true, 'yes', y]", [True, False, True, "yes", "y"]),
        ("[null, ~, '', 'null']", [None, None, "", "null"]),
        ("[1, -2, 0x1f, 0b11, 010, 1_000, '1']", [1, -2, 31, 3, 8, 1000, "1"]),
        ("[1.5, 1e+06, 1e3, 1.0, .5, 1.2.3]", [1.5, 1000000, 1000, 1, 0.5, "1.2.3"]),
        ("[2026-01-02, 2026-01-02T03:04:05Z]", ["2026-01-02", "2026-01-02T03:04:05Z"]),
        ("[22:30:15, 1:30, -, 0.0.0.0, 1e, 08]", ["22:30:15", "1:30", "-", "0.0.0.0", "1e", 8]),
        ("{8080: a, true: b, '8081': c}", {"8080": "a", "true": "b", "8081": "c"}),
        ("[!!str 1, !!int '3', !!binary aGk=]", ["1", 3, "aGk="]),
        ("\n  a: &x {b: 1}\n  d: {<<: *x, c: 3}\n  e: *x", {"a": {"b": 1}, "d": {"b": 1, "c": 3}, "e": {"b": 1}}),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)  # fmt: skip
def test_scalars_are_what_the_api_server_takes_them_for(text: str, value: Any) -> None:
    assert data(text) == value


def test_without_libyaml_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{HEAD}data: {{a: =, b: 1e3, c: [yes, '1'], 8: &x {{d: 1}}, e: *x}}\n---\n{HEAD}"
    fast = load_documents(text, "a.yaml")
    yaml_values._loader.cache_clear()
    monkeypatch.delattr("yaml.CSafeLoader")
    try:
        assert load_documents(text, "a.yaml") == fast
    finally:
        yaml_values._loader.cache_clear()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEAD}---\n{HEAD}data:\n  a: 1\n  a: 2\n", "a.yaml, document 2, line 12, column 3: the key 'a' is there"),
        (f"{HEAD}data: [1\n", "a.yaml, document 1, line 6, column 1"),
        (f"{HEAD}data: {{a: .inf}}\n", ".inf is no number"),
        (f"{HEAD}data: !!python/object:os.system x\n", "means nothing in JSON"),
        (f"{HEAD}data: &a [*a]\n", "contains itself"),
        (f"{HEAD}data: {{? [a] : b}}\n", "a key that is no string"),
        (f"{HEAD}\x07", "forbids"),
        ("- a\n", "a.yaml, document 1, line 1: is no object"),
        ("kind: ConfigMap\nmetadata: {name: x}\n", "has no apiVersion"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x}\n", "ConfigMap has no metadata.name"),
        ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1}]\n", "items[0], line 1: has no kind"),
        ('{"apiVersion": "v1", "kind": "A", "kind": "B", "metadata": {"name": "x"}}', "the key 'kind' is there twice"),
        (HEAD + "data: " + "[" * 5000, "a.yaml, document 1"),
    ],
)  # fmt: skip
def test_what_is_no_object_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(Invalid) as caught:
        load_documents(text, "a.yaml")
    assert told in str(caught.value)


def test_aliases_cannot_make_a_small_file_huge() -> None:
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(Invalid, match="too large"):
        load_documents(HEAD + bomb, "a.yaml")


def test_a_refusal_never_quotes_the_file() -> None:
    with pytest.raises(Invalid) as caught:
        load_documents(f"{HEAD}stringData:\n  key: hunter2hunter2\n bad\n", "a.yaml")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(load_documents(f"{HEAD}stringData: {{key: hunter2}}\n", "a.yaml"))


def test_lists_are_taken_apart_and_empty_documents_left_out() -> None:
    two = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two"}})
    text = f"# nothing\n---\n---\n{HEAD}---\napiVersion: v1\nkind: ConfigMapList\nitems:\n- {two}\n"
    read = load_documents(text, "a.yaml")
    assert [(one.body["metadata"]["name"], one.path) for one in read] == [("one", ""), ("two", "items[0]")]
    assert load_documents("", "a.yaml") == load_documents("---\n# no\n", "a.yaml") == []


def test_an_object_that_only_ends_in_list_is_no_list() -> None:
    text = "apiVersion: a/v1\nkind: AllowList\nmetadata: {name: x}\nitems: [a]\n"
    assert [one.body["kind"] for one in load_documents(text, "a.yaml")] == ["AllowList"]


BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ä"}, "data": {"a": "\U0001f600 \t"}}
YAML = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ä}\ndata:\n  a: "\U0001f600 \\t"\n'


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("a.yaml", f"{YAML}---\n{YAML}", 2),
        ("a.yml", YAML, 1),
        ("a.json", json.dumps(BODY, indent="\t"), 1),
        ("a.jsonl", f"{json.dumps(BODY)}\n{json.dumps(BODY, ensure_ascii=False)}\n", 2),
    ],
)
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_files_of_every_form_give_the_same(
    tmp_path: pathlib.Path, name: str, text: str, count: int, packed: str
) -> None:
    path = tmp_path / f"{name}{packed}"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert [one.body for one in read_stream(path)] == [BODY] * count


def test_a_file_is_read_as_far_as_it_is_asked_for(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"apiVersion": "v1", "kind": "A", "metadata": {"name": "x"}}\nno\n')
    stream = read_stream(path)
    assert next(stream).body["kind"] == "A"
    with pytest.raises(Invalid, match="line 2, column 1: no JSON"):
        next(stream)


def test_a_file_that_is_not_there_is_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        list(read_stream(tmp_path / "a.yaml"))
    (tmp_path / "b.yaml.gz").write_bytes(b"no gzip")
    with pytest.raises(Invalid, match="cannot be read"):
        list(read_stream(tmp_path / "b.yaml.gz"))
