"""Fixtures that every suite may use."""

import os
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("default", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.load_profile("default")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real terrain, borders, video and vectors; absent on a machine that was not given them."""
    folder = Path(os.environ.get("APACHETA_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no shared data: set APACHETA_SHARED_DATA (looked in {folder.name})")
    return folder
