"""The environment variables of a sandbox.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

from __future__ import annotations

import datetime
import re
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws import credentials
from embedded_aws.functions import libraries
from embedded_aws.functions.code import python_folders, unpack
from embedded_aws.functions.layers import opt_folder
from embedded_aws.state import RUN, EmbeddedAwsError


@dataclass(frozen=True)
class Prepared:
    """All that a sandbox needs to start."""

    handler: str
    variables: dict[str, str]
    task_root: Path


def log_group(function: Any) -> str:
    """Return the log group that a function writes to."""
    configured = (getattr(function, "logging_config", None) or {}).get("LogGroup")
    return str(configured or f"/aws/lambda/{function.function_name}")


def log_stream(function: Any) -> str:
    """Return a new log stream name, in Lambda's form."""
    today = datetime.datetime.now(datetime.UTC).strftime("%Y/%m/%d")
    return f"{today}/[{function.version}]{uuid.uuid4().hex}"


def prepare(function: Any) -> Prepared:
    """Unpack a function's code and layers and compose its environment.

    Raises
    ------
    EmbeddedAwsError
        The function is not Python, or its package cannot be used.
    """
    runtime = function.run_time or ""
    if function.package_type != "Zip" or not re.fullmatch(r"python3\.\d+", runtime):
        raise EmbeddedAwsError(
            f"function {function.function_name}: runtime {runtime or function.package_type!r} does "
            "not run here: only zip packages with a python3.x runtime do"
        )
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime != here:
        RUN.notice(f"functions of the runtime {runtime} run on this host's {here}")
    root = unpack(function.code_bytes, function.code_sha_256, "functions")
    opt = opt_folder(function.layer_versions)
    return Prepared(function.handler, _variables(function, root, opt), root)


def _variables(function: Any, root: Path, opt: Path | None) -> dict[str, str]:
    role = credentials.assume(function.role, function.function_name, by_function=True)
    runtime_dir = libraries.folder()
    layers = python_folders(opt, function.run_time) if opt else []
    logging = getattr(function, "logging_config", None) or {}
    variables = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": ":".join(str(path) for path in (root, *layers, runtime_dir)),
        "LAMBDA_TASK_ROOT": str(root),
        "LAMBDA_RUNTIME_DIR": str(runtime_dir),
        "_HANDLER": function.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(function),
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream(function),
        "AWS_ACCESS_KEY_ID": role.access_key,
        "AWS_SECRET_ACCESS_KEY": role.secret_key,
        "AWS_SESSION_TOKEN": role.token,
        "AWS_ENDPOINT_URL": RUN.endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
    }
    if logging.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    if opt:
        variables["LD_LIBRARY_PATH"] = f"{opt / 'lib'}:{root / 'lib'}:{root}"
        variables["PATH"] = f"{variables['PATH']}:{opt / 'bin'}"
    variables.update({k: str(v) for k, v in (function.environment_vars or {}).items()})
    return variables
