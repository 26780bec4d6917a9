"""One visitor of the dashboard, without a browser."""

from __future__ import annotations

import re
from typing import Any

from streamlit.testing.v1 import AppTest

from l335.core.settings import ROOT

PAGES = [
    *("home", "labs", "classify", "fit_image", "initialisers", "sigma", "designs"),
    *("runs", "sweeps", "compare", "report", "lecture"),
]
TIMEOUT_SECONDS = 30


class Visit:
    """A session: pages are opened by the name of their file."""

    def __init__(self) -> None:
        self.at = AppTest.from_file(ROOT / "l335/ui/main.py", default_timeout=TIMEOUT_SECONDS)

    def open(self, page: str, **query: str | list[str]) -> Visit:
        self.at.run()
        self.at.query_params.clear()  # a link leads to its own parameters alone
        for name, value in query.items():
            self.at.query_params[name] = value
        self.at.switch_page(str(ROOT / "pages" / f"{page}.py"))
        return self.run()

    def run(self) -> Visit:
        self.at.run()
        assert not self.at.exception, self.at.exception[0].message
        return self

    def set(self, key: str, value: Any) -> Visit:
        """Type or choose a value; the widget is named by the end of its key."""
        self.widget(key).set_value(value)
        return self.run()

    def click(self, label: str) -> Visit:
        [button] = [button for button in self.at.button if button.label == label]
        button.click()
        return self.run()

    def is_enabled(self, label: str) -> bool:
        [button] = [button for button in self.at.button if button.label == label]
        return not button.disabled

    def has_button(self, label: str) -> bool:
        return any(button.label == label for button in self.at.button)

    def widget(self, key: str) -> Any:
        kinds = [self.at.number_input, self.at.selectbox, self.at.toggle, self.at.text_input]
        found = [w for kind in kinds for w in kind if (w.key or "").endswith(key)]
        assert len(found) == 1, [w.key for kind in kinds for w in kind]
        return found[0]

    def share_choice(self, word: str) -> Any:
        """What the Share popover locks or hides."""
        [found] = [w for w in self.at.multiselect if (w.key or "").startswith(f"share.{word}.")]
        return found

    @property
    def address(self) -> dict[str, list[str]]:
        """The parameters in the browser's address, which the script learns when it runs next."""
        self.run()
        return {
            name: [values] if isinstance(values, str) else list(values)
            for name, values in self.at.query_params.items()
        }

    @property
    def run_uid(self) -> str:
        """The run in the address."""
        return str(self.at.query_params["run"])

    @property
    def is_train_enabled(self) -> bool:
        return not self.at.button(key="train").disabled

    @property
    def errors(self) -> list[str]:
        return [error.value for error in self.at.error]

    @property
    def text(self) -> str:
        """Everything that can be read, run together."""
        parts = [self.at.title, self.at.header, self.at.subheader, self.at.markdown]
        parts += [self.at.caption, self.at.info, self.at.code, self.at.page_link]
        read = [str(element.value) for kind in parts for element in kind]
        return "\n".join([*read, *self.tables])

    @property
    def tables(self) -> list[str]:
        """Tables drawn as HTML, one line for each row, with a bar between its cells."""
        bodies = [element.proto.body for element in self.at.get("html")]
        rows = [re.sub(r"(\s*</?t[dh][^>]*>)+\s*", " | ", body) for body in bodies]
        return [re.sub(r"<[^>]+>", "", row.replace("</tr>", "\n")) for row in rows]
