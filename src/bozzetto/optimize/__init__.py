"""From an idea and its hits to optimized prompts that trace their phrases."""
