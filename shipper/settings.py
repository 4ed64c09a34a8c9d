"""What can be set: one frozen model for each section, with defaults and descriptions that the docs are made from."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shipper.decoders.eve.privacy import Choice, Privacy
from shipper.input_settings import AnyInput, InputName
from shipper.partition import Unit

ENVIRONMENT_PREFIX = "SHIPPER_"


class Auth(StrEnum):
    """How OpenSearch lets us in."""

    AUTO = "auto"
    SIGV4 = "sigv4"


class SigningService(StrEnum):
    """What AWS calls the service that requests are signed for."""

    DOMAIN = "es"
    SERVERLESS = "aoss"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OpenSearchSettings(_Section):
    """Where documents go."""

    url: str = Field("", description="Address, such as https://host:9200; no credentials in it.")
    auth: Auth = Field(
        Auth.AUTO,
        description="auto: as username, or as nobody without one; sigv4: requests are signed with AWS credentials.",
    )
    service: SigningService = Field(
        SigningService.DOMAIN, description="What is signed for: es, a managed domain; aoss, a serverless collection."
    )
    username: str = Field("", description="User with the role flowtap_writer (flowtap_operator for schema changes).")
    password: SecretStr = Field(
        SecretStr(""), description="Better given as SHIPPER_OPENSEARCH__PASSWORD or password_file."
    )
    password_file: Path | None = Field(None, description="File whose first line is the password.")
    ca_file: Path | None = Field(None, description="PEM file of the authority that signed the server's certificate.")
    prefix: str = Field("flowtap", pattern=r"^[a-z][a-z0-9]{0,30}$", description="First part of every index name.")
    timeout_seconds: float = Field(60.0, gt=0, description="How long a request may take.")
    body_bytes: int = Field(8 << 20, ge=64 << 10, description="Most bytes of one bulk request.")
    in_flight: int = Field(
        3, ge=1, le=32, description="Most bulk requests at the same time; fewer while it is overloaded."
    )
    memory_bytes: int = Field(
        32 << 20, ge=1 << 20, description="Most bytes of records on their way; reading pauses when they are used up."
    )
    compress: bool = Field(False, description="Send bulk requests gzip-compressed.")


class AwsSettings(_Section):
    """AWS credentials, where they are needed; without these, AWS's own defaults (environment, profile, role)."""

    profile: str = Field("", description="Profile in the AWS configuration files.")
    region: str = Field("", description="Region; not needed where the address of a managed domain names it.")
    role_arn: str = Field("", description="Role to take on; its credentials are renewed before they expire.")
    external_id: str = Field("", description="External id that this role asks for.")
    endpoint_url: str = Field(
        "", description="Where S3, SQS and CloudWatch Logs answer, if not at AWS: a private endpoint, an emulator."
    )
    requester_pays: bool = Field(False, description="Pay for what is read from buckets that ask the reader to.")


class SourcesSettings(_Section):
    """How inputs are read."""

    parallel: int = Field(2, ge=1, le=256, description="Files read and decompressed at the same time.")
    parallel_objects: int = Field(16, ge=1, le=256, description="Objects of buckets read at the same time.")


class StateSettings(_Section):
    """What is kept between runs: checkpoints and dead letters."""

    directory: Path = Field(
        Path("~/.local/state/flowtap"), description="One process at a time uses it; workers each have their own."
    )
    dead_letter_quota_bytes: int = Field(1 << 30, ge=1 << 20, description="When dead letters take more, streams stop.")


class WatchSettings(_Section):
    """What a run tells of itself: figures and summaries in OpenSearch, /metrics and /healthz."""

    pipeline_documents: bool = Field(
        True, description="Write the run's figures into dataset pipeline, once a minute and at its end."
    )
    dead_letter_summaries: bool = Field(
        True, description="Write a summary of each dead letter (reason, place, first KiB) into dataset deadletter."
    )
    http: str = Field("", description="Serve /metrics and /healthz there while a run lasts, such as 127.0.0.1:9464.")
    http_beyond_loopback: bool = Field(
        False, description="Allow an address that others can reach; nobody is asked for a password."
    )
    unhealthy_after_seconds: float = Field(
        60.0, gt=0, description="/healthz answers 503 when something is waited for longer than this."
    )


class DashboardsSettings(_Section):
    """Where OpenSearch Dashboards is, for `shipper dashboards plan|import|export`."""

    url: str = Field(
        "", description="Address, such as https://host:5601 or https://domain/_dashboards; without, the stack's."
    )
    browser_url: str = Field("", description="Address that links lead to, where a browser has another one.")
    auth: Auth = Field(
        Auth.AUTO,
        description="auto: as username, or as nobody without one; sigv4: requests are signed with AWS credentials.",
    )
    username: str = Field("", description="User who may write saved objects.")
    password: SecretStr = Field(
        SecretStr(""), description="Better given as SHIPPER_DASHBOARDS__PASSWORD or password_file."
    )
    password_file: Path | None = Field(None, description="File whose first line is the password.")
    ca_file: Path | None = Field(None, description="PEM file of the authority that signed the server's certificate.")
    tenant: str = Field("global", description="Tenant of the security plugin; empty leaves it to Dashboards.")
    workspace: str = Field(
        "", pattern=r"^[A-Za-z0-9_-]*$", description="Id of the workspace, where workspaces are on (not with tenants)."
    )
    timeout_seconds: float = Field(60.0, gt=0, description="How long a request may take.")
    wait_seconds: float = Field(300.0, ge=0, description="How long an import waits for Dashboards to be ready.")
    set_defaults: bool = Field(
        True, description="Set the default index pattern and the home page where nobody chose one."
    )


class DatasetSettings(_Section):
    """How one dataset is kept."""

    partition: Unit = Field(Unit.MONTH, description="month, day or hour; a change applies to future dates only.")
    retention_days: int = Field(
        0, ge=0, description="Partitions wholly older are deleted on demand; 0 keeps everything."
    )
    payloads: Choice = Field(
        Choice.KEEP, description="Suricata's: payloads of packets and frames: keep, hash (equal stays equal) or drop."
    )
    bodies: Choice = Field(
        Choice.KEEP, description="Suricata's: bodies of HTTP, MQTT, mail subjects and the like: keep, hash or drop."
    )
    user_names: Choice = Field(
        Choice.KEEP, description="Suricata's: user names, mail addresses, passwords in clear: keep, hash or drop."
    )

    @property
    def privacy(self) -> Privacy:
        """What becomes of what is somebody's own."""
        return Privacy(self.payloads, self.bodies, self.user_names)


class SuricataSettings(_Section):
    """The sensor: how suricata.yaml is rendered, and where Suricata is asked."""

    directory: Path = Field(
        Path("~/.config/flowtap/suricata"), description="Its folder: suricata.yaml, rules, what is muted."
    )
    sensor_name: str = Field("", description="Name in every event; without one the host's.")
    interface: str = Field("", description="Network interface to capture; without one only pcaps are read.")
    threads: int = Field(0, ge=0, le=256, description="Capture threads; 0: one for each core.")
    home_net: str = Field(
        "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7",
        description="Networks of one's own (HOME_NET), separated by commas, with ! before what is not.",
    )
    exclude_ports: str = Field("", description="Ports whose traffic is not captured, such as 9200, 5601.")
    capture_filter: str = Field(
        "", description="A filter of one's own (pcap-filter(7)); without `vlan` it takes no tagged frames."
    )
    mtu: int = Field(9001, ge=576, le=65535, description="Largest packet on the network; AWS has jumbo frames.")
    ring_frames: int = Field(2048, ge=64, description="Frames that wait for each thread; more outlast longer bursts.")
    memory_mib: int = Field(768, ge=128, description="Memory for flows, streams and fragments together.")
    midstream: bool = Field(False, description="Take up TCP sessions whose beginning was not seen.")
    alert_payloads: bool = Field(True, description="Alerts bring packet, payload and HTTP body.")
    stats_seconds: int = Field(30, ge=1, description="Seconds between two events of statistics.")
    log_directory: Path = Field(Path("/var/log/suricata"), description="Where Suricata writes eve.json.")
    socket: Path = Field(
        Path("/run/suricata/suricata-command.socket"), description="Its command socket, for reload and stats."
    )
    run_as: str = Field("", description="User and group that Suricata becomes when root starts it.")
    image: str = Field("", description="Image for check and update; without one Suricata of this host, if it has one.")
    sidecar: Path | None = Field(
        None, description="Folder shared with a Suricata that analyses captures (in the stack: FLOWTAP_PCAPS)."
    )
    rule_urls: str = Field("", description="Rules to fetch, separated by commas; without any Emerging Threats Open.")


class MirrorSettings(_Section):
    """Mirroring: what VNIs stand for, and what is known of instance types."""

    inventory: Path | None = Field(
        None, description="JSON file: VNI to session, interface, instance; read again when it changes."
    )
    unsupported_types: str = Field(
        "",
        description="Instance families or types that AWS does not mirror, with commas, in place of the built-in list.",
    )
    large_targets: str = Field(
        "", description="Instance types that take 100 sources as targets, with commas, in place of the built-in list."
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    opensearch: OpenSearchSettings = OpenSearchSettings()
    aws: AwsSettings = AwsSettings()
    sources: SourcesSettings = SourcesSettings()
    state: StateSettings = StateSettings()
    watch: WatchSettings = WatchSettings()
    suricata: SuricataSettings = SuricataSettings()
    dashboards: DashboardsSettings = DashboardsSettings()
    mirror: MirrorSettings = MirrorSettings()
    datasets: dict[str, DatasetSettings] = Field(default_factory=dict)
    inputs: dict[InputName, AnyInput] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was loaded comes in whole; no further place is looked at."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    def units(self) -> dict[str, Unit]:
        """The partition units that were set; a dataset without one keeps what its template says."""
        return {
            name: dataset.partition
            for name, dataset in self.datasets.items()
            if "partition" in dataset.model_fields_set
        }

    def dataset(self, name: str) -> DatasetSettings:
        """Settings of a dataset, defaults where none are given."""
        return self.datasets.get(name, DatasetSettings())
