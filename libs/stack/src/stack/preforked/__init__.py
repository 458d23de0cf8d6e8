"""One process that has imported all rooms and forks each of them: they share the memory of what they have imported, and
start at once (docs/decisions/0120-one-parent-forks-all-rooms.md).

A child is a file of the folder `preforked` of the home, `<name>.json`: the parent keeps a process for each file, and
ends the one whose file is gone.
"""

PARENT = "rooms"
"""The daemon's name."""
