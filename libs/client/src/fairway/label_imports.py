"""The label store: imports of annotations into a campaign. Methods raise ApiError and Unreachable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairway.label_rows import LabelImport
from fairway.labelstore import Resource, upload_file


class LabelImports(Resource):
    def all(self, campaign_id: int) -> Iterator[LabelImport]:
        return self._all(f"/campaigns/{campaign_id}/imports", "imports", LabelImport)

    def get(self, import_id: int) -> LabelImport:
        return LabelImport.model_validate(self.transport.get(f"/label_imports/{import_id}"))

    def create(self, campaign_id: int, format: str, uri: str | None = None, **options: Any) -> LabelImport:
        """`format` is `coco`, `yolo`, `voc` or `geojson`; `mode`, `match_by`, `dry_run`, `labels`, `label`, `model` and
        `first_pixel` are options. Begins at once with an `uri`; else the answer has the grant of an upload."""
        body = {"format": format, "uri": uri, **options}
        return LabelImport.model_validate(self.transport.write("POST", f"/campaigns/{campaign_id}/imports", body))

    def grant(self, import_id: int) -> dict[str, Any]:
        """Returns a new grant of the upload."""
        return self.transport.write("POST", f"/label_imports/{import_id}/upload_token")["upload"]

    def start(self, import_id: int) -> LabelImport:
        """Begins an import whose file was uploaded, or one that failed."""
        return self._asked(import_id, "start")

    def cancel(self, import_id: int) -> LabelImport:
        """What is stored already stays."""
        return self._asked(import_id, "cancel")

    def upload(self, campaign_id: int, file: Path, format: str, **options: Any) -> LabelImport:
        """Creates an import, uploads its file and begins it. Raises httpx.HTTPStatusError where the object store
        refuses the file."""
        made = self.create(campaign_id, format, **options)
        upload_file(made.upload or {}, file)
        return self.start(made.import_id)

    def wait(self, import_id: int, limit: float = 3600) -> LabelImport:
        """Waits until the import has ended; its `report` says what became of everything in the file."""
        return self._waited(
            lambda: self.get(import_id), lambda found: {"state": found.state, "error": found.error}, limit
        )

    def _asked(self, import_id: int, action: str) -> LabelImport:
        return LabelImport.model_validate(self.transport.write("POST", f"/label_imports/{import_id}/{action}"))
