"""The table of all checks: each row looks by one reading and judges what it saw."""

from pathlib import Path

import shipper
from shipper.doctor import machine, machine_judgement, sensor, sensor_judgement, server_judgement
from shipper.doctor.checkup import Check, Side, Subject
from shipper.doctor.finding import Finding, ok
from shipper.opensearch.desired import datasets
from shipper.sensor import ConfiguredSensor
from shipper.signing import RequestSigner
from shipper.state_lock import holder
from suricata.errors import SuricataError

_PACKAGES = ("mirror", "provision", "suricata", "dashboards", "aws")


def _settings(subject: Subject) -> Finding:
    path = subject.loaded.file
    file = machine.settings_file(path) if path else None
    return machine_judgement.settings(file, subject.loaded.settings.datasets, datasets())


def _import_names(subject: Subject) -> Finding:
    del subject
    return machine_judgement.import_names(machine.import_names(_PACKAGES, Path(shipper.__file__).parents[1]))


def _state_directory(subject: Subject) -> Finding:
    return machine_judgement.state_directory(machine.state_directory(subject.loaded.state_directory))


def _state_disk(subject: Subject) -> Finding:
    quota = subject.loaded.settings.state.dead_letter_quota_bytes
    return machine_judgement.state_disk(machine.state_directory(subject.loaded.state_directory), quota)


def _state_lock(subject: Subject) -> Finding:
    return machine_judgement.state_lock(holder(subject.loaded.state_directory))


def _dead_letters(subject: Subject) -> Finding:
    quota = subject.loaded.settings.state.dead_letter_quota_bytes
    return machine_judgement.dead_letters(machine.dead_letters(subject.loaded.state_directory, quota))


def _checkpoints(subject: Subject) -> Finding:
    return machine_judgement.checkpoints(machine.checkpoints(subject.loaded.state_directory))


def _sensor(subject: Subject) -> Finding:
    settings = subject.loaded.settings.suricata
    configured = ConfiguredSensor(settings)
    if not sensor.is_configured(configured, settings.interface):
        return ok("none is set up here")
    try:
        return sensor_judgement.sensor(sensor.sensor(configured.control))
    except SuricataError as error:
        return sensor_judgement.silent_sensor(str(error))


def _followed_logs(subject: Subject) -> Finding:
    return sensor_judgement.followed_logs(sensor.followed_logs(subject.loaded.settings.inputs, subject.now))


def _connection(subject: Subject) -> Finding:
    _ = subject.server
    sign = subject.loaded.connection.sign
    signed_as = sign.identity() if isinstance(sign, RequestSigner) else ""
    return machine_judgement.connection(subject.loaded.connection, subject.loaded.connection_from, signed_as)


def _access(subject: Subject) -> Finding:
    return server_judgement.access(subject.server.access(), subject.loaded.settings.opensearch.prefix)


def _templates(subject: Subject) -> Finding:
    plan = subject.server.schema_plan(subject.units, subject.now.date())
    return server_judgement.templates(plan, subject.server.writer_refusal(), subject.server.actual)


def _auto_create(subject: Subject) -> Finding:
    return server_judgement.auto_create(subject.server.schema_plan(subject.units, subject.now.date()))


def _shards(subject: Subject) -> Finding:
    return server_judgement.shards(
        subject.server.shards,
        subject.server.rules(subject.units),
        subject.server.actual.partitions.keys(),
        {name: dataset.retention_days for name, dataset in subject.loaded.settings.datasets.items()},
        subject.now.date(),
    )


def _blocks(subject: Subject) -> Finding:
    return server_judgement.blocks(subject.server.cluster_blocks(), subject.server.partition_blocks())


CHECKS = (
    Check("settings", Side.HERE, _settings),
    Check("import names", Side.HERE, _import_names),
    Check("state directory", Side.HERE, _state_directory, ("settings",)),
    Check("state disk", Side.HERE, _state_disk, ("settings",)),
    Check("state lock", Side.HERE, _state_lock, ("settings",)),
    Check("dead letters", Side.HERE, _dead_letters, ("settings",)),
    Check("checkpoints", Side.HERE, _checkpoints, ("settings",)),
    Check("sensor", Side.HERE, _sensor, ("settings",)),
    Check("followed logs", Side.HERE, _followed_logs, ("settings",)),
    Check("connection", Side.HERE, _connection, ("settings",)),
    Check("opensearch", Side.FAR, lambda subject: server_judgement.greeting(subject.server.info), ("connection",)),
    Check("version", Side.FAR, lambda subject: server_judgement.version(subject.server.info), ("opensearch",)),
    Check("permissions", Side.FAR, _access, ("version",)),
    Check("templates", Side.FAR, _templates, ("version",)),
    Check("auto-create", Side.FAR, _auto_create, ("version",)),
    Check("shards", Side.FAR, _shards, ("version",)),
    Check("closed", Side.FAR, lambda subject: server_judgement.closed(subject.server.closed()), ("version",)),
    Check("blocks", Side.FAR, _blocks, ("version",)),
    Check("disks", Side.FAR, lambda subject: server_judgement.disks(subject.server.disks()), ("version",)),
    Check("clock", Side.FAR, lambda subject: server_judgement.clock(subject.server.clock_difference()), ("version",)),
    Check("health", Side.FAR, lambda subject: server_judgement.health(subject.server.health()), ("version",)),
)
