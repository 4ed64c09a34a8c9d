"""Suricata's programs in a container of its image, through the Docker SDK. The only module that imports it."""

import os
import shutil
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from docker.client import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container
from docker.types import Mount
from docker.utils import kwargs_from_env, parse_host

from suricata.control import Run
from suricata.engine import Engine, LocalEngine, Ran, Wait
from suricata.errors import Stopped, SuricataMissing, SuricataSilent

DEFAULT_IMAGE = "flowtap/suricata:7.0-local"
_LABEL = "flowtap.part=program"
_LEFT_BEHIND = "1h"
_SHORTEST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.05, 0.5
_UNIX = "http+unix://"
_Trouble = (DockerException, OSError)


class ContainerEngine:
    """Programs of an image, in a container that holds nothing but the folders, and no capability."""

    def __init__(self, image: str, client: DockerClient, wait: Wait, timeout_seconds: float = 600.0) -> None:
        self._image = image
        self._client = client
        self._wait = wait
        self._timeout = timeout_seconds

    def run(
        self,
        program: str,
        arguments: Sequence[str],
        folders: Sequence[Path],
        *,
        readable: Sequence[Path] = (),
        network: bool = False,
    ) -> Ran:
        """See Engine."""
        mounts = [Mount(str(path), str(path), "bind") for path in folders]
        mounts += [Mount(str(path), str(path), "bind", read_only=True) for path in readable]
        container = None
        try:
            self._tidy()
            container = self._client.containers.create(
                self._image,
                [argument.replace("{scratch}", "/scratch") for argument in arguments],
                entrypoint=[program],
                labels=[_LABEL],
                user=f"{os.getuid()}:{os.getgid()}",
                network_mode="bridge" if network else "none",
                cap_drop=["ALL"],
                security_opt=["no-new-privileges:true"],
                tmpfs={"/scratch": "mode=1777"},
                mounts=mounts,
            )
            container.start()
            return self._ended(container, program)
        except _Trouble as error:
            raise SuricataMissing(
                f"{self._image} cannot be run: {str(error)[-400:]}\n"
                "Build it with docker/images.sh suricata, name another in suricata.image, or install suricata 7.0 here."
            ) from error
        finally:
            if container is not None:
                _remove(container)

    def _tidy(self) -> None:
        """A process that is killed leaves its container, which ends by itself and takes no more than its record."""
        with suppress(*_Trouble):  # the engine takes one such request at a time
            self._client.containers.prune({"label": _LABEL, "until": _LEFT_BEHIND})

    def _ended(self, container: Container, program: str) -> Ran:
        end = time.monotonic() + self._timeout
        look = _SHORTEST_LOOK_SECONDS
        while True:
            container.reload()
            if container.status in {"exited", "dead"}:
                return Ran(container.attrs["State"]["ExitCode"], container.logs().decode("utf-8", "replace"))
            if self._wait(look):
                raise Stopped(f"{program} was told to stop")
            if time.monotonic() > end:
                raise SuricataSilent(f"{program} did not end within {self._timeout:g} s")
            look = min(look * 1.5, _LONGEST_LOOK_SECONDS)


def find_engine(image: str, run: Run, wait: Wait, timeout_seconds: float = 600.0) -> Engine:
    """This machine's Suricata where it has one and no image is named, else the image's."""
    if not image and shutil.which("suricata"):
        return LocalEngine(run, timeout_seconds)
    try:
        client = _connected()
    except _Trouble as error:
        raise SuricataMissing(
            "there is neither suricata nor a container engine that answers on this machine: install one, or run this "
            f"on the sensor's host ({error})"
        ) from error
    return ContainerEngine(image or DEFAULT_IMAGE, client, wait, timeout_seconds)


def _connected() -> DockerClient:
    """The engine that DOCKER_HOST names, else this machine's; it has answered. Raises one of _Trouble, OSError."""
    host = parse_host(kwargs_from_env().get("base_url"))
    if host.startswith(_UNIX):  # the SDK leaves its own socket open where connecting fails
        with socket.socket(socket.AF_UNIX) as tried:
            tried.connect("/" + host.removeprefix(_UNIX).lstrip("/"))
    return DockerClient.from_env()


def _remove(container: Container) -> None:
    with suppress(*_Trouble):  # it goes with a later run
        container.remove(force=True, v=True)
