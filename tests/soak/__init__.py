"""`make soak`: what takes too long, or too much of a machine, for every `make test`; by hand or each night.

A part is a module `test_<part>.py` of this folder, run as `make soak PART=<part>`; without PART all of them run, one
after the other. A test of it asks for the fixture `platform`, which is everything on real servers in a home of its own
(`.fairway/soak`), or brings up servers of its own; `tests.e2e.load` has a steady load, `tests.e2e.invariants`
what must hold after it. It leaves the servers as it found them, so that the next part finds them well.

Each test has an hour; one that needs another limit says `pytest.mark.timeout(seconds)`. A part that
a machine cannot run (no root, no loop device) skips with the reason. What it measured it prints: `make soak` shows it.
"""
