"""What the charts have in common: colours, layout, lines by day, rankings.

Text, lines and background take their colours from the page's style sheet, which has light, dark and print versions. The
colours here are visible on all three. Text that comes from data is escaped, since plotly reads markup in it.
"""

from __future__ import annotations

import textwrap
from html import escape
from typing import Any

import plotly.graph_objects as go

USUAL, QUIET, ODD, NEW = "#3d7fc6", "#8793a5", "#d9622b", "#2a9182"

# The font is that of style.css, because plotly measures text before it is in the page.
_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_BAR_HEIGHT, _TALLEST = 44, 440  # in pixels: a horizontal bar with its gap, and the tallest chart


def draw_ranking(
    keys: list[str],
    labels: list[str],
    series: dict[str, list[Any]],
    customdata: list[Any],
    hovertemplate: str,
    texttemplate: str,
) -> go.Figure:
    """Draws horizontal bars, the first row on top. Two rows may have the same label, but not the same key."""
    figure = go.Figure()
    for (name, values), color in zip(series.items(), (USUAL, QUIET), strict=False):
        figure.add_bar(
            name=name,
            orientation="h",
            y=[escape(key) for key in keys],
            x=values,
            customdata=[[escape(value) if isinstance(value, str) else value for value in row] for row in customdata],
            marker_color=color,
            texttemplate=texttemplate,
            textposition="outside",
            constraintext="none",
            cliponaxis=False,
            hovertemplate=hovertemplate,
        )
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickvals=[escape(key) for key in keys],
        ticktext=[shorten(label) for label in labels],
    )
    figure.update_xaxes(rangemode="tozero", showticklabels=False, showgrid=False)
    return lay_out(figure, height=min(_TALLEST, _BAR_HEIGHT * len(keys) + 60), legend=len(series) > 1)


def draw_lines(
    days: list[Any], series: dict[str, list[Any]], hovertemplate: str, customdata: list[Any] | None = None
) -> go.Figure:
    """Draws values by day, one line for each series. The axis begins at 0."""
    figure = go.Figure()
    for (name, values), color in zip(series.items(), (USUAL, NEW), strict=False):
        figure.add_scatter(
            name=name,
            x=days,
            y=values,
            customdata=customdata,
            mode="lines+markers",
            line={"width": 2.5, "color": color},
            marker={"size": 5},
            hovertemplate=hovertemplate,
        )
    figure.update_yaxes(rangemode="tozero", tickformat=",", nticks=6)
    figure.update_xaxes(tickformat="%-d %b", type="date", showgrid=False)
    return lay_out(figure, height=300, legend=len(series) > 1)


def lay_out(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    """Sets the same layout for every chart. Charts do not react to dragging, so that one can scroll on a phone."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 40, "t": 36 if legend else 16, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 13},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        dragmode=False,
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"size": 13}},
        bargap=0.3,
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True, zeroline=False, ticklabelstandoff=8)
    return figure


def shorten(label: str, length: int = 30) -> str:
    """Returns a label, escaped, and short enough to leave room for its bar.

    >>> shorten("Plan & budget"), shorten("Roadmap", length=5)
    ('Plan &amp; budget', 'Road…')
    """
    return escape(label if len(label) <= length else label[: length - 1] + "…")


def wrap_all(sentences: list[str], width: int = 60, shown: int = 3) -> str:
    """Returns sentences, escaped, in lines that fit a hover label. Only the first `shown` sentences are in it.

    >>> wrap_all(["One.", "Two."], shown=1)
    'One.<br>and 1 more'
    """
    more = [f"and {len(sentences) - shown} more"] if len(sentences) > shown else []
    return "<br>".join(
        escape(line) for sentence in [*sentences[:shown], *more] for line in textwrap.wrap(sentence, width)
    )
