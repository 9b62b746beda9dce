"""One environment as the stacks see it: typed, frozen, complete.

Every switch here has an effect in the stacks; a switch without one does not belong here.
"""

import string
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field

from pipeline.config.alarms import Alarms
from pipeline.config.api import Api, Identity
from pipeline.config.ci import Ci
from pipeline.config.problems import did_you_mean, listed
from pipeline.config.regions import partitions_by_region
from pipeline.config.section import Section

# CloudWatch Logs, PutRetentionPolicy: the only retention periods that it takes.
LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip

NAME_PLACEHOLDERS = ("project", "team", "resource", "environment", "suffix")
STATE_PLACEHOLDERS = ("project", "team", "account", "region")


def _known_region(region: str) -> str:
    known = partitions_by_region()
    if region not in known:
        raise ValueError(f"must be a region of AWS, such as us-east-1{did_you_mean(region, known)}")
    return region


def _placeholders(pattern: str, allowed: tuple[str, ...], needed: tuple[str, ...]) -> str:
    try:
        found = {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}
        plain = pattern.format(**dict.fromkeys(found, "x")) if found <= set(allowed) else ""
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"must have its braces in pairs ({error})") from error
    unknown = sorted(found - set(allowed))
    if unknown:
        options = listed(f"{{{name}}}" for name in allowed)
        raise ValueError(f"has the unknown placeholder {{{unknown[0]}}}; may have {options}")
    for name in needed:
        if name not in found:
            raise ValueError(f"must contain {{{name}}}, or two names would be the same")
    if not set(plain) <= set(string.ascii_letters + string.digits + "-"):
        raise ValueError("may have letters, digits, hyphens and placeholders only")
    return pattern


def _name_pattern(pattern: str) -> str:
    return _placeholders(pattern, NAME_PLACEHOLDERS, needed=("resource", "environment"))


def _state_pattern(pattern: str) -> str:
    return _placeholders(pattern, STATE_PLACEHOLDERS, needed=("account", "region"))


def _tag_text(text: str) -> str:
    # AWS, "Tag naming limits and requirements": what every service accepts.
    if not all(letter.isalnum() or letter in " _.:/=+-@" for letter in text):
        raise ValueError("may have letters, digits, spaces and _ . : / = + - @ only")
    return text


def _tag_key(key: str) -> str:
    if key.lower().startswith("aws:"):
        raise ValueError("may not start with aws:, which AWS reserves for itself")
    if key in OWN_TAGS:
        raise ValueError(f"is a tag of the pipeline itself, like {', '.join(OWN_TAGS)}")
    return _tag_text(key)


def _increasing(percents: list[int]) -> list[int]:
    if percents != sorted(set(percents)):
        raise ValueError("must be percentages that increase from step to step, such as [25, 50]")
    return percents


OWN_TAGS = ("Environment", "Owner", "Project", "Purpose", "Team")

Region = Annotated[str, AfterValidator(_known_region)]
TagValue = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_tag_text)]
TagKey = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_tag_key)]
# The lengths are such that every name with the default pattern fits AWS's limits: a test proves it.
Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$", max_length=16)]
LowerWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Memory = Annotated[int, Field(ge=128, le=10_240)]
Seconds = Annotated[int, Field(ge=1, le=900)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Share = Annotated[int, Field(ge=1, le=99)]  # percent of the calls; the rest are the others'


class Account(Section):
    """The AWS account; ``singletons``: this environment deploys the once-per-account stack."""

    id: Annotated[str, Field(pattern=r"^\d{12}$")]
    singletons: bool = False


class Naming(Section):
    """How resources are named (rows A1, C1)."""

    project: Word = "serverless"
    pattern: Annotated[str, AfterValidator(_name_pattern)] = "serverless-{resource}-{environment}"
    team: Word
    suffix: Annotated[LowerWord, Field(max_length=8)] | None = None
    unique_buckets: bool = True


class Tags(Section):
    """Cost allocation tags (rows A13, B11, C1); ``extra`` takes any others."""

    owner: TagValue
    purpose: TagValue
    # S3, "Object tags": an object has ten at most, and the uploaded packages carry all tags.
    extra: dict[TagKey, TagValue] = Field(default_factory=dict, max_length=10 - len(OWN_TAGS))


class Regions(Section):
    """The active region and its standby."""

    primary: Region = "us-east-1"
    secondary: Region = "us-west-2"


class State(Section):
    """Where Terraform keeps its state: one bucket per region."""

    bucket: Annotated[str, AfterValidator(_state_pattern)] = (
        "{project}-terraform-state-{account}-{region}"
    )


class Data(Section):
    """What happens to files and records.

    ``disposable`` lets a destroy delete buckets with their content; ``deletion_protection``
    makes AWS refuse to delete tables. Days are days after creation. The sweep runs every
    ``sweep_minutes`` (0: never) and leaves alone what is younger than ``sweep_grace_minutes``.
    """

    trigger: Literal["eventbridge", "s3"] = "eventbridge"
    status_shards: Annotated[int, Field(ge=1, le=100)] = 8
    point_in_time_recovery: bool = True
    replicate_ingestion_bucket: bool = False
    deletion_protection: bool = True
    disposable: bool = False
    noncurrent_version_days: Days = 30
    archive_after_days: Days = 30
    invocation_log_days: Days = 90
    sweep_minutes: Annotated[int, Field(ge=0, le=1440)] = 15
    sweep_grace_minutes: Annotated[int, Field(ge=1, le=20_160)] = 60


class Processor(Section):
    """The function that validates and stores records (row A4).

    ``maximum_concurrency`` is the event source mapping's own bound, 2 to 1,000 (Lambda,
    "Configuring maximum concurrency for Amazon SQS event sources"). ``split_mb``: larger JSON
    Lines objects are processed in ranges of about half of it, in parallel; 0: none is.
    ``maximum_hops`` bounds the messages by which a long object goes on: Lambda's own recursion
    detection is off for it. ``write_concurrency`` is that of an invocation, in batches of 25.
    """

    memory_mb: Memory = 1024
    timeout_seconds: Seconds = 300
    maximum_concurrency: Annotated[int, Field(ge=2, le=1000)] = 10
    write_concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    split_mb: Annotated[int, Field(ge=0, le=102_400)] = 128
    maximum_hops: Annotated[int, Field(ge=1, le=10_000)] = 100


class Stream(Section):
    """The function that follows the table: audit trail (row A9) and rank (row A7)."""

    memory_mb: Memory = 512
    timeout_seconds: Seconds = 60


class Sweep(Section):
    """The function that announces objects that no event announced (row F3)."""

    memory_mb: Memory = 512
    timeout_seconds: Seconds = 300
    versions_per_run: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    announcements_per_run: Annotated[int, Field(ge=10, le=100_000)] = 1000


class ApiFunction(Section):
    """The function behind the REST API (rows C3, E1, E5).

    API Gateway waits for 29 s and no longer ("Amazon API Gateway quotas", integration timeout):
    the function answers within that time, whatever more its own time-out leaves it. What is larger
    than ``maximum_body_bytes`` is told to go by S3; Lambda itself takes events of 6 MiB, in which
    the body stands as a JSON string.
    """

    memory_mb: Memory = 512
    timeout_seconds: Annotated[int, Field(ge=5, le=900)] = 30
    maximum_body_bytes: Annotated[int, Field(ge=1024, le=6_000_000)] = 5_000_000


class WorkflowFunction(Section):
    """The function of the workflow that processes a request's records (rows E1, E3)."""

    memory_mb: Memory = 512
    timeout_seconds: Annotated[int, Field(ge=10, le=900)] = 30


class Workflow(Section):
    """The workflow that validates and processes requests, and tells of them (rows E3, E4).

    ``include_execution_data``: its log has what went into each state and came out of it. Records
    are not among that, but recipients and messages of notifications are, and values that are wrong.
    """

    enabled: bool = True
    include_execution_data: bool = False


class Release(Section):
    """How new versions of functions come into use (rows C4, C7).

    ``direct``: an apply moves the aliases. ``canary``: an apply publishes only, a release moves
    them, first for ``canary_percent`` of the calls, then for ``steps``, then for all. Each step is
    watched. All but the strategy is read by the release alone, not by the stacks.
    """

    strategy: Literal["direct", "canary"] = "canary"
    canary_percent: Share = 10
    steps: Annotated[list[Share], AfterValidator(_increasing)] = Field(default=[50])
    step_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    error_percent: Annotated[float, Field(ge=0, le=100)] = 1.0


class Functions(Section):
    """What all functions share, and the size of each; ``tracing``: X-Ray (row E3)."""

    architecture: Literal["arm64", "x86_64"] = "arm64"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_retention_days: LogRetentionDays = 30
    tracing: bool = True
    processor: Processor = Processor()
    stream: Stream = Stream()
    sweep: Sweep = Sweep()
    api: ApiFunction = ApiFunction()
    workflow: WorkflowFunction = WorkflowFunction()


class Environment(Section):
    """One environment: the content of ``environments/<environment>.toml``."""

    environment: Annotated[LowerWord, Field(max_length=12)]
    account: Account
    naming: Naming
    tags: Tags
    regions: Regions = Regions()
    state: State = State()
    data: Data = Data()
    functions: Functions = Functions()
    api: Api = Api()
    identity: Identity = Identity()
    workflow: Workflow = Workflow()
    release: Release = Release()
    alarms: Alarms = Alarms()
    ci: Ci = Ci()

    @cached_property
    def partition(self) -> str:
        """Return the partition of both regions, the second field of every ARN."""
        return partitions_by_region()[self.regions.primary]

    @cached_property
    def both_regions(self) -> tuple[str, str]:
        """Return the primary and the secondary region, in this order."""
        return self.regions.primary, self.regions.secondary

    def all_tags(self) -> dict[str, str]:
        """Return the tags that every resource carries, sorted by key."""
        own: dict[str, Any] = {
            "Environment": self.environment,
            "Owner": self.tags.owner,
            "Project": self.naming.project,
            "Purpose": self.tags.purpose,
            "Team": self.naming.team,
        }
        return dict(sorted({**self.tags.extra, **own}.items()))


LOG_RETENTION_CHOICES: tuple[int, ...] = get_args(LogRetentionDays)
