"""The packager's look before it packs: the page must be built already. Nobody who installs needs Node."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "src/apacheta/console/static/index.html"


class BuiltPage(BuildHookInterface):
    """Refuses to make a wheel or a source package that would have no page; an editable install may lack it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable" and not Path(self.root, PAGE).is_file():
            self.app.abort(
                f"{PAGE} is not there: the page is not built. Run `make setup` in a checkout, then build again."
            )
