"""`shipper init`: a settings file with every setting in it, commented out."""

from pathlib import Path

import click

from shipper.cli.output import write_lines


@click.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--user", is_flag=True, help="Write ~/.config/flowtap/shipper.toml (or below XDG_CONFIG_HOME).")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it, write nothing.")
def init(path: Path | None, user: bool, force: bool, to_stdout: bool) -> int:
    """Write a settings file to PATH [default: ./shipper.toml].

    It holds every setting with its description and default, commented out: as written it changes nothing.
    """
    if sum((path is not None, user, to_stdout)) > 1:
        raise click.UsageError("PATH, --user and --stdout exclude each other.")
    from shipper.init import settings_text, write_settings

    if to_stdout:
        write_lines(settings_text().rstrip("\n"))
        return 0
    target = _user_file() if user else path or Path("shipper.toml")
    write_settings(target, force=force)
    write_lines(f"Wrote {target}. Uncomment what should differ, then run `shipper doctor`.")
    if path and path != Path("shipper.toml"):
        write_lines(f"Commands find it by --config {path}, or SHIPPER_CONFIG={path}.")
    return 0


def _user_file() -> Path:
    from shipper.config import user_settings_file
    from shipper.durable import make_directory

    path = user_settings_file()
    make_directory(path.parent)
    return path
