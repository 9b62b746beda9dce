"""From the name of an environment to the Terraform JSON of its stacks."""

from __future__ import annotations

from pathlib import Path

from pipeline.backends import forget_other_backends
from pipeline.config import load_environment
from pipeline.datasets import check_triggers, compiled, dataset_folders, load_datasets
from pipeline.naming import Names
from pipeline.packages import build_packages
from pipeline.provider_import import restore_node_options, use_lazy_provider


def synthesize(root: Path, workspace: str, outdir: str | None = None) -> None:
    """Write the Terraform JSON and the assets of an environment.

    Parameters
    ----------
    root
        The project's folder.
    workspace
        The environment: the Terraform workspace.
    outdir
        Where to, ``cdktf.out`` in the current folder when omitted.

    Raises
    ------
    PipelineError
        When the configuration, a dataset or a name is wrong, or a package cannot be built;
        with every problem that was found.
    """
    environment = load_environment(workspace, root / "environments")
    datasets = load_datasets(dataset_folders(root))
    names = Names(environment)
    names.check(dataset.name for dataset in datasets)
    bucket = names.bucket("data-ingestion", environment.regions.primary)
    check_triggers(datasets, environment.data.trigger, bucket)
    packages = build_packages(root, environment, compiled(datasets))

    use_lazy_provider()
    import cdktf  # noqa: PLC0415  (its import starts Node.js, which must see the hook)

    restore_node_options()
    from pipeline.app import add_stacks  # noqa: PLC0415
    from pipeline.stacks.base import StackProps  # noqa: PLC0415

    if outdir:
        Path(outdir).mkdir(parents=True, exist_ok=True)  # CDKTF makes only the last folder
    app = cdktf.App(outdir=outdir)
    add_stacks(app, StackProps(environment, names, datasets, packages))
    app.synth()
    forget_other_backends(Path(app.outdir))
