# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plugins/modules: the modules of one kind, from the kind's options."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Option, Options
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tools._generate import Files
from tools._generate.one_kind_modules import MODULES, OneKind

Values = dict[str, t.Any]


_HEAD = '''\
#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module {name}. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
{documentation}"""

EXAMPLES = r"""
{example}"""

RETURN = r"""
{returned}"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws_module import OPTIONS, connect
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.one_kind import {shape}
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS


def main() -> None:
    """The one-kind form of aws_resources."""
    shape = {shape}({arguments})
    module = AnsibleModule(argument_spec={{**shape.argument_spec, **OPTIONS}}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
'''


def generate(root: Path) -> Files:
    """Return the source of each module of one kind."""
    returned = (root / "plugins/modules/aws_resources.py").read_text(encoding="utf-8")
    returned = returned.partition('RETURN = r"""\n')[2].partition('"""')[0].partition("evidence:\n")[0]
    returned = returned.replace("when O(sweep) or O(purge)", "when O(purge)")
    return {f"plugins/modules/{module.name}.py": _source(module, returned) for module in MODULES}


def _source(module: OneKind, returned: str) -> str:
    kind = KINDS[module.kind]
    arguments = f'KINDS["{kind.name}"]' + (f', "{module.items}"' if module.items else "")
    text = yaml.dump(_documentation(module, kind), sort_keys=False, width=110, allow_unicode=True, Dumper=_Indented)
    return _HEAD.format(
        name=module.name,
        kind=kind.name,
        documentation=text,
        example=module.example,
        returned=returned,
        shape="Many" if module.items else "One",
        arguments=arguments,
    )


class _Indented(yaml.SafeDumper):
    """Lists inside mappings are indented, as ansible-lint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never without indentation."""
        super().increase_indent(flow, False)


def _documentation(module: OneKind, kind: Kind[t.Any]) -> Values:
    fields = {
        "name": {"description": ["Name of the object."], "type": "str", "required": True},
        **documented(kind.options),
    }
    many = {
        module.items: {
            "description": ["The objects."],
            "type": "list",
            "elements": "dict",
            "required": True,
            "suboptions": fields,
        },
    }
    return {
        "module": module.name,
        "short_description": module.short,
        "version_added": "0.1.0",
        "author": "KubeOps Hybrid contributors (@kubeops)",
        "description": [
            kind.description,
            f"This is M(kubeops.hybrid.aws_resources) for the kind C({kind.name}) alone. "
            "References name objects of the same estate.",
            f"Made from {kind.source}.",
        ],
        "extends_documentation_fragment": [f"kubeops.hybrid.{name}" for name in ("estate", "estate.purge", "aws")],
        "options": many if module.items else _optional(fields),
        "seealso": [{"module": "kubeops.hybrid.aws_resources"}],
    }


def _optional(fields: Values) -> Values:
    # A single object is removed by its name alone, so what only its creation needs is asked for later.
    return {
        name: {key: value for key, value in field.items() if key != "required" or name in ("name", "cluster")}
        for name, field in fields.items()
    }


def documented(options: Options) -> Values:
    """Options as DOCUMENTATION has them."""
    return {name: _option(option) for name, option in options.items()}


def _option(option: Option) -> Values:
    told: Values = {"description": [option.description, *_notes(option)], "type": option.type}
    if option.needed:
        told["required"] = True
    if option.elements:
        told["elements"] = option.elements
    if option.choices:
        told["choices"] = list(option.choices)
    if option.options:
        told["suboptions"] = documented(option.options)
    return told


def _notes(option: Option) -> list[str]:
    notes = []
    if option.immutable:
        notes.append("It cannot change in place.")
    elif option.impact.value:
        notes.append(f"A change is {option.impact.label}.")
    return notes
