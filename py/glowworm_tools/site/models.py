"""The site's list of models: checks it and completes it from the files that ship with the site."""

import hashlib
import json
from pathlib import Path
from typing import Any

from glowworm_tools.steps import StepError

REQUIRED = ("name", "file", "family", "licence", "context")


def complete_models(source: Path) -> dict[str, Any]:
    """`models.json` of the folder `source` with `bytes` and `sha256` filled in for the files beside it.

    Raises:
        StepError: a field is missing, a name is used twice, or what is stated disagrees with the file.
    """
    path = source / "models.json"
    listed = json.loads(path.read_text())
    names = [model.get("name") for model in listed["models"]]
    if len(set(names)) != len(names):
        raise StepError(f"{path.name} lists two models under one name; rename one.")
    for model in listed["models"]:
        missing = [field for field in REQUIRED if field not in model]
        if missing:
            raise StepError(
                f"{path.name}: {model.get('name', 'a model')} lacks {', '.join(missing)}; add it."
            )
        file = source / model["file"]
        if file.is_file():
            _complete(model, file)
        elif "bytes" not in model or "sha256" not in model:
            raise StepError(
                f"{path.name}: {model['file']} is not beside it, so its bytes and sha256 must be stated."
            )
    return listed


def _complete(model: dict[str, Any], file: Path) -> None:
    with file.open("rb") as stream:
        found = {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
    for field, value in found.items():
        if model.setdefault(field, value) != value:
            raise StepError(
                f"models.json states another {field} for {file.name} than the file has; correct it."
            )
