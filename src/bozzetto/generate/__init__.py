"""Pictures from prompts: what to ask, what came, who waits."""
