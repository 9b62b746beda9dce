"""The REST API: from its one OpenAPI document to what API Gateway serves."""
