"""Zips for Lambda: the same inputs give the same bytes, and are built once."""

from pipeline.packaging.archive import Package, PackagingError
from pipeline.packaging.functions import RUNTIME, function_package
from pipeline.packaging.layer import dependency_layer

__all__ = ["RUNTIME", "Package", "PackagingError", "dependency_layer", "function_package"]
