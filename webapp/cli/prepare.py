"""What has to be true before the console can serve: schema, demo fleet, a sign-in link.

Runs as a process of its own (`python -m webapp.cli.prepare`), so that the supervisor stays small;
prints one JSON object. Doing it twice changes nothing except that the link is a new one.
"""

import json
import sys

from webapp.cli import faults


def main() -> None:
    """Migrate, create the demo if it is wanted, issue the link."""
    from webapp.core.db import migrate
    from webapp.core.logging import configure
    from webapp.core.settings import settings

    configure("prepare", settings().log_level)
    try:
        migrate()
        from webapp.core.services import streams, users

        streams.ensure_demo()
        print(json.dumps({"token": users.issue_link()}))
    except faults.expected() as error:
        print(json.dumps({"error": faults.in_words(error)}))
        sys.exit(1)


if __name__ == "__main__":
    main()
