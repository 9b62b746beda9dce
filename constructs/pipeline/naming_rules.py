"""What AWS allows as a name, per kind of resource."""

import hashlib
import re
from dataclasses import dataclass

from pipeline.config.problems import MISSING, ConfigurationError, Problem


@dataclass(frozen=True)
class Rule:
    """What AWS allows as the name of a kind of resource.

    Parameters
    ----------
    shortest, longest : int
        Characters.
    pattern : str
        Regular expression of the whole name.
    characters : str
        The same for people.
    """

    shortest: int
    longest: int
    pattern: str
    characters: str


_WORD = r"[A-Za-z0-9_-]+"
_WORD_SAYS = "letters, digits, hyphens and underscores"

# Sources, in this order: S3 "General purpose bucket naming rules"; DynamoDB "Naming rules";
# Lambda CreateFunction and PublishLayerVersion; IAM "IAM and AWS STS quotas"; SQS "Message
# quotas"; EventBridge PutRule; CloudWatch Logs CreateLogGroup; KMS CreateAlias; CloudWatch
# PutDashboard and PutMetricAlarm; SNS CreateTopic; Step Functions CreateStateMachine; Secrets
# Manager CreateSecret; API Gateway CreateStage; Cognito CreateUserPool and CreateIdentityPool.
RULES: dict[str, Rule] = {
    "bucket": Rule(
        3,
        63,
        r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9-]*[a-z0-9])"
        r"(?<!-s3alias)(?<!--ol-s3)(?<!--x-s3)(?<!--table-s3)",
        "lower-case letters, digits and hyphens, no prefix or suffix that S3 reserves",
    ),
    "table": Rule(3, 255, r"[A-Za-z0-9_.-]+", "letters, digits and _ . -"),
    "function": Rule(1, 64, _WORD, _WORD_SAYS),
    "layer": Rule(1, 64, _WORD, _WORD_SAYS),
    "role": Rule(1, 64, r"[\w+=,.@-]+", "letters, digits and _ + = , . @ -"),
    "policy": Rule(1, 128, r"[\w+=,.@-]+", "letters, digits and _ + = , . @ -"),
    "queue": Rule(1, 80, _WORD, _WORD_SAYS),
    "rule": Rule(1, 64, r"[A-Za-z0-9_.-]+", "letters, digits and _ . -"),
    "log group": Rule(1, 512, r"[A-Za-z0-9_/.#-]+", "letters, digits and _ / . # -"),
    "KMS alias": Rule(
        7, 256, r"alias/(?!aws/)[A-Za-z0-9/_-]+", "alias/ with letters, digits and / _ -"
    ),
    "dashboard": Rule(1, 255, _WORD, _WORD_SAYS),
    "alarm": Rule(1, 255, r"[\x20-\x7e]+", "printable ASCII characters"),
    "topic": Rule(1, 256, _WORD, _WORD_SAYS),
    "state machine": Rule(1, 80, _WORD, _WORD_SAYS),
    # The name of an API has no rule, and stands in its log group's.
    "REST API": Rule(1, 255, _WORD, _WORD_SAYS),
    "stage": Rule(1, 128, _WORD, _WORD_SAYS),
    "user pool": Rule(1, 128, r"[\w\s+=,.@-]+", "letters, digits, spaces and _ + = , . @ -"),
    "identity pool": Rule(1, 128, r"[\w\s+=,.@-]+", "letters, digits, spaces and _ + = , . @ -"),
    "secret": Rule(1, 512, r"[A-Za-z0-9/_+=.@-]+", "letters, digits and / _ + = . @ -"),
}


class NamingError(ConfigurationError):
    """A name that the configuration leads to is not allowed by AWS.

    Parameters
    ----------
    kind, value : str
        The kind of resource and the name.
    """

    def __init__(self, kind: str, value: str) -> None:
        rule = RULES[kind]
        self.kind = kind
        self.value = value
        self.length = len(value)
        self.allowed = f"{rule.shortest} to {rule.longest} characters: {rule.characters}"
        sentence = (
            f'the {kind} name "{value}" has {self.length} characters; AWS allows {self.allowed}. '
            "Change project, pattern, team or suffix"
        )
        super().__init__([Problem("environments", "naming", MISSING, sentence)])


def checked(kind: str, value: str) -> str:
    """Return a name if AWS allows it.

    Raises
    ------
    NamingError
        Naming the kind, the value, its length and what is allowed.
    """
    rule = RULES[kind]
    fits = rule.shortest <= len(value) <= rule.longest
    if not fits or not re.fullmatch(rule.pattern, value, re.ASCII):
        raise NamingError(kind, value)
    return value


def shortened(name: str, room: int) -> str:
    """Return a name that fits into so many characters: a hash of all of it replaces its end.

    Only for names that carry an account, a region or a dataset beside the pattern's own parts.
    """
    if len(name) <= room:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: max(room - 9, 0)].rstrip('-_.')}-{digest}"
