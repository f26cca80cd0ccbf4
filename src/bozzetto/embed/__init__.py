"""Text to vectors: batches, a durable cache, the cross-lingual bridge."""
