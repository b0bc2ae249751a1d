"""The words that a wish for models may have, and what comes near one that is none of them."""

from __future__ import annotations

from modelform.catalog.catalog import SERVERLESS, Catalog
from modelform.catalog.search import near, slug
from modelform.errors import UsageError

# English names of the languages that sources list, for who does not know the code.
LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi",
    "french": "fr", "german": "de", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "indonesian": "id",
    "italian": "it", "japanese": "ja", "korean": "ko", "norwegian": "no", "polish": "pl", "portuguese": "pt",
    "russian": "ru", "spanish": "es", "swedish": "sv", "tagalog": "tl", "thai": "th", "turkish": "tr",
    "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip
STATUSES = ("ga", "preview", "legacy", "deprecated", "retired")
ALIASES = {"generallyavailable": "ga", "coding": "code", "embedding": "embeddings", "images": "image-generation"}
SHOWN = 12


def feature(catalog: Catalog, word: str) -> str:
    """A feature as the catalogue writes it. Raises UsageError."""
    return _one("feature", word, {name for model in catalog.models for name in model.features}, ALIASES)


def language(catalog: Catalog, word: str) -> str:
    """A language's code, also from its English name. Raises UsageError."""
    return _one("language", word, {code for model in catalog.models for code in model.languages}, LANGUAGES)


def status(word: str) -> str:
    """A stage of a model's life. Raises UsageError."""
    return _one("status", word, set(STATUSES), ALIASES)


def sku(catalog: Catalog, word: str) -> str:
    """A sku as ARM writes it, or `serverless`. Raises UsageError."""
    return _one("sku", word, {*catalog.data["skus"], SERVERLESS}, {})


def publisher(catalog: Catalog, word: str) -> str:
    """A publisher's name; the beginning of one is enough where it is the only one. Raises UsageError."""
    listed = [*catalog.publishers, *(row["format"] for row in catalog.data["known"])]
    names: dict[str, str] = {slug(name): name for name in (*(model.publisher for model in catalog.models), *listed)}
    begun = [name for key, name in names.items() if key.startswith(slug(word))]
    if slug(word) not in names and len(begun) == 1:
        return begun[0]
    return names[slug(_one("publisher", slug(word), set(names), {}))]


def _one(what: str, word: str, names: set[str], aliases: dict[str, str]) -> str:
    plain = word.strip().lower()
    for name in names:
        if plain in (name.lower(), ""):
            return name
    if aliases.get(plain) in names:
        return aliases[plain]
    alike = near(plain, [*names, *(alias for alias, name in aliases.items() if name in names)])
    meant = list(dict.fromkeys(aliases.get(name, name) for name in alike))
    listed = sorted(names)
    there = ", ".join(listed[:SHOWN]) + (f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else "")
    hint = f"did you mean {' or '.join(meant)}?" if meant else f"there are {there}"
    raise UsageError(f"no model of the catalogue has the {what} {word!r}", code="catalog.word", hint=hint)
