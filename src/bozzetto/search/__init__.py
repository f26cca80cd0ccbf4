"""From an idea to hits: understand, ask the legs, fuse, diversify."""
