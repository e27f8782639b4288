"""The report: what it shows (data), how (charts, wording), and the page around it."""
