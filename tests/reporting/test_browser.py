"""The page in a real headless browser: its network requests, its charts, and its reaction to the user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.metrics.rows import query
from tests.reporting.conftest import HOSTILE_NAME, HOSTILE_TITLE, MARKED_TITLE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; on Debian: apt install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The headless Chromium of the system."""
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []  # root can't use the sandbox
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield started
        started.close()


class Noise(list[str]):
    """Console messages, errors and network requests of the page."""

    def listen(self, page: Page) -> None:
        page.on("console", lambda message: self.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.append(f"error: {error}"))
        page.on("request", lambda request: None if request.url.startswith("file:") else self.append(request.url))
        page.on("dialog", lambda dialog: self.append(f"dialog: {dialog.message}"))


@pytest.fixture(scope="module")
def noise() -> Noise:
    return Noise()


@contextmanager
def open_page(browser: Browser, path: Path, noise: Noise) -> Iterator[Page]:
    """The page, opened from disk on a desktop with a light theme."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light") as context:
        page = context.new_page()
        noise.listen(page)
        page.goto(path.as_uri())
        yield page


@pytest.fixture(scope="module")
def opened(browser: Browser, page_path: Path, noise: Noise) -> Iterator[Page]:
    """The page for all tests that leave it so that the others see the same."""
    with open_page(browser, page_path, noise) as page:
        yield page


@pytest.fixture
def fresh(browser: Browser, page_path: Path, noise: Noise) -> Iterator[Page]:
    """The page for one test alone."""
    with open_page(browser, page_path, noise) as page:
        yield page


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_every_chart_is_drawn_without_errors_and_network_requests(opened: Page, noise: Noise) -> None:
    assert opened.locator(".chart").count() == opened.locator(".chart:has(.cartesianlayer .point)").count() >= 7
    assert noise == []


def test_bars_are_labelled_with_the_numbers_of_the_view(opened: Page, filled_database: Any) -> None:
    rows = query(filled_database, "select edit_count from metrics.top_edited_documents order by rank")
    assert opened.locator("#top_documents .bartext").all_text_contents() == [f"{count:,}" for (count,) in rows]


def test_hovering_over_a_bar_shows_its_day_and_number(opened: Page, filled_database: Any) -> None:
    ((users,),) = query(
        filled_database, "select active_users from metrics.daily_active_users where activity_date = '2025-06-02'"
    )
    bar = opened.locator("#daily_active_users .trace.bars").first.locator(".point").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    opened.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    expect(opened.locator("#daily_active_users .hovertext")).to_have_text(f"Monday 2 June 2025{users} people")


def test_a_click_on_the_legend_hides_the_weekend(fresh: Page) -> None:
    bars = fresh.locator("#daily_active_users .trace.bars .point")
    expect(bars).to_have_count(30)
    fresh.locator("#daily_active_users .legendtoggle").nth(1).click()
    expect(bars).to_have_count(21)


def test_table_of_a_chart_has_the_rows_of_the_view(opened: Page, filled_database: Any) -> None:
    rows = query(filled_database, "select active_users from metrics.daily_active_users order by activity_date")
    opened.locator("#daily_active_users summary").click()
    cells = opened.locator("#daily_active_users tbody tr td:nth-child(3)")
    expect(cells.first).to_be_visible()
    assert cells.all_inner_texts() == [str(users) for (users,) in rows]


def test_theme_follows_the_system_until_the_button_is_pressed(fresh: Page) -> None:
    light, button = background(fresh), fresh.get_by_role("button", name="Dark theme")
    button.click()
    dark = background(fresh)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    assert background(fresh) == light != dark
    fresh.emulate_media(color_scheme="dark")
    assert background(fresh) == light  # the user's choice


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_charts_has_the_colour_of_the_page(opened: Page, scheme: Any) -> None:
    opened.emulate_media(color_scheme=scheme)
    fill = opened.locator("#top_documents .ytick text").first.evaluate("text => getComputedStyle(text).fill")
    assert fill == opened.evaluate("getComputedStyle(document.body).color")


def test_anomalies_are_filtered_by_severity_and_kind(fresh: Page, filled_database: Any) -> None:
    ((total, critical),) = query(
        filled_database, "select count(*), count(*) filter (where severity = 'critical') from metrics.anomalies"
    )
    expect(fresh.locator(".finding:visible")).to_have_count(total)
    fresh.get_by_role("checkbox", name="critical").uncheck()
    expect(fresh.locator(".finding:visible")).to_have_count(total - critical)
    expect(fresh.locator("#shown")).to_have_text(f"{total - critical} of {total} shown")
    fresh.get_by_role("checkbox", name="critical").check()
    fresh.get_by_label("Kind").select_option("edit_burst")
    expect(fresh.locator(".finding:visible")).to_have_count(1)


def test_rows_behind_an_anomaly_open_below_it(opened: Page) -> None:
    finding = opened.locator(".finding", has_text="edit burst")
    expect(finding.get_by_role("table")).to_be_hidden()
    finding.get_by_text("The 42 rows behind it").click()
    expect(finding.get_by_role("row")).to_have_count(1 + 12)
    expect(finding.locator("code").last).to_contain_text("event_type = 'document_edit'")


def test_hostile_texts_are_shown_as_texts(opened: Page, noise: Noise) -> None:
    labels = opened.locator("#top_documents .ytick text").all_text_contents()
    assert any(HOSTILE_TITLE.startswith(label.removesuffix("…")) and len(label) > 20 for label in labels)
    assert MARKED_TITLE in labels
    opened.locator("#sharing summary").click()
    expect(opened.locator("#sharing tbody tr td:nth-child(2)")).to_have_text(HOSTILE_NAME)
    assert opened.evaluate("window.broken") is None
    assert noise == []


def test_first_tab_leads_past_the_navigation(fresh: Page) -> None:
    fresh.keyboard.press("Tab")
    skip = fresh.get_by_role("link", name="Skip to the report")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    fresh.keyboard.press("Enter")
    expect(fresh.get_by_role("main")).to_be_focused()


def test_every_chart_has_a_name_and_a_table(opened: Page) -> None:
    for figure in opened.locator("figure").all():
        name = figure.locator("[role=img]").get_attribute("aria-label") or ""
        assert name.startswith(f"Chart: {figure.locator('h3').inner_text()}. ")
        assert figure.locator("table caption").count() == 1


def test_a_phone_scrolls_down_only(fresh: Page) -> None:
    drawing = fresh.locator(".chart .main-svg").first
    width = drawing.get_attribute("width")
    fresh.set_viewport_size({"width": 390, "height": 844})
    expect(drawing).not_to_have_attribute("width", str(width))
    assert float(drawing.get_attribute("width") or 0) < 390
    assert fresh.evaluate("document.documentElement.scrollWidth") == 390
    inside = "element => element.closest('.scroll, svg, pre, .skip') || element.getBoundingClientRect().right <= 390"
    assert fresh.evaluate(f"[...document.querySelectorAll('body *')].every({inside})")


def test_charts_fit_the_sheet_when_printed(fresh: Page, noise: Noise) -> None:
    fresh.emulate_media(media="print")
    fresh.evaluate("dispatchEvent(new Event('beforeprint'))")
    sizes = (
        "[...document.querySelectorAll('.chart')].map(c => [c.clientWidth, c.querySelector('.main-svg').clientWidth])"
    )
    assert fresh.evaluate(f"({sizes}).every(([room, width]) => width === room && width < 700)")
    expect(fresh.get_by_role("navigation")).to_be_hidden()
    assert noise == []
