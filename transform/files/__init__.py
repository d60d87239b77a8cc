"""Text of attached files: PDF, OFD, Word in its kinds, WPS. `read.read_file` chooses; each format has its module."""
