"""Every test that docs/features.md names exists."""

from __future__ import annotations

import ast
import re

import pytest

from l335.core.settings import ROOT

TEXT = (ROOT / "docs/features.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_the_tests_of_the_features_exist(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {name for other, name in NAMED if other == path} <= there


def test_every_feature_is_held_by_a_test() -> None:
    features = [line for line in TEXT.splitlines() if line.startswith("- ")]
    assert [line for line in features if "::test_" not in line] == []
