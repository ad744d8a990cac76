"""The Lambdas: each with its own code, its own role and its own log group."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import AssetHashType, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import bundle
from infra.queues import duration
from infra.settings import FunctionSize, Settings

NAMES = ("evaluate_stream", "evaluate_queue", "record_feedback", "enforce", "expire_restrictions")

_ROOT = Path(__file__).parent.parent
_BUILD = _ROOT / ".build"
_RUNTIME = lambda_.Runtime.PYTHON_3_13


class Code:
    """The zips of all functions and of the layer that they share.

    Without functions there is a placeholder in the place of each zip, for those who want the template alone: the
    tests, and the local cloud, which calls the handlers of the checkout.
    """

    def __init__(self, *, with_functions: bool) -> None:
        if not with_functions:
            self.dependencies = _asset(bundle.placeholder(_BUILD))
            self.functions = dict.fromkeys(NAMES, self.dependencies)
            return
        compiler = bundle.find_compiler()
        print(_tell(compiler), file=sys.stderr)  # noqa: T201 - the build says which way it went, as it must
        self.dependencies = _asset(bundle.dependencies(_ROOT, _BUILD, compiler))
        self.functions = {name: _asset(bundle.function(_ROOT, _BUILD, name, compiler)) for name in NAMES}


class SluiceFunction(Construct):
    """One function that may do nothing but write its own log, until told what else with `allow`."""

    def __init__(  # noqa: PLR0913 - what a function is made of, by name
        self,
        scope: Construct,
        name: str,
        settings: Settings,
        *,
        size: FunctionSize,
        code: lambda_.Code,
        layer: lambda_.LayerVersion,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self.name = name
        physical_name = settings.name(name.replace("_", "-"))
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{physical_name}",
            retention=logs.RetentionDays[settings.log_retention],
            removal_policy=RemovalPolicy.RETAIN if settings.retain else RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {physical_name} may do",
        )
        self.allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group.log_group_arn)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=physical_name,
            handler=f"functions.{name}.handler.handler",
            code=code,
            layers=[layer],
            runtime=_RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=size.memory,
            timeout=duration(size.timeout),
            role=self.role,
            log_group=log_group,
            environment={
                **{f"SLUICE_{key}": value for key, value in environment.items()},
                "SLUICE_STAGE": settings.stage,
                # The dimension of the metrics: two stages in one account must not add up.
                "POWERTOOLS_SERVICE_NAME": physical_name,
                "POWERTOOLS_METRICS_NAMESPACE": "Sluice",
                "POWERTOOLS_LOG_LEVEL": settings.log_level,
            },
        )

    def allow(
        self, actions: Sequence[str], *resources: str, under: Mapping[str, Mapping[str, Sequence[str]]] | None = None
    ) -> None:
        """Exactly these actions on exactly these resources, `under` these conditions alone."""
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=under))

    def deny(
        self, actions: Sequence[str], *resources: str, under: Mapping[str, Mapping[str, Sequence[str]]] | None = None
    ) -> None:
        """Never these actions on these resources, whatever else may one day allow them."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY, actions=list(actions), resources=list(resources), conditions=under
            )
        )


def dependency_layer(scope: Construct, settings: Settings, code: lambda_.Code) -> lambda_.LayerVersion:
    """The pinned requirements, uploaded again only when they change."""
    return lambda_.LayerVersion(
        scope,
        "Dependencies",
        layer_version_name=settings.name("dependencies"),
        code=code,
        compatible_runtimes=[_RUNTIME],
        compatible_architectures=[lambda_.Architecture.ARM_64],
        description="requirements.txt, as wheels for arm64",
    )


def _asset(built: bundle.Built) -> lambda_.Code:
    return lambda_.Code.from_asset(str(built.path), asset_hash=built.digest, asset_hash_type=AssetHashType.CUSTOM)


def _tell(compiler: bundle.Compiler | None) -> str:
    if compiler:
        return f"bundle: with byte code for {compiler.tag}, compiled by {compiler.python}"
    return (
        f"bundle: sources only, as there is no Python {bundle.RUNTIME_VERSION} here to compile them; "
        "cold starts will be about twice as long"
    )
