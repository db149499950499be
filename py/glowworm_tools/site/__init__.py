"""Assembles the static site: wheels, the page's Python runtime, vendored packages, the service worker."""
