"""What processes of the label store count themselves, under the names that dashboards of the LabelAPI have."""

from prometheus_client import Counter, Histogram

PREFIX = "label_storage_"
BOXES = Histogram(
    f"{PREFIX}number_of_bounding_boxes_per_image", "Objects of an image in an accepted submission",
    buckets=(0, 1, 2, 5, 10, 20, 50, 100, 200, 500),
)  # fmt: skip
SIGNED = Counter(f"{PREFIX}presigned_urls", "Presigned addresses that were issued", ["kind"])
