"""`yongzhou schema`: write missing migrations and the baseline."""

from __future__ import annotations

import click

from yongzhou.core.home import REPOSITORY
from yongzhou.house import schema


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if migrations or baseline are stale.")
@click.option(
    "--afresh", is_flag=True, help="Before the first release only: throw all migrations away, begin with 0001."
)
def command(check: bool, afresh: bool) -> None:
    """Write missing migrations, then schema/baseline.sql."""
    if check:
        stale = schema.missing_migrations()
        if stale:
            raise click.ClickException(f"模型有改动而没有迁移,请运行 yongzhou schema:\n{stale}")
        if schema.baseline_digest() != schema.digest():
            raise click.ClickException("schema/baseline.sql 与迁移不符,请运行 yongzhou schema。")
        click.echo("迁移与基线都是最新的。")
        return
    if afresh:
        schema.drop_migrations()
    schema.make_migrations()
    schema.write_baseline()
    click.echo(f"已写 {len(schema.migration_files())} 个迁移和 {schema.BASELINE.relative_to(REPOSITORY)}。")
