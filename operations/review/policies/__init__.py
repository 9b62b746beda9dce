"""IAM policies by what they mean: AWS IAM User Guide, "Policy evaluation logic"."""
