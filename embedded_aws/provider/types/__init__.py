"""The resource types and data sources, one module per AWS service or part of one."""
