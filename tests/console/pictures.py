"""`python -m tests.console.pictures`: the README's screenshots, from those that the tests took last."""

from pathlib import Path

from PIL import Image

from stack.home import Home

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = {"prediction": "console-map", "labels": "console-labels", "training": "console-training"}
WIDTH, QUALITY = 1000, 75


def main() -> None:
    for shot, name in SHOWN.items():
        with Image.open(Home.default().folder("shots") / f"{shot}.png") as image:
            height = round(image.height * WIDTH / image.width)
            image.convert("RGB").resize((WIDTH, height)).save(DOCS / f"{name}.webp", quality=QUALITY)


if __name__ == "__main__":
    main()
