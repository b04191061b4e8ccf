"""The tools, one per file: file name = name. At most eight, so that an agent keeps them in mind."""
