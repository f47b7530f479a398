"""The pages: what a run has learned, as text, HTML, JSON and CSV over HTTP."""
