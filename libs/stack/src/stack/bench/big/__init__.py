"""Big predictions: 256 and 4,096 generated tiles through a real worker. Alone: `python -m stack.bench.big`."""
