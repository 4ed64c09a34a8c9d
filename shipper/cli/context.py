"""What every command needs, made when it is first asked for: settings, the store, the state directory's stores."""

import sys
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipper.checkpoint import CheckpointDirectory
    from shipper.config import Loaded
    from shipper.deadletter import DeadLetterDirectory
    from shipper.object_ledger import ObjectLedger, StateCheckpoints
    from shipper.opensearch.client import Store
    from shipper.settings import Settings
    from shipper.state_lock import StateLock


class Context:
    """Handed to commands as `ctx.obj`. Imports happen inside: `--help` pays for none of them."""

    def __init__(self, config_file: Path | None, overrides: tuple[str, ...]) -> None:
        self._config_file = config_file
        self._overrides = overrides

    @cached_property
    def loaded(self) -> "Loaded":
        """Settings and where they came from. Raises ConfigError."""
        from shipper.config import load

        return load(self._config_file, self._overrides)

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs this program with the same settings."""
        program = Path(sys.argv[0])
        own = [str(program.absolute())] if program.name == "shipper" else [sys.executable, "-m", "shipper"]
        file = self.loaded.file
        given = [part for override in self._overrides for part in ("--set", override)]
        return [*own, *(["--config", str(file.absolute())] if file else []), *given, *arguments]

    @property
    def settings(self) -> "Settings":
        """The settings."""
        return self.loaded.settings

    @property
    def address(self) -> str:
        """Where OpenSearch is; empty while no settings were read."""
        return self.loaded.connection.url if "loaded" in vars(self) else ""

    @cached_property
    def store(self) -> "Store":
        """The store that the settings lead to; nothing is sent yet."""
        from shipper.opensearch.client import Store

        return Store(self.loaded.connection)

    @property
    def checkpoints(self) -> "CheckpointDirectory":
        """Checkpoints in the state directory."""
        from shipper.checkpoint import CheckpointDirectory

        return CheckpointDirectory(self.loaded.state_directory / "checkpoints")

    @cached_property
    def objects(self) -> "ObjectLedger":
        """How far objects of buckets are loaded."""
        from shipper.object_ledger import ObjectLedger

        return ObjectLedger(self.loaded.state_directory / "checkpoints")

    @property
    def progress_kept(self) -> "StateCheckpoints":
        """Checkpoints of everything that can be read again."""
        from shipper.object_ledger import StateCheckpoints

        return StateCheckpoints(self.checkpoints, self.objects)

    @property
    def dead_letters(self) -> "DeadLetterDirectory":
        """Dead letters in the state directory."""
        from shipper.deadletter import DeadLetterDirectory

        return DeadLetterDirectory(
            self.loaded.state_directory / "deadletter", self.settings.state.dead_letter_quota_bytes
        )

    @property
    def captures(self) -> Path:
        """Where captures are unpacked and analysed."""
        return self.loaded.state_directory / "pcap"

    def lock(self) -> "StateLock":
        """Enter it to be the only process in the state directory. Raises StateBusy."""
        from shipper.state_lock import StateLock

        return StateLock(self.loaded.state_directory, now())


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)
