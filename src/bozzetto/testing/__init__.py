"""Contract suites and fakes, public, for authors of plug-ins."""
