"""The API of a system, decided once: names, types, paths, paging, who may call what."""
