"""The provider's schema as it is rebuilt from the installed bindings."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from embedded_aws.provider import registry, schema
from embedded_aws.provider.schema_wire import schema_response

CACHE = Path("build/test-cache").resolve()


@pytest.fixture(scope="module")
def aws_schema() -> schema.ProviderSchema:
    return schema.load(CACHE)


def test_every_type_of_the_provider_is_there(aws_schema: schema.ProviderSchema) -> None:
    """What a stack uses next year needs nothing new."""
    assert len(aws_schema.resources) > 1500
    assert len(aws_schema.data_sources) > 600
    # Every folder of the bindings is a resource type, a data source, or the provider itself.
    bindings = find_spec("cdktf_cdktf_provider_aws")
    assert bindings is not None
    assert bindings.origin is not None
    modules = list(Path(bindings.origin).parent.glob("[!_]*/__init__.py"))
    assert len(aws_schema.resources) + len(aws_schema.data_sources) + 1 == len(modules)
    services = (
        "aws_vpc",
        "aws_route53_record",
        "aws_cloudfront_distribution",
        "aws_cognito_user_pool",
        "aws_sfn_state_machine",
        "aws_api_gateway_stage",
        "aws_cloudtrail",
        "aws_secretsmanager_secret",
        "aws_appautoscaling_policy",
    )
    assert set(services) <= aws_schema.resources.keys()


def test_every_registered_type_is_in_the_schema(aws_schema: schema.ProviderSchema) -> None:
    """A type's declarations name attributes that exist."""
    kinds = registry.resource_types()
    served = schema.with_defaults(aws_schema, kinds)
    for name, kind in kinds.items():
        block = served.resources[name]
        known = {*block["attributes"], *block["blocks"]}
        named = {place.split(".")[0] for place in (*kind.replace, *kind.json_attributes)}
        named |= {place.split(".")[0] for place in (*kind.policies, *kind.enums)}
        named |= {place for group in kind.conflicts for place in group}
        named |= kind.recomputed.keys() | {t for ts in kind.recomputed.values() for t in ts}
        assert named <= known, name
    assert registry.data_sources().keys() <= aws_schema.data_sources.keys()


def test_flags_and_types_are_those_of_the_provider(aws_schema: schema.ProviderSchema) -> None:
    """Required, optional and computed attributes; sets, lists, maps; how often a block stands."""
    table = aws_schema.resources["aws_dynamodb_table"]
    assert table["attributes"]["name"] == {
        "type": "string",
        "computed": False,
        "optional": False,
        "required": True,
    }
    assert table["attributes"]["arn"]["computed"]
    assert table["attributes"]["tags"]["type"] == ["map", "string"]
    assert table["blocks"]["replica"]["nesting"] == "set"
    assert table["blocks"]["ttl"]["max"] == 1
    versioning = aws_schema.resources["aws_s3_bucket_versioning"]
    assert versioning["blocks"]["versioning_configuration"]["min"] == 1


def test_objects_that_are_given_as_an_attribute_are_no_blocks(
    aws_schema: schema.ProviderSchema,
) -> None:
    """Rules of a security group are a set of objects that AWS may fill in."""
    group = aws_schema.resources["aws_security_group"]
    ingress = group["attributes"]["ingress"]
    assert ingress["computed"]
    assert ingress["optional"]
    assert ingress["type"][0] == "set"
    assert ingress["type"][1][1]["security_groups"] == ["set", "string"]


def test_the_provider_block_has_its_nested_blocks(aws_schema: schema.ProviderSchema) -> None:
    """Default tags, ignored tags, roles to assume and endpoints."""
    blocks = aws_schema.provider["blocks"]
    tags = blocks["default_tags"]["block"]["attributes"]["tags"]
    assert tags["type"] == ["map", "string"]
    assert {"keys", "key_prefixes"} == blocks["ignore_tags"]["block"]["attributes"].keys()
    assert "role_arn" in blocks["assume_role"]["block"]["attributes"]
    assert "s3" in blocks["endpoints"]["block"]["attributes"]
    assert "alias" not in aws_schema.provider["attributes"]


def test_no_set_has_a_member_of_any_type(aws_schema: schema.ProviderSchema) -> None:
    """Terraform refuses a whole provider for that."""
    for block in aws_schema.resources.values():
        for nested in block["blocks"].values():
            if nested["nesting"] == "set":
                types = [a["type"] for a in nested["block"]["attributes"].values()]
                assert "dynamic" not in types


def test_a_damaged_cache_is_built_anew(tmp_path: Path, aws_schema: schema.ProviderSchema) -> None:
    """Half a file from a killed run does no harm."""
    good = next(CACHE.glob("aws-provider-schema-*"))
    (tmp_path / good.name).write_bytes(good.read_bytes()[:1000])
    assert schema.load(tmp_path).resources.keys() == aws_schema.resources.keys()
    assert (tmp_path / good.name).stat().st_size > 100_000


def test_an_unknown_attribute_in_a_type_s_defaults_is_an_error(
    aws_schema: schema.ProviderSchema,
) -> None:
    """A typing mistake in a resource type is found when the provider starts."""
    bucket = registry.resource_types()["aws_s3_bucket"]
    wrong = type("Wrong", (type(bucket),), {"defaults": {"force_destory": False}})()
    with pytest.raises(schema.SchemaError, match="aws_s3_bucket has no attribute force_destory"):
        schema.with_defaults(aws_schema, {"aws_s3_bucket": wrong})


def test_the_whole_schema_is_one_small_message(aws_schema: schema.ProviderSchema) -> None:
    """Terraform asks for all types at once, in every process."""
    assert len(schema_response(aws_schema).SerializeToString()) < 4_000_000
