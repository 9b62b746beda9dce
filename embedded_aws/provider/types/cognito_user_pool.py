"""``aws_cognito_user_pool`` and ``aws_cognito_user_pool_domain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.cognito_settings import from_aws, to_aws
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_ABSENT = frozenset({"ResourceNotFoundException"})
# Block -> its argument; all of them hold settings under the same names in other letters.
_BLOCKS = {
    "admin_create_user_config": "AdminCreateUserConfig",
    "device_configuration": "DeviceConfiguration",
    "email_configuration": "EmailConfiguration",
    "lambda_config": "LambdaConfig",
    "sms_configuration": "SmsConfiguration",
    "user_attribute_update_settings": "UserAttributeUpdateSettings",
    "user_pool_add_ons": "UserPoolAddOns",
    "username_configuration": "UsernameConfiguration",
    "verification_message_template": "VerificationMessageTemplate",
}
_TEXTS = {
    "email_verification_message": "EmailVerificationMessage",
    "email_verification_subject": "EmailVerificationSubject",
    "sms_authentication_message": "SmsAuthenticationMessage",
    "sms_verification_message": "SmsVerificationMessage",
}
_AT_CREATION = frozenset({"username_configuration"})
_POLICIES = {"password_policy": "PasswordPolicy", "sign_in_policy": "SignInPolicy"}
_MFA = ("mfa_configuration", "software_token_mfa_configuration", "sms_configuration")


def _settings(pool: State) -> dict[str, Any]:
    policies = {
        argument: to_aws(block(pool, name))
        for name, argument in _POLICIES.items()
        if block(pool, name)
    }
    recovery = block(pool, "account_recovery_setting")
    mechanisms = [
        {"Name": each["name"], "Priority": int(each["priority"])}
        for each in recovery.get("recovery_mechanism") or []
    ]
    return given(
        **{name: to_aws(block(pool, each)) for each, name in _BLOCKS.items() if block(pool, each)},
        **{name: pool[each] for each, name in _TEXTS.items()},
        AccountRecoverySetting={"RecoveryMechanisms": mechanisms} if mechanisms else None,
        AutoVerifiedAttributes=pool["auto_verified_attributes"],
        DeletionProtection=pool["deletion_protection"],
        Policies=policies,
        UserPoolTags=pool["tags_all"],
        UserPoolTier=pool["user_pool_tier"],
    )


def _schema(pool: State) -> list[dict[str, Any]]:
    return [to_aws(each) for each in pool["schema"] or []]


def _set_mfa(client: Any, pool: State) -> None:
    token = block(pool, "software_token_mfa_configuration")
    sms = block(pool, "sms_configuration")
    client.set_user_pool_mfa_config(
        UserPoolId=pool["id"],
        MfaConfiguration=pool["mfa_configuration"] or "OFF",
        **given(
            SoftwareTokenMfaConfiguration={"Enabled": bool(token["enabled"])} if token else None,
            SmsMfaConfiguration={"SmsConfiguration": to_aws(sms)} if sms else None,
        ),
    )


@resource
class CognitoUserPool(ResourceType):
    """A directory of users."""

    type_name = "aws_cognito_user_pool"
    replace = frozenset(
        {"alias_attributes", "name", "schema", "username_attributes", "username_configuration"}
    )
    defaults: ClassVar = {"deletion_protection": "INACTIVE", "mfa_configuration": "OFF"}
    enums: ClassVar = {
        "deletion_protection": ("cognito-idp", "DeletionProtectionType"),
        "mfa_configuration": ("cognito-idp", "UserPoolMfaType"),
    }
    conflicts = (frozenset({"alias_attributes", "username_attributes"}),)
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the pool."""
        created = aws.client("cognito-idp").create_user_pool(
            PoolName=planned["name"],
            **_settings(planned),
            **given(
                AliasAttributes=planned["alias_attributes"],
                Schema=_schema(planned),
                UsernameAttributes=planned["username_attributes"],
            ),
        )
        return {"id": created["UserPool"]["Id"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set how users prove themselves a second time."""
        if any(planned[name] not in (None, [], "OFF") for name in _MFA):
            _set_mfa(aws.client("cognito-idp"), planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the pool; of its blocks, what the configuration says."""
        client = aws.client("cognito-idp")
        pool = client.describe_user_pool(UserPoolId=state["id"])["UserPool"]
        mfa = client.get_user_pool_mfa_config(UserPoolId=state["id"])
        policies = pool.get("Policies") or {}
        found: State = {
            name: [from_aws(block(state, name), pool.get(argument) or {})]
            for name, argument in _BLOCKS.items()
            if state.get(name)
        }
        found |= {
            name: [from_aws(block(state, name), policies.get(argument) or {})]
            for name, argument in _POLICIES.items()
            if state.get(name)
        }
        found |= {
            name: text(state, name, pool.get(argument))
            for name, argument in _TEXTS.items()
            if state.get(name)
        }
        if state.get("account_recovery_setting"):
            mechanisms = (pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms") or []
            listed = [{"name": each["Name"], "priority": each["Priority"]} for each in mechanisms]
            found["account_recovery_setting"] = [{"recovery_mechanism": listed}]
        if state.get("software_token_mfa_configuration"):
            enabled = (mfa.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled", False)
            found["software_token_mfa_configuration"] = [{"enabled": enabled}]
        identity = f"cognito-idp.{aws.region}.amazonaws.com/{pool['Id']}"
        return {
            **found,
            "alias_attributes": pool.get("AliasAttributes") or [],
            "arn": pool["Arn"],
            "auto_verified_attributes": pool.get("AutoVerifiedAttributes") or [],
            "creation_date": pool["CreationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "custom_domain": pool.get("CustomDomain") or "",
            "deletion_protection": pool.get("DeletionProtection") or "INACTIVE",
            "domain": pool.get("Domain") or "",
            "endpoint": identity,
            "estimated_number_of_users": pool.get("EstimatedNumberOfUsers", 0),
            "last_modified_date": pool["LastModifiedDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "mfa_configuration": mfa.get("MfaConfiguration") or "OFF",
            "name": pool["Name"],
            "tags_all": pool.get("UserPoolTags") or {},
            "user_pool_tier": pool.get("UserPoolTier") or "ESSENTIALS",
            "username_attributes": pool.get("UsernameAttributes") or [],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put all settings anew: AWS takes those that are left out back to their defaults."""
        client = aws.client("cognito-idp")
        names = {*_BLOCKS, *_TEXTS, *_POLICIES, "account_recovery_setting", "user_pool_tier"}
        names |= {"auto_verified_attributes", "deletion_protection"}
        if changed(prior, planned, *names):
            fixed = {_BLOCKS[name] for name in _AT_CREATION}
            settings = {k: v for k, v in _settings(planned).items() if k not in fixed}
            client.update_user_pool(UserPoolId=prior["id"], **settings)
        if changed(prior, planned, *_MFA):
            _set_mfa(client, {**planned, "id": prior["id"]})
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(ResourceArn=prior["arn"], TagKeys=removed)
            if added:
                client.tag_resource(ResourceArn=prior["arn"], Tags=added)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the pool with its users."""
        aws.client("cognito-idp").delete_user_pool(UserPoolId=state["id"])


@resource
class CognitoUserPoolDomain(ResourceType):
    """The host name of a pool's sign-in pages; its id is the domain."""

    type_name = "aws_cognito_user_pool_domain"
    replace = frozenset({"domain", "user_pool_id"})
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the domain."""
        certificate = planned["certificate_arn"]
        aws.client("cognito-idp").create_user_pool_domain(
            Domain=planned["domain"],
            UserPoolId=planned["user_pool_id"],
            **given(CustomDomainConfig={"CertificateArn": certificate} if certificate else None),
        )
        return {"id": planned["domain"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the domain."""
        answer = aws.client("cognito-idp").describe_user_pool_domain(Domain=state["id"])
        found = answer.get("DomainDescription") or {}
        if not found.get("Domain"):
            return None
        distribution = found.get("CloudFrontDistribution") or ""
        return {
            "aws_account_id": aws.account_id,
            "cloudfront_distribution": distribution,
            "cloudfront_distribution_arn": distribution,
            "cloudfront_distribution_zone_id": "Z2FDTNDATAQYW2",
            "domain": found["Domain"],
            "managed_login_version": found.get("ManagedLoginVersion") or 1,
            "s3_bucket": found.get("S3Bucket") or "",
            "user_pool_id": found["UserPoolId"],
            "version": found.get("Version") or "",
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change the certificate."""
        aws.client("cognito-idp").update_user_pool_domain(
            Domain=prior["id"],
            UserPoolId=prior["user_pool_id"],
            CustomDomainConfig={"CertificateArn": planned["certificate_arn"]},
        )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the domain."""
        aws.client("cognito-idp").delete_user_pool_domain(
            Domain=state["id"], UserPoolId=state["user_pool_id"]
        )
