"""What the operations of SNS, EventBridge and Step Functions need.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.sns.models import sns_backends

from embedded_aws.state import RUN

from .encryption import DATA_KEY, DECRYPT, key_needs
from .need import Need, arn, texts
from .passing import pass_role

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall


def topic_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an SNS call needs."""
    body, operation = call.parameters, call.operation
    action = "Publish" if operation == "PublishBatch" else operation
    resource = body.get("TopicArn") or body.get("TargetArn") or body.get("ResourceArn")
    if operation == "CreateTopic":
        resource = arn("sns", call.region, str(body.get("Name", "")))
    elif body.get("SubscriptionArn"):
        resource = str(body["SubscriptionArn"]).rpartition(":")[0]
    keys = texts(**{"sns:protocol": body.get("Protocol"), "sns:endpoint": body.get("Endpoint")})
    found = [Need(f"sns:{action}", resource or "*", lambda: keys)]
    topic = find_topic(resource or "")
    if topic is not None and action == "Publish":
        found += key_needs(topic.kms_master_key_id, call.region, "sns", DATA_KEY, DECRYPT)
    return found


def find_topic(topic_arn: str) -> Any | None:
    """Find moto's topic by ARN."""
    parts = topic_arn.split(":")
    if len(parts) < 6:
        return None
    return sns_backends[RUN.account][parts[3]].topics.get(topic_arn)


def event_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an EventBridge call needs."""
    body, operation = call.parameters, call.operation
    action = f"events:{operation}"
    if operation == "PutEvents":
        return [_event(call, entry) for entry in body.get("Entries") or []]
    bus = str(body.get("EventBusName") or "default").rpartition("/")[2]
    rule = body.get("Rule") or (body.get("Name") if "Rule" in operation else None)
    if rule:
        path = rule if bus == "default" else f"{bus}/{rule}"
        found = [Need(action, arn("events", call.region, f"rule/{path}"))]
        roles = {target.get("RoleArn") for target in body.get("Targets") or []}
        for role in sorted(role for role in {*roles, body.get("RoleArn")} if role):
            found += pass_role(role, "events.amazonaws.com")
        return found
    if operation == "ListRules":
        return [Need(action, arn("events", call.region, "rule/*"))]
    if "EventBus" in operation or operation in {"PutPermission", "RemovePermission"}:
        name = str(body.get("Name") or bus).rpartition("/")[2]
        return [Need(action, arn("events", call.region, f"event-bus/{name}"))]
    if "Archive" in operation and body.get("ArchiveName"):
        return [Need(action, arn("events", call.region, f"archive/{body['ArchiveName']}"))]
    return [Need(action, body.get("ResourceARN") or "*")]


def _event(call: ApiCall, entry: dict[str, Any]) -> Need:
    bus = str(entry.get("EventBusName") or "default").rpartition("/")[2]
    keys = texts(
        **{"events:detail-type": entry.get("DetailType"), "events:source": entry.get("Source")}
    )
    return Need("events:PutEvents", arn("events", call.region, f"event-bus/{bus}"), lambda: keys)


_STATE_MEMBERS = (
    *("stateMachineAliasArn", "stateMachineVersionArn", "stateMachineArn", "executionArn"),
    *("activityArn", "resourceArn", "mapRunArn"),
)


def state_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a Step Functions call needs."""
    body, operation = call.parameters, call.operation
    action = f"states:{operation}"
    if operation in {"CreateStateMachine", "UpdateStateMachine"}:
        machine = body.get("stateMachineArn") or arn(
            "states", call.region, f"stateMachine:{body.get('name', '')}"
        )
        return [Need(action, machine), *pass_role(body.get("roleArn"), "states.amazonaws.com")]
    if operation == "CreateActivity":
        return [Need(action, arn("states", call.region, f"activity:{body.get('name', '')}"))]
    if operation == "CreateStateMachineAlias":
        version = str(body["routingConfiguration"][0]["stateMachineVersionArn"])
        return [Need(action, version.rpartition(":")[0])]
    named = next((body[member] for member in _STATE_MEMBERS if body.get(member)), None)
    return [_of_machine(action, str(named)) if named else Need(action)]


def _of_machine(action: str, named: str) -> Need:
    """Judge versions and aliases as the state machine itself; the qualifier is a condition key.

    Source: AWS Step Functions Developer Guide, "Authorization for versions and aliases in Step
    Functions workflows".
    """
    parts = named.split(":")
    if len(parts) != 8 or parts[5] != "stateMachine":
        return Need(action, named)
    keys = texts(**{"states:StateMachineQualifier": parts[7]})
    return Need(action, ":".join(parts[:7]), lambda: keys)
