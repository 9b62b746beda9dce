"""Roles and the policies that they carry."""
