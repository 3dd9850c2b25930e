"""How rows of the large profile are made: the same on every machine, and in bulk."""

from collections.abc import Iterable
import random
from typing import Any
import uuid

from django.db.models import Model
from nautobot.extras.models import Status

NAMESPACE = uuid.UUID("0b7b3f6e-3c55-4f0e-9a55-6a2c1d6f7c11")
BATCH = 5_000
# Traps for careless filters: signs that mean something in a pattern, in HTML, in a URL or in JSON; blanks; other scripts.
DESCRIPTIONS = [
    "",
    "",
    "uplink",
    "Uplink to core",
    "100% uplink",
    "under_score",
    "underXscore",
    'said "no", isn\'t it',
    "back\\slash & <b>bold</b>",
    "Zürich · 東京",
    "a=b&c=d#e?f+g",
]

CHOOSE = random.Random(20_261_126)  # noqa: S311
STATUSES = {status.name: status for status in Status.objects.all()}


def make(model: type[Model], key: str, /, **fields: Any) -> Model:
    """Return an object that is not saved yet, with an id that is the same on every machine."""
    return model(pk=uuid.uuid5(NAMESPACE, f"{model._meta.label_lower}:{key}"), **fields)


def save(model: type[Model], rows: Iterable[Model]) -> list[Model]:
    """Save new objects in bulk."""
    return model.objects.bulk_create(list(rows), batch_size=BATCH)


def status(*names: str) -> Status:
    """Return one of these statuses; one that is named twice comes twice as often."""
    return STATUSES[CHOOSE.choice(names)]


def description() -> str:
    """Return one of the descriptions."""
    return CHOOSE.choice(DESCRIPTIONS)
