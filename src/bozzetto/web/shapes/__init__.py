"""What answers hold, for OpenAPI: the records themselves where an answer is one, else a shape.

They describe; nothing is held against them while the server runs, but by the tests. Where a
field has a default, an answer may lack it.
"""
