"use strict";
// Draws the charts, switches the theme, filters the anomalies. Without it the page still has all its tables.
const charts = [...document.querySelectorAll("[data-chart]")];
const settings = { responsive: true, displayModeBar: false };
for (const element of charts) {
  const figure = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  Plotly.newPlot(element, figure.data, figure.layout, settings);
}

const root = document.documentElement;
const button = document.getElementById("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme || (systemDark.matches ? "dark" : "light")) === "dark";
const showTheme = () => button.setAttribute("aria-pressed", isDark());
button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
});
systemDark.addEventListener("change", showTheme);
showTheme();

const filters = document.querySelector(".filters");
const findings = [...document.querySelectorAll(".finding")];
const filter = () => {
  const severities = [...filters.querySelectorAll("[name=severity]:checked")].map((box) => box.value);
  const kind = filters.elements.kind.value;
  for (const finding of findings) {
    finding.hidden = !severities.includes(finding.dataset.severity) || (kind && kind !== finding.dataset.kind);
  }
  const shown = findings.filter((finding) => !finding.hidden).length;
  document.getElementById("shown").textContent = `${shown} of ${findings.length} shown`;
};
if (filters) filters.addEventListener("change", filter);

// A sheet of paper is narrower than most screens, and charts do not shrink by themselves.
const heights = charts.map((chart) => chart.clientHeight);
const fit = (isPaper) => {
  root.classList.toggle("paper", isPaper);
  charts.forEach((chart, i) => {
    chart.style.height = `${heights[i] * (isPaper ? 0.75 : 1)}px`;
    Plotly.relayout(chart, { width: isPaper ? chart.clientWidth : null, height: chart.clientHeight, autosize: !isPaper });
  });
};
addEventListener("beforeprint", () => fit(true));
addEventListener("afterprint", () => fit(false));
