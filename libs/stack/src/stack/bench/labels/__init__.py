"""The label store with 1,000,000 images and 200 campaigns. Alone: `python -m stack.bench.labels`; its files and
duplicates, which take long: `python -m stack.bench.labels.files [NUMBER]`."""
