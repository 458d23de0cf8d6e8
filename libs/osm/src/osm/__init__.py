"""OpenStreetMap data: features of an area, their tags, their overlap with other features, OSM XML."""
