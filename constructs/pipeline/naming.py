"""Every name of every resource, and the ARNs that follow from names.

Regional stacks read nothing of IAM or of another stack's state: they know a role, a queue or a
table of elsewhere by its name alone, so the rule must be in one place. AWS's length and character
rules are checked here, at synth; AWS itself would refuse only after half of a deploy.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal, get_args

from pipeline.config.model import Environment
from pipeline.config.problems import ConfigurationError, Problem
from pipeline.naming_rules import RULES, NamingError, checked, shortened

Bucket = Literal["data-ingestion", "artifacts", "audit-trail", "data-quarantine"]
Table = Literal["processed-data", "object-ledger", "invocation-log"]
Function = Literal[
    "data-processor",
    "stream-processor",
    "object-sweep",
    "api",
    "request-validator",
    "request-processor",
    "request-notifier",
]
Queue = Literal["data-processing", "data-processing-dlq"]
Topic = Literal["alerts", "notifications"]

BUCKETS: tuple[Bucket, ...] = ("data-ingestion", "artifacts", "audit-trail", "data-quarantine")
TABLES: tuple[Table, ...] = ("processed-data", "object-ledger", "invocation-log")
FUNCTIONS: tuple[Function, ...] = get_args(Function)
QUEUES: tuple[Queue, ...] = ("data-processing", "data-processing-dlq")
TOPICS: tuple[Topic, ...] = ("alerts", "notifications")
WORKFLOW = "process-records"
"""The state machine, and its role."""
LIVE = "live"
"""The alias of every function that triggers and callers use; a release moves it."""


class Names:
    """The names and ARNs of one environment.

    Parameters
    ----------
    environment : Environment
        The configuration.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._naming = environment.naming
        self._account = environment.account.id

    # -- names ---------------------------------------------------------------------------------

    def resource(self, kind: str, resource: str, *parts: str) -> str:
        """Return the name of any resource: the pattern, then the suffix, then the parts.

        Parameters
        ----------
        kind : str
            A key of ``RULES``.
        resource : str
            What stands for ``{resource}`` in the pattern.
        parts : str
            What is appended with hyphens, such as the region.
        """
        return checked(kind, "-".join((self._base(resource), *parts)))

    def bucket(self, kind: Bucket, region: str) -> str:
        """Return the name of a bucket: in lower case and unique in AWS, as S3 wants it.

        ``-<account>-<region>`` takes up to 28 of the 63 characters. Where the rest is too short
        for the pattern, the end of the pattern's name is replaced by a hash of all of it. Without
        ``unique_buckets`` the primary region's bucket has the bare name and the secondary's
        ``-<region>``, since no two buckets may have the same name.
        """
        base = self._base(kind).lower()
        parts: tuple[str, ...] = (self._account, region)
        if not self._naming.unique_buckets:
            parts = () if region == self._environment.regions.primary else (region,)
        room = RULES["bucket"].longest - sum(len(part) + 1 for part in parts)
        return checked("bucket", "-".join((shortened(base, room), *parts)))

    def table(self, table: Table) -> str:
        """Return the name of a table, the same in both regions."""
        return self.resource("table", table)

    def function(self, function: Function) -> str:
        """Return the name of a function, the same in both regions."""
        return self.resource("function", function)

    def role(self, resource: str, region: str) -> str:
        """Return the name of the role of a resource in a region; IAM's names are global."""
        room = RULES["role"].longest - len(region) - 1
        return checked("role", f"{shortened(self._base(resource), room)}-{region}")

    def queue(self, queue: Queue) -> str:
        """Return the name of a queue, the same in both regions."""
        return self.resource("queue", queue)

    def rule(self, dataset: str) -> str:
        """Return the name of the EventBridge rule that announces a dataset's objects.

        Where a long dataset name leaves too little room, a hash replaces the end.
        """
        return checked("rule", shortened(self._base(f"{dataset}-objects"), RULES["rule"].longest))

    def schedule(self, function: Function) -> str:
        """Return the name of the EventBridge rule that starts a function again and again."""
        return checked("rule", shortened(self._base(function), RULES["rule"].longest))

    def state_machine(self) -> str:
        """Return the name of the workflow, the same in both regions."""
        return self.resource("state machine", WORKFLOW)

    def state_machine_log_group(self) -> str:
        """Return the name of the log group of the workflow's executions.

        Log delivery is permitted by a resource policy of limited length, which groups with this
        prefix do not use up (Step Functions, "Logging to CloudWatch Logs").
        """
        return checked("log group", f"/aws/vendedlogs/states/{self.state_machine()}")

    def topic(self, topic: Topic) -> str:
        """Return the name of a topic, the same in both regions."""
        return self.resource("topic", topic)

    def secret(self) -> str:
        """Return the name of the pipeline's secret and of its replica."""
        return self.resource("secret", "pipeline")

    def rest_api(self) -> str:
        """Return the name of the REST API, the same in both regions."""
        return self.resource("REST API", "data-api")

    def stage(self) -> str:
        """Return the name of the API's stage, which clients see in its URL (row B7)."""
        words = [self._environment.api.stage, self._environment.environment]
        return checked("stage", "-".join([*words, *filter(None, [self._naming.suffix])]))

    def access_log_group(self) -> str:
        """Return the name of the log group with a line for each request to the API."""
        return checked("log group", f"/aws/apigateway/{self.rest_api()}")

    def api_key(self) -> str:
        """Return the name of the API's key, and of the secret that holds its value."""
        return self.resource("secret", "api-key")

    def user_pool(self) -> str:
        """Return the name of a region's user pool, and of its app client."""
        return self.resource("user pool", "users")

    def identity_pool(self) -> str:
        """Return the name of a region's identity pool."""
        return self.resource("identity pool", "identities")

    def layer(self) -> str:
        """Return the name of the dependency layer."""
        return self.resource("layer", "dependencies")

    def log_group(self, function: Function) -> str:
        """Return the name of a function's log group, which Lambda prescribes."""
        return checked("log group", f"/aws/lambda/{self.function(function)}")

    def kms_alias(self) -> str:
        """Return the alias of the data key, the same in both regions."""
        return checked("KMS alias", f"alias/{self._base('data')}")

    def dashboard(self, region: str) -> str:
        """Return the name of a region's dashboard; CloudWatch's dashboards are global."""
        return self.resource("dashboard", "pipeline", region)

    def alarm(self, resource: str) -> str:
        """Return the name of an alarm, the same in both regions."""
        return self.resource("alarm", resource)

    def metrics_namespace(self) -> str:
        """Return the CloudWatch namespace of the functions' own metrics."""
        return self._base("pipeline")

    def state_bucket(self, region: str) -> str:
        """Return the name of the bucket with the Terraform states of a region's stacks."""
        name = self._environment.state.bucket.format(
            project=self._naming.project,
            team=self._naming.team,
            account=self._account,
            region=region,
        )
        return checked("bucket", name.lower())

    def state_key(self, stack: str) -> str:
        """Return the key of a stack's Terraform state; the S3 backend adds the workspace."""
        return f"{self._naming.project}/{stack}.tfstate"

    # -- ARNs ----------------------------------------------------------------------------------

    def arn(self, service: str, region: str, rest: str) -> str:
        """Return an ARN of this account (region ``""`` for IAM)."""
        return f"arn:{self._environment.partition}:{service}:{region}:{self._account}:{rest}"

    def bucket_arn(self, kind: Bucket, region: str) -> str:
        """Return a bucket's ARN, which has neither region nor account."""
        return f"arn:{self._environment.partition}:s3:::{self.bucket(kind, region)}"

    def table_arn(self, table: Table, region: str) -> str:
        """Return the ARN of a table or of its replica."""
        return self.arn("dynamodb", region, f"table/{self.table(table)}")

    def stream_arn_pattern(self, table: Table, region: str) -> str:
        """Return the pattern of a table's stream ARNs; their label is a time stamp."""
        return f"{self.table_arn(table, region)}/stream/*"

    def role_arn(self, resource: str, region: str) -> str:
        """Return the ARN of the role of a resource in a region."""
        return self.arn("iam", "", f"role/{self.role(resource, region)}")

    def queue_arn(self, queue: Queue, region: str) -> str:
        """Return a queue's ARN."""
        return self.arn("sqs", region, self.queue(queue))

    def state_machine_arn(self, region: str) -> str:
        """Return the ARN of a region's workflow."""
        return self.arn("states", region, f"stateMachine:{self.state_machine()}")

    def live_state_machine_arn(self, region: str) -> str:
        """Return the ARN of the workflow's alias ``live``, which is started."""
        return f"{self.state_machine_arn(region)}:{LIVE}"

    def topic_arn(self, topic: Topic, region: str) -> str:
        """Return the ARN of a region's topic."""
        return self.arn("sns", region, self.topic(topic))

    def secret_arn_pattern(self, region: str) -> str:
        """Return the pattern of the secret's ARN: Secrets Manager adds six random characters."""
        return self.arn("secretsmanager", region, f"secret:{self.secret()}-??????")

    def function_arn(self, function: Function, region: str) -> str:
        """Return the ARN of a function without a version, which no caller should use."""
        return self.arn("lambda", region, f"function:{self.function(function)}")

    def live_arn(self, function: Function, region: str) -> str:
        """Return the ARN of a function's alias ``live``, which callers use."""
        return f"{self.function_arn(function, region)}:{LIVE}"

    def stage_arn_pattern(self, region: str) -> str:
        """Return the pattern of the ARN under which the API's methods are invoked.

        An API's id is AWS's; the stage's name, which has the environment, tells it from others.
        """
        return self.arn("execute-api", region, f"*/{self.stage()}")

    def rule_arn(self, dataset: str, region: str) -> str:
        """Return the ARN of a dataset's rule on the default event bus."""
        return self.arn("events", region, f"rule/{self.rule(dataset)}")

    def log_group_arn(self, function: Function, region: str) -> str:
        """Return the ARN of a function's log group, without the ``:*`` for its streams."""
        return self.arn("logs", region, f"log-group:{self.log_group(function)}")

    # -- all of them ---------------------------------------------------------------------------

    def check(self, datasets: Iterable[str] = ()) -> None:
        """Make every name once, for every region and dataset.

        Raises
        ------
        ConfigurationError
            With all names that AWS would refuse.
        """
        makers: list[Callable[[], str]] = [self.layer, self.kms_alias]
        makers += [self.state_machine, self.secret, self.api_key, self.stage]
        makers += [self.state_machine_log_group, *(partial(self.topic, each) for each in TOPICS)]
        makers += [self.access_log_group, self.user_pool, self.identity_pool]
        makers += [partial(self.table, table) for table in TABLES]
        makers += [partial(self.queue, queue) for queue in QUEUES]
        makers += [partial(self.log_group, function) for function in FUNCTIONS]
        makers += [partial(self.rule, dataset) for dataset in datasets]
        for region in self._environment.both_regions:
            makers += [partial(self.bucket, bucket, region) for bucket in BUCKETS]
            makers += [partial(self.role, function, region) for function in FUNCTIONS]
            makers += [partial(self.role, each, region) for each in ("api-user", WORKFLOW)]
            makers += [partial(self.state_bucket, region), partial(self.dashboard, region)]
        problems: dict[Problem, None] = {}
        for make in makers:
            try:
                make()
            except NamingError as error:
                problems.update(dict.fromkeys(error.problems))
        if problems:
            raise ConfigurationError(list(problems))

    def _base(self, resource: str) -> str:
        naming = self._naming
        name = naming.pattern.format(
            project=naming.project,
            team=naming.team,
            resource=resource,
            environment=self._environment.environment,
            suffix=naming.suffix or "",
        )
        appended = naming.suffix and "{suffix}" not in naming.pattern
        return f"{name}-{naming.suffix}" if appended else name
