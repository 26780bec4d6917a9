from __future__ import annotations

import pytest
from pydantic import ValidationError

from l335.cli.options import load_settings
from l335.core.errors import LabError
from l335.core.settings import STREAMLITS_BASE_PATH, Settings, split_hosts


@pytest.mark.parametrize("text", ["lab", "/lab", "lab/", "/lab/", " /lab/ "])
def test_a_path_is_written_with_or_without_slashes(text: str) -> None:
    assert Settings(base_path=text).base_path == "/lab"
    assert Settings(base_path=f"/courses/{text.strip('/ ')}/").base_path == "/courses/lab"


@pytest.mark.parametrize("text", ["", "/", " "])
def test_no_path_is_no_path(text: str) -> None:
    assert Settings(base_path=text).base_path == ""


@pytest.mark.parametrize("text", ["a b", "../x", "a//b", "a/../b", "é", "<b>", "http://x/lab", "?"])
def test_what_can_not_be_a_path_is_named(text: str) -> None:
    with pytest.raises(ValidationError, match="can't be served under"):
        Settings(base_path=text)


@pytest.mark.parametrize("text", ["static", "/_stcore/x", "media/", "component"])
def test_streamlits_own_paths_are_taken(text: str) -> None:
    with pytest.raises(ValidationError, match="Streamlit's own"):
        Settings(base_path=text)


def test_streamlits_variable_counts_where_ours_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STREAMLITS_BASE_PATH, "theirs")
    assert Settings().base_path == "/theirs"
    monkeypatch.setenv("L335_BASE_PATH", "ours")
    assert Settings().base_path == "/ours"
    assert Settings(base_path="given").base_path == "/given"


def test_hosts_are_listed_with_commas() -> None:
    text = "Lab.example.org, *.example.com,10.0.0.1 other"
    assert Settings(hosts=text).hosts == text
    assert split_hosts(text) == ["lab.example.org", "*.example.com", "10.0.0.1", "other"]


@pytest.mark.parametrize(
    "text", ["https://lab.example.org", "lab.example.org:8443", "lab.example.org/lab", "a.*.b"]
)
def test_what_is_no_name_is_named(text: str) -> None:
    with pytest.raises(LabError) as refused:
        load_settings(hosts=text)
    sentence = str(refused.value)
    assert sentence.startswith(f"`L335_HOSTS` is '{text}': `{text}` is not a name; write names")
    assert "Value error" not in sentence
