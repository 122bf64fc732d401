"""Keep what JAX compiles, so that the next run needn't compile it again."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["keep_compiled"]


def keep_compiled() -> None:
    """Have JAX keep its compiled programs in the user's cache folder.

    The environment variable ``TALWEG_CACHE_DIR`` names another folder. One that can't be written
    to costs nothing but time.
    """
    place = os.environ.get("TALWEG_CACHE_DIR")
    if not place:
        import platformdirs

        place = platformdirs.user_cache_dir("talweg", appauthor=False)
    folder = Path(place, "xla")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        return
    import jax

    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
