"""Looks for secrets inside JSON documents, where they may be wrapped once more."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from typing import Any


def contains_secret(document: Any, redact: Callable[[str], str]) -> bool:
    """Say whether ``redact`` would find something in a JSON document.

    The SDK wraps values once more (``orquestra.sdk.schema.responses``): JSON in a string, or a
    pickle as pieces of base64. Both are opened.
    """
    text = "\n".join(_texts(document))
    return redact(text) != text


def redacted(document: Any, redact: Callable[[str], str]) -> Any:
    """Return the document with every string in it redacted."""
    if isinstance(document, str):
        return redact(document)
    if isinstance(document, list):
        return [redacted(item, redact) for item in document]
    if isinstance(document, dict):
        return {redact(key): redacted(item, redact) for key, item in document.items()}
    return document


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
        # What JSON writes differently than it is: a string with escapes.
        if "\\" in document and (inner := _json(document)) is not None:
            yield from _texts(inner)
    elif isinstance(document, list):
        for item in document:
            yield from _texts(item)
    elif isinstance(document, dict):
        yield from document
        for key, item in document.items():
            if key == "chunks" and (pickled := _pickled(item)) is not None:
                yield pickled
            yield from _texts(item)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _pickled(chunks: Any) -> str | None:
    """Return a pickle's bytes as text in which the strings inside can be found."""
    if not isinstance(chunks, list) or not all(isinstance(chunk, str) for chunk in chunks):
        return None
    try:
        content = base64.b64decode("".join(chunks))
    except (binascii.Error, ValueError):
        return None
    return content.decode("utf-8", errors="replace")
