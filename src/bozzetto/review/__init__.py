"""People judge pictures: sheets, campaigns, what was kept."""
