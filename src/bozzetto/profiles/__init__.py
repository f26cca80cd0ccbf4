"""What each image model wants: data and its loader."""
