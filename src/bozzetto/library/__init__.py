"""The collection: import, families, the starter prompts, curation."""
