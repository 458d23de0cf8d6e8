"""Messages of the catalog: categories, AOIs, labels, datasets, base and local models, packages, label store, STAC."""
