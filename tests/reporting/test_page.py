"""The page without a browser: text is escaped, nothing is loaded from outside, and colours have enough contrast."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import plotly.graph_objects as go
import pytest
from markupsafe import escape
from plotly.offline import get_plotlyjs_version

from jobs.reporting import trust
from jobs.reporting.data import Report
from jobs.reporting.page import PLOTLY, chart_json, hash_for_policy, render
from tests.reporting.conftest import HOSTILE_ERROR, HOSTILE_FIELD, HOSTILE_NAME, HOSTILE_TITLE, HOSTILE_WHY


@pytest.mark.parametrize("text", [HOSTILE_TITLE, HOSTILE_NAME, HOSTILE_ERROR, HOSTILE_WHY, HOSTILE_FIELD])
def test_text_from_data_is_escaped(page: str, text: str) -> None:
    assert text not in page
    assert str(escape(text)) in page


def test_fields_that_no_path_reads_have_a_section_only_where_there_are_any(report: Report, page: str) -> None:
    section = page.partition('id="unmapped-fields"')[2].partition("</table>")[0]
    assert re.findall(r"<td[^>]*>(.*?)</td>", section) == ["default", str(escape(HOSTILE_FIELD)), "1,234", "1"]
    none = replace(report.results["unmapped_fields"], rows=[])
    without = replace(report, results={**report.results, "unmapped_fields": none})
    assert 'id="unmapped-fields"' not in render(without, datetime(2025, 7, 1, tzinfo=UTC))


def test_page_has_the_elements_of_its_template_and_no_others(page: str) -> None:
    tags = Counter(tag for tag, _ in elements(page))
    assert {tag: tags[tag] for tag in ("img", "svg", "b", "iframe", "object")} == dict.fromkeys(
        ("img", "svg", "b", "iframe", "object"), 0
    )
    assert tags["script"] == tags["figure"] + 2  # the data of each chart, plotly, and our script


def test_data_of_a_chart_can_not_end_its_script_element() -> None:
    text = str(chart_json(go.Figure(layout_title_text=HOSTILE_TITLE)))
    assert "<" not in text
    assert json.loads(text)["layout"]["title"]["text"] == HOSTILE_TITLE


def test_page_refers_to_nothing_outside(page: str) -> None:
    links = [value for _, attributes in elements(page) for name, value in attributes if name in ("src", "href")]
    assert len(links) > 7
    assert [link for link in links if not str(link).startswith("#")] == ["data:,"]


def test_the_page_has_the_plotly_version_of_the_python_package() -> None:
    script = PLOTLY.read_bytes()
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}\n".encode() in script[:200]
    published = "fceac70707c4679db0e1aa4292956d60e2e20239116b894069370b9288deafe3"
    assert hashlib.sha256(script).hexdigest() == published


def test_policy_lets_no_other_script_run(page: str) -> None:
    policy = next(str(dict(attributes)["content"]) for _, attributes in elements(page) if len(attributes) == 2)
    assert policy.startswith("default-src 'none';")
    assert re.findall("script-src (.*?) *$", policy) == [
        " ".join(f"'{hash_for_policy(script)}'" for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    ]


def elements(page: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Returns (tag, attributes) of each element."""
    found: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, attrs))

    Reader().feed(page)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast_to_its_background(theme: str) -> None:
    style = (Path(trust.__file__).parent / "templates" / "style.css").read_text()
    block = re.search(rf"color-scheme: {theme};(.*?)}}", style, re.DOTALL)
    assert block
    colors = dict(re.findall(r"--([\w-]+): (#\w{6})", block[1]))
    pairs = [(ink, paper) for ink in ("text", "muted", "accent") for paper in ("ground", "card")]
    pairs += [(state, f"{state}-ground") for state in ("good", "look", "bad")]
    assert {pair: ratio for pair in pairs if (ratio := contrast(colors[pair[0]], colors[pair[1]])) < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """Returns the contrast of two colours as WCAG 2 defines it. Level AA for text is 4.5."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_an_anomaly_shows_its_state_in_the_findings(page: str) -> None:
    assert "<span>acknowledged, finding 7</span>" in page
